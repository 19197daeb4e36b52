#include "dataplane/attach/routes.hpp"

#include <algorithm>

namespace sluice::dataplane::attach {

Routes::Word Routes::word_of(const net::Address& address) {
    Word word = 0;
    for (const std::uint8_t byte : address.bytes()) word = word << 8U | byte;
    return word;
}

Routes Routes::build(std::span<const Item> items) {
    std::vector<Word> cuts{0};
    for (const auto& [prefix, network] : items) {
        const Word first = word_of(prefix.address());
        const unsigned host_bits = 128 - prefix.bits();
        cuts.push_back(first);
        if (host_bits >= 128) continue;
        const Word past = first + (Word{1} << host_bits);
        if (past != 0) cuts.push_back(past);  // else it reaches the last address
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    Routes out;
    for (const Word cut : cuts) {
        NetworkIndex best = internet;
        int longest = -1;
        for (const auto& [prefix, network] : items) {
            const unsigned host_bits = 128 - prefix.bits();
            const Word mask = host_bits >= 128 ? 0 : ~Word{0} << host_bits;
            if ((cut & mask) != word_of(prefix.address()) || static_cast<int>(prefix.bits()) < longest)
                continue;
            longest = static_cast<int>(prefix.bits());
            best = network;
        }
        if (out.starts_.empty() || out.starts_.back().network != best) out.starts_.push_back({cut, best});
    }
    out.starts_.shrink_to_fit();
    return out;
}

NetworkIndex Routes::find(const net::Address& address) const {
    const Word word = word_of(address);
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), word,
                                        [](const Word& a, const Start& b) { return a < b.from; });
    return after == starts_.begin() ? internet : std::prev(after)->network;
}

}  // namespace sluice::dataplane::attach
