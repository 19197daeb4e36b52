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
        // Small firewalls: a mutation of one is often still one.
        "tenants: [{slug: a, firewall: {zones: [in], attachments: [{name: x, zone: in, kind: vlan, vlan: 1, "
        "prefixes: [10.0.0.0/8]}], rules: [{name: r, from: in, to: internet, source: 10.1.0.0-10.1.2.7, "
        "service: [dns, tcp/1-9], action: allow}, {name: s, from: in, source: 10.1.0.0/16, action: "
        "drop}]}}]\n",
        "tenants: [{slug: a, prefixes: [192.0.2.0/24], firewall: {zones: [in], attachments: [{name: x, zone: "
        "in, "
        "kind: prefix, prefixes: [10.0.0.0/8, 11.0.0.0/9]}], address_groups: [{name: g, members: [h, "
        "'::1']}, "
        "{name: h, members: [10.0.0.1]}], service_groups: [{name: s, members: [https, udp/7]}], nat: [{name: "
        "n, "
        "kind: source, source: g, pool: 192.0.2.8/29}, {name: m, kind: port-forward, public: 192.0.2.1, "
        "service: s, server: 10.0.0.1}, {name: o, kind: one-to-one, public: 192.0.2.2, inside: "
        "10.0.0.2}]}}]\n",
        "tenants: [{slug: a, firewall: {time_zone: Europe/Vienna, zones: [z], attachments: [{name: x, zone: "
        "z, "
        "kind: port, port: p, prefixes: [10.0.0.0/8]}], schedules: [{name: s, days: [mon-wed, sun], hours: "
        "[22:00-06:00, 07:30-08:00]}], user_groups: [u], rules: [{name: r, users: u, schedule: s, action: "
        "reject}], timeouts: {udp: 1 min}, committed_rate: {inbound: {bits: 1 Mbps}}}}]\n",
        "collector:\n  name: vienna-1\n  metrics: 127.0.0.1:9101\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "\"quoted\\u00e9\": |\n  block\n  text\n? key\n: value\n",
    };
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const auto text : texts) seeds.emplace_back(text.begin(), text.end());
    return seeds;
}
