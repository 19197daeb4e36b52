#include "policy/firewall_words.hpp"

#include <fmt/format.h>

#include <cctype>
#include <vector>

#include "policy/attributes.hpp"
#include "policy/firewall_text.hpp"
#include "policy/rule_words.hpp"

namespace sluice::policy {
namespace {

using detail::and_list;
using detail::format_prefix;
using Texts = std::vector<std::string>;

std::string finished(std::string text) {
    if (!text.empty())
        text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text + ".";
}

Texts texts_of(const std::vector<net::Prefix>& prefixes) {
    Texts texts;
    for (const auto& prefix : prefixes) texts.push_back(format_prefix(prefix));
    return texts;
}

std::string between(const Texts& from, const Texts& to) {
    std::string text;
    if (!from.empty()) text += " from " + and_list(from);
    if (!to.empty()) text += " to " + and_list(to);
    return text;
}

std::string connections(const model::NatPolicy& nat) {
    std::string text = "connections" + between(nat.from, nat.to);
    if (!nat.source.empty()) text += ", of " + and_list(nat.source) + ",";
    return text;
}

std::string source(const model::NatPolicy& nat) {
    const bool one = nat.pool.size() == 1 && nat.pool.front().is_host();
    return fmt::format("{} leave with {} {}", connections(nat),
                       one ? "the public address" : "one of the public addresses",
                       and_list(texts_of(nat.pool)));
}

std::string forward(const model::NatPolicy& nat) {
    Texts services;
    for (const auto& reference : nat.service) services.push_back(detail::service_words(reference));
    std::string text = nat.from.empty() ? "what arrives" : "what arrives from " + and_list(nat.from);
    text += " for " + (nat.public_side ? format_prefix(*nat.public_side) : std::string("the public address"));
    if (!services.empty()) text += ", " + and_list(services) + ",";
    text += " goes to the server " + (nat.server ? nat.server->to_string() : std::string("?"));
    if (nat.server_port != 0) text += fmt::format(", port {}", nat.server_port);
    return text;
}

std::string pair(const model::NatPolicy& nat) {
    return fmt::format("{} inside is {} outside, in both directions",
                       nat.inside ? format_prefix(*nat.inside) : "?",
                       nat.public_side ? format_prefix(*nat.public_side) : "?");
}

}  // namespace

std::string sentence(const model::RulePolicy& rule) {
    return finished(detail::rule_text(rule));
}

std::string sentence(const model::NatPolicy& nat) {
    switch (nat.kind) {
        case model::NatKind::source:
            return finished(source(nat));
        case model::NatKind::destination:
            return finished(forward(nat));
        case model::NatKind::one_to_one:
            return finished(pair(nat));
        case model::NatKind::exempt:
            return finished(connections(nat) + " keep their addresses");
    }
    return {};
}

std::string sentence(const model::AttachmentPolicy& network) {
    std::string text;
    switch (network.kind) {
        case model::AttachmentKind::prefix:
            text = "routed";
            break;
        case model::AttachmentKind::port:
            text = "port " + network.port;
            break;
        case model::AttachmentKind::vlan:
            text = fmt::format("VLAN {}", network.vlan);
            break;
        case model::AttachmentKind::qinq:
            text = fmt::format("VLAN {} within VLAN {}", network.inner_vlan, network.vlan);
            break;
        case model::AttachmentKind::vxlan:
            text = fmt::format("VXLAN {} to {}", network.vni, network.tunnel_endpoint.to_string());
            break;
    }
    text += ", zone " + network.zone;
    if (!network.site.empty()) text += ", at " + network.site;
    return finished(text + ", with " + and_list(texts_of(network.prefixes)));
}

std::string sentence(const ZonePair& pair) {
    const std::string way = "From " + pair.from + " to " + pair.to + " ";
    switch (pair.verdict) {
        case ZonePair::Verdict::denied:
            return way + (pair.rules.empty()
                              ? "nothing gets through: no rule allows it."
                              : "nothing gets through: rule " + pair.rules.front() + " refuses it.");
        case ZonePair::Verdict::allowed:
            return way + "everything gets through, by rule " + pair.rules.front() + ".";
        case ZonePair::Verdict::partly:
            if (!pair.except.empty())
                return way + "everything gets through but what " + and_list(pair.except) +
                       (pair.except.size() == 1 ? " refuses." : " refuse.");
            return way + "only what " + and_list(pair.rules) +
                   (pair.rules.size() == 1 ? " allows gets through." : " allow gets through.");
    }
    return {};
}

std::string sentence(const model::AttributeMatch& match) {
    return match.any() ? finished("what is " + detail::attribute_words(match) + ", by the gateways' tables")
                       : std::string{};
}

}  // namespace sluice::policy
