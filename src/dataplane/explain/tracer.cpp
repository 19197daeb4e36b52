#include "dataplane/explain/tracer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/joined.hpp"
#include "base/random.hpp"
#include "base/time_text.hpp"
#include "dataplane/pipeline.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/scrub/anomaly/anomaly_stage.hpp"
#include "model/attack_vector.hpp"
#include "net/protocol.hpp"
#include "packet/parser.hpp"
#include "packet/vxlan.hpp"

namespace sluice::dataplane::explain {
namespace {

using model::AttachmentKind;

constexpr std::uint64_t start_ns = 3'600'000'000'000;  // leaves room for a cookie of the epoch before
constexpr Mac some_router{2, 0, 0, 0, 0, 1};

// Small: some hundred packets go through it.
WorkerLimits limits_for(const model::TenantProgram& program) {
    return {.slots = program.prefixes.size() + program.targets.size() + 8,
            .sources = 1024,
            .destinations = 256,
            .flows = 1024,
            .tenants = 4,
            .fragmented = 64,
            .watches = 4};
}

// The internet on one leg, the customers on another, and a leg for each port that the program names besides.
// Tunnels end at addresses that nobody's packets go to.
base::Result<Topology> topology_for(const model::TenantProgram& program) {
    const std::vector<net::Address> own{*net::Address::parse("169.254.254.254"),
                                        *net::Address::parse("fe80::feed")};
    Topology out = Topology::plain(2);
    out.rewrite = out.to_internet.way.rewrite = true;
    for (const auto& attachment : program.firewall.attachments) {
        auto leg = std::ranges::find(out.legs, attachment.port, &Leg::name);
        if (leg == out.legs.end()) {
            if (out.legs.size() > 250) {
                return base::fail(base::ErrorCode::exhausted, "the attachments name more than 250 ports",
                                  program.tenant.to_string(), "name fewer ports");
            }
            leg = out.legs.insert(leg, {attachment.port, LocalResponder(), false, false});
        }
        if (attachment.kind == AttachmentKind::port) leg->internet = leg->customers = false;
    }
    for (Leg& leg : out.legs) leg.local = LocalResponder({2, 0, 0, 0, 0, 9}, own);
    return out;
}

void put16(std::vector<std::uint8_t>& out, std::uint16_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8U));
    out.push_back(static_cast<std::uint8_t>(value));
}

// Which tables somebody asks.
struct Asked {
    bool countries = false;
    bool reputations = false;

    void add(const model::AttributeMatch& match) {
        countries = countries || !match.countries.empty();
        reputations = reputations || !match.reputations.empty();
    }
};

// " by the table of 2026-11-20T06:00:00Z"
std::string edition_text(base::Timestamp at) {
    return at == base::Timestamp{} ? std::string{} : " by the table of " + base::to_rfc3339(at);
}

// What the tables say of an address, as far as it is asked for. `end`: "source".
std::string sentence_of(const char* end, const net::Address& address, const Asked& asked,
                        const attributes::Tables& tables) {
    std::vector<std::string> facts;
    if (asked.countries && tables.countries != nullptr) {
        const std::string code = attributes::country_name(tables.countries->find(address));
        facts.push_back((code == model::unknown_country ? std::string("is in no country that the table knows")
                                                        : "is in " + code) +
                        edition_text(tables.editions.countries));
    } else if (asked.countries) {
        facts.emplace_back("is in a country that is not known here, as there is no table");
    }
    if (asked.reputations && tables.reputations != nullptr) {
        const auto tags = tables.reputations->names_of(tables.reputations->find(address));
        facts.push_back(
            (tags.empty() ? std::string("has no reputation") : "is known for " + base::joined(tags, ", ")) +
            edition_text(tables.editions.reputations));
    } else if (asked.reputations) {
        facts.emplace_back("has a reputation that is not known here, as there is no table");
    }
    if (facts.empty()) return {};
    return fmt::format("Its {} {} {}.", end, address.to_string(), base::joined(facts, ", and "));
}

std::string by_filters(const model::TenantProgram& program, const attributes::Tables& tables,
                       const net::Address& source) {
    Asked asked;
    for (const auto& filter : program.filters) asked.add(filter.source_is);
    return sentence_of("source", source, asked, tables);
}

std::vector<std::string> by_rules(const model::TenantProgram& program, const attributes::Tables& tables,
                                  const packet::Key& key) {
    Asked source;
    Asked destination;
    for (const auto& rule : program.firewall.rules) {
        for (const auto& match : rule.source_is) source.add(match);
        for (const auto& match : rule.destination_is) destination.add(match);
    }
    std::vector<std::string> out{sentence_of("source", key.source, source, tables),
                                 sentence_of("destination", key.destination, destination, tables)};
    std::erase(out, std::string{});
    return out;
}

}  // namespace

