#include "dataplane/explain/what_if.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/joined.hpp"
#include "base/time_text.hpp"
#include "dataplane/explain/path_writer.hpp"
#include "dataplane/firewall/question.hpp"
#include "model/attack_vector.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::explain {
namespace {

using model::DropReason;
using model::FirewallRule;
using model::TenantProgram;
using model::Verdict;

bool is(std::uint8_t protocol, net::IpProtocol wanted) {
    return protocol == static_cast<std::uint8_t>(wanted);
}

// Of the packet's TCP header; nothing where there is none.
std::uint8_t* tcp_of(std::vector<std::uint8_t>& frame, const packet::Key& key) {
    return is(key.protocol, net::IpProtocol::tcp) && key.has(packet::key_transport)
               ? frame.data() + key.l4_offset
               : nullptr;
}

// "tcp port 443", "icmp type 8", "protocol 47"
std::string service_text(const packet::Key& key) {
    if (!key.has(packet::key_transport)) return fmt::format("protocol {}", key.protocol);
    if (is(key.protocol, net::IpProtocol::tcp)) return fmt::format("tcp port {}", key.destination_port);
    if (is(key.protocol, net::IpProtocol::udp)) return fmt::format("udp port {}", key.destination_port);
    if (is(key.protocol, net::IpProtocol::icmp)) return fmt::format("icmp type {}", key.source_port);
    if (is(key.protocol, net::IpProtocol::icmpv6)) return fmt::format("icmpv6 type {}", key.source_port);
    return fmt::format("protocol {}", key.protocol);
}

model::ServiceMatch service_of(const packet::Key& key) {
    model::ServiceMatch service;
    service.protocol = key.protocol;
    if (!key.has(packet::key_transport)) return service;
    if (is(key.protocol, net::IpProtocol::tcp) || is(key.protocol, net::IpProtocol::udp)) {
        service.destination_port = {key.destination_port, key.destination_port};
    } else if (is(key.protocol, net::IpProtocol::icmp) || is(key.protocol, net::IpProtocol::icmpv6)) {
        service.icmp_type = key.source_port;
    }
    return service;
}

// What a rule asks, one thing at a time.
enum class Part : std::uint8_t { services, from, to, sources, destinations, windows, users };
constexpr Part parts[] = {Part::services,     Part::from,    Part::to,   Part::sources,
                          Part::destinations, Part::windows, Part::users};

bool asks(const FirewallRule& rule, Part part) {
    switch (part) {
        case Part::services:
            return !rule.services.empty();
        case Part::from:
            return !rule.from.empty();
        case Part::to:
            return !rule.to.empty();
        case Part::sources:
            return !rule.sources.empty() || !rule.source_is.empty();
        case Part::destinations:
            return !rule.destinations.empty() || !rule.destination_is.empty();
        case Part::windows:
            return !rule.windows.empty();
        case Part::users:
            return !rule.users.empty();
    }
    return false;
}

void ask_no_more(FirewallRule& rule, Part part) {
    switch (part) {
        case Part::services:
            return rule.services.clear();
        case Part::from:
            return rule.from.clear();
        case Part::to:
            return rule.to.clear();
        case Part::sources:
            rule.source_is.clear();
            return rule.sources.clear();
        case Part::destinations:
            rule.destination_is.clear();
            return rule.destinations.clear();
        case Part::windows:
            return rule.windows.clear();
        case Part::users:
            return rule.users.clear();
    }
}

struct LimitOfReason {
    DropReason reason;
    model::RateLimit model::ScrubProfile::*limit;
};
constexpr LimitOfReason limits_by_reason[] = {
    {DropReason::source_rate, &model::ScrubProfile::source_limit},
    {DropReason::pair_rate, &model::ScrubProfile::pair_limit},
    {DropReason::fragment_rate, &model::ScrubProfile::fragment_limit},
    {DropReason::icmp_rate, &model::ScrubProfile::icmp_limit},
    {DropReason::udp_rate, &model::ScrubProfile::udp_limit},
    {DropReason::service_rate, &model::ScrubProfile::service_limit},
    {DropReason::target_rate, &model::ScrubProfile::target_limit},
};

class WhatIf {
  public:
    WhatIf(const TenantProgram& program, std::span<const model::UserBinding> users,
           const attributes::Tables& tables, std::span<const Sent> earlier, const Sent& packet,
           const Trace& trace, std::size_t& budget)
        : program_(program),
          users_(users),
          earlier_(earlier),
          packet_(packet),
          trace_(trace),
          key_(packet::parse(packet.frame)),
          tables_(tables),
          budget_(budget) {}

