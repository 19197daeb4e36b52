#include "api/events/event_stream.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "api/events/event_json.hpp"
#include "api/incidents/incident_json.hpp"
#include "api/traffic/traffic_recorder.hpp"
#include "incident/event_hub.hpp"

namespace sluice::api::events {
namespace {

constexpr std::size_t most_at_once = 100;
// The recorder's second is looked for this often; what is stored wakes the stream at once.
constexpr base::Duration traffic_patience = std::chrono::milliseconds(250);

Json sample_json(const traffic::TrafficNow& now, std::optional<model::TenantId> tenant) {
    const auto columns = tenant ? now.of(*tenant) : now.total;
    return Json{{"tenant_id", tenant ? Json(tenant->to_string()) : Json(nullptr)},
                {"at", base::to_rfc3339(now.second)},
                {"inbound", incidents::to_json(columns.inbound)},
                {"outbound", incidents::to_json(columns.outbound)},
                {"passed", incidents::to_json(columns.passed)},
                {"dropped", incidents::to_json(columns.dropped)}};
}

}  // namespace

EventStream::EventStream(const Services& services, std::shared_ptr<incident::EventSubscription> subscription,
                         const model::TenantScope& scope, std::optional<model::TenantId> tenant,
                         std::string greeting)
    : services_(services),
      subscription_(std::move(subscription)),
      tenant_(tenant                ? tenant
              : scope.is_provider() ? std::nullopt
                                    : std::optional(scope.tenant())),
      traffic_of_tenant_(tenant_.has_value()),
      greeting_(std::move(greeting)) {}

EventStream::~EventStream() {
    subscription_->close();  // the hub forgets closed ones
}

void EventStream::append_traffic(std::string& out) {
    const auto now = services_.traffic_now.now();
    if (now->second <= traffic_sent_) return;
    traffic_sent_ = now->second;
    out += "event: traffic\ndata: " + dump(sample_json(*now, tenant_)) + "\n\n";
}

bool EventStream::next(std::string& out, base::Duration patience) {
    if (!greeting_.empty()) {
        out = std::move(greeting_);
        greeting_.clear();
        return true;
    }
    auto wait = std::min(patience, traffic_patience);
    for (std::size_t i = 0; i < most_at_once; ++i) {
        const auto event = subscription_->pop(wait);
        if (!event) {
            if (!subscription_->closed()) break;
            out += "event: reset\ndata: {}\n\n";  // too slow, or the server stops: load again and come back
            return false;
        }
        wait = base::Duration::zero();
        if (tenant_ && event->tenant != *tenant_) continue;
        if (event->sequence > 0) out += fmt::format("id: {}\n", event->sequence);
        out += fmt::format("event: {}\ndata: {}\n\n", event->kind, dump(to_json(*event)));
    }
    append_traffic(out);
    return true;
}

}  // namespace sluice::api::events
