#include "policy/nat_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "policy/firewall_text.hpp"
#include "policy/names.hpp"
#include "policy/text_format.hpp"
#include "policy/unique_names.hpp"

namespace sluice::policy::detail {
namespace {

using model::NatKind;
using model::NatPolicy;
using model::ServiceMatch;
using net::Prefix;

struct KindKeys {
    NatKind kind;
    std::vector<std::string_view> needed;
    std::vector<std::string_view> allowed;  // besides name, kind and from
};
const std::vector<KindKeys>& kind_keys() {
    static const std::vector<KindKeys> table = {
        {NatKind::source, {"pool"}, {"pool", "to", "source"}},
        {NatKind::destination,
         {"public", "service", "server"},
         {"public", "service", "server", "server_port", "hairpin"}},
        {NatKind::one_to_one, {"public", "inside"}, {"public", "inside", "hairpin"}},
        {NatKind::exempt, {}, {"to", "source"}},
    };
    return table;
}
constexpr std::string_view other_keys[] = {"to",     "source",      "pool",   "public", "service",
                                           "server", "server_port", "inside", "hairpin"};

std::string family(bool v4) {
    return v4 ? "IPv4" : "IPv6";
}

// A public address that connections come to, and for what.
struct PublicUse {
    Prefix prefix;
    std::vector<ServiceMatch> services;  // empty: all
    std::vector<std::string> from;       // empty: any
    const NatPolicy* rule;
    Node place;
};

bool ports_meet(const ServiceMatch& a, const ServiceMatch& b) {
    const auto meet = [](const model::PortRange& x, const model::PortRange& y) {
        return x.first <= y.last && y.first <= x.last;
    };
    return (a.protocol == b.protocol || a.protocol == 0 || b.protocol == 0) &&
           meet(a.destination_port, b.destination_port) && meet(a.source_port, b.source_port);
}

class NatChecker {
  public:
    NatChecker(const model::TenantPolicy& tenant, NameChecks& names, RuleResolver& resolver,
               Problems& problems)
        : tenant_(tenant), names_(names), resolver_(resolver), problems_(problems) {}

    void run(const Node& list) {
        UniqueNames unique(problems_, "NAT rule");
        const auto items = list.items();
        const auto& rules = tenant_.protection.firewall->nat;
        for (std::size_t i = 0; i < items.size() && !problems_.full(); ++i) {
            unique.add(rules[i].name, items[i].at("name"));
            check(items[i], rules[i]);
        }
        check_collisions();
    }

  private:
    void check(const Node& node, const NatPolicy& rule) {
        const bool known = names_.zones(node.at("from")) & names_.zones(node.at("to")) &
                           names_.addresses(node.at("source")) & names_.services(node.at("service"));
        if (!check_keys(node, rule) || !known || !check_sources(node)) return;
        switch (rule.kind) {
            case NatKind::source:
                check_source(node, rule);
                break;
            case NatKind::destination:
                check_forward(node, rule);
                break;
            case NatKind::one_to_one:
                check_one_to_one(node, rule);
                break;
            case NatKind::exempt:
                if (rule.from.empty() && rule.to.empty() && rule.source.empty())
                    problems_.add(node.error(fmt::format("NAT rule '{}' exempts everything", rule.name),
                                             "write from, to or source"));
                break;
        }
    }

    bool check_keys(const Node& node, const NatPolicy& rule) {
        const auto& keys = *std::find_if(kind_keys().begin(), kind_keys().end(),
                                         [&](const KindKeys& row) { return row.kind == rule.kind; });
        const std::string kind = name_of(nat_names, rule.kind);
        bool good = true;
        for (const auto key : keys.needed) {
            if (node.has(key)) continue;
            problems_.add(node.error(fmt::format("NAT rule '{}' has no '{}'", rule.name, key),
                                     fmt::format("a {} rule needs it", kind)));
            good = false;
        }
        for (const auto key : other_keys) {
            if (!node.has(key) ||
                std::find(keys.allowed.begin(), keys.allowed.end(), key) != keys.allowed.end())
                continue;
            problems_.add(node.at(key).error(
                fmt::format("'{}' means nothing in NAT rule '{}', which is {}", key, rule.name, kind),
                "remove it, or choose the kind that has it"));
            good = false;
        }
        return good;
    }

