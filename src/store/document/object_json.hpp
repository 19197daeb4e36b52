// Values as JSON, in both directions. An object lists its fields once, in a function fields(visitor, object)
// that writing and reading use, so that nothing is written that is not read.
#pragma once

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/attack_vector.hpp"
#include "net/address.hpp"
#include "net/prefix.hpp"

namespace sluice::store::document {

using nlohmann::json;

struct Writer {
    json out = json::object();
};
struct Reader {
    const json& in;
};

template <class T, class Parsed>
T require(Parsed parsed, const json& in) {
    if (!parsed) throw std::invalid_argument("unexpected value " + in.dump());
    return *parsed;
}

template <class T>
json to_json(const T& value);
template <class T>
void from_json(const json& in, T& value);

template <class T>
void field(Writer& writer, const char* name, T& value) {
    writer.out[name] = to_json(value);
}
template <class T>
void field(Reader& reader, const char* name, T& value) {
    if (const auto found = reader.in.find(name); found != reader.in.end()) from_json(*found, value);
}

template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<base::Id<Tag>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// Enums whose numbers may shift between versions are kept by name, the others by number.
template <class T>
json to_json(const T& value) {
    if constexpr (std::is_same_v<T, net::Address> || std::is_same_v<T, net::Prefix>) {
        return value.to_string();
    } else if constexpr (std::is_same_v<T, model::AttackVector>) {
        return std::string(model::to_string(value));
    } else if constexpr (std::is_same_v<T, base::Timestamp>) {
        return value.time_since_epoch().count();
    } else if constexpr (is_id<T>) {
        return value.value();
    } else if constexpr (is_optional<T>) {
        return value ? to_json(*value) : json(nullptr);
    } else if constexpr (is_list<T>) {
        json list = json::array();
        for (const auto& item : value) list.push_back(to_json(item));
        return list;
    } else if constexpr (std::is_same_v<T, std::array<std::uint8_t, 6>>) {
        return value;
    } else if constexpr (std::is_enum_v<T>) {
        return static_cast<unsigned>(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        return value;
    } else {
        Writer writer;
        T copy = value;
        fields(writer, copy);
        return std::move(writer.out);
    }
}

template <class T>
void from_json(const json& in, T& value) {
    if constexpr (std::is_same_v<T, net::Address>) {
        value = require<T>(net::Address::parse(in.get<std::string>()), in);
    } else if constexpr (std::is_same_v<T, net::Prefix>) {
        value = require<T>(net::Prefix::parse(in.get<std::string>()), in);
    } else if constexpr (std::is_same_v<T, model::AttackVector>) {
        value = require<T>(model::parse_attack_vector(in.get<std::string>()), in);
    } else if constexpr (std::is_same_v<T, base::Timestamp>) {
        value = base::Timestamp{base::Duration{in.get<std::int64_t>()}};
    } else if constexpr (is_id<T>) {
        value = T(in.get<std::uint64_t>());
    } else if constexpr (is_optional<T>) {
        value.reset();
        if (in.is_null()) return;
        typename T::value_type item{};
        from_json(in, item);
        value = std::move(item);
    } else if constexpr (is_list<T>) {
        value.clear();
        for (const auto& item : in) from_json(item, value.emplace_back());
    } else if constexpr (std::is_same_v<T, std::array<std::uint8_t, 6>>) {
        value = in.get<T>();
    } else if constexpr (std::is_enum_v<T>) {
        value = static_cast<T>(in.get<unsigned>());
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        value = in.get<T>();
    } else {
        Reader reader{in};
        fields(reader, value);
    }
}

template <class T>
base::Result<T> read(std::string_view text, std::string_view what) {
    try {
        T value{};
        from_json(json::parse(text), value);
        return value;
    } catch (const std::exception& problem) {
        return base::fail(base::ErrorCode::corrupt,
                          fmt::format("a stored {} does not make sense: {}", what, problem.what()), {},
                          "restore the store from a backup");
    }
}

// A text that is no UTF-8 (a name from outside) is kept readable rather than refused.
template <class T>
std::string text_of(const T& value) {
    return to_json(value).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sluice::store::document
