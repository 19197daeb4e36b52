// Which of the operator's tables a tenant's filters and rules ask, which edition of them explanations go by,
// and whether the gateways have them. For customers: a gateway without a table lets nothing match that asks
// it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/attribute_match.hpp"
#include "model/firewall_policy.hpp"
#include "model/tenant_program.hpp"

namespace sluice::api::explain {

struct AskedTables {
    bool countries = false;
    bool reputations = false;

    void add(const model::AttributeMatch& match) {
        countries = countries || !match.countries.empty();
        reputations = reputations || !match.reputations.empty();
    }
};
[[nodiscard]] AskedTables asked_by(const model::TenantProgram& program);
[[nodiscard]] AskedTables asked_by(const model::FirewallPolicy& policy);

// One of the tables that are asked.
struct TableUse {
    const char* name;                        // "countries"
    std::optional<base::Timestamp> edition;  // nothing: there is none, or not everywhere
    std::string sentence;
};
// As the controller has them.
[[nodiscard]] std::vector<TableUse> explained_by(const AskedTables& asked,
                                                 const model::AttributeEditions& own);
// As the gateways that report have them; the edition is the oldest.
[[nodiscard]] std::vector<TableUse> judged_by(const AskedTables& asked,
                                              std::span<const model::AttributeEditions> gateways);

}  // namespace sluice::api::explain