    // Which addresses a country has changes with the gateways' tables; translations must not.
    bool check_sources(const Node& node) {
        bool good = true;
        for (const auto& place : names_in(node.at("source"))) {
            Addresses held;
            const auto name = place.as<std::string>();
            if (name == "any") continue;
            (void)resolver_.objects().add_addresses(name, held);
            if (held.attributes.empty()) continue;
            problems_.add(place.error(
                fmt::format("'{}' goes by country or reputation, and NAT by addresses alone", name),
                "write prefixes here; rules of the firewall may name it"));
            good = false;
        }
        return good;
    }

    // In the tenant's own prefixes: what the world must find its way to.
    bool check_public(const Node& place, const Prefix& prefix) {
        if (std::any_of(tenant_.prefixes.begin(), tenant_.prefixes.end(),
                        [&](const auto& own) { return own.prefix.contains(prefix); }))
            return true;
        problems_.add(place.error(
            fmt::format("{} is not within the prefixes of tenant '{}'", prefix.to_string(), tenant_.slug),
            "write public addresses of its 'prefixes', or add them there"));
        return false;
    }

    void check_source(const Node& node, const NatPolicy& rule) {
        const auto places = names_in(node.at("pool"));
        const bool v4 = rule.pool.front().is_v4();
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (rule.pool[i].is_v4() != v4) {
                problems_.add(
                    places[i].error(fmt::format("the pool of NAT rule '{}' holds both families", rule.name),
                                    "write one rule for IPv4 and one for IPv6"));
                return;
            }
            check_public(places[i], rule.pool[i]);
            for (std::size_t j = 0; j < i; ++j) {
                if (rule.pool[i].overlaps(rule.pool[j]))
                    problems_.add(places[i].error(fmt::format("{} stands twice in the pool of NAT rule '{}'",
                                                              rule.pool[i].to_string(), rule.name),
                                                  "keep one of them"));
            }
            pools_.push_back({rule.pool[i], {}, {}, &rule, places[i]});
        }
        if (const auto resolved = resolver_.nat(rule); !resolved)
            problems_.add(node.at(rule.source.empty() ? "pool" : "source")
                              .error(fmt::format("no source of NAT rule '{}' is {}, as its pool is",
                                                 rule.name, family(v4)),
                                     "write sources and pool of one family"));
    }

    void check_forward(const Node& node, const NatPolicy& rule) {
        const Node public_place = node.at("public");
        if (!rule.public_side->is_host()) {
            problems_.add(public_place.error(fmt::format("the public side of port forward '{}' is {}",
                                                         rule.name, rule.public_side->to_string()),
                                             "write one address"));
            return;
        }
        check_public(public_place, *rule.public_side);
        if (rule.server->is_v4() != rule.public_side->is_v4())
            problems_.add(node.at("server").error(
                fmt::format("the server of port forward '{}' is {}, its public side is {}", rule.name,
                            family(rule.server->is_v4()), family(rule.public_side->is_v4())),
                fmt::format("write an {} address", family(rule.public_side->is_v4()))));
        std::vector<ServiceMatch> matches;
        for (const auto& reference : rule.service) {
            if (resolver_.objects().add_services(reference, matches) != NameFault::none) return;
        }
        if (matches.empty() || std::any_of(matches.begin(), matches.end(), [](const ServiceMatch& match) {
                return match.protocol != 6 && match.protocol != 17;
            })) {
            problems_.add(node.at("service").error(
                fmt::format("port forward '{}' has a service without ports", rule.name),
                "write services of tcp or udp; kind: one-to-one forwards everything"));
            return;
        }
        check_server_port(node, rule, matches);
        publics_.push_back({*rule.public_side, matches, rule.from, &rule, node});
    }

    void check_server_port(const Node& node, const NatPolicy& rule,
                           const std::vector<ServiceMatch>& matches) {
        if (rule.server_port == 0) return;
        for (const auto& match : matches) {
            if (match.destination_port != matches.front().destination_port) {
                problems_.add(
                    node.at("server_port")
                        .error(
                            fmt::format("port forward '{}' has several ports and one server_port", rule.name),
                            "write one rule for each port"));
                return;
            }
        }
        const auto& ports = matches.front().destination_port;
        if (rule.server_port + (ports.last - ports.first) <= 65535) return;
        problems_.add(node.at("server_port")
                          .error(fmt::format("{} ports from {} reach beyond 65535",
                                             ports.last - ports.first + 1, rule.server_port),
                                 "write a lower server_port"));
    }