    std::vector<std::string> run() {
        if (trace_.verdict == Verdict::pass || key_.error != packet::ParseError::none) return {};
        if (trace_.verdict == Verdict::answer && trace_.reason == DropReason::none) {
            if (trace_.scrubbed) after_proof();
            return std::move(out_);
        }
        by_stage();
        return std::move(out_);
    }

  private:
    void by_stage() {
        switch (model::info(trace_.reason).stage) {
            case model::Stage::filter:
                return without_filter();
            case model::Stage::reflection:
                return without_template();
            case model::Stage::verify:
                return trace_.reason == DropReason::not_verified ? after_proof() : after_repetition();
            case model::Stage::rate:
                return within_rate();
            case model::Stage::flow:
                return at_its_place();
            case model::Stage::firewall:
                return other_rules();
            case model::Stage::tenant:
                return other_network();
            default:
                return;
        }
    }

    void say(std::string text) {
        if (out_.size() < most_changes && std::ranges::find(out_, text) == out_.end())
            out_.push_back(std::move(text));
    }

    // The packet under another program, after the same packets; nothing when no gateway takes the program.
    [[nodiscard]] std::optional<Trace> under(const TenantProgram& program, std::span<const Sent> before,
                                             const Sent& packet) const {
        constexpr std::size_t fixed_cost = 50;
        const std::size_t cost = fixed_cost + program.firewall.rules.size() + before.size();
        if (cost > budget_) return std::nullopt;
        budget_ -= cost;
        auto tracer = Tracer::make(program, before.empty() ? packet.at : before.front().at, users_, tables_);
        if (!tracer) return std::nullopt;
        for (const Sent& one : before) (void)(*tracer)->run(one);
        return (*tracer)->run(packet);
    }
    [[nodiscard]] std::optional<Trace> under(const TenantProgram& program) const {
        return under(program, earlier_, packet_);
    }
    [[nodiscard]] bool passes(const TenantProgram& program) const {
        const auto trace = under(program);
        return trace && trace->verdict == Verdict::pass;
    }
    [[nodiscard]] bool passes_after(const std::vector<Sent>& before, const Sent& packet) const {
        const auto trace = under(program_, before, packet);
        return trace && trace->verdict == Verdict::pass;
    }

    // Filters

    void without_filter() {
        const auto filter = std::ranges::find(program_.filters, trace_.rule, &model::PacketFilter::name);
        if (filter == program_.filters.end()) return;
        if (filter->expires_at != base::Timestamp{}) {
            Sent later = packet_;
            later.at = filter->expires_at + std::chrono::milliseconds(1);
            const auto after = under(program_, earlier_, later);
            const std::string time = base::to_rfc3339(filter->expires_at);
            say(after && after->verdict == Verdict::pass
                    ? fmt::format("It would pass after {}, when filter '{}' expires.", time, filter->name)
                    : fmt::format("Filter '{}' expires at {}; the packet would not pass then either.",
                                  filter->name, time));
            return;
        }
        TenantProgram changed = program_;
        changed.filters.erase(changed.filters.begin() + (filter - program_.filters.begin()));
        if (passes(changed)) say(fmt::format("It would pass without filter '{}'.", filter->name));
    }

    void without_template() {
        TenantProgram changed = program_;
        for (auto& target : changed.targets) {
            std::erase_if(target.profile.reflection, [&](model::AttackVector vector) {
                return model::to_string(vector) == trace_.rule;
            });
        }
        if (passes(changed))
            say(fmt::format("It would pass if template '{}' were not in force against the present attack.",
                            trace_.rule));
    }

    // Verification: what a real sender does next is done here.

