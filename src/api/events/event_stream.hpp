// One client's server-sent events (WHATWG HTML, section 9.2): stored events with their sequence as id, and
// the traffic of each second.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/http/message.hpp"
#include "api/services.hpp"
#include "base/clock.hpp"
#include "model/ids.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::incident {
class EventSubscription;
}

namespace sluice::api::events {

class EventStream final : public http::BodyStream {
  public:
    // `tenant`: only his events and traffic. `greeting`: what the client gets before anything else.
    EventStream(const Services& services, std::shared_ptr<incident::EventSubscription> subscription,
                const model::TenantScope& scope, std::optional<model::TenantId> tenant, std::string greeting);
    ~EventStream() override;

    [[nodiscard]] bool next(std::string& out, base::Duration patience) override;

  private:
    void append_traffic(std::string& out);

    const Services& services_;
    std::shared_ptr<incident::EventSubscription> subscription_;
    const std::optional<model::TenantId> tenant_;
    const bool traffic_of_tenant_;
    std::string greeting_;
    base::Timestamp traffic_sent_{};
};

}  // namespace sluice::api::events
