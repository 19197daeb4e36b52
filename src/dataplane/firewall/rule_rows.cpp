#include "dataplane/firewall/rule_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "model/firewall_policy.hpp"

namespace sluice::dataplane::firewall {
namespace {

using base::ErrorCode;
using model::ServiceMatch;

std::string place(const model::FirewallRule& rule) {
    return fmt::format("rule '{}'", rule.name);
}

std::unexpected<base::Error> refuse(const model::FirewallRule& rule, std::string what, std::string hint) {
    return base::fail(ErrorCode::invalid_argument, std::move(what), place(rule), std::move(hint));
}

base::Status check(const model::FirewallRule& rule, const ServiceMatch& service) {
    if (service.source_port.first > service.source_port.last ||
        service.destination_port.first > service.destination_port.last) {
        return refuse(rule, "a range of ports ends before it begins", "write the lower port first");
    }
    const bool any_ports = is_any(service.source_port) && is_any(service.destination_port);
    if (!any_ports && service.protocol != 0 && !has_ports(service.protocol)) {
        return refuse(rule, fmt::format("protocol {} has no ports that a gateway reads", service.protocol),
                      "ports belong to TCP (6) and UDP (17)");
    }
    const bool any_icmp =
        service.icmp_type == ServiceMatch::any_icmp && service.icmp_code == ServiceMatch::any_icmp;
    if (!any_icmp && !is_icmp(service.protocol)) {
        return refuse(rule, fmt::format("protocol {} has no ICMP types", service.protocol),
                      "type and code belong to ICMP (1) and ICMPv6 (58)");
    }
    if (service.icmp_code != ServiceMatch::any_icmp && service.icmp_type == ServiceMatch::any_icmp) {
        return refuse(rule, "an ICMP code without its type", "name the type too");
    }
    if ((service.icmp_type > 255 && service.icmp_type != ServiceMatch::any_icmp) ||
        (service.icmp_code > 255 && service.icmp_code != ServiceMatch::any_icmp)) {
        return refuse(rule, "ICMP types and codes end at 255", "name a number from 0 to 255");
    }
    return {};
}

base::Status check(const model::FirewallRule& rule, std::size_t zones) {
    for (const auto* list : {&rule.from, &rule.to}) {
        for (const model::ZoneIndex zone : *list) {
            if (zone != model::any_zone && zone >= zones) {
                return refuse(rule, fmt::format("zone number {} does not exist", zone),
                              fmt::format("the program has {} zones", zones));
            }
        }
    }
    for (const model::WeekWindow& window : rule.windows) {
        if (window.first_minute >= window.end_minute || window.end_minute > 7 * 24 * 60) {
            return refuse(rule, "a time that ends before it begins, or after the week",
                          "split a time over midnight on Sunday in two");
        }
    }
    for (const ServiceMatch& service : rule.services) {
        if (auto good = check(rule, service); !good) return good;
    }
    return {};
}

// Services of a rule that agree in what a row keeps.
DraftRow& row_for(const ServiceMatch& service, const DraftRow& pattern, std::vector<DraftRow>& drafts,
                  std::size_t first) {
    for (std::size_t i = first; i < drafts.size(); ++i) {
        const Row& row = drafts[i].row;
        if (row.first_source_port == service.source_port.first &&
            row.last_source_port == service.source_port.last && row.icmp_code == service.icmp_code) {
            return drafts[i];
        }
    }
    DraftRow draft = pattern;
    draft.row.first_source_port = service.source_port.first;
    draft.row.last_source_port = service.source_port.last;
    draft.row.icmp_code = service.icmp_code;
    drafts.push_back(std::move(draft));
    return drafts.back();
}

void add_services(const model::FirewallRule& rule, const DraftRow& pattern, std::vector<DraftRow>& drafts,
                  std::size_t max_rows) {
    if (rule.services.empty()) return drafts.push_back(pattern);
    const std::size_t first = drafts.size();
    for (const ServiceMatch& service : rule.services) {
        row_for(service, pattern, drafts, first).services.push_back(service);
        if (drafts.size() > max_rows) return;
    }
}

// The questions of all rules, each once.
class Questions {
  public:
    Questions(const attributes::Tables& tables, Rows& rows) : tables_(tables), rows_(rows) {}

