// A value of a document that was read and validated: a light view with its line, which keeps the document
// alive. No YAML or JSON types, so that every process may read its own configuration with it.
//
//     const policy::Node listen = section.at("listen");
//     config.port = listen.get<std::uint16_t>("port", config.port);
//     config.line_rate_bps = site.bits_per_s("line_rate", 0);
//
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/prefix.hpp"

namespace sluice::policy {

namespace detail {
struct Tree;
}

enum class NodeKind : std::uint8_t { null, boolean, integer, number, text, list, map };

// What the schema of a document promises is there; asking for anything else (an absent key without a
// fallback, a wrong type) is a defect of the program and aborts with the place.
class Node {
  public:
    Node() = default;  // absent
    Node(std::shared_ptr<const detail::Tree> tree, std::uint32_t index)
        : tree_(std::move(tree)), index_(index) {}

    [[nodiscard]] bool exists() const { return tree_ != nullptr; }
    explicit operator bool() const { return exists(); }
    [[nodiscard]] NodeKind kind() const;  // null when absent

    // Of a map: the value of a key; absent when there is none, or when this itself is absent.
    [[nodiscard]] Node at(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const { return at(key).exists(); }
    // Of a list; empty when absent.
    [[nodiscard]] std::vector<Node> items() const;
    // Of a map, in the document's order; empty when absent.
    [[nodiscard]] std::vector<std::pair<std::string, Node>> entries() const;

    // T: bool, std::uint16_t, std::uint32_t, std::uint64_t, std::int64_t, double, std::string, net::Prefix,
    // net::Address, base::Duration ("10 s", "500 ms", "5 min", "2 h", "7 d").
    template <class T>
    [[nodiscard]] T as() const;
    template <class T>
    [[nodiscard]] T get(std::string_view key) const {
        return at(key).as<T>();
    }
    template <class T>
    [[nodiscard]] T get(std::string_view key, T fallback) const {
        const Node value = at(key);
        return value.exists() ? value.as<T>() : fallback;
    }
    // "20 kpps" and "1 Gbps" (base/rate.hpp).
    [[nodiscard]] std::uint64_t packets_per_s(std::string_view key, std::uint64_t fallback = 0) const;
    [[nodiscard]] std::uint64_t bits_per_s(std::string_view key, std::uint64_t fallback = 0) const;

    [[nodiscard]] int line() const;           // from 1; 0 when absent
    [[nodiscard]] std::string where() const;  // "FILE:LINE"
    // An error at this place, for checks that a schema cannot say.
    [[nodiscard]] base::Error error(std::string what, std::string hint = {}) const;

  private:
    [[noreturn]] void defect(std::string_view expected) const;

    std::shared_ptr<const detail::Tree> tree_;
    std::uint32_t index_ = 0;
};

template <>
bool Node::as<bool>() const;
template <>
std::uint16_t Node::as<std::uint16_t>() const;
template <>
std::uint32_t Node::as<std::uint32_t>() const;
template <>
std::uint64_t Node::as<std::uint64_t>() const;
template <>
std::int64_t Node::as<std::int64_t>() const;
template <>
double Node::as<double>() const;
template <>
std::string Node::as<std::string>() const;
template <>
net::Prefix Node::as<net::Prefix>() const;
template <>
net::Address Node::as<net::Address>() const;
template <>
base::Duration Node::as<base::Duration>() const;

}  // namespace sluice::policy
