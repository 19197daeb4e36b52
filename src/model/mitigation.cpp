#include "model/mitigation.hpp"

#include <fmt/format.h>

namespace sluice::model {

std::string_view to_string(MitigationKind kind) {
    switch (kind) {
        case MitigationKind::divert:
            return "divert";
        case MitigationKind::blackhole:
            return "blackhole";
        case MitigationKind::flowspec:
            return "flowspec";
    }
    return "divert";
}

std::string_view to_string(MitigationState state) {
    switch (state) {
        case MitigationState::proposed:
            return "proposed";
        case MitigationState::active:
            return "active";
        case MitigationState::cooling:
            return "cooling";
        case MitigationState::withdrawn:
            return "withdrawn";
    }
    return "withdrawn";
}

std::string Route::key() const {
    if (kind != MitigationKind::flowspec) return prefix.to_string();
    std::string text = fmt::format("flowspec {} {} {} {}", rule.destination.to_string(), rule.protocol,
                                   rule.source_port, rule.destination_port);
    for (const auto& source : rule.sources) text += " " + source.to_string();
    return text;
}

}  // namespace sluice::model
