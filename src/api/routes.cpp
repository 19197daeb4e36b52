#include "api/routes.hpp"

#include "api/audit/audit_routes.hpp"
#include "api/events/event_routes.hpp"
#include "api/explain/explain_routes.hpp"
#include "api/firewall/firewall_routes.hpp"
#include "api/incidents/incident_routes.hpp"
#include "api/mitigations/mitigation_routes.hpp"
#include "api/policy/policy_routes.hpp"
#include "api/session/session_routes.hpp"
#include "api/system/system_routes.hpp"
#include "api/tenants/tenant_routes.hpp"
#include "api/traffic/traffic_routes.hpp"
#include "api/users/user_routes.hpp"
#include "api/webhooks/webhook_routes.hpp"

namespace sluice::api {

Router all_routes(const Services& services) {
    Router router;
    system::add_routes(router, services);
    session::add_routes(router, services);
    tenants::add_routes(router, services);
    firewall::add_routes(router, services);
    users::add_routes(router, services);
    policy::add_routes(router, services);
    explain::add_routes(router, services);
    incidents::add_routes(router, services);
    mitigations::add_routes(router, services);
    traffic::add_routes(router, services);
    audit::add_routes(router, services);
    webhooks::add_routes(router, services);
    events::add_routes(router, services);
    return router;
}

}  // namespace sluice::api
