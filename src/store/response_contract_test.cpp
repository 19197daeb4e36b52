// What every store must do for incidents, mitigations and events. Each store stands in the list at the end.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "store/sqlite/database.hpp"
#include "store/sqlite/event_repository.hpp"
#include "store/sqlite/incident_repository.hpp"
#include "store/sqlite/mitigation_repository.hpp"
#include "store/sqlite/schema.hpp"

namespace sluice::store {
namespace {

using model::TenantId;
using model::TenantScope;

class Repositories {
  public:
    virtual ~Repositories() = default;
    virtual incident::IncidentRepository& incidents() = 0;
    virtual mitigation::MitigationRepository& mitigations() = 0;
    virtual incident::EventRepository& events() = 0;
};

class SqliteInMemory final : public Repositories {
  public:
    incident::IncidentRepository& incidents() override { return incidents_; }
    mitigation::MitigationRepository& mitigations() override { return mitigations_; }
    incident::EventRepository& events() override { return events_; }

  private:
    std::unique_ptr<sqlite::Database> database_ =
        sqlite::Database::open({.file = ":memory:"}, sqlite::state_migrations()).value();
    sqlite::SqliteIncidentRepository incidents_{*database_};
    sqlite::SqliteMitigationRepository mitigations_{*database_};
    sqlite::SqliteEventRepository events_{*database_};
};

struct Kind {
    const char* name;
    std::function<std::unique_ptr<Repositories>()> make;
};

class ResponseContract : public testing::TestWithParam<Kind> {
  protected:
    const std::unique_ptr<Repositories> store_ = GetParam().make();
    const TenantScope provider_ = TenantScope::provider();
    const TenantScope acme_ = TenantScope::of(TenantId(1));
    const TenantScope bolt_ = TenantScope::of(TenantId(2));

