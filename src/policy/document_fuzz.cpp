// Arbitrary bytes as a policy and as a configuration: refused or taken, never a crash, and what is taken
// reads back from what is written of it.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "policy/document.hpp"
#include "policy/policy_diff.hpp"
#include "policy/policy_reader.hpp"
#include "policy/policy_writer.hpp"
#include "policy/resolver.hpp"
#include "policy/testdata/full_policy.hpp"

namespace policy = sluice::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)policy::read_document(text, "fuzz.yaml", "config.schema.json");
    const auto tenants = policy::read_policy(text, "fuzz.yaml");
    if (!tenants) {
        if (tenants.error().empty()) std::abort();
        return 0;
    }
    const auto again = policy::read_policy(policy::write_policy(*tenants), "again.yaml");
    if (!again || *again != *tenants || !policy::diff(*tenants, *again).empty()) std::abort();
    for (const auto& tenant : *tenants) {
        const policy::AttackedTarget target{{}, {}, {sluice::model::AttackVector::udp}};
        const auto state = policy::state_of(sluice::model::TenantId(1), tenant);
        // What is taken resolves.
        if (!policy::resolve_program(state, {&target, 1}, sluice::base::Timestamp{})) std::abort();
    }
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    const std::string_view texts[] = {
        policy::testdata::full_policy,
        "tenants:\n  - slug: acme\n    prefixes:\n      - prefix: 192.0.2.0/24\n        consent: auto\n",
        "tenants: [{slug: a, users: &u [{login: x, role: tenant_admin}]}, {slug: b, webhooks: []}]\n",
        "collector:\n  name: vienna-1\n  metrics: 127.0.0.1:9101\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "\"quoted\\u00e9\": |\n  block\n  text\n? key\n: value\n",
    };
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const auto text : texts) seeds.emplace_back(text.begin(), text.end());
    return seeds;
}
