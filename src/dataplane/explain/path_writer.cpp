#include "dataplane/explain/path_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/protocol.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane::explain {
namespace {

using model::DropReason;
using model::Stage;
using model::Verdict;

// Where on its way a packet is judged, in the pipeline's order. A stage may judge at several places.
enum class Place : std::uint8_t {
    parse,
    tenant,
    flow,  // the open flow that the packet belongs to
    invalid,
    filter,
    reflection,
    verify,
    anomaly,
    protocol,
    rate,
    entry,  // a new flow: its source, its first segment
    route,
    firewall,
    nat,
    limits,
    committed,
    output,
    none,
};

bool has_ports(std::uint8_t protocol) {
    return protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) ||
           protocol == static_cast<std::uint8_t>(net::IpProtocol::udp);
}

Place place_of_flow_reason(const Trace& trace) {
    switch (trace.reason) {
        case DropReason::tcp_state:
            return trace.known ? Place::flow : Place::entry;
        case DropReason::tcp_window:
        case DropReason::fragment_without_first:
        case DropReason::icmp_unrelated:
            return Place::flow;
        default:
            return Place::limits;
    }
}

Place place_of_tenant_reason(const Trace& trace) {
    switch (trace.reason) {
        case DropReason::spoofed_source:
            return trace.known ? Place::flow : Place::entry;
        case DropReason::no_route:
            return trace.has_firewall ? Place::route : Place::tenant;
        case DropReason::no_next_hop:
            return Place::output;
        case DropReason::ttl_expired:
            return trace.has_firewall ? (trace.known ? Place::flow : Place::entry) : Place::tenant;
        default:
            return Place::tenant;
    }
}

Place place_of_firewall_reason(const Trace& trace) {
    switch (trace.reason) {
        case DropReason::policy_changed:
            return Place::flow;
        case DropReason::inbound_rate:
        case DropReason::outbound_rate:
            return Place::committed;
        default:
            return Place::firewall;
    }
}

Place place_of(const Trace& trace) {
    if (trace.verdict == Verdict::pass) return Place::none;
    if (trace.verdict == Verdict::answer && trace.reason == DropReason::none) {
        return trace.is_ours && trace.scrubbed && has_ports(trace.key.protocol) ? Place::verify
                                                                                : Place::tenant;
    }
    if (trace.reason == DropReason::tx_full) return Place::output;
    switch (model::info(trace.reason).stage) {
        case Stage::parse:
            return Place::parse;
        case Stage::tenant:
            return place_of_tenant_reason(trace);
        case Stage::invalid:
            return trace.has_flow ? Place::output : Place::invalid;
        case Stage::filter:
            return Place::filter;
        case Stage::reflection:
            return Place::reflection;
        case Stage::verify:
            return Place::verify;
        case Stage::anomaly:
            return Place::anomaly;
        case Stage::protocol:
            return Place::protocol;
        case Stage::rate:
            return Place::rate;
        case Stage::flow:
            return place_of_flow_reason(trace);
        case Stage::firewall:
            return place_of_firewall_reason(trace);
        default:
            return Place::nat;
    }
}

std::string end_text(const net::Address& address, std::uint16_t port, bool has_port) {
    if (!has_port) return address.to_string();
    return fmt::format(fmt::runtime(address.is_v4() ? "{}:{}" : "[{}]:{}"), address.to_string(), port);
}

bool is_any(const model::RateLimit& limit) {
    return limit.packets_per_s != 0 || limit.bits_per_s != 0;
}

class PathWriter {
  public:
    PathWriter(const model::TenantProgram& program, const Sent& packet, const Trace& trace)
        : program_(program), packet_(packet), trace_(trace), decided_(place_of(trace)) {}

    Explanation write() {
        out_.verdict = trace_.verdict;
        out_.reason = trace_.reason;
        out_.rule = trace_.rule;
        out_.sentence = verdict_sentence();
        if (!trace_.frame.empty()) out_.sent = packet::describe_packet(trace_.frame);
        if (trace_.verdict == Verdict::pass) out_.to = way_out();
        (void)walk();
        return std::move(out_);
    }

  private:
    // False: the packet's way ends at this place.
    bool met(Place place, std::string_view stage, std::string text, std::string rule = {}) {
        if (place == decided_) {
            end(stage);
            return false;
        }
        out_.path.push_back({stage, Verdict::pass, std::move(rule), std::move(text)});
        return true;
    }
    // For places that say nothing of a packet that passes them.
    bool met(Place place, std::string_view stage) {
        if (place != decided_) return true;
        end(stage);
        return false;
    }
    bool met(Place place, Stage stage, std::string text, std::string rule = {}) {
        return met(place, model::to_string(stage), std::move(text), std::move(rule));
    }
    bool met(Place place, Stage stage) { return met(place, model::to_string(stage)); }

    void end(std::string_view stage) {
        if (trace_.reason != DropReason::none) stage = model::to_string(model::info(trace_.reason).stage);
        out_.path.push_back({stage, trace_.verdict, trace_.rule, out_.sentence});
    }