    // Another TCP segment of the same connection, without payload.
    // A datagram's sender shows himself by a connection to the same port.
    [[nodiscard]] Sent segment(std::uint8_t flags, std::uint32_t seq, std::chrono::milliseconds later) const {
        Sent out = packet_;
        out.at += later;
        packet::Key key = key_;
        if (is(key_.protocol, net::IpProtocol::udp)) {
            const bool ipv6 = key_.has(packet::key_ipv6);
            const auto end = [&](const net::Address& address, std::uint16_t port) {
                return ipv6 ? fmt::format("[{}]:{}", address.to_string(), port)
                            : fmt::format("{}:{}", address.to_string(), port);
            };
            auto frame =
                packet::parse_packet_text(fmt::format("tcp {} > {} syn", end(key_.source, key_.source_port),
                                                      end(key_.destination, key_.destination_port)));
            if (!frame) return out;
            out.frame = std::move(*frame);
            key = packet::parse(out.frame);
        }
        std::uint8_t* tcp = tcp_of(out.frame, key);
        if (tcp == nullptr) return out;
        const std::uint32_t wire = __builtin_bswap32(seq);
        std::memcpy(tcp + 4, &wire, 4);
        std::memset(tcp + 8, 0, 4);
        tcp[13] = flags;
        return out;
    }

    void after_proof() {
        using std::chrono::milliseconds;
        std::vector<Sent> before(earlier_.begin(), earlier_.end());
        const Sent syn = segment(net::tcp_flag::syn, 7, milliseconds(0));
        const auto asked = under(program_, before, syn);
        if (!asked || asked->verdict != Verdict::answer || asked->frame.empty()) return;
        std::vector<std::uint8_t> answer = asked->frame;
        const packet::Key key = packet::parse(answer);
        const std::uint8_t* tcp = tcp_of(answer, key);
        if (tcp == nullptr) return;
        std::uint32_t cookie = 0;
        before.push_back(syn);
        if ((tcp[13] & net::tcp_flag::syn) != 0) {
            std::memcpy(&cookie, tcp + 4, 4);
            return after_acknowledgement(before, __builtin_bswap32(cookie));
        }
        std::memcpy(&cookie, tcp + 8, 4);
        before.push_back(segment(net::tcp_flag::rst, __builtin_bswap32(cookie), milliseconds(20)));
        Sent again = packet_;
        again.at += std::chrono::seconds(1);
        if (passes_after(before, again)) {
            say("It would pass after the source has shown its address; a real sender's system does that by "
                "itself, within a second.");
        }
    }

    // The answer to the SYN was one in the server's place.
    void after_acknowledgement(const std::vector<Sent>& before, std::uint32_t cookie) {
        Sent third = segment(net::tcp_flag::ack, 8, std::chrono::milliseconds(20));
        const packet::Key key = packet::parse(third.frame);
        std::uint8_t* tcp = tcp_of(third.frame, key);
        if (tcp == nullptr) return;
        const std::uint32_t wire = __builtin_bswap32(cookie + 1);
        std::memcpy(tcp + 8, &wire, 4);
        if (passes_after(before, third)) {
            say("Its connection is opened when the sender acknowledges the gateway's answer; a real sender's "
                "system does that by itself, at once.");
        }
    }

    void after_repetition() {
        std::vector<Sent> before(earlier_.begin(), earlier_.end());
        before.push_back(packet_);
        Sent again = packet_;
        again.at += std::chrono::milliseconds(1500);
        if (passes_after(before, again))
            say("It would pass when the sender sends it again, as real senders do.");
    }

    // Rates and limits

    void within_rate() {
        const auto* target = target_of(program_, key_.destination);
        if (target == nullptr) return;
        const auto row = std::ranges::find(limits_by_reason, trace_.reason, &LimitOfReason::reason);
        if (row != std::end(limits_by_reason)) say_rate(target->profile.*row->limit);
    }
    void say_rate(const model::RateLimit& limit) {
        // Alone it passes: the rate is all that stands against it.
        if (!passes_after({}, packet_)) return;
        if (limit.packets_per_s != 0)
            say(fmt::format("It would pass below {} packets a second.", limit.packets_per_s));
        if (limit.bits_per_s != 0)
            say(fmt::format("It would pass below {} bits a second.", limit.bits_per_s));
    }

    // Flows

