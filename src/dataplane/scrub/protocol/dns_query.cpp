#include "dataplane/scrub/protocol/dns_query.hpp"

#include <cstddef>

namespace sluice::dataplane::scrub::protocol {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t header_bytes = 12;
constexpr std::size_t most_name_bytes = 255;
constexpr std::size_t most_label_bytes = 63;
constexpr unsigned most_additional = 2;
constexpr std::uint16_t type_sig = 24;
constexpr std::uint16_t type_opt = 41;
constexpr std::uint16_t type_tsig = 250;

std::uint16_t get16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

// Where the name that begins at `at` ends; 0: nowhere.
std::size_t end_of_name(Bytes bytes, std::size_t at) {
    const std::size_t begin = at;
    while (at < bytes.size()) {
        const std::size_t length = bytes[at];
        ++at;
        if (length == 0) return at;
        if (length > most_label_bytes) return 0;
        at += length;
        if (at - begin >= most_name_bytes) return 0;
    }
    return 0;
}

// Types that somebody may ask for in a datagram: no pseudo record, no transfer, nothing reserved.
bool is_question_type(std::uint16_t type) {
    constexpr std::uint16_t first_transfer = 251, last_transfer = 254;  // IXFR, AXFR, MAILB, MAILA
    return type != 0 && type != type_opt && type != type_tsig && type != 65'535 &&
           (type < first_transfer || type > last_transfer);
}
bool is_question_class(std::uint16_t value) {
    return value == 1 || value == 3 || value == 4 || value == 255;  // IN, CH, HS, ANY
}

bool are_options(Bytes data) {
    while (!data.empty()) {
        if (data.size() < 4) return false;
        const std::size_t length = 4U + get16(data, 2);
        if (length > data.size()) return false;
        data = data.subspan(length);
    }
    return true;
}

// The record at the front, which is taken off; false when there is no good one.
bool take_additional(Bytes& rest, bool& has_options) {
    const std::size_t name = end_of_name(rest, 0);
    constexpr std::size_t fixed = 10;
    if (name == 0 || rest.size() - name < fixed) return false;
    const std::uint16_t type = get16(rest, name);
    const std::size_t length = get16(rest, name + 8);
    if (rest.size() - name - fixed < length) return false;
    const Bytes data = rest.subspan(name + fixed, length);
    rest = rest.subspan(name + fixed + length);
    if (type == type_opt) {
        if (has_options || name != 1) return false;
        has_options = true;
        return are_options(data);
    }
    return type == type_tsig || type == type_sig;
}

}  // namespace

bool is_dns_query(Bytes payload) {
    if (payload.size() < header_bytes + 5) return false;
    constexpr std::uint16_t wrong_flags = 0x8000 | 0x7800 | 0x0200 | 0x0040 | 0x000f;
    if ((get16(payload, 2) & wrong_flags) != 0) return false;
    const unsigned additional = get16(payload, 10);
    if (get16(payload, 4) != 1 || get16(payload, 6) != 0 || get16(payload, 8) != 0) return false;
    if (additional > most_additional) return false;
    const std::size_t name_end = end_of_name(payload, header_bytes);
    if (name_end == 0 || payload.size() - name_end < 4) return false;
    if (!is_question_type(get16(payload, name_end)) || !is_question_class(get16(payload, name_end + 2)))
        return false;
    Bytes rest = payload.subspan(name_end + 4);
    bool has_options = false;
    for (unsigned i = 0; i < additional; ++i) {
        if (!take_additional(rest, has_options)) return false;
    }
    return rest.empty();
}

}  // namespace sluice::dataplane::scrub::protocol