    bool walk() {
        if (!met(Place::parse, Stage::parse,
                 "The packet is whole: " + packet::describe_packet(packet_.frame) + "."))
            return false;
        if (!met(Place::tenant, Stage::tenant, whose())) return false;
        if (trace_.has_firewall && !open_flow()) return false;
        if (trace_.scrubbed && !guard()) return false;
        if (trace_.has_firewall && !trace_.known && !new_flow()) return false;
        if (trace_.has_firewall && !translation()) return false;
        if (!met(Place::limits, Stage::flow) || !met(Place::committed, Stage::firewall)) return false;
        return met(Place::output, "output", fmt::format("It leaves towards {}.", way_text()));
    }

    [[nodiscard]] std::string whose() const {
        const std::string destination = trace_.key.destination.to_string();
        if (packet_.from != attach::internet) {
            return fmt::format("It comes from the customer's network '{}' (zone '{}').",
                               network_name(program_, packet_.from), zone_name(program_, packet_.from));
        }
        const auto* target = target_of(program_, trace_.key.destination);
        if (target == nullptr) {
            return fmt::format("It comes from the internet, and {} is the customer's ({}).", destination,
                               trace_.target.to_string());
        }
        return fmt::format(
            "It comes from the internet, and {} is the customer's; traffic to {} is scrubbed now.",
            destination, target->prefix.to_string());
    }

    // Whether the packet belongs to a flow that is open.
    bool open_flow() {
        if (!trace_.known) return met(Place::flow, Stage::flow, "It belongs to no open connection.");
        const char* kind = trace_.direction == flow::Direction::reply ? "an answer in" : "part of";
        const char* numbers =
            trace_.spliced ? " The gateway has begun it in the server's place, and shifts its numbers." : "";
        return met(Place::flow, Stage::flow,
                   fmt::format("It is {} the open connection {} > {}, which rule '{}' allows.{}", kind,
                               end_text(trace_.before.source, trace_.before.source_port, ports()),
                               end_text(trace_.before.destination, trace_.before.destination_port, ports()),
                               trace_.rule, numbers),
                   trace_.rule);
    }

    bool guard() {
        const auto* target = target_of(program_, trace_.key.destination);
        static const model::ScrubProfile nothing{.drop_invalid = false};
        const model::ScrubProfile& profile = target == nullptr ? nothing : target->profile;
        if (profile.drop_invalid ? !met(Place::invalid, Stage::invalid, "Nothing about it is impossible.")
                                 : !met(Place::invalid, Stage::invalid)) {
            return false;
        }
        if (!filters()) return false;
        if (trace_.excused) return true;
        if (profile.reflection.empty()
                ? !met(Place::reflection, Stage::reflection)
                : !met(Place::reflection, Stage::reflection, "It looks like no answer of a reflector.")) {
            return false;
        }
        const char* proof = trace_.spliced
                                ? "It gives back the gateway's cookie: its source's address is real, and it "
                                  "goes on as the first segment of the connection to the server."
                                : "Its source has shown that the address is real.";
        if (asks_for_proof(profile) ? !met(Place::verify, Stage::verify, proof)
                                    : !met(Place::verify, Stage::verify)) {
            return false;
        }
        if (!met(Place::anomaly, Stage::anomaly) || !met(Place::protocol, Stage::protocol)) return false;
        const bool limits = is_any(profile.source_limit) || is_any(profile.target_limit) ||
                            is_any(profile.fragment_limit) || is_any(profile.icmp_limit) ||
                            is_any(profile.udp_limit) || is_any(profile.pair_limit) ||
                            is_any(profile.service_limit);
        return limits ? met(Place::rate, Stage::rate, "It is within the limits of rate.")
                      : met(Place::rate, Stage::rate);
    }

