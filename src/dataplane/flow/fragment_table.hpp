// Later fragments → the flow of their first one, which alone has ports. A bounded table of the packets whose
// first fragment has passed; nothing is reassembled and nobody's later fragments are held
// (docs/decisions/flow-table.md).
//
// One worker's own. Allocates at construction only.
#pragma once

#include <cstdint>

#include "base/siphash.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/meter/bounded_table.hpp"
#include "model/verdict.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::flow {

class FragmentTable {
  public:
    struct Config {
        std::uint32_t packets = 4096;  // whose fragments are on their way
        std::uint32_t wait_s = 30;  // for the rest of a packet (RFC 1122 section 3.3.2: 60 to 120 at the end)
    };

    FragmentTable(const Config& config, const base::SipKey& key)
        : key_(key), wait_(coarse_duration(config.wait_s)), entries_(config.packets) {}

    // A first fragment that has passed, with its own tuple (as it came), flow and direction.
    void add(const Tuple& tuple, const packet::Key& key, const packet::Frame& frame, const Found& found,
             FlowTable& table);

    struct Piece {
        Found found;                    // without a flow: see the reason
        std::uint32_t data_begins = 0;  // for track_piece()
        model::DropReason reason = model::DropReason::none;
    };
    // A later fragment, with the tuple that tuple_of() gave (kind `piece`).
    [[nodiscard]] Piece find(const Tuple& tuple, const packet::Key& key, FlowTable& table);

    [[nodiscard]] std::size_t bytes() const { return entries_.capacity() / entries_.ways * 64; }

  private:
    struct Entry {
        std::uint32_t flow = 0;
        std::uint32_t data_begins = 0;
        std::uint32_t last_seen = 0;
        std::uint8_t direction = 0;
        std::uint8_t header = 0;  // of the transport; no later fragment may reach into it
        [[nodiscard]] bool precious(std::uint32_t) const { return false; }
    };
    [[nodiscard]] std::uint64_t hash_of(const Tuple& tuple, std::uint32_t id) const;

    base::SipKey key_;
    CoarseTime wait_;
    meter::BoundedTable<Entry> entries_;
};

}  // namespace sluice::dataplane::flow
