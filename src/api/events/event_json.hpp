// An event as the API, the stream and webhooks show it. Only for .cpp files.
#pragma once

#include "api/json.hpp"
#include "model/event.hpp"

namespace sluice::api::events {

[[nodiscard]] inline Json to_json(const model::Event& event) {
    return Json{{"sequence", event.sequence},
                {"at", base::to_rfc3339(event.at)},
                {"kind", event.kind},
                {"tenant_id", id_or_null(event.tenant)},
                {"incident_id", id_or_null(event.incident)},
                {"mitigation_id", id_or_null(event.mitigation)},
                {"text", event.text}};
}

}  // namespace sluice::api::events
