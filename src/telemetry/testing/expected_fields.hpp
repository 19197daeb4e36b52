// Compares flow records with the expected output of other decoders, for the conformance tests. What Sluice
// models must be equal; what it does not must be named, with the reason.
#pragma once

#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "model/flow_record.hpp"

namespace sluice::telemetry::testing {

// A record and, of a bidirectional one, its other half (or nullptr).
struct RecordPair {
    const model::FlowRecord* record = nullptr;
    const model::FlowRecord* reverse = nullptr;
};

struct ModelledField {
    std::string_view name;
    nlohmann::json (*value)(const RecordPair& pair, const nlohmann::json& event);
};

// A name, or the beginning of names when it ends in '*'.
struct UnmodelledField {
    std::string_view name;
    std::string_view reason;
};

template <class Entry>
const Entry* find_named(std::span<const Entry> table, std::string_view name) {
    for (const Entry& entry : table) {
        std::string_view known = entry.name;
        const bool prefix = known.ends_with('*');
        if (prefix) known.remove_suffix(1);
        if (prefix ? name.starts_with(known) : name == known) return &entry;
    }
    return nullptr;
}

}  // namespace sluice::telemetry::testing
