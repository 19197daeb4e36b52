#include "dataplane/tenant_firewall.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dataplane/tenant_path.hpp"

namespace sluice::dataplane {
namespace {

using base::ErrorCode;
using base::fail;
using model::AttachmentKind;

constexpr std::size_t most_networks = 1024;
constexpr std::uint32_t most_neighbours = 1024;  // of one network
constexpr std::uint32_t usual_neighbours6 = 256;

bool is_zero(const std::array<std::uint8_t, 6>& mac) {
    return std::all_of(mac.begin(), mac.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::vector<net::Address> specified(std::initializer_list<net::Address> addresses) {
    std::vector<net::Address> out;
    for (const net::Address& address : addresses) {
        if (address != net::Address{}) out.push_back(address);
    }
    return out;
}

class Compiler {
  public:
    Compiler(model::TenantId tenant, const model::FirewallProgram& program, const Topology& topology,
             const FirewallOwner& owner, nat::PortRegister& ports)
        : tenant_(tenant), program_(program), topology_(topology), owner_(owner), ports_(ports) {}

    [[nodiscard]] base::Result<std::unique_ptr<TenantFirewall>> run(
        std::vector<attach::IngressTable::Item>& tags) {
        if (auto status = check_gateway(); !status) return std::unexpected(status.error());
        auto rules = firewall::RuleSet::compile(program_, {}, owner_.attributes);
        if (!rules) {
            rules.error().where = fmt::format("{}, {}", tenant_.to_string(), rules.error().where);
            return std::unexpected(rules.error());
        }
        out_->rules = std::move(*rules);
        auto nat = nat::NatProgram::compile(tenant_, program_, ports_);
        if (!nat) {
            nat.error().where = fmt::format("{}, {}", tenant_.to_string(), nat.error().where);
            return std::unexpected(nat.error());
        }
        out_->nat = std::move(*nat);
        if (auto status = add_networks(tags); !status) return std::unexpected(status.error());
        fill_in();
        return std::move(out_);
    }

  private:
    // What this gateway can not do for anybody yet.
    [[nodiscard]] base::Status check_gateway() const {
        if (topology_.rewrite && !topology_.to_internet.way.rewrite) {
            return fail(ErrorCode::unavailable, "the gateway knows no way to the internet",
                        tenant_.to_string(), "set dirty.next_hop_mac in the gateway's configuration");
        }
        return {};
    }

    [[nodiscard]] std::string where(const model::Attachment& attachment) const {
        return fmt::format("{}, attachment '{}'", tenant_.to_string(), attachment.name);
    }

    [[nodiscard]] base::Result<LegIndex> leg_of(const model::Attachment& attachment) const {
        for (std::size_t i = 0; i < topology_.legs.size(); ++i) {
            if (topology_.legs[i].name == attachment.port) return static_cast<LegIndex>(i);
        }
        // A gateway on a stick has one leg for both sides.
        if (topology_.legs.size() == 1 && attachment.port == "clean") return LegIndex{0};
        return fail(ErrorCode::not_found, fmt::format("the gateway has no port '{}'", attachment.port),
                    where(attachment), "name a port of the gateway's configuration");
    }

    [[nodiscard]] base::Status add_networks(std::vector<attach::IngressTable::Item>& tags) {
        if (program_.attachments.size() >= most_networks) {
            return fail(ErrorCode::exhausted, fmt::format("{} attachments", program_.attachments.size()),
                        tenant_.to_string(), fmt::format("a tenant may have {}", most_networks - 1));
        }
        out_->networks.push_back({"internet",
                                  model::internet_zone,
                                  AttachmentKind::prefix,
                                  topology_.to_internet,
                                  LocalResponder({}, {}),
                                  {},
                                  {},
                                  false,
                                  {},
                                  nullptr});
        std::vector<attach::Routes::Item> routes;
        for (const model::Attachment& attachment : program_.attachments) {
            const auto number = static_cast<attach::NetworkIndex>(out_->networks.size());
            const auto leg = leg_of(attachment);
            if (!leg) return std::unexpected(leg.error());
            if (auto status = add_network(attachment, *leg); !status) return status;
            for (const net::Prefix& prefix : attachment.prefixes) routes.emplace_back(prefix, number);
            if (attachment.kind == AttachmentKind::prefix) continue;
            tags.push_back({tag_of(attachment, *leg), {.network = number}});
        }
        out_->routes = attach::Routes::build(routes);
        return {};
    }

    [[nodiscard]] static attach::IngressTag tag_of(const model::Attachment& attachment, LegIndex leg) {
        switch (attachment.kind) {
            case AttachmentKind::vlan:
                return {leg, attachment.vlan, 0, 0};
            case AttachmentKind::qinq:
                return {leg, attachment.vlan, attachment.inner_vlan, 0};
            case AttachmentKind::vxlan:
                return {leg, 0, 0, packet::Key::vxlan | attachment.vni};
            default:
                return {leg, 0, 0, 0};
        }
    }

    [[nodiscard]] base::Status add_network(const model::Attachment& attachment, LegIndex leg) {
        if (attachment.zone == model::internet_zone || attachment.zone >= program_.zones.size()) {
            return fail(ErrorCode::invalid_argument, fmt::format("there is no zone {}", attachment.zone),
                        where(attachment), "an attachment lies in one of the tenant's own zones");
        }
        Network network;
        network.name = attachment.name;
        network.zone = attachment.zone;
        network.kind = attachment.kind;
        network.own4 = attachment.gateway4;
        network.own6 = attachment.gateway6;
        network.local = LocalResponder(topology_.legs[leg].local.mac(),
                                       specified({attachment.gateway4, attachment.gateway6}));
        network.egress = topology_.to_customers;
        network.egress.leg = leg;
        if (attachment.kind != AttachmentKind::prefix) {
            WayOut& way = network.egress.way;
            way.rewrite = topology_.rewrite;
            way.source = topology_.legs[leg].local.mac();
            way.next_hop4 = way.next_hop6 = attachment.next_hop_mac;
            way.vlan = attachment.kind == AttachmentKind::vxlan ? std::uint16_t{0} : attachment.vlan;
            way.inner_vlan =
                attachment.kind == AttachmentKind::qinq ? attachment.inner_vlan : std::uint16_t{0};
            network.learns = is_zero(attachment.next_hop_mac);
            if (network.learns) add_link(attachment, network);
        }
        if (attachment.kind == AttachmentKind::vxlan) {
            auto tunnel = tunnel_of(attachment, leg);
            if (!tunnel) return std::unexpected(tunnel.error());
            network.egress.way.rewrite = true;
            network.egress.way.tunnel = tunnel->get();
            out_->tunnels.push_back(std::move(*tunnel));
        }
        out_->networks.push_back(std::move(network));
        return {};
    }

    // The prefixes that the gateway's own address lies in are those of the link itself.
    void add_link(const model::Attachment& attachment, Network& network) const {
        std::vector<attach::Routes::Item> items;
        std::uint64_t hosts = 0;
        for (const net::Prefix& prefix : attachment.prefixes) {
            const net::Address& own = prefix.is_v4() ? attachment.gateway4 : attachment.gateway6;
            const bool on_link = !own.is_none() && prefix.contains(own);
            items.emplace_back(prefix, on_link ? Network::host : Network::behind_router);
            if (!on_link) continue;
            items.emplace_back(net::Prefix::host(own), Network::gateway_itself);
            const unsigned host_bits = 128 - prefix.bits();
            hosts += std::min(host_bits < 16 ? 1U << host_bits : most_neighbours,
                              prefix.is_v4() ? most_neighbours : usual_neighbours6);
        }
        if (hosts == 0) return;
        network.on_link = attach::Routes::build(items);
        attach::NeighbourTable::Config config;
        config.hosts = static_cast<std::uint32_t>(std::min<std::uint64_t>(hosts, most_neighbours));
        network.neighbours = std::make_shared<attach::NeighbourTable>(config, owner_.neighbours);
    }

    [[nodiscard]] base::Result<std::unique_ptr<packet::VxlanWay>> tunnel_of(
        const model::Attachment& attachment, LegIndex leg) const {
        auto tunnel = std::make_unique<packet::VxlanWay>();
        tunnel->remote = attachment.tunnel_endpoint;
        for (const net::Address& own : topology_.legs[leg].local.addresses()) {
            if (own.is_v4() == attachment.tunnel_endpoint.is_v4()) tunnel->local = own;
        }
        if (tunnel->local == net::Address{} || tunnel->remote == net::Address{}) {
            return fail(ErrorCode::invalid_argument, "a tunnel needs an address of one family at both ends",
                        where(attachment), "give the port an address of the endpoint's family");
        }
        const WayOut& underlay = topology_.to_customers.way;
        std::copy_n(topology_.legs[leg].local.mac().begin(), 6, tunnel->source_mac);
        std::copy_n((tunnel->remote.is_v4() ? underlay.next_hop4 : underlay.next_hop6).begin(), 6,
                    tunnel->next_hop_mac);
        tunnel->vni = attachment.vni;
        return tunnel;
    }

    void fill_in() {
        TenantFirewall& out = *out_;
        out.tenant = tenant_;
        out.index = owner_.index;
        out.generation = owner_.generation;
        out.first_generation = owner_.first_generation;
        out.outbound = owner_.outbound;
        out.users = owner_.users;
        out.attributes = owner_.attributes;
        out.times = flow::FlowTimes::from(program_.timeouts, program_.strict_tcp);
        out.quota = flow::FlowQuota::from(program_.limits, owner_.workers);
        // All workers take from one state (SharedTenant).
        out.inbound = meter::RateLimit::from(program_.inbound);
        out.outbound_rate = meter::RateLimit::from(program_.outbound);
        out.attacks = outbound::Rules::from(program_.attacks, owner_.workers);
        out.published = attach::Routes::build(published());
        for (const auto& rule : program_.rules) {
            if (rule.log) out.logged_rules.push_back(static_cast<std::uint32_t>(out.rule_names.size()));
            out.rule_names.push_back(rule.name);
        }
        out.hits = std::make_unique<RuleHits>(owner_.workers, program_.rules.size());
        out.next_hops = std::make_unique<std::atomic<std::uint64_t>[]>(out.networks.size());
    }

    [[nodiscard]] std::vector<attach::Routes::Item> published() const {
        std::vector<attach::Routes::Item> out;
        for (const model::NatRule& rule : program_.nat) {
            if (rule.kind == model::NatKind::exempt) continue;
            const auto& outside = rule.kind == model::NatKind::source ? rule.translated : rule.match;
            for (const net::Prefix& prefix : outside) out.emplace_back(prefix, 1);
        }
        return out;
    }

    model::TenantId tenant_;
    const model::FirewallProgram& program_;
    const Topology& topology_;
    const FirewallOwner& owner_;
    nat::PortRegister& ports_;
    std::unique_ptr<TenantFirewall> out_ = std::make_unique<TenantFirewall>();
};

// The hosts of a network are still those that they were.
bool is_same_link(const Network& a, const Network& b) {
    return a.kind == b.kind && a.egress.leg == b.egress.leg && a.egress.way.vlan == b.egress.way.vlan &&
           a.egress.way.inner_vlan == b.egress.way.inner_vlan && a.own4 == b.own4 && a.own6 == b.own6 &&
           a.neighbours != nullptr && b.neighbours != nullptr &&
           a.neighbours->capacity() == b.neighbours->capacity();
}

}  // namespace

std::size_t TenantFirewall::bytes() const {
    std::size_t sum = sizeof(*this) + sizeof(TenantPath) +
                      networks.capacity() * (sizeof(Network) + sizeof(NetworkWay)) + routes.bytes() +
                      rules.bytes() + hits->bytes();
    for (const Network& network : networks) {
        if (network.neighbours != nullptr) sum += network.on_link.bytes() + network.neighbours->bytes();
    }
    return sum;
}

base::Result<std::unique_ptr<TenantFirewall>> compile_firewall(
    model::TenantId tenant, const model::FirewallProgram& program, const Topology& topology,
    const FirewallOwner& owner, nat::PortRegister& ports, std::vector<attach::IngressTable::Item>& tags) {
    return Compiler(tenant, program, topology, owner, ports).run(tags);
}

void take_over(const TenantFirewall& earlier, TenantFirewall& next) {
    std::map<std::string_view, std::uint32_t> rules;
    for (std::uint32_t i = 0; i < earlier.rule_names.size(); ++i) rules.emplace(earlier.rule_names[i], i);
    for (std::uint32_t i = 0; i < next.rule_names.size(); ++i) {
        const auto same = rules.find(next.rule_names[i]);
        if (same != rules.end()) next.hits->begin_at(i, earlier.hits->of(same->second));
    }
    for (std::size_t i = 0; i < next.networks.size(); ++i) {
        for (std::size_t k = 0; k < earlier.networks.size(); ++k) {
            if (earlier.networks[k].name != next.networks[i].name) continue;
            next.next_hops[i] = earlier.next_hops[k].load(std::memory_order_relaxed);
            if (is_same_link(earlier.networks[k], next.networks[i]))
                next.networks[i].neighbours = earlier.networks[k].neighbours;
        }
    }
}

}  // namespace sluice::dataplane
