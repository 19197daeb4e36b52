// Longest-prefix match for both families: a multibit trie of 256-way nodes (one byte of the address a step),
// with prefixes that end inside a byte spread over the entries that they cover. A lookup touches one entry a
// step: at most 4 for IPv4 and 16 for IPv6, stopping at the first absent child.
//
// Build once, then read from any thread. Memory: 2 KiB a node.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "net/prefix.hpp"

namespace sluice::net {

template <class Value>
class PrefixMap {
  public:
    PrefixMap() { clear(); }

    void clear() {
        nodes_.assign(2, Node{});  // the roots: 0 for IPv6, 1 for IPv4 (behind its twelve fixed bytes)
        entries_.clear();
        root_entry_[0] = root_entry_[1] = none;
    }

    // Of two equal prefixes the later one counts.
    void insert(const Prefix& prefix, Value value) {
        entries_.emplace_back(prefix, std::move(value));
        place(static_cast<std::uint32_t>(entries_.size() - 1));
    }

    // The value of the longest prefix that contains the address; nullptr when none does.
    [[nodiscard]] const Value* find(const Address& address) const {
        const std::uint32_t entry = find_entry(address);
        return entry == none ? nullptr : &entries_[entry].second;
    }
    [[nodiscard]] const std::pair<Prefix, Value>* find_with_prefix(const Address& address) const {
        const std::uint32_t entry = find_entry(address);
        return entry == none ? nullptr : &entries_[entry];
    }

    // In the order of insertion.
    [[nodiscard]] const std::vector<std::pair<Prefix, Value>>& entries() const { return entries_; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    static constexpr std::uint32_t none = 0xffffffff;
    struct Slot {
        std::uint32_t entry = none;
        std::uint32_t child = 0;  // 0 is a root, so it also means "no child"
    };
    struct Node {
        Slot slots[256];
    };

    [[nodiscard]] std::uint32_t find_entry(const Address& address) const {
        const bool v4 = address.is_v4();
        std::uint32_t node = v4 ? 1 : 0;
        std::uint32_t best = root_entry_[node];
        for (unsigned byte = v4 ? 12 : 0; byte < 16; ++byte) {
            const Slot& slot = nodes_[node].slots[address.bytes()[byte]];
            if (slot.entry != none) best = slot.entry;
            if (slot.child == 0) break;
            node = slot.child;
        }
        return best;
    }

    void place(std::uint32_t entry) {
        const Prefix& prefix = entries_[entry].first;
        const bool v4 = prefix.is_v4();
        std::uint32_t node = v4 ? 1 : 0;
        unsigned byte = v4 ? 12 : 0;
        if (prefix.length() == 0) {
            root_entry_[node] = entry;
            return;
        }
        const unsigned last = (prefix.bits() - 1) / 8;
        for (; byte < last; ++byte) {
            const std::uint8_t index = prefix.address().bytes()[byte];
            if (nodes_[node].slots[index].child == 0) {
                nodes_.push_back(Node{});
                nodes_[node].slots[index].child = static_cast<std::uint32_t>(nodes_.size() - 1);
            }
            node = nodes_[node].slots[index].child;
        }
        const unsigned used = prefix.bits() - last * 8;
        const unsigned first = prefix.address().bytes()[last];
        for (unsigned index = first; index < first + (1U << (8 - used)); ++index) {
            std::uint32_t& slot = nodes_[node].slots[index].entry;
            if (slot == none || entries_[slot].first.bits() <= prefix.bits()) slot = entry;
        }
    }

    std::vector<Node> nodes_;
    std::vector<std::pair<Prefix, Value>> entries_;
    std::uint32_t root_entry_[2] = {none, none};
};

}  // namespace sluice::net
