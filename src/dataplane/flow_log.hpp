// Flows of rules that want a log, from a worker to the file: a line of JSON when one is opened and when it is
// closed, and one for a packet that such a rule refuses.
//
//   {"time":"2026-11-21T14:00:00.250Z","event":"flow-closed","tenant":"tenant-12","rule":"web-in","protocol":6,
//    "source":"198.51.100.7","source_port":4242,"destination":"192.0.2.10","destination_port":443,
//    "translated_destination":"10.1.0.10","why":"expired","sent_packets":9,"sent_bytes":840,"received_packets":7,
//    "received_bytes":5120}
//
// "Sent" is what the flow's originator sent. An ICMP flow's ports are its identifier. Packets are counted in
// 32 bits.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "dataplane/event_queue.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "model/ids.hpp"

namespace sluice::dataplane {

struct FlowEvent {
    enum class Kind : std::uint8_t { opened, closed, dropped, rejected };

    std::uint64_t at_ns = 0;  // the worker's clock
    flow::Tuple tuple;
    flow::Tuple translated;  // the same as `tuple` where nothing is
    std::array<std::uint64_t, 2> bytes{};
    std::array<std::uint32_t, 2> packets{};
    std::uint32_t generation = 0;  // of the policy that the rule is of
    std::uint32_t rule = 0;
    Kind kind = Kind::opened;
    flow::FlowEnd why = flow::FlowEnd::expired;  // of a closed one
};

// A worker's own; the queue's reader and its counters are others'.
class FlowLog {
  public:
    void opened(const flow::Flow& flow, const flow::Tuple& translated, std::uint64_t now_ns) {
        push(FlowEvent::Kind::opened, flow, translated, now_ns, {});
    }
    void closed(const flow::Flow& flow, const flow::Tuple& translated, std::uint64_t now_ns,
                flow::FlowEnd why) {
        push(FlowEvent::Kind::closed, flow, translated, now_ns, why);
    }
    // Of refused packets there may be as many as somebody likes to send: each worker notes so many a second.
    void refused(FlowEvent::Kind kind, const flow::Tuple& tuple, std::uint32_t generation, std::uint32_t rule,
                 std::uint64_t now_ns) {
        if (!most_refused().take(refusals_, meter::ticks(now_ns), 0, 0)) return unlogged_.add(1);
        FlowEvent event;
        event.at_ns = now_ns;
        event.tuple = event.translated = tuple;
        event.generation = generation;
        event.rule = rule;
        event.kind = kind;
        events.push(event);
    }
    // Any thread: refused packets beyond that limit.
    [[nodiscard]] std::uint64_t unlogged() const { return unlogged_.value(); }

    EventQueue<FlowEvent> events{8'192};

  private:
    [[nodiscard]] static const meter::RateLimit& most_refused() {
        static const meter::RateLimit limit = meter::RateLimit::from({.packets_per_s = 1000});
        return limit;
    }
    void push(FlowEvent::Kind kind, const flow::Flow& flow, const flow::Tuple& translated,
              std::uint64_t now_ns, flow::FlowEnd why) {
        FlowEvent event;
        event.at_ns = now_ns;
        event.tuple = flow.tuple;
        event.translated = translated;
        event.bytes = flow.bytes;
        event.packets = flow.packets;
        event.generation = flow.generation;
        event.rule = flow.rule;
        event.kind = kind;
        event.why = why;
        events.push(event);
    }

    meter::RateState refusals_;
    Count unlogged_;
};

// With the names that the event's numbers stand for.
struct FlowLine {
    base::Timestamp at{};
    model::TenantId tenant;  // none, and no rule: the policy is long gone
    std::string rule;
    FlowEvent event;
};

// Without the line's end.
[[nodiscard]] std::string to_json(const FlowLine& line);

}  // namespace sluice::dataplane
