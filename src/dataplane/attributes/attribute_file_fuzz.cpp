// Any text as a table of countries or of reputations: it is taken whole or refused with its line, and what
// was taken answers for every address as the plain list of its lines does.
#include "dataplane/attributes/attribute_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace sluice;
using namespace sluice::dataplane::attributes;

void require(bool holds) {
    if (!holds) std::abort();
}

// The lines that are neither comments nor the header.
std::vector<std::pair<net::Prefix, std::string_view>> lines_of(std::string_view text) {
    std::vector<std::pair<net::Prefix, std::string_view>> out;
    bool began = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        if (!std::exchange(began, true)) continue;
        const std::size_t comma = line.find(',');
        out.emplace_back(net::Prefix::parse(line.substr(0, comma)).value(), line.substr(comma + 1));
    }
    return out;
}

// Around each prefix's two ends.
std::vector<net::Address> addresses_of(const net::Prefix& prefix) {
    std::vector<net::Address> out{prefix.address()};
    auto bytes = prefix.address().bytes();
    for (unsigned bit = prefix.bits(); bit < 128; ++bit)
        bytes[bit / 8] |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
    out.push_back(net::Address::v6_from(bytes.data()));
    for (std::size_t n = 0; n < 2; ++n) {
        auto near = out[n].bytes();
        near[15] = static_cast<std::uint8_t>(near[15] + (n == 0 ? 0xff : 1));
        out.push_back(net::Address::v6_from(near.data()));
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const FileLimits limits{64, 128};
    if ((data[0] & 1U) == 0) {
        const auto table = read_countries(text, "table", limits);
        if (!table) {
            require(table.error().where.starts_with("table"));
            return 0;
        }
        const auto lines = lines_of(text);
        require(lines.size() == table->size());
        for (const auto& line : lines) {
            for (const net::Address& asked : addresses_of(line.first)) {
                std::string_view country = "ZZ";
                int longest = -1;
                for (const auto& [prefix, code] : lines) {
                    if (prefix.is_v4() != asked.is_v4() || !prefix.contains(asked) ||
                        static_cast<int>(prefix.bits()) <= longest)
                        continue;
                    longest = static_cast<int>(prefix.bits());
                    country = code;
                }
                require(country_name(table->find(asked)) == country);
            }
        }
        return 0;
    }
    const auto table = read_reputations(text, "table", limits);
    if (!table) {
        require(table.error().where.starts_with("table"));
        return 0;
    }
    const auto lines = lines_of(text);
    for (const auto& line : lines) {
        for (const net::Address& asked : addresses_of(line.first)) {
            Tags wanted = 0;
            for (const auto& [prefix, tags] : lines) {
                if (prefix.is_v4() != asked.is_v4() || !prefix.contains(asked)) continue;
                for (std::size_t at = 0; at < tags.size();) {
                    const std::size_t end = std::min(tags.find(' ', at), tags.size());
                    wanted |= table->bit_of(tags.substr(at, end - at));
                    at = end + 1;
                }
            }
            require(table->find(asked) == wanted);
        }
    }
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const std::string& text :
         {std::string("0prefix,country\n192.0.2.0/24,DE\n192.0.2.128/25,NO\n2001:db8::/32,FR\n"),
          std::string("0# x\r\nprefix,country\r\n0.0.0.0/0,US\n::/0,SE\n255.255.255.255,AT\n"),
          std::string("1prefix,tags\n198.51.0.0/16,hosting\n198.51.100.0/24,botnet scanner\nff00::/8,a\n"),
          std::string("1prefix,tags\n198.51.100.7,tor-exit a b c\n198.51.100.0/24,d\n198.51.100.0/25,e\n")}) {
        seeds.emplace_back(text.begin(), text.end());
    }
    return seeds;
}
