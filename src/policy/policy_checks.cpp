#include "policy/policy_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "net/assignable.hpp"
#include "policy/attributes.hpp"
#include "policy/duration_text.hpp"
#include "policy/firewall_checks.hpp"
#include "policy/nearest.hpp"
#include "policy/network_checks.hpp"
#include "policy/text_format.hpp"
#include "policy/unique_names.hpp"

namespace sluice::policy::detail {
namespace {

using model::TenantPolicy;
using net::Prefix;

// The value of a key, or the map itself when it is absent: a place to point to.
Node place(const Node& node, std::string_view key) {
    const Node value = node.at(key);
    return value ? value : node;
}

struct Claim {
    Prefix prefix;
    Node node;
    const TenantPolicy* tenant;
};

class Checker {
  public:
    Checker(const Node& document, const std::vector<TenantPolicy>& tenants, Problems& warnings)
        : document_(document), tenants_(tenants), warnings_(warnings) {}

    Problems run() {
        UniqueNames slugs(problems_, "slug");
        UniqueNames logins(problems_, "login");
        const auto nodes = document_.at("tenants").items();
        NetworkChecks network(problems_);
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            slugs.add(tenants_[i].slug, nodes[i].at("slug"));
            for (const auto& user : nodes[i].at("users").items())
                logins.add(user.get<std::string>("login"), user.at("login"));
            UniqueNames webhooks(problems_, "webhook");
            for (const auto& hook : nodes[i].at("webhooks").items())
                webhooks.add(hook.get<std::string>("url"), hook.at("url"));
            check_sites(nodes[i], tenants_[i]);
            check_prefixes(nodes[i], tenants_[i]);
            check_thresholds(nodes[i].at("detection"), tenants_[i]);
            check_profile(nodes[i].at("protection"), tenants_[i]);
            check_filters(nodes[i], tenants_[i]);
            check_duration(nodes[i].at("mitigation"), "expires_after", std::chrono::minutes{1},
                           std::chrono::hours{24 * 30});
            check_firewall(nodes[i].at("firewall"), tenants_[i], problems_, warnings_);
            network.add(nodes[i], tenants_[i]);
        }
        check_overlaps();
        network.check();
        return std::move(problems_);
    }

  private:
    void check_duration(const Node& node, std::string_view key, base::Duration least, base::Duration most) {
        const Node value = node.at(key);
        if (!value) return;
        const auto duration = value.as<base::Duration>();
        if (duration >= least && duration <= most) return;
        problems_.add(
            value.error(fmt::format("{} is {}", key, value.as<std::string>()),
                        fmt::format("write {} to {}", format_duration(least), format_duration(most))));
    }

    void check_sites(const Node& node, const TenantPolicy&) {
        UniqueNames names(problems_, "site");
        for (const auto& site : node.at("sites").items()) {
            names.add(site.get<std::string>("name"), site.at("name"));
            if (site.has("line_rate") && site.bits_per_s("line_rate") == 0)
                problems_.add(
                    site.at("line_rate").error("a line rate is 0", "write the rate, or leave the key out"));
        }
    }

    void check_prefixes(const Node& node, const TenantPolicy& tenant) {
        std::vector<std::string> sites;
        for (const auto& site : tenant.sites) sites.push_back(site.name);
        const auto items = node.at("prefixes").items();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto& prefix = tenant.prefixes[i];
            const Node at = place(items[i], "prefix");
            check_customer_prefix(prefix.prefix, at);
            claims_.push_back({prefix.prefix, at, &tenant});
            if (prefix.site.empty() || std::find(sites.begin(), sites.end(), prefix.site) != sites.end())
                continue;
            const std::string_view near = nearest(prefix.site, sites);
            problems_.add(items[i].at("site").error(
                fmt::format("tenant '{}' has no site '{}'", tenant.slug, prefix.site),
                !near.empty()   ? fmt::format("did you mean '{}'?", near)
                : sites.empty() ? "name it under 'sites' first"
                                : "its sites: " + one_of(sites)));
        }
    }

    void check_customer_prefix(const Prefix& prefix, const Node& node) {
        if (const auto checked = net::check_assignable(prefix); !checked)
            problems_.add(node.error(checked.error().what, checked.error().hint));
    }

    void check_thresholds(const Node& detection, const TenantPolicy& tenant) {
        check_duration(detection, "hold_down", std::chrono::seconds{1}, std::chrono::hours{1});
        UniqueNames names(problems_, "threshold");
        const bool line_rate_known = std::any_of(tenant.sites.begin(), tenant.sites.end(),
                                                 [](const auto& site) { return site.line_rate_bps > 0; });
        for (const auto& node : detection.at("thresholds").items()) {
            names.add(node.get<std::string>("name"), node.at("name"));
            if (!node.has("packets") && !node.has("bits") && !node.has("line_rate_share") &&
                !node.has("learned"))
                problems_.add(
                    node.error(fmt::format("threshold '{}' has no limit", node.get<std::string>("name")),
                               "write packets, bits, line_rate_share or learned"));
            for (const std::string_view key : {"packets", "bits"}) {
                if (node.has(key) && (key == "packets" ? node.packets_per_s(key) : node.bits_per_s(key)) == 0)
                    problems_.add(
                        node.at(key).error("a threshold of 0 always fires", "write a rate above 0"));
            }
            if (node.has("line_rate_share") && !line_rate_known)
                problems_.add(
                    node.at("line_rate_share")
                        .error(fmt::format("no site of tenant '{}' has a line_rate", tenant.slug),
                               "write 'line_rate: 1 Gbps' at the site, or a limit in packets or bits"));
        }
    }

