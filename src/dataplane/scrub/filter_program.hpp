// The filters of all tenants, compiled. A tenant has a list for each class of protocols, with the filters
// that may match there, in their order. A list is a chain of lines of four filters: their ports lie side by
// side and are compared at once, and a filter that asks for nothing else is decided by that line alone, so a
// flood costs one line however many filters do not match it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "dataplane/attributes/attribute_table.hpp"
#include "dataplane/protocol_class.hpp"
#include "dataplane/time_pair.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane::scrub {

// What filters ask of a packet besides its addresses, as eight numbers that are compared at once.
enum FilterLane : std::uint8_t {
    lane_protocol,
    lane_source_port,
    lane_destination_port,
    lane_has_ports,  // key_transport: TCP or UDP whose header is there; else 0
    lane_tcp_flags,
    lane_has_flags,  // key_transport: TCP whose header is there; else 0
    lane_length,     // of layer 3
    lane_fragment,   // key_fragment: one of several pieces; else 0
};
using Lanes = std::uint16_t __attribute__((vector_size(16)));

// All that a filter asks for. A packet matches when each of its numbers, masked, is within the filter's first
// and last, and its addresses are within the prefixes. One cache line; what few filters ask for besides lies
// apart.
struct alignas(64) CompiledFilter {
    Lanes mask{};
    Lanes first{};
    Lanes last{};
    std::uint64_t expires_ns = 0;  // on the worker's clock; all ones: never
    std::uint8_t asks = 0;         // asks_addresses, asks_more
};
static_assert(sizeof(CompiledFilter) == 64);
inline constexpr std::uint8_t asks_addresses = 1;  // FilterProgram::addresses
inline constexpr std::uint8_t asks_more = 2;       // FilterProgram::conditions

struct FilterAddresses {
    struct Words {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
    };
    Words source_mask, source_value;  // of the address's bytes as they lie in memory
    Words destination_mask, destination_value;
};

// What of a packet is not in its key: its payload, and what tables say of its source.
struct FilterCondition {
    struct Payload {
        std::uint16_t offset = 0;
        std::uint8_t length = 0;
        std::array<std::uint8_t, model::PayloadMatch::most_bytes> mask{};
        std::array<std::uint8_t, model::PayloadMatch::most_bytes> value{};
    };
    std::uint8_t payloads = 0;
    std::array<Payload, model::most_payload_matches> payload{};
    attributes::Question source;
};

// Four filters of a list. Bit n of a set is the line's n-th filter.
struct alignas(64) FilterLine {
    static constexpr std::size_t places = 4;

    Lanes first_ports = Lanes{} + 1;  // destination ports, then source ports; of a free place from 1 to 0
    Lanes last_ports{};
    std::array<std::uint32_t, places> rules{};  // index into Program::rules
    std::uint32_t first = 0;  // of the line's filters in FilterProgram::filters; they lie together
    std::uint32_t next = 0;   // in FilterProgram::lines; 0: this is the last
    std::uint8_t taken = 0;
    std::uint8_t decided = 0;  // by the ports alone, when the packet has some
    std::uint8_t dropping = 0;
    std::uint8_t dynamic = 0;
};
static_assert(sizeof(FilterLine) == 64);

class FilterProgram {
  public:
    using Lists = std::array<FilterLine, static_cast<std::size_t>(ProtocolClass::count_)>;

    // A tenant's filters; gives the number of their lists, 0 when there are none. `first_rule` is the index
    // of the first one's name in Program::rules.
    [[nodiscard]] base::Result<std::uint16_t> add(const model::TenantProgram& program, TimePair now,
                                                  const attributes::Tables& tables, std::uint32_t first_rule);

    [[nodiscard]] const FilterLine& list(std::uint16_t number, std::uint8_t protocol) const {
        return lists_[number][static_cast<std::size_t>(class_of(protocol))];
    }
    // Bit c: the list for ProtocolClass c has a filter.
    [[nodiscard]] std::uint8_t classes(std::uint16_t number) const;
    [[nodiscard]] const FilterLine& line(std::uint32_t number) const { return lines_[number]; }
    [[nodiscard]] const CompiledFilter& filter(std::uint32_t number) const { return filters_[number]; }
    // Of a filter that asks for them.
    [[nodiscard]] const FilterAddresses& addresses(std::uint32_t filter) const { return addresses_[filter]; }
    [[nodiscard]] const FilterCondition& condition(std::uint32_t filter) const {
        return conditions_[condition_of_[filter]];
    }

  private:
    // A filter at the end of the list.
    void append(FilterLine& head, ProtocolClass kind, const model::PacketFilter& filter, std::uint32_t rule,
                TimePair now);

    std::vector<Lists> lists_{1};
    std::vector<FilterLine> lines_{1};  // behind the first of a list
    std::vector<CompiledFilter> filters_;
    std::vector<FilterAddresses> addresses_;  // of the filter with the same index
    std::vector<std::uint32_t> condition_of_;
    std::vector<FilterCondition> conditions_;
};

}  // namespace sluice::dataplane::scrub
