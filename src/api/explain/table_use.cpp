#include "api/explain/table_use.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"

namespace sluice::api::explain {
namespace {

struct Kind {
    const char* name;
    const char* one;  // "a country"
    bool AskedTables::*asked;
    base::Timestamp model::AttributeEditions::*edition;
};
constexpr Kind kinds[] = {
    {"countries", "a country", &AskedTables::countries, &model::AttributeEditions::countries},
    {"reputations", "a reputation", &AskedTables::reputations, &model::AttributeEditions::reputations}};

}  // namespace

AskedTables asked_by(const model::TenantProgram& program) {
    AskedTables asked;
    for (const auto& filter : program.filters) asked.add(filter.source_is);
    if (!program.firewall.enabled) return asked;
    for (const auto& rule : program.firewall.rules) {
        for (const auto& match : rule.source_is) asked.add(match);
        for (const auto& match : rule.destination_is) asked.add(match);
    }
    return asked;
}

AskedTables asked_by(const model::FirewallPolicy& policy) {
    AskedTables asked;
    for (const auto& object : policy.addresses) asked.add(object.is);
    return asked;
}

std::vector<TableUse> explained_by(const AskedTables& asked, const model::AttributeEditions& own) {
    std::vector<TableUse> out;
    for (const Kind& kind : kinds) {
        if (!(asked.*kind.asked)) continue;
        const base::Timestamp at = own.*kind.edition;
        if (at == base::Timestamp{})
            out.push_back(
                {kind.name, std::nullopt,
                 fmt::format("What asks for {} matches nothing here: the controller has no table of {}. "
                             "The gateways go by their own.",
                             kind.one, kind.name)});
        else
            out.push_back(
                {kind.name, at,
                 fmt::format("What asks for {} is explained by the controller's table of {}; the gateways "
                             "go by their own.",
                             kind.one, base::to_rfc3339(at))});
    }
    return out;
}

std::vector<TableUse> judged_by(const AskedTables& asked,
                                std::span<const model::AttributeEditions> gateways) {
    std::vector<TableUse> out;
    for (const Kind& kind : kinds) {
        if (!(asked.*kind.asked)) continue;
        const auto without = std::ranges::count_if(
            gateways, [&](const auto& one) { return one.*kind.edition == base::Timestamp{}; });
        TableUse use{kind.name, std::nullopt, {}};
        if (gateways.empty()) {
            use.sentence =
                fmt::format("No gateway reports: whether there is a table of {} is not known.", kind.name);
        } else if (without != 0) {
            const bool everywhere = static_cast<std::size_t>(without) == gateways.size();
            use.sentence =
                fmt::format("{} table of {}: {}what asks for {} matches nothing. Your provider is told.",
                            everywhere     ? std::string("No gateway has a")
                            : without == 1 ? std::string("One gateway has no")
                                           : fmt::format("{} gateways have no", without),
                            kind.name, everywhere ? "" : "there, ", kind.one);
        } else {
            use.edition = std::ranges::min(gateways, {}, kind.edition).*kind.edition;
            use.sentence = fmt::format("The gateways go by a table of {} that was written at {}.", kind.name,
                                       base::to_rfc3339(*use.edition));
        }
        out.push_back(std::move(use));
    }
    return out;
}

}  // namespace sluice::api::explain