    void check_profile(const Node& node, const TenantPolicy& tenant) {
        if (tenant.protection.profile.tcp_method == model::TcpMethod::splice && !tenant.protection.firewall) {
            problems_.add(
                node.at("tcp_method")
                    .error(
                        fmt::format("'splice' joins a client with a server, and the gateway sees no answers "
                                    "of tenant '{}', which has no firewall",
                                    tenant.slug),
                        "write 'tcp_method: safe-reset', or give the tenant a firewall"));
        }
        check_duration(node, "verified_for", std::chrono::seconds{10}, std::chrono::hours{24});
        if (const Node anomaly = node.at("anomaly"))
            check_duration(anomaly, "filter_for", std::chrono::seconds{5}, std::chrono::hours{1});
    }

    void check_filters(const Node& node, const TenantPolicy& tenant) {
        UniqueNames names(problems_, "filter");
        const auto items = node.at("filters").items();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto& filter = tenant.protection.filters[i];
            names.add(filter.name, items[i].at("name"));
            if (items[i].has("destination") &&
                std::none_of(tenant.prefixes.begin(), tenant.prefixes.end(),
                             [&](const auto& own) { return own.prefix.contains(filter.destination); }))
                problems_.add(items[i]
                                  .at("destination")
                                  .error(fmt::format("{} is not within the prefixes of tenant '{}'",
                                                     filter.destination.to_string(), tenant.slug),
                                         "write one of its prefixes or a part of it"));
            if (items[i].has("source") && items[i].has("destination") &&
                filter.source.is_v4() != filter.destination.is_v4())
                problems_.add(items[i].at("source").error("source and destination are of different families",
                                                          "write both as IPv4 or both as IPv6"));
            if ((items[i].has("source_port") || items[i].has("destination_port")) &&
                !has_ports(filter.protocol))
                problems_.add(items[i].error(
                    fmt::format("filter '{}' has ports but its protocol has none", filter.name),
                    "write 'protocol: tcp' or 'protocol: udp'"));
            if (filter.tcp_flags_mask != 0 && filter.protocol != 6)
                problems_.add(items[i].error(
                    fmt::format("filter '{}' has TCP flags but its protocol is not tcp", filter.name),
                    "write 'protocol: tcp'"));
            check_flags(items[i]);
            check_payload(items[i], filter);
        }
    }

    void check_flags(const Node& filter) {
        for (const auto& set : filter.at("tcp_flags_set").items()) {
            for (const auto& clear : filter.at("tcp_flags_clear").items()) {
                if (set.as<std::string>() == clear.as<std::string>())
                    problems_.add(
                        clear.error(fmt::format("'{}' cannot be set and clear", clear.as<std::string>()),
                                    "remove one of them"));
            }
        }
    }

    void check_payload(const Node& node, const model::PacketFilter& filter) {
        const auto items = node.at("payload").items();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto& match = filter.payload[i];
            if (match.mask.empty()) continue;
            if (match.mask.size() != match.bytes.size()) {
                problems_.add(
                    items[i].at("mask").error(fmt::format("the mask has {} bytes, and what it is for has {}",
                                                          match.mask.size(), match.bytes.size()),
                                              "write one byte of the mask for each, or leave the mask out"));
                continue;
            }
            for (std::size_t at = 0; at < match.mask.size(); ++at) {
                if ((match.bytes[at] & ~match.mask[at]) == 0) continue;
                problems_.add(items[i].at("bytes").error(
                    fmt::format("byte {} asks for bits that the mask leaves out, and never matches", at + 1),
                    "set these bits in the mask, or clear them in the bytes"));
                break;
            }
        }
        check_attributes(node, "a filter", problems_);
    }

    // In order, a prefix that contains others stands directly before them.
    void check_overlaps() {
        std::stable_sort(claims_.begin(), claims_.end(),
                         [](const Claim& a, const Claim& b) { return a.prefix < b.prefix; });
        const Claim* widest = nullptr;
        for (const auto& claim : claims_) {
            if (widest == nullptr || !widest->prefix.contains(claim.prefix)) {
                widest = &claim;
                continue;
            }
            const Claim& first = widest->node.line() <= claim.node.line() ? *widest : claim;
            const Claim& second = &first == widest ? claim : *widest;
            problems_.add(second.node.error(
                fmt::format("{} of tenant '{}' overlaps {} of tenant '{}' in line {}",
                            second.prefix.to_string(), second.tenant->slug, first.prefix.to_string(),
                            first.tenant->slug, first.node.line()),
                "an address belongs to one tenant and stands there once; remove it from one of them"));
        }
    }

    const Node& document_;
    const std::vector<TenantPolicy>& tenants_;
    Problems& warnings_;
    Problems problems_;
    std::vector<Claim> claims_;
};

}  // namespace

Problems check_policy(const Node& document, const std::vector<TenantPolicy>& tenants, Problems& warnings) {
    return Checker(document, tenants, warnings).run();
}

}  // namespace sluice::policy::detail
