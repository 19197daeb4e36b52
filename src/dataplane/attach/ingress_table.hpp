// Leg and tags of a frame → the customer's network that it came from. The numbers are the provider's, not a
// sender's, so a plain hash does; a lookup is one cache line.
//
// Immutable after build(); any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "dataplane/attach/routes.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::attach {

// What a network is known by. Parts that do not count are 0.
struct IngressTag {
    std::uint8_t leg = 0;
    std::uint16_t vlan = 0;
    std::uint16_t inner_vlan = 0;
    std::uint32_t tunnel = 0;  // as in packet::Key

    [[nodiscard]] std::uint64_t word() const {
        return 1ULL << 63U | static_cast<std::uint64_t>(leg) << 49U |
               static_cast<std::uint64_t>(vlan) << 37U | static_cast<std::uint64_t>(inner_vlan) << 25U |
               tunnel;
    }
    [[nodiscard]] static IngressTag of(std::uint8_t leg, const packet::Key& key) {
        // Tags within a tunnel are the customer's own affair.
        if (key.tunnel != 0) return {leg, 0, 0, key.tunnel};
        return {leg, key.vlan, key.inner_vlan, 0};
    }
    bool operator==(const IngressTag&) const = default;
};

struct Ingress {
    std::uint32_t way = 0;       // of the network, in TenantPaths::ways
    std::uint16_t firewall = 0;  // index into Program::firewalls; 0: nobody's
    NetworkIndex network = internet;
};

class IngressTable {
  public:
    struct Item {
        IngressTag tag;
        Ingress ingress;
    };
    IngressTable() : slots_(1) {}
    // Tags are unique.
    [[nodiscard]] static IngressTable build(const std::vector<Item>& items) {
        IngressTable out;
        out.slots_.assign(std::bit_ceil(items.size() * 2 + 1), {});
        for (const Item& item : items) {
            std::size_t at = out.first(item.tag.word());
            while (out.slots_[at].tag != 0) at = (at + 1) & (out.slots_.size() - 1);
            out.slots_[at] = {item.tag.word(), item.ingress};
        }
        return out;
    }

    void prefetch(std::uint64_t word) const { __builtin_prefetch(&slots_[first(word)]); }

    // Of the tag with this word.
    [[nodiscard]] Ingress find(std::uint64_t word) const {
        for (std::size_t at = first(word); slots_[at].tag != 0; at = (at + 1) & (slots_.size() - 1)) {
            if (slots_[at].tag == word) return slots_[at].ingress;
        }
        return {};
    }

  private:
    struct Slot {
        std::uint64_t tag = 0;
        Ingress ingress;
    };
    [[nodiscard]] std::size_t first(std::uint64_t word) const {
        return (word * 0x9e3779b97f4a7c15ULL >> 32U) & (slots_.size() - 1);
    }
    std::vector<Slot> slots_;  // a power of two; never full
};

}  // namespace sluice::dataplane::attach
