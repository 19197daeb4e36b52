// Which worker a packet's first fragment went to, where its later ones do not show it: in a hairpin the port
// says which server is meant, and only the first fragment has one. Cards spread fragments by addresses, so
// that all of a packet arrive at one worker, which remembers; their owner remembers as well, so that a
// fragment is handed over once.
//
// One worker's own. Allocates at construction only.
#pragma once

#include <cstdint>
#include <optional>

#include "base/siphash.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/flow/tuple.hpp"
#include "dataplane/meter/bounded_table.hpp"

namespace sluice::dataplane::workers {

class FragmentOwners {
  public:
    FragmentOwners(std::size_t packets, const base::SipKey& key) : key_(key), entries_(packets) {}

    // The tuple of any fragment: its ports do not count.
    void note(const flow::Tuple& tuple, std::uint32_t id, std::uint32_t owner, CoarseTime now) {
        Entry* entry = entries_.find_or_make(hash_of(tuple, id), now, false);
        if (entry != nullptr) *entry = {owner, now};
    }
    [[nodiscard]] std::optional<std::uint32_t> find(const flow::Tuple& tuple, std::uint32_t id,
                                                    CoarseTime now) {
        const Entry* entry = entries_.find(hash_of(tuple, id));
        if (entry == nullptr || now - entry->last_seen > coarse_duration(wait_s)) return std::nullopt;
        return entry->owner;
    }

  private:
    static constexpr std::uint32_t wait_s = 30;  // as flow::FragmentTable waits
    struct Entry {
        std::uint32_t owner = 0;
        CoarseTime last_seen = 0;
        [[nodiscard]] bool precious(std::uint32_t) const { return false; }
    };
    [[nodiscard]] std::uint64_t hash_of(const flow::Tuple& tuple, std::uint32_t id) const {
        return base::siphash13(key_, tuple.word(0), tuple.word(1), tuple.word(2), tuple.word(3),
                               static_cast<std::uint64_t>(tuple.tenant_and_protocol) << 32U | id);
    }

    base::SipKey key_;
    meter::BoundedTable<Entry> entries_;
};

}  // namespace sluice::dataplane::workers