    void at_its_place() {
        if (trace_.reason == DropReason::tcp_state && !trace_.known) {
            const Sent syn = segment(net::tcp_flag::syn, 7, std::chrono::milliseconds(0));
            const auto begun = under(program_, earlier_, syn);
            if (begun && begun->verdict == Verdict::pass) {
                say(fmt::format(
                    "It would pass within its connection: a first segment (syn) from the same sender "
                    "passes, by rule '{}'.",
                    begun->rule));
            } else {
                say("A connection from this sender would not be allowed either: ask with 'syn' to see why.");
            }
            return;
        }
        if (trace_.reason == DropReason::fragment_without_first)
            say("It would pass after the first piece of its packet, if that passes.");
        if (trace_.reason == DropReason::flow_limit)
            say(fmt::format("It would pass while fewer than {} connections are open.",
                            program_.firewall.limits.flows));
        if (trace_.reason == DropReason::source_flow_limit)
            say(fmt::format("It would pass while its sender has fewer than {} connections open.",
                            program_.firewall.limits.flows_a_source));
    }

    // Rules

    void other_rules() {
        if (trace_.reason == DropReason::inbound_rate) return say_rate(program_.firewall.inbound);
        if (trace_.reason == DropReason::outbound_rate) return say_rate(program_.firewall.outbound);
        if (trace_.reason == DropReason::rule_drop || trace_.reason == DropReason::rule_reject)
            without_rule();
        if (program_.firewall.rules.size() > most_rules) return;
        for (const Part part : parts) {
            if (out_.size() < most_changes) with_wider_rule(part);
        }
        if (out_.empty()) with_own_rule();
    }

    void without_rule() {
        TenantProgram changed = program_;
        std::erase_if(changed.firewall.rules,
                      [&](const FirewallRule& rule) { return rule.name == trace_.rule; });
        const auto trace = under(changed);
        if (trace && trace->verdict == Verdict::pass)
            say(fmt::format("It would pass by rule '{}' if rule '{}' did not forbid it first.", trace->rule,
                            trace_.rule));
    }

    // The first rule that would allow it if rules did not ask for this; then that rule alone is widened.
    void with_wider_rule(Part part) {
        TenantProgram changed = program_;
        bool any = false;
        for (auto& rule : changed.firewall.rules) {
            if (rule.action != model::RuleAction::allow || !asks(rule, part)) continue;
            ask_no_more(rule, part);
            any = true;
        }
        if (!any) return;
        const auto found = under(changed);
        if (!found || found->verdict != Verdict::pass) return;
        const auto at = std::ranges::find(program_.firewall.rules, found->rule, &FirewallRule::name);
        if (at == program_.firewall.rules.end() || !asks(*at, part)) return;
        changed.firewall.rules = program_.firewall.rules;
        FirewallRule& rule =
            changed.firewall.rules[static_cast<std::size_t>(at - program_.firewall.rules.begin())];
        if (part == Part::windows) return at_another_time(rule);
        widen(rule, part, found->to);
        if (!passes(changed)) return;
        say(part == Part::users
                ? fmt::format(
                      "It would pass if its sender were logged in as a user that rule '{}' names ({}).",
                      rule.name, base::joined(at->users))
                : fmt::format("It would pass if rule '{}' also allowed {}.", rule.name,
                              part_text(part, found->to)));
    }

    void widen(FirewallRule& rule, Part part, attach::NetworkIndex to) const {
        switch (part) {
            case Part::services:
                return rule.services.push_back(service_of(key_));
            case Part::from:
                return rule.from.push_back(zone_of(packet_.from));
            case Part::to:
                return rule.to.push_back(zone_of(to));
            case Part::sources:
                return rule.sources.push_back(net::Prefix::host(key_.source));
            case Part::destinations:
                return rule.destinations.push_back(net::Prefix::host(key_.destination));
            default:
                return ask_no_more(rule, part);
        }
    }
    [[nodiscard]] std::string part_text(Part part, attach::NetworkIndex to) const {
        switch (part) {
            case Part::services:
                return service_text(key_);
            case Part::from:
                return fmt::format("traffic from zone '{}'", zone_name(program_, packet_.from));
            case Part::to:
                return fmt::format("traffic to zone '{}'", zone_name(program_, to));
            case Part::sources:
                return fmt::format("the source {}", key_.source.to_string());
            default:
                return fmt::format("the destination {}", key_.destination.to_string());
        }
    }
    [[nodiscard]] model::ZoneIndex zone_of(attach::NetworkIndex network) const {
        return network == attach::internet ? model::internet_zone
                                           : program_.firewall.attachments[network - 1U].zone;
    }

