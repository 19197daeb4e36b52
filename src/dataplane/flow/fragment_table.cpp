#include "dataplane/flow/fragment_table.hpp"

#include "dataplane/flow/tcp_tracker.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::flow {

std::uint64_t FragmentTable::hash_of(const Tuple& tuple, std::uint32_t id) const {
    return base::siphash13(key_, tuple.word(0), tuple.word(1), tuple.word(2), tuple.word(3),
                           static_cast<std::uint64_t>(tuple.tenant_and_protocol) << 32U | id);
}

void FragmentTable::add(const Tuple& tuple, const packet::Key& key, const packet::Frame& frame,
                        const Found& found, FlowTable& table) {
    Entry* entry = entries_.find_or_make(hash_of(tuple, key.fragment_id), table.now(), false);
    if (entry == nullptr) return;
    entry->flow = table.number_of(*found.flow);
    entry->direction = static_cast<std::uint8_t>(found.direction);
    entry->last_seen = table.now();
    entry->header = 8;
    entry->data_begins = 0;
    if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp)) {
        const std::uint8_t* tcp = frame.data + key.l4_offset;
        entry->header = static_cast<std::uint8_t>((tcp[12] >> 4U) * 4U);
        entry->data_begins = detail::load32(tcp + 4) - entry->header;
    }
}

FragmentTable::Piece FragmentTable::find(const Tuple& tuple, const packet::Key& key, FlowTable& table) {
    Piece missing;
    missing.reason = model::DropReason::fragment_without_first;
    const Entry* entry = entries_.find(hash_of(tuple, key.fragment_id));
    if (entry == nullptr || table.now() - entry->last_seen > wait_) return missing;
    Flow* flow = table.at(entry->flow);
    const auto direction = static_cast<Direction>(entry->direction);
    if (flow == nullptr) return missing;
    // Another flow may have the number now.
    const Tuple own = direction == Direction::original ? flow->tuple : table.translated(*flow).reversed();
    if (!(own.source == tuple.source) || !(own.destination == tuple.destination) ||
        own.tenant_and_protocol != tuple.tenant_and_protocol)
        return missing;
    if (key.fragment_offset < entry->header) {
        missing.reason = model::DropReason::bad_fragment;
        return missing;
    }
    return {.found = {flow, direction}, .data_begins = entry->data_begins, .reason = model::DropReason::none};
}

}  // namespace sluice::dataplane::flow