struct Tracer::Impl {
    Impl(const model::TenantProgram& source, Topology legs)
        : wanted(source),
          topology(std::move(legs)),
          compiler({limits_for(source).slots, 65'536, 1, 4}, random, topology),
          state(limits_for(source), Secrets::from(random)) {
        // Hosts and routers answer sooner or later when they are asked where they are.
        for (auto& attachment : wanted.firewall.attachments) {
            if (attachment.next_hop_mac == Mac{}) attachment.next_hop_mac = some_router;
        }
    }

    base::Status compile(base::Timestamp at) {
        set_time(at);
        auto compiled = compiler.compile({&wanted, 1}, {latest, state.now_ns});
        if (!compiled) return std::unexpected(compiled.error());
        program = std::move(*compiled);
        state.adopt(*program);
        if (program->has_firewalls()) firewall = program->firewalls[1].get();
        return {};
    }

    void set_time(base::Timestamp at) {
        if (first == base::Timestamp{}) first = at;
        latest = std::max(latest, at);
        state.set_time(start_ns + static_cast<std::uint64_t>((latest - first).count()));
    }

    LegIndex place_frame(const Sent& packet);
    void read_flow(Trace& trace);
    void read_user(Trace& trace) const;
    void name_nat(Trace& trace) const;
    [[nodiscard]] std::string rule_name(std::uint32_t rule) const;
    [[nodiscard]] Trace trace_of(const packet::Key& arrived);

    model::TenantProgram wanted;
    base::SeededRandom random{1};  // the same question has the same answer
    Topology topology;
    ProgramCompiler compiler;
    scrub::Bogons bogons;
    std::unique_ptr<Program> program;
    const TenantFirewall* firewall = nullptr;
    WorkerState state;
    Batch batch{};
    std::vector<std::uint8_t> memory;
    base::Timestamp first{};
    base::Timestamp latest{};
};

// The frame as the network brings it: with its tags, or through its tunnel.
LegIndex Tracer::Impl::place_frame(const Sent& packet) {
    const bool inside = packet.from != attach::internet && firewall != nullptr;
    const model::Attachment* attachment = inside ? &wanted.firewall.attachments[packet.from - 1U] : nullptr;
    std::vector<std::uint8_t> head(
        packet.frame.begin(), packet.frame.begin() + std::min<std::ptrdiff_t>(12, std::ssize(packet.frame)));
    if (attachment != nullptr && attachment->kind == AttachmentKind::qinq) {
        put16(head, 0x88a8);
        put16(head, attachment->vlan);
        put16(head, 0x8100);
        put16(head, attachment->inner_vlan);
    } else if (attachment != nullptr && attachment->kind == AttachmentKind::vlan) {
        put16(head, 0x8100);
        put16(head, attachment->vlan);
    }
    const std::size_t rest = packet.frame.size() - std::min<std::size_t>(12, packet.frame.size());
    const std::size_t length = head.size() + rest;
    const std::size_t room = std::max(length, packet::min_room);
    memory.assign(packet::min_headroom + room, 0);
    std::copy(head.begin(), head.end(), memory.begin() + packet::min_headroom);
    std::copy(packet.frame.end() - static_cast<std::ptrdiff_t>(rest), packet.frame.end(),
              memory.begin() + static_cast<std::ptrdiff_t>(packet::min_headroom + head.size()));
    packet::Frame& frame = batch.frames[0];
    frame.data = memory.data() + packet::min_headroom;
    frame.length = static_cast<std::uint32_t>(length);
    frame.room = static_cast<std::uint32_t>(room);
    if (attachment == nullptr) return 0;
    const Network& network = firewall->networks[packet.from];
    if (network.egress.way.tunnel != nullptr) {
        packet::VxlanWay way = *network.egress.way.tunnel;
        std::swap(way.local, way.remote);
        packet::wrap_vxlan(way, 0, frame);
    }
    return network.egress.leg;
}

std::string Tracer::Impl::rule_name(std::uint32_t rule) const {
    if (rule == no_rule) return {};
    if (rule >= template_rules)
        return std::string(model::to_string(static_cast<model::AttackVector>(rule - template_rules)));
    if (rule < anomaly_rules) return program->rules[rule];
    if (rule < firewall_rules) return scrub::anomaly::name_of_filter(state.watches, rule);
    return firewall->rule_names[rule - firewall_rules];
}

// The program is asked once more what it was asked when the flow was opened.
void Tracer::Impl::name_nat(Trace& trace) const {
    const auto name = [&](std::uint32_t rule) {
        return rule < wanted.firewall.nat.size() ? wanted.firewall.nat[rule].name : std::string{};
    };
    const attach::NetworkIndex from = firewall->routes.find(trace.before.source);
    const attach::NetworkIndex to = firewall->routes.find(trace.after.destination);
    const model::ZoneIndex from_zone = firewall->networks[from].zone;
    firewall::Question question;
    question.source = trace.before.source;
    question.destination = trace.before.destination;
    question.protocol = trace.before.protocol();
    question.source_port = trace.before.source_port;
    question.destination_port = trace.before.destination_port;
    question.from = question.to = from_zone;
    question.minute_of_week = firewall::minute_of_week(state.unix_s);
    if (const auto change = firewall->nat.find_destination(question))
        trace.destination_nat = name(change->rule);
    const bool hairpin = from != attach::internet && trace.after.destination != trace.before.destination;
    const auto source =
        firewall->nat.find_source(trace.before.source, from_zone, firewall->networks[to].zone, hairpin);
    if (source.rule != nat::SourceChange::no_rule) trace.source_nat = name(source.rule);
}

void Tracer::Impl::read_flow(Trace& trace) {
    const flow::Found found = batch.firewall.found[0];
    if (found.flow == nullptr || found.flow->state == flow::FlowState::free) return;
    trace.has_flow = true;
    trace.direction = found.direction;
    trace.spliced = found.flow->has(flow::flow_spliced);
    trace.before = found.flow->tuple;
    trace.after = state.flows.translated(*found.flow);
    trace.to = found.flow->egress[flow::index(found.direction)];
    if (trace.rule.empty()) trace.rule = firewall->rule_names[found.flow->rule];
    name_nat(trace);
}

void Tracer::Impl::read_user(Trace& trace) const {
    trace.asks_users = firewall->users != nullptr;
    if (!trace.asks_users) return;
    const auto* known = firewall->users->find(trace.has_flow ? trace.before.source : trace.key.source);
    if (known != nullptr) trace.user = known->user;
}

Trace Tracer::Impl::trace_of(const packet::Key& arrived) {
    Trace trace;
    trace.verdict = batch.verdicts[0];
    trace.reason = batch.reasons[0];
    trace.rule = rule_name(batch.rules[0]);
    // A tunnel's packet is the inner one.
    trace.key = batch.keys[0].tunnel != 0 ? batch.keys[0] : arrived;
    const Target* target = batch.targets[0];
    trace.is_ours = target != nullptr;
    if (target != nullptr) {
        const auto owner = std::ranges::lower_bound(program->owners, target->slot, {}, &SlotOwner::slot);
        trace.target = owner->prefix;
    }
    if (firewall != nullptr) {
        trace.has_firewall = batch.firewall.paths[0] != nullptr;
        trace.known = batch.firewall.known.count != 0;
    }
    trace.scrubbed = trace.is_ours && (!trace.has_firewall ||
                                       (!trace.known && batch.firewall.networks[0] == attach::internet));
    trace.excused = batch.excused.count != 0;
    if (trace.scrubbed) trace.source_is = by_filters(wanted, program->attributes, trace.key.source);
    if (trace.has_firewall) {
        read_flow(trace);
        read_user(trace);
        if (!trace.known) trace.ends_are = by_rules(wanted, program->attributes, trace.key);
    }
    if (trace.verdict != model::Verdict::drop) {
        const auto bytes = batch.frames[0].bytes();
        trace.frame.assign(bytes.begin(), bytes.end());
    }
    return trace;
}

Tracer::Tracer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tracer::~Tracer() = default;

base::Result<std::unique_ptr<Tracer>> Tracer::make(const model::TenantProgram& program, base::Timestamp at,
                                                   std::span<const model::UserBinding> users,
                                                   const attributes::Tables& tables) {
    auto topology = topology_for(program);
    if (!topology) return std::unexpected(topology.error());
    auto impl = std::make_unique<Impl>(program, std::move(*topology));
    impl->compiler.set_attributes(tables);
    if (auto compiled = impl->compile(at); !compiled) return std::unexpected(compiled.error());
    impl->compiler.users().apply({.generation = 1, .bindings = {users.begin(), users.end()}}, at);
    return std::unique_ptr<Tracer>(new Tracer(std::move(impl)));
}

Trace Tracer::run(const Sent& packet) {
    Impl& impl = *impl_;
    impl.set_time(packet.at);
    (void)impl.compiler.users().expire(impl.latest);
    const LegIndex leg = impl.place_frame(packet);
    impl.batch.size = 1;
    impl.batch.firewall.found[0] = {};
    impl.batch.firewall.paths[0] = nullptr;
    impl.batch.firewall.networks[0] = packet.from;
    impl.batch.firewall.known.count = 0;
    const packet::Key arrived = packet::parse(impl.batch.frames[0].bytes());
    run_pipeline(*impl.program, impl.bogons, impl.topology, leg, impl.state, impl.batch);
    count_batch(impl.state, impl.batch);
    impl.state.questions.count = 0;  // there is nobody to ask
    return impl.trace_of(arrived);
}

attach::NetworkIndex Tracer::network_of(const net::Address& address) const {
    return impl_->firewall == nullptr ? attach::internet : impl_->firewall->routes.find(address);
}

}  // namespace sluice::dataplane::explain