    static model::Incident incident(TenantId tenant) {
        model::Incident draft;
        draft.tenant = tenant;
        draft.title = "TCP SYN flood on 192.0.2.10";
        draft.target = net::Prefix::parse("192.0.2.10").value();
        model::Finding finding;
        finding.key = "c1/7";
        finding.vectors = {{model::AttackVector::tcp_syn, {.packets_per_s = 9, .bits_per_s = 8}}};
        finding.samples.resize(1);
        finding.samples[0].source = net::Address::parse("2001:db8::1").value();
        draft.findings = {finding};
        draft.timeline = {{base::Timestamp{base::Duration{5}}, "detected", "seen"}};
        return draft;
    }
    static model::Mitigation mitigation(TenantId tenant, const char* target) {
        model::Mitigation draft;
        draft.tenant = tenant;
        draft.incident = model::IncidentId(7);
        draft.state = model::MitigationState::active;
        draft.target = net::Prefix::parse(target).value();
        draft.vectors = {model::AttackVector::dns};
        return draft;
    }
};

TEST_P(ResponseContract, AnIncidentComesBackWhole) {
    const auto stored = store_->incidents().create(acme_, incident(TenantId(1))).value();
    EXPECT_FALSE(stored.id.is_none());
    EXPECT_EQ(stored.version, 1U);
    const auto found = store_->incidents().find(acme_, stored.id).value();
    EXPECT_EQ(found.title, stored.title);
    EXPECT_EQ(found.target, stored.target);
    ASSERT_EQ(found.findings.size(), 1U);
    EXPECT_EQ(found.findings[0].vectors[0].vector, model::AttackVector::tcp_syn);
    EXPECT_EQ(found.findings[0].samples[0].source.to_string(), "2001:db8::1");
    ASSERT_EQ(found.timeline.size(), 1U);
    EXPECT_EQ(found.timeline[0].at, stored.timeline[0].at);
    EXPECT_FALSE(found.ended_at.has_value());
}

TEST_P(ResponseContract, AChangeOfAnOldVersionIsAConflict) {
    auto stored = store_->incidents().create(acme_, incident(TenantId(1))).value();
    stored.state = model::IncidentState::closed;
    const auto second = store_->incidents().update(acme_, stored).value();
    EXPECT_EQ(second.version, 2U);
    const auto stale = store_->incidents().update(acme_, stored);
    ASSERT_FALSE(stale.has_value());
    EXPECT_EQ(stale.error().code, base::ErrorCode::conflict);
    EXPECT_TRUE(store_->incidents()
                    .list(provider_, {.tenant = {}, .not_closed_only = true, .before = {}, .limit = 10})
                    ->empty());
}

TEST_P(ResponseContract, NobodySeesAnotherTenantsRows) {
    auto theirs = store_->incidents().create(provider_, incident(TenantId(1))).value();
    auto blocked = store_->mitigations().create(provider_, mitigation(TenantId(1), "192.0.2.10")).value();
    const auto is_hidden = [](const auto& result) {
        return !result && result.error().code == base::ErrorCode::not_found;
    };
    EXPECT_TRUE(is_hidden(store_->incidents().find(bolt_, theirs.id)));
    EXPECT_TRUE(is_hidden(store_->incidents().update(bolt_, theirs)));
    EXPECT_TRUE(is_hidden(store_->incidents().create(bolt_, incident(TenantId(1)))));
    EXPECT_TRUE(is_hidden(store_->mitigations().find(bolt_, blocked.id)));
    EXPECT_TRUE(is_hidden(store_->mitigations().update(bolt_, blocked)));
    EXPECT_TRUE(is_hidden(store_->mitigations().create(bolt_, mitigation(TenantId(1), "192.0.2.11"))));
    EXPECT_TRUE(store_->incidents().list(bolt_, {})->empty());
    EXPECT_TRUE(store_->incidents()
                    .list(bolt_, {.tenant = TenantId(1), .not_closed_only = false, .before = {}})
                    ->empty());
    EXPECT_TRUE(store_->mitigations().list(bolt_, {})->empty());
    EXPECT_EQ(store_->incidents().list(provider_, {})->size(), 1U);
    EXPECT_EQ(store_->mitigations().list(acme_, {})->size(), 1U);
}

TEST_P(ResponseContract, ListsPageFromTheNewest) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(store_->incidents().create(provider_, incident(TenantId(1))));
    const auto first =
        store_->incidents()
            .list(provider_, {.tenant = {}, .not_closed_only = false, .before = {}, .limit = 2})
            .value();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_GT(first[0].id, first[1].id);
    const auto second =
        store_->incidents()
            .list(provider_, {.tenant = {}, .not_closed_only = false, .before = first[1].id, .limit = 10})
            .value();
    ASSERT_EQ(second.size(), 3U);
    EXPECT_LT(second[0].id, first[1].id);
}

TEST_P(ResponseContract, OneLiveMitigationAnIncidentAndTarget) {
    auto stored = store_->mitigations().create(acme_, mitigation(TenantId(1), "192.0.2.10")).value();
    const auto twin = store_->mitigations().create(acme_, mitigation(TenantId(1), "192.0.2.10"));
    ASSERT_FALSE(twin.has_value());
    EXPECT_EQ(twin.error().code, base::ErrorCode::conflict);
    ASSERT_TRUE(store_->mitigations().create(acme_, mitigation(TenantId(1), "192.0.2.11")));
    stored.state = model::MitigationState::withdrawn;
    ASSERT_TRUE(store_->mitigations().update(acme_, stored));
    ASSERT_TRUE(store_->mitigations().create(acme_, mitigation(TenantId(1), "192.0.2.10")));
    EXPECT_EQ(store_->mitigations()
                  .list(acme_, {.tenant = {}, .incident = {}, .live_only = true, .before = {}})
                  ->size(),
              2U);
    EXPECT_TRUE(
        store_->mitigations()
            .list(acme_, {.tenant = {}, .incident = model::IncidentId(8), .live_only = false, .before = {}})
            ->empty());
}

TEST_P(ResponseContract, SeveralAreStoredAllOrNone) {
    auto& incidents = store_->incidents();
    const std::vector<model::Incident> drafts(3, incident(TenantId(1)));
    auto stored = incidents.create_all(acme_, drafts).value();
    ASSERT_EQ(stored.size(), 3U);
    EXPECT_LT(stored[0].id, stored[2].id);
    EXPECT_FALSE(incidents.create_all(acme_, std::vector{incident(TenantId(1)), incident(TenantId(2))}));
    EXPECT_EQ(incidents.list(provider_, {})->size(), 3U);
    for (auto& one : stored) one.title = "changed";
    stored[2].version = 9;
    EXPECT_EQ(incidents.update_all(acme_, stored).error().code, base::ErrorCode::conflict);
    EXPECT_NE(incidents.find(acme_, stored[0].id)->title, "changed");
    stored[2].version = 1;
    EXPECT_EQ(incidents.update_all(acme_, stored)->at(2).version, 2U);
    EXPECT_EQ(incidents.find(acme_, stored[2].id)->title, "changed");

    auto& mitigations = store_->mitigations();
    const std::vector twins{mitigation(TenantId(1), "192.0.2.1"), mitigation(TenantId(1), "192.0.2.2"),
                            mitigation(TenantId(1), "192.0.2.1")};
    EXPECT_EQ(mitigations.create_all(acme_, twins).error().code, base::ErrorCode::conflict);
    EXPECT_TRUE(mitigations.list(acme_, {})->empty());
    EXPECT_EQ(mitigations.create_all(acme_, std::span(twins).first(2))->size(), 2U);
    EXPECT_EQ(mitigations.list(acme_, {})->size(), 2U);

    const std::vector<model::Event> events{{.kind = "a", .text = "1"}, {.kind = "b", .text = "2"}};
    const auto numbered = store_->events().append_all(events).value();
    ASSERT_EQ(numbered.size(), 2U);
    EXPECT_EQ(numbered[1].sequence, numbered[0].sequence + 1);
    EXPECT_EQ(store_->events().list(provider_, {}, 0, 10)->front().text, "2");
}

TEST_P(ResponseContract, EventsAreNumberedAndScoped) {
    const auto first =
        store_->events().append({.kind = "incident.opened", .tenant = TenantId(1), .text = "a"}).value();
    const auto second = store_->events().append({.kind = "gateway.up", .tenant = {}, .text = "b"}).value();
    EXPECT_GT(second.sequence, first.sequence);
    EXPECT_EQ(store_->events().after(provider_, 0, 10)->size(), 2U);
    EXPECT_EQ(store_->events().after(provider_, first.sequence, 10)->size(), 1U);
    ASSERT_EQ(store_->events().after(acme_, 0, 10)->size(), 1U);
    EXPECT_EQ(store_->events().after(acme_, 0, 10)->front().text, "a");
    EXPECT_TRUE(store_->events().after(bolt_, 0, 10)->empty());
    EXPECT_EQ(store_->events().list(provider_, {}, 0, 10)->front().sequence, second.sequence);
    EXPECT_EQ(store_->events().list(provider_, {}, second.sequence, 10)->size(), 1U);
    EXPECT_EQ(store_->events().list(acme_, {}, 0, 10)->size(), 1U);
    EXPECT_TRUE(store_->events().list(acme_, TenantId(2), 0, 10)->empty());
    EXPECT_TRUE(store_->events().list(bolt_, TenantId(1), 0, 10)->empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, ResponseContract,
                         testing::Values(Kind{"sqlite", [] { return std::make_unique<SqliteInMemory>(); }}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace sluice::store
