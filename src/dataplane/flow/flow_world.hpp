// A flow table with everything around it, for tests: packets as text, time by hand, an opening of each new
// flow without rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/flow/flow_table.hpp"
#include "dataplane/flow/fragment_table.hpp"
#include "dataplane/flow/icmp_quote.hpp"
#include "dataplane/flow/packet_tuple.hpp"
#include "dataplane/flow/tcp_tracker.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::flow {

struct TextPacket {
    explicit TextPacket(std::string_view text) : bytes(packet::parse_packet_text(text).value()) { read(); }
    explicit TextPacket(std::vector<std::uint8_t> raw) : bytes(std::move(raw)) { read(); }
    void read() {
        frame.data = bytes.data();
        frame.length = static_cast<std::uint32_t>(bytes.size());
        frame.room = frame.length;
        key = packet::parse(frame.bytes());
    }
    // A 16-bit or 32-bit field of the transport header.
    void put16(std::size_t at, std::uint16_t value) {
        bytes[key.l4_offset + at] = static_cast<std::uint8_t>(value >> 8U);
        bytes[key.l4_offset + at + 1] = static_cast<std::uint8_t>(value);
    }

    std::vector<std::uint8_t> bytes;
    packet::Frame frame;
    packet::Key key;
};

class FlowWorld {
  public:
    explicit FlowWorld(const FlowTable::Config& config = {.flows = 1024, .tenants = 16},
                       FlowListener* listener = nullptr)
        : table(config, {1, 2}, listener), fragments({}, {3, 4}) {
        table.advance(now_ns);
    }

    void wait(double seconds) {
        now_ns += static_cast<std::uint64_t>(seconds * 1e9);
        table.advance(now_ns);
    }

    // "pass", or the drop reason's name. Opens flows under the quota, as from zone 1.
    std::string_view send(TextPacket& packet, TenantIndex tenant = 1) {
        Tuple tuple;
        last = {};
        const TupleKind kind = tuple_of(tenant, packet.key, packet.frame, tuple);
        if (kind == TupleKind::none) return "none";
        if (kind == TupleKind::icmp_error) {
            const auto quote = read_quote(tenant, packet.key, packet.frame);
            if (!quote) return name(model::DropReason::icmp_unrelated);
            last = table.find(quote->answers);
            const bool good = last.flow != nullptr && is_plausible(*quote, *last.flow, last.direction);
            return name(good ? model::DropReason::none : model::DropReason::icmp_unrelated);
        }
        if (kind == TupleKind::piece) {
            const auto piece = fragments.find(tuple, packet.key, table);
            last = piece.found;
            if (last.flow != nullptr)
                track_piece(*last.flow, last.direction, packet.key, piece.data_begins, times, table.now());
            return name(piece.reason);
        }
        last = table.find(tuple);
        if (last.flow != nullptr) {
            const Step step = track(*last.flow, last.direction, packet.key, packet.frame, times, table.now());
            if (step != Step::renew) return done(step, tuple, packet);
            table.end(*last.flow);
            last = {};
        }
        if (const auto reason = check_first(packet.key, times.strict_tcp); reason != model::DropReason::none)
            return name(reason);
        next.tuple = tuple;
        const Opened opened = table.open(next, times, quota);
        if (opened.flow == nullptr) return opened.taken ? "taken" : name(opened.reason);
        last = {opened.flow, Direction::original};
        return done(track(*last.flow, last.direction, packet.key, packet.frame, times, table.now()), tuple,
                    packet);
    }
    std::string_view send(std::string_view text, TenantIndex tenant = 1) {
        TextPacket packet(text);
        return send(packet, tenant);
    }

    static std::string_view name(model::DropReason reason) {
        return reason == model::DropReason::none ? "pass" : model::info(reason).name;
    }

    std::uint64_t now_ns = 1'000'000'000'000;
    FlowTimes times = FlowTimes::from({}, true);
    FlowQuota quota;
    NewFlow next;  // what the next new flow has besides its tuple
    Found last;
    FlowTable table;
    FragmentTable fragments;

  private:
    std::string_view done(Step step, const Tuple& tuple, const TextPacket& packet) {
        if (step != Step::pass) return name(reason_of(step));
        if (packet.key.has(packet::key_fragment)) fragments.add(tuple, packet.key, packet.frame, last, table);
        return "pass";
    }
};

}  // namespace sluice::dataplane::flow
