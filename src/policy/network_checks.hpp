// What tenants' attachments are to one another: two customers never meet at one port, tag or tunnel, and a
// routed prefix is one customer's alone. Internal to policy/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/tenant_policy.hpp"
#include "policy/node.hpp"
#include "policy/problems.hpp"

namespace sluice::policy::detail {

// Borrows the tenants until check() is done.
class NetworkChecks {
  public:
    explicit NetworkChecks(Problems& problems) : problems_(problems) {}

    void add(const Node& node, const model::TenantPolicy& tenant);
    void check();

  private:
    struct Use {
        const model::TenantPolicy* tenant;
        const model::AttachmentPolicy* attachment;  // nullptr: one of the tenant's `prefixes`
        net::Prefix prefix;
        Node place;
    };
    void add_point(const std::string& point, const std::string& port, const Use& use);
    void check_pair(const Use& first, const Use& second);

    Problems& problems_;
    std::map<std::string, Use> points_;        // "port clean vlan 110" …
    std::map<std::string, Use> whole_ports_;   // taken by an attachment of kind port
    std::map<std::string, Use> tagged_ports_;  // the first other use of a port
    std::vector<Use> prefixes_;
};

}  // namespace sluice::policy::detail
