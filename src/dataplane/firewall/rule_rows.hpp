// Rules → rows: what a vector has one bit for. A rule is one row as long as its services agree in source
// ports and ICMP code; where they do not, it is a row for each, one behind the other. An end that is given by
// prefixes and by what tables say is a row for either. Everything else of a row is a product of independent
// sets, one a dimension, and that is what bit vectors can say.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "dataplane/firewall/question.hpp"
#include "model/firewall.hpp"

namespace sluice::dataplane::firewall {

// What is kept of a row to judge and answer a candidate.
struct Row {
    std::uint32_t rule = 0;
    std::uint16_t first_source_port = 0;
    std::uint16_t last_source_port = 65535;
    std::uint16_t icmp_code = model::ServiceMatch::any_icmp;
    std::uint16_t window_count = 0;
    std::uint16_t user_count = 0;
    model::RuleAction action = model::RuleAction::drop;
    bool log = false;
    std::uint32_t first_window = 0;
    std::uint32_t first_user = 0;
    std::uint32_t first_source_ask = 0;  // of Rows::asked
    std::uint32_t first_destination_ask = 0;
    std::uint16_t source_asks = 0;
    std::uint16_t destination_asks = 0;

    // Nothing is left to ask of a candidate.
    [[nodiscard]] bool plain() const {
        return first_source_port == 0 && last_source_port == 65535 &&
               icmp_code == model::ServiceMatch::any_icmp && window_count == 0 && user_count == 0 &&
               source_asks == 0 && destination_asks == 0;
    }
};

// A row while it is compiled: its rule, and its services as numbers.
struct DraftRow {
    Row row;
    const model::FirewallRule* rule = nullptr;
    const std::vector<net::Prefix>* sources = nullptr;  // empty: any
    const std::vector<net::Prefix>* destinations = nullptr;
    std::vector<model::ServiceMatch> services;  // empty: any
};

struct Rows {
    std::vector<DraftRow> drafts;
    std::vector<UserId> users;
    std::vector<model::WeekWindow> windows;
    std::vector<attributes::Question> questions;  // all different
    std::vector<std::uint16_t> asked;             // of rows: which of the questions, one has to hold
};

// In the rules' order. Refuses what has no meaning, with the rule's name.
[[nodiscard]] base::Result<Rows> rows_of(const model::FirewallProgram& program, std::size_t max_rows,
                                         const attributes::Tables& tables);

// TCP and UDP: the only ones whose ports a packet's key has.
[[nodiscard]] constexpr bool has_ports(std::uint8_t protocol) {
    return protocol == 6 || protocol == 17;
}
[[nodiscard]] constexpr bool is_icmp(std::uint8_t protocol) {
    return protocol == 1 || protocol == 58;
}
[[nodiscard]] constexpr bool is_any(const model::PortRange& range) {
    return range.first == 0 && range.last == 65535;
}

}  // namespace sluice::dataplane::firewall