    [[nodiscard]] bool asks_for_proof(const model::ScrubProfile& profile) const {
        if (trace_.key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp))
            return profile.verify_tcp != model::TcpVerification::off;
        if (trace_.key.protocol != static_cast<std::uint8_t>(net::IpProtocol::udp)) return false;
        return trace_.key.destination_port == 53 ? profile.verify_dns != model::DnsVerification::off
                                                 : profile.verify_udp != model::UdpVerification::off;
    }

    bool filters() {
        if (trace_.excused) {
            // The rule of a flow takes the filter's place in the trace.
            const std::string name = trace_.has_firewall ? std::string{} : trace_.rule;
            return met(Place::filter, Stage::filter,
                       name.empty() ? "A filter lets it pass by all later stages of the guard."
                                    : fmt::format("Filter '{}' lets it pass by all later stages.", name),
                       name);
        }
        const std::size_t count = program_.filters.size();
        if (count == 0) return met(Place::filter, Stage::filter);
        if (!trace_.source_is.empty())
            out_.path.push_back({model::to_string(Stage::filter), Verdict::pass, {}, trace_.source_is});
        return met(Place::filter, Stage::filter,
                   count == 1 ? "The customer's filter does not match."
                              : fmt::format("None of the customer's {} filters matches.", count));
    }

    bool new_flow() {
        if (!met(Place::entry, Stage::flow)) return false;
        if (!met(Place::route, Stage::tenant)) return false;
        say_user();
        for (const std::string& sentence : trace_.ends_are)
            out_.path.push_back({model::to_string(Stage::firewall), Verdict::pass, "", sentence});
        return met(Place::firewall, Stage::firewall,
                   fmt::format("Rule '{}' allows it, from zone '{}' to zone '{}'.", trace_.rule,
                               zone_name(program_, packet_.from), zone_name(program_, trace_.to)),
                   trace_.rule);
    }

    void say_user() {
        if (!trace_.asks_users) return;
        const std::string source = trace_.key.source.to_string();
        out_.user = trace_.user;
        out_.path.push_back({model::to_string(Stage::firewall), Verdict::pass, "",
                             trace_.user.empty()
                                 ? fmt::format("Nobody is logged in at {}.", source)
                                 : fmt::format("'{}' is logged in at {}.", trace_.user, source)});
    }

    bool translation() {
        if (!met(Place::nat, Stage::nat)) return false;
        if (!trace_.has_flow) return true;
        const bool ports_change = ports();
        const auto& before = trace_.before;
        const auto& after = trace_.after;
        if (after.destination != before.destination || after.destination_port != before.destination_port) {
            translated("destination", trace_.destination_nat,
                       end_text(before.destination, before.destination_port, ports_change),
                       end_text(after.destination, after.destination_port, ports_change));
        }
        if (after.source != before.source || after.source_port != before.source_port) {
            translated("source", trace_.source_nat, end_text(before.source, before.source_port, ports_change),
                       end_text(after.source, after.source_port, ports_change));
        }
        if (before == after && !program_.firewall.nat.empty())
            out_.path.push_back(
                {model::to_string(Stage::nat), Verdict::pass, trace_.source_nat,
                 trace_.source_nat.empty()
                     ? "No rule of NAT is about it."
                     : fmt::format("Rule '{}' leaves its addresses as they are.", trace_.source_nat)});
        return true;
    }
    void translated(const char* end, const std::string& rule, const std::string& before,
                    const std::string& after) {
        const bool answer = trace_.direction == flow::Direction::reply;
        const char* side = !answer ? end : std::string_view(end) == "source" ? "destination" : "source";
        out_.path.push_back({model::to_string(Stage::nat), Verdict::pass, rule,
                             fmt::format("Rule '{}' changes its {} from {} to {}.", rule, side,
                                         answer ? after : before, answer ? before : after)});
    }
    [[nodiscard]] bool ports() const { return has_ports(trace_.before.protocol()); }

    [[nodiscard]] std::string way_out() const {
        if (!trace_.has_firewall) return "customer";
        return network_name(program_, trace_.to);
    }
    [[nodiscard]] std::string way_text() const {
        if (!trace_.has_firewall) return "the customer";
        if (trace_.to == attach::internet) return "the internet";
        return fmt::format("the network '{}' (zone '{}')", network_name(program_, trace_.to),
                           zone_name(program_, trace_.to));
    }

    [[nodiscard]] std::string verdict_sentence() const {
        if (trace_.verdict == Verdict::pass) return fmt::format("The packet passes, towards {}.", way_text());
        if (trace_.reason != DropReason::none) return std::string(model::info(trace_.reason).sentence);
        if (decided_ == Place::verify && is_splice_asked())
            return "The gateway answers in the server's place, with a closed window. When the sender "
                   "acknowledges that, its address is real, and the connection goes on to the server.";
        if (decided_ == Place::verify)
            return "The gateway asks the sender to show that its address is real, before anything reaches "
                   "the "
                   "customer.";
        return "The gateway answers for its own address.";
    }

    [[nodiscard]] bool is_splice_asked() const {
        const auto* target = target_of(program_, trace_.key.destination);
        return trace_.has_firewall && target != nullptr &&
               target->profile.tcp_method == model::TcpMethod::splice &&
               trace_.key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp);
    }

    const model::TenantProgram& program_;
    const Sent& packet_;
    const Trace& trace_;
    Place decided_;
    Explanation out_;
};

}  // namespace

std::string network_name(const model::TenantProgram& program, attach::NetworkIndex network) {
    return network == attach::internet ? "internet" : program.firewall.attachments[network - 1U].name;
}

std::string zone_name(const model::TenantProgram& program, attach::NetworkIndex network) {
    const auto& firewall = program.firewall;
    const auto zone =
        network == attach::internet ? model::internet_zone : firewall.attachments[network - 1U].zone;
    return zone < firewall.zones.size() ? firewall.zones[zone] : "internet";
}

const model::ScrubTarget* target_of(const model::TenantProgram& program, const net::Address& address) {
    const model::ScrubTarget* best = nullptr;
    for (const auto& target : program.targets) {
        if (!target.prefix.contains(address)) continue;
        if (best == nullptr || target.prefix.bits() > best->prefix.bits()) best = &target;
    }
    return best;
}

Explanation write_path(const model::TenantProgram& program, const Sent& packet, const Trace& trace) {
    return PathWriter(program, packet, trace).write();
}

}  // namespace sluice::dataplane::explain
