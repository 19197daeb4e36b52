#include "policy/node.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <limits>

#include "base/rate.hpp"
#include "policy/duration_text.hpp"
#include "policy/tree.hpp"

namespace sluice::policy {

NodeKind Node::kind() const {
    return exists() ? tree_->nodes[index_].kind : NodeKind::null;
}

Node Node::at(std::string_view key) const {
    if (!exists()) return {};
    for (const auto& entry : tree_->nodes[index_].entries) {
        if (entry.key == key) return {tree_, entry.value};
    }
    return {};
}

std::vector<Node> Node::items() const {
    std::vector<Node> all;
    if (!exists()) return all;
    for (const auto index : tree_->nodes[index_].items) all.emplace_back(tree_, index);
    return all;
}

std::vector<std::pair<std::string, Node>> Node::entries() const {
    std::vector<std::pair<std::string, Node>> all;
    if (!exists()) return all;
    for (const auto& entry : tree_->nodes[index_].entries)
        all.emplace_back(entry.key, Node(tree_, entry.value));
    return all;
}

int Node::line() const {
    return exists() ? tree_->nodes[index_].line : 0;
}

std::string Node::where() const {
    return exists() ? fmt::format("{}:{}", tree_->name, line()) : std::string();
}

base::Error Node::error(std::string what, std::string hint) const {
    return base::Error{base::ErrorCode::invalid_argument, std::move(what), where(), std::move(hint)};
}

void Node::defect(std::string_view expected) const {
    std::fprintf(stderr, "defect: %s: the program asks for %.*s that the schema does not promise\n",
                 exists() ? where().c_str() : "an absent key", static_cast<int>(expected.size()),
                 expected.data());
    std::abort();
}

template <>
std::int64_t Node::as<std::int64_t>() const {
    if (kind() != NodeKind::integer) defect("a whole number");
    return tree_->nodes[index_].integer;
}

namespace {
template <class T>
bool fits(std::int64_t value) {
    return value >= 0 && static_cast<std::uint64_t>(value) <= std::numeric_limits<T>::max();
}
}  // namespace

template <>
std::uint64_t Node::as<std::uint64_t>() const {
    const auto value = as<std::int64_t>();
    if (!fits<std::uint64_t>(value)) defect("a whole number from 0");
    return static_cast<std::uint64_t>(value);
}

template <>
std::uint32_t Node::as<std::uint32_t>() const {
    const auto value = as<std::int64_t>();
    if (!fits<std::uint32_t>(value)) defect("a whole number of 32 bits");
    return static_cast<std::uint32_t>(value);
}

template <>
std::uint16_t Node::as<std::uint16_t>() const {
    const auto value = as<std::int64_t>();
    if (!fits<std::uint16_t>(value)) defect("a whole number of 16 bits");
    return static_cast<std::uint16_t>(value);
}

template <>
bool Node::as<bool>() const {
    if (kind() != NodeKind::boolean) defect("true or false");
    return tree_->nodes[index_].boolean;
}

template <>
double Node::as<double>() const {
    if (kind() != NodeKind::integer && kind() != NodeKind::number) defect("a number");
    return tree_->nodes[index_].number;
}

template <>
std::string Node::as<std::string>() const {
    if (kind() != NodeKind::text) defect("a text");
    return tree_->nodes[index_].text;
}

template <>
net::Prefix Node::as<net::Prefix>() const {
    const auto prefix = net::Prefix::parse(as<std::string>());
    if (!prefix) defect("a prefix");
    return *prefix;
}

template <>
net::Address Node::as<net::Address>() const {
    const auto address = net::Address::parse(as<std::string>());
    if (!address) defect("an address");
    return *address;
}

template <>
base::Duration Node::as<base::Duration>() const {
    const auto duration = parse_duration(as<std::string>());
    if (!duration) defect("a duration");
    return *duration;
}

std::uint64_t Node::packets_per_s(std::string_view key, std::uint64_t fallback) const {
    const Node value = at(key);
    if (!value.exists()) return fallback;
    const auto rate = base::parse_rate(value.as<std::string>(), base::RateUnit::packets_per_s);
    if (!rate) value.defect("a packet rate");
    return *rate;
}

std::uint64_t Node::bits_per_s(std::string_view key, std::uint64_t fallback) const {
    const Node value = at(key);
    if (!value.exists()) return fallback;
    const auto rate = base::parse_rate(value.as<std::string>(), base::RateUnit::bits_per_s);
    if (!rate) value.defect("a bit rate");
    return *rate;
}

}  // namespace sluice::policy