    // Where the row's questions begin, and how many they are.
    [[nodiscard]] base::Status add(const model::FirewallRule& rule,
                                   const std::vector<model::AttributeMatch>& matches, std::uint32_t& first,
                                   std::uint16_t& count) {
        first = static_cast<std::uint32_t>(rows_.asked.size());
        for (const model::AttributeMatch& match : matches) {
            if (!match.any()) return refuse(rule, "a country or reputation that asks for nothing", {});
            if (!std::ranges::all_of(match.countries, model::is_country_code) ||
                !std::ranges::all_of(match.reputations, model::is_reputation_tag))
                return refuse(rule, "a country that is no code, or a reputation that is no tag",
                              "two capital letters; small letters, digits and hyphens");
            const auto [known, fresh] =
                numbers_.try_emplace({match.countries, match.other_countries, match.reputations},
                                     static_cast<std::uint16_t>(rows_.questions.size()));
            if (fresh && rows_.questions.size() > 0xfffe) {
                return refuse(rule, "more than 65,535 different countries and reputations", "use fewer");
            }
            if (fresh) rows_.questions.push_back(attributes::Question::of(match, tables_));
            rows_.asked.push_back(known->second);
        }
        count = static_cast<std::uint16_t>(matches.size());
        return {};
    }

  private:
    using Key = std::tuple<std::vector<std::string>, bool, std::vector<std::string>>;
    const attributes::Tables& tables_;
    Rows& rows_;
    std::map<Key, std::uint16_t> numbers_;
};

const std::vector<net::Prefix> anywhere;

// Either end is within the prefixes, or is what the tables say: a pattern for each way to match.
base::Result<std::vector<DraftRow>> by_ends(const model::FirewallRule& rule, DraftRow pattern,
                                            Questions& questions) {
    constexpr std::size_t most = model::FirewallLimits::rule_attributes;
    if (rule.source_is.size() > most || rule.destination_is.size() > most) {
        return refuse(rule, fmt::format("more than {} countries and reputations", most), "use fewer");
    }
    pattern.sources = &rule.sources;
    pattern.destinations = &rule.destinations;
    std::vector<DraftRow> out{pattern};
    if (!rule.source_is.empty()) {
        pattern.sources = &anywhere;
        Row& row = pattern.row;
        if (auto good = questions.add(rule, rule.source_is, row.first_source_ask, row.source_asks); !good)
            return std::unexpected(good.error());
        if (rule.sources.empty()) out.clear();
        out.push_back(pattern);
    }
    if (rule.destination_is.empty()) return out;
    Row asked;
    if (auto good =
            questions.add(rule, rule.destination_is, asked.first_destination_ask, asked.destination_asks);
        !good)
        return std::unexpected(good.error());
    std::vector<DraftRow> both = rule.destinations.empty() ? std::vector<DraftRow>{} : out;
    for (DraftRow& one : out) {
        one.destinations = &anywhere;
        one.row.first_destination_ask = asked.first_destination_ask;
        one.row.destination_asks = asked.destination_asks;
        both.push_back(std::move(one));
    }
    return both;
}

}  // namespace

base::Result<Rows> rows_of(const model::FirewallProgram& program, std::size_t max_rows,
                           const attributes::Tables& tables) {
    Rows rows;
    Questions questions(tables, rows);
    for (std::size_t i = 0; i < program.rules.size(); ++i) {
        const model::FirewallRule& rule = program.rules[i];
        if (auto good = check(rule, program.zones.size()); !good) return std::unexpected(good.error());
        if (rule.windows.size() > 0xffff || rule.users.size() > 0xffff) {
            return refuse(rule, "more than 65,535 users or times", "use groups");
        }
        DraftRow pattern;
        pattern.rule = &rule;
        pattern.row.rule = static_cast<std::uint32_t>(i);
        pattern.row.action = rule.action;
        pattern.row.log = rule.log;
        pattern.row.first_window = static_cast<std::uint32_t>(rows.windows.size());
        pattern.row.window_count = static_cast<std::uint16_t>(rule.windows.size());
        rows.windows.insert(rows.windows.end(), rule.windows.begin(), rule.windows.end());
        pattern.row.first_user = static_cast<std::uint32_t>(rows.users.size());
        for (const std::string& user : rule.users) rows.users.push_back(user_id(user));
        std::sort(rows.users.begin() + pattern.row.first_user, rows.users.end());
        pattern.row.user_count = static_cast<std::uint16_t>(rule.users.size());
        const auto patterns = by_ends(rule, std::move(pattern), questions);
        if (!patterns) return std::unexpected(patterns.error());
        for (const DraftRow& one : *patterns) add_services(rule, one, rows.drafts, max_rows);
        if (rows.drafts.size() > max_rows) {
            return base::fail(ErrorCode::exhausted,
                              fmt::format("the rules become more than {} rows", max_rows), place(rule),
                              "a rule needs a row for each source port or ICMP code of its services, and one "
                              "more for each end that has prefixes and countries");
        }
    }
    return rows;
}

}  // namespace sluice::dataplane::firewall
