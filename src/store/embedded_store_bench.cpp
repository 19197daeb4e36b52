// What the embedded store takes for what a controller does often. Durable writes wait for the disk: read
// those as its figures, not ours. BENCH_FOLDER names the folder, by default the system's temporary one.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/random.hpp"
#include "mitigation/mitigation_repository.hpp"
#include "policy/policy_reader.hpp"
#include "policy/policy_writer.hpp"
#include "store/embedded_store.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/authentication_service.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/policy_service.hpp"
#include "tenancy/traffic_repository.hpp"
#include "tenancy/user_service.hpp"

namespace sluice::store {
namespace {

class World {
  public:
    explicit World(std::size_t tenants) : folder_(place()) {
        std::filesystem::remove_all(folder_);
        store = EmbeddedStore::open({.folder = folder_}).value();
        board = std::make_unique<tenancy::PolicyBoard>(store->tenancy());
        std::vector<model::TenantPolicy> wanted(tenants);
        for (std::size_t i = 0; i < tenants; ++i) {
            wanted[i].slug = wanted[i].name = "t" + std::to_string(i);
            const auto address = net::Address::v4(0x0a000000U + (static_cast<std::uint32_t>(i) << 8U));
            wanted[i].prefixes.push_back({net::Prefix::of(address, 24), "", model::ConsentMode::automatic});
        }
        policies = std::move(wanted);
        tenancy::PolicyService policy({}, {store->tenancy(), *board, random, clock});
        (void)policy.apply(tenancy::platform_caller(), policies, std::nullopt, "bench").value();
    }
    ~World() {
        board.reset();
        store.reset();
        std::filesystem::remove_all(folder_);
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    base::SystemClock clock;
    base::SystemRandom random;
    std::unique_ptr<EmbeddedStore> store;
    std::unique_ptr<tenancy::PolicyBoard> board;
    std::vector<model::TenantPolicy> policies;

  private:
    static std::filesystem::path place() {
        const char* folder = std::getenv("BENCH_FOLDER");
        return (folder != nullptr ? std::filesystem::path(folder) : std::filesystem::temp_directory_path()) /
               "sluice-store-bench";
    }
    std::filesystem::path folder_;
};

void mitigation_update(benchmark::State& state) {
    World world(10);
    const auto scope = model::TenantScope::provider();
    model::Mitigation draft;
    draft.tenant = model::TenantId(1);
    draft.incident = model::IncidentId(1);
    auto mitigation = world.store->mitigations().create(scope, draft).value();
    for (auto _ : state) mitigation = world.store->mitigations().update(scope, mitigation).value();
}
BENCHMARK(mitigation_update)->Unit(benchmark::kMicrosecond)->UseRealTime();

void consent_change(benchmark::State& state) {
    World world(static_cast<std::size_t>(state.range(0)));
    tenancy::DirectoryService directory({}, {world.store->tenancy(), *world.board, world.clock});
    const auto caller = tenancy::platform_caller();
    const auto prefix = net::Prefix::parse("10.0.0.0/24").value();
    std::uint64_t version = 1;
    for (auto _ : state)
        version =
            directory.set_consent(caller, prefix, version, model::ConsentMode::ask, "bench").value().version;
}
BENCHMARK(consent_change)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond)->UseRealTime();

void authenticate(benchmark::State& state) {
    World world(10);
    tenancy::PasswordHasher hasher({.operations = 1, .memory_bytes = 8192});
    tenancy::UserService users({}, {world.store->tenancy(), hasher, world.clock});
    (void)users.ensure_operator("operator", "a good long password").value();
    tenancy::AuthenticationService authentication(
        {}, {world.store->tenancy(), hasher, world.random, world.clock});
    const auto granted = authentication.login("operator", "a good long password", "").value();
    for (auto _ : state) benchmark::DoNotOptimize(authentication.authenticate(granted.secret, "").value());
}
BENCHMARK(authenticate)->Unit(benchmark::kMicrosecond);

void password_check(benchmark::State& state) {
    tenancy::PasswordHasher hasher({});
    const auto hash = hasher.hash("a good long password").value();
    for (auto _ : state) benchmark::DoNotOptimize(hasher.verify(hash, "a good long password").value());
}
BENCHMARK(password_check)->Unit(benchmark::kMillisecond);

void policy_apply_one_change(benchmark::State& state) {
    World world(static_cast<std::size_t>(state.range(0)));
    tenancy::PolicyService policy({}, {world.store->tenancy(), *world.board, world.random, world.clock});
    std::uint32_t value = 10'000;
    for (auto _ : state) {
        world.policies[0].protection.hold_down_ms = ++value;
        (void)policy.apply(tenancy::platform_caller(), world.policies, std::nullopt, "bench").value();
    }
}
BENCHMARK(policy_apply_one_change)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime();

void traffic_second(benchmark::State& state) {
    World world(1);
    std::vector<tenancy::TrafficSecond> traffic;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        tenancy::TrafficSecond second{
            model::TenantId(static_cast<std::uint64_t>(i + 1)),
            net::Prefix::of(net::Address::v4(0x0a000000U + (static_cast<std::uint32_t>(i) << 8U)), 24),
            {}};
        second.columns.inbound = {1000, 8'000'000};
        traffic.push_back(second);
    }
    base::Timestamp now{std::chrono::seconds{1'800'000'000}};
    for (auto _ : state) {
        now += std::chrono::seconds{1};
        (void)world.store->traffic().append(now, traffic);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(traffic_second)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond)->UseRealTime();

void traffic_graph(benchmark::State& state) {
    World world(1);
    const base::Timestamp start{std::chrono::seconds{1'800'000'000}};
    for (int i = 0; i < 600; ++i)
        (void)world.store->traffic().append(
            start + std::chrono::seconds{i},
            {{model::TenantId(1), net::Prefix::parse("10.0.0.0/24").value(), {}}});
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            world.store->traffic()
                .query(model::TenantScope::provider(),
                       {.tenant = {}, .prefix = {}, .from = start, .to = start + std::chrono::seconds{600}})
                .value());
    }
}
BENCHMARK(traffic_graph)->Unit(benchmark::kMicrosecond);

void audit_verify(benchmark::State& state) {
    World world(1);
    tenancy::AuditLog audit({world.store->tenancy(), world.clock});
    for (int i = 0; i < 2000; ++i)
        (void)audit.record(tenancy::platform_caller(), {{}, "bench", "object", "before", "after", "reason"});
    for (auto _ : state) benchmark::DoNotOptimize(audit.verify().value());
    state.SetItemsProcessed(state.iterations() * 2000);
}
BENCHMARK(audit_verify)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice::store

BENCHMARK_MAIN();