    // The next minute of the week at which one of the rule's windows begins.
    void at_another_time(const FirewallRule& rule) {
        constexpr unsigned week = 7 * 24 * 60;
        const auto seconds = std::chrono::floor<std::chrono::seconds>(packet_.at).time_since_epoch().count();
        const unsigned now =
            firewall::minute_of_week(static_cast<std::uint64_t>(std::max<std::int64_t>(0, seconds)));
        unsigned wait = week;
        for (const auto& window : rule.windows)
            wait = std::min(wait, (window.first_minute + week - now) % week);
        Sent later = packet_;
        later.at = base::Timestamp(std::chrono::floor<std::chrono::minutes>(packet_.at.time_since_epoch())) +
                   std::chrono::minutes(wait);
        const auto trace = under(program_, earlier_, later);
        if (trace && trace->verdict == Verdict::pass)
            say(fmt::format("It would pass at {}, when rule '{}' comes into force again.",
                            base::to_rfc3339(later.at), rule.name));
    }

    void with_own_rule() {
        FirewallRule rule;
        rule.name = "explained";
        rule.action = model::RuleAction::allow;
        rule.sources = {net::Prefix::host(key_.source)};
        rule.destinations = {net::Prefix::host(key_.destination)};
        rule.services = {service_of(key_)};
        TenantProgram changed = program_;
        changed.firewall.rules.insert(changed.firewall.rules.begin(), rule);
        const auto trace = under(changed);
        if (!trace || trace->verdict != Verdict::pass) return;
        say(fmt::format("It would pass with a rule of its own{}: from zone '{}' to zone '{}', {}.",
                        trace_.rule.empty() ? "" : fmt::format(" before rule '{}'", trace_.rule),
                        zone_name(program_, packet_.from), zone_name(program_, trace->to),
                        service_text(key_)));
    }

    // Networks

    void other_network() {
        const auto& attachments = program_.firewall.attachments;
        if (!program_.firewall.enabled) return;
        if (trace_.reason == DropReason::no_route) return with_network();
        for (std::size_t i = 0; i < attachments.size(); ++i) {
            const bool home = std::ranges::any_of(attachments[i].prefixes, [&](const net::Prefix& prefix) {
                return prefix.contains(key_.source);
            });
            if (!home || packet_.from == i + 1) continue;
            Sent packet = packet_;
            packet.from = static_cast<attach::NetworkIndex>(i + 1);
            const auto trace = under(program_, earlier_, packet);
            if (!trace || trace->reason == trace_.reason) continue;
            say(fmt::format("Its source belongs to the customer's network '{}'; from there it would {}.",
                            attachments[i].name,
                            trace->verdict == Verdict::pass
                                ? "pass"
                                : fmt::format("be dropped as well ({})", model::info(trace->reason).name)));
        }
    }

    void with_network() {
        constexpr std::size_t tried = 8;
        for (std::size_t i = 0; i < std::min(tried, program_.firewall.attachments.size()); ++i) {
            TenantProgram changed = program_;
            auto& attachment = changed.firewall.attachments[i];
            attachment.prefixes.push_back(net::Prefix::host(key_.destination));
            if (!passes(changed)) continue;
            say(fmt::format(
                "It would pass if {} were behind the network '{}', or published by a rule of NAT.",
                key_.destination.to_string(), attachment.name));
            return;
        }
        say(fmt::format("{} is neither behind one of the customer's networks nor published by a rule of NAT.",
                        key_.destination.to_string()));
    }

    const TenantProgram& program_;
    std::span<const model::UserBinding> users_;
    std::span<const Sent> earlier_;
    const Sent& packet_;
    const Trace& trace_;
    const packet::Key key_;  // of the frame without tags
    const attributes::Tables& tables_;
    std::size_t& budget_;
    std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> what_would_help(const TenantProgram& program,
                                         std::span<const model::UserBinding> users,
                                         const attributes::Tables& tables, std::span<const Sent> earlier,
                                         const Sent& packet, const Trace& trace, std::size_t& budget) {
    return WhatIf(program, users, tables, earlier, packet, trace, budget).run();
}

}  // namespace sluice::dataplane::explain
