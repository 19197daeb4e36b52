#include "dataplane/target_table.hpp"

#include <algorithm>
#include <bit>

namespace sluice::dataplane {

// The entry of these words and length; a new one has no flag but `taken`.
Target& TargetTable::place(const Words& words, unsigned length) {
    std::size_t i = index_of(words, length);
    while (entries_[i].target.entry_flags != 0) {
        if (entries_[i].words == words && entries_[i].target.entry_length == length)
            return entries_[i].target;
        i = (i + 1) & mask_;
    }
    entries_[i].words = words;
    entries_[i].target.entry_length = static_cast<std::uint8_t>(length);
    entries_[i].target.entry_flags = taken;
    return entries_[i].target;
}

base::Result<TargetTable> TargetTable::build(std::span<const Item> items, base::Random& random) {
    TargetTable table;
    table.key_high_ = random.next();
    table.key_low_ = random.next();
    std::array<std::array<bool, 129>, 2> used{};
    for (const Item& item : items) {
        if (item.prefix.length() != 0) used[item.prefix.is_v4() ? 1 : 0][item.prefix.bits()] = true;
    }
    for (int family = 0; family < 2; ++family) {
        for (unsigned length = 1; length <= 128; ++length) {
            Steps& steps = table.steps_[family];
            if (used[family][length]) steps.lengths[steps.count++] = static_cast<std::uint8_t>(length);
        }
    }
    // Shorter prefixes first, so that a marker finds the best match that it must carry already in place.
    std::vector<const Item*> order;
    std::size_t most = 0;
    for (const Item& item : items) {
        order.push_back(&item);
        const std::uint32_t steps = table.steps_[item.prefix.is_v4() ? 1 : 0].count;
        most += static_cast<std::size_t>(std::bit_width(steps));
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const Item* a, const Item* b) { return a->prefix.bits() < b->prefix.bits(); });
    table.entries_.assign(std::bit_ceil(std::max<std::size_t>(most, 1) * 4 / 3 + 1), Entry{});
    table.mask_ = table.entries_.size() - 1;

    for (const Item* item : order) {
        if (!table.insert(*item)) {
            return base::fail(base::ErrorCode::conflict, item->prefix.to_string() + " is there twice");
        }
    }
    return table;
}

// The best of the prefixes not longer than `longest`; only for building.
const Target* TargetTable::best_up_to(const Words& words, const Steps& steps, unsigned longest) const {
    for (std::uint32_t i = steps.count; i-- > 0;) {
        if (steps.lengths[i] > longest) continue;
        const Target* found = probe(words, steps.lengths[i]);
        if (found != nullptr && (found->entry_flags & is_prefix) != 0) return found;
    }
    return steps.fallback.entry_flags != 0 ? &steps.fallback : nullptr;
}

bool TargetTable::insert(const Item& item) {
    const Words words = words_of(item.prefix.address());
    const unsigned bits = item.prefix.bits();
    Steps& steps = steps_[item.prefix.is_v4() ? 1 : 0];
    Target own = item.target;
    own.entry_length = static_cast<std::uint8_t>(bits);
    own.entry_flags = taken | has_target | is_prefix;
    if (item.prefix.length() == 0) {
        const bool first = steps.fallback.entry_flags == 0;
        steps.fallback = own;
        return first;
    }
    // The way that a search for this prefix takes: an entry at each step that must say "longer".
    std::uint32_t low = 0;
    std::uint32_t high = steps.count;
    while (low < high) {
        const std::uint32_t middle = (low + high) / 2;
        const unsigned length = steps.lengths[middle];
        if (length > bits) {
            high = middle;
            continue;
        }
        Target& entry = place(masked(words, length), length);
        if (length == bits) {
            const bool first = (entry.entry_flags & is_prefix) == 0;
            entry = own;
            return first;
        }
        if (entry.entry_flags == taken) {  // a new marker
            if (const Target* best = best_up_to(words, steps, length)) {
                entry = *best;
                entry.entry_length = static_cast<std::uint8_t>(length);
                entry.entry_flags = taken | has_target;
            } else {
                entry.entry_flags = taken | is_marker;
            }
        }
        low = middle + 1;
    }
    return true;
}

}  // namespace sluice::dataplane
