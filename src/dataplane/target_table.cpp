#include "dataplane/target_table.hpp"

#include <vector>

namespace sluice::dataplane {

base::Result<TargetTable> TargetTable::build(std::span<const Item> items, base::Random& random) {
    std::vector<LengthTable<Ipv4Words, Target>::Item> narrow_items;
    std::vector<LengthTable<Ipv6Words, Target>::Item> wide_items;
    for (const Item& item : items) {
        const net::Address& address = item.prefix.address();
        if (item.prefix.is_v4()) {
            narrow_items.push_back({narrow(address), item.prefix.length(), item.target});
        } else {
            wide_items.push_back({wide(address), item.prefix.length(), item.target});
        }
    }
    TargetTable table;
    LengthTable<Ipv4Words, Target>::Item narrow_conflict;
    LengthTable<Ipv6Words, Target>::Item wide_conflict;
    net::Prefix twice;
    if (!table.ipv4_.build(std::move(narrow_items), random, narrow_conflict)) {
        twice = net::Prefix::of(net::Address::v4(narrow_conflict.word), narrow_conflict.length);
    } else if (!table.ipv6_.build(std::move(wide_items), random, wide_conflict)) {
        const std::uint64_t wire[2] = {__builtin_bswap64(wide_conflict.word.high),
                                       __builtin_bswap64(wide_conflict.word.low)};
        std::uint8_t bytes[16];
        std::memcpy(bytes, wire, 16);
        twice = net::Prefix::of(net::Address::v6_from(bytes), wide_conflict.length);
    } else {
        return table;
    }
    return base::fail(base::ErrorCode::conflict, twice.to_string() + " is there twice");
}

}  // namespace sluice::dataplane
