// Who and what: one strong id type a noun. As text: "tenant-12", "incident-40".
#pragma once

#include <string_view>

#include "base/id.hpp"

namespace sluice::model {

#define SLUICE_ID(Name, text)                              \
    struct Name##Tag {                                     \
        static constexpr std::string_view prefix = (text); \
    };                                                     \
    using Name##Id = base::Id<Name##Tag>

SLUICE_ID(Tenant, "tenant");
SLUICE_ID(Site, "site");
SLUICE_ID(User, "user");
SLUICE_ID(Token, "token");
SLUICE_ID(Finding, "finding");
SLUICE_ID(Incident, "incident");
SLUICE_ID(Mitigation, "mitigation");
SLUICE_ID(Webhook, "webhook");
SLUICE_ID(AuditEntry, "audit");

#undef SLUICE_ID

}  // namespace sluice::model
