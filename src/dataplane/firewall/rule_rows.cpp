#include "dataplane/firewall/rule_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

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
    if (!rule.source_is.empty() || !rule.destination_is.empty())
        return refuse(rule, "countries and reputations, which this gateway does not know yet",
                      "use prefixes");
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

}  // namespace

base::Result<Rows> rows_of(const model::FirewallProgram& program, std::size_t max_rows) {
    Rows rows;
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
        if (rule.services.empty()) {
            rows.drafts.push_back(pattern);
        } else {
            const std::size_t first = rows.drafts.size();
            for (const ServiceMatch& service : rule.services) {
                row_for(service, pattern, rows.drafts, first).services.push_back(service);
                if (rows.drafts.size() > max_rows) break;
            }
        }
        if (rows.drafts.size() > max_rows) {
            return base::fail(ErrorCode::exhausted,
                              fmt::format("the rules become more than {} rows", max_rows), place(rule),
                              "a rule needs a row for each source port or ICMP code of its services");
        }
    }
    return rows;
}

}  // namespace sluice::dataplane::firewall