    void check_one_to_one(const Node& node, const NatPolicy& rule) {
        check_public(node.at("public"), *rule.public_side);
        if (rule.inside->is_v4() != rule.public_side->is_v4())
            problems_.add(node.at("inside").error(
                fmt::format("the sides of NAT rule '{}' are of different families", rule.name),
                fmt::format("write an {} prefix", family(rule.public_side->is_v4()))));
        else if (rule.inside->length() != rule.public_side->length())
            problems_.add(
                node.at("inside").error(fmt::format("NAT rule '{}' maps a /{} to a /{}", rule.name,
                                                    rule.public_side->length(), rule.inside->length()),
                                        "write prefixes of one length"));
        else
            publics_.push_back({*rule.public_side, {}, rule.from, &rule, node});
    }

    static bool zones_meet(const PublicUse& a, const PublicUse& b) {
        if (a.from.empty() || b.from.empty()) return true;
        return std::any_of(a.from.begin(), a.from.end(), [&](const std::string& zone) {
            return std::find(b.from.begin(), b.from.end(), zone) != b.from.end();
        });
    }

    static bool services_meet(const PublicUse& a, const PublicUse& b) {
        if (a.services.empty() || b.services.empty()) return true;
        return std::any_of(a.services.begin(), a.services.end(), [&](const ServiceMatch& one) {
            return std::any_of(b.services.begin(), b.services.end(),
                               [&](const ServiceMatch& other) { return ports_meet(one, other); });
        });
    }

    void check_collisions() {
        // A port forward before a one-to-one of the same address is an exception from it, the other way round
        // it would never match.
        const auto exception = [](const PublicUse& first, const PublicUse& second) {
            return first.rule->kind == NatKind::destination && second.rule->kind == NatKind::one_to_one;
        };
        for (std::size_t i = 0; i < publics_.size() && !problems_.full(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const auto& first = publics_[j];
                const auto& second = publics_[i];
                if (!first.prefix.overlaps(second.prefix) || !zones_meet(first, second) ||
                    !services_meet(first, second) || exception(first, second))
                    continue;
                problems_.add(second.place.error(
                    fmt::format("NAT rule '{}' collides with '{}' in line {}: both take {}",
                                second.rule->name, first.rule->name, first.place.line(),
                                meeting(first, second)),
                    "choose another public address or port, or remove one of them"));
                break;
            }
            for (const auto& pool : pools_) {
                if (publics_[i].rule->kind != NatKind::one_to_one ||
                    !pool.prefix.overlaps(publics_[i].prefix))
                    continue;
                problems_.add(publics_[i].place.error(
                    fmt::format("NAT rule '{}' collides with the pool of '{}' in line {}: both take {}",
                                publics_[i].rule->name, pool.rule->name, pool.place.line(),
                                publics_[i].prefix.to_string()),
                    "an address is mapped one to one or in a pool, not both"));
                break;
            }
        }
    }

    static std::string meeting(const PublicUse& a, const PublicUse& b) {
        const std::string address =
            (a.prefix.contains(b.prefix) ? b.prefix.address() : a.prefix.address()).to_string();
        for (const auto& one : a.services) {
            for (const auto& other : b.services) {
                if (!ports_meet(one, other)) continue;
                const auto first = std::max(one.destination_port.first, other.destination_port.first);
                return fmt::format("{} {}/{}", address, protocol_text(one.protocol), first);
            }
        }
        return address;
    }

    const model::TenantPolicy& tenant_;
    NameChecks& names_;
    RuleResolver& resolver_;
    Problems& problems_;
    std::vector<PublicUse> publics_;
    std::vector<PublicUse> pools_;
};

}  // namespace

void check_nat(const Node& list, const model::TenantPolicy& tenant, NameChecks& names, RuleResolver& resolver,
               Problems& problems) {
    if (list) NatChecker(tenant, names, resolver, problems).run(list);
}

}  // namespace sluice::policy::detail
