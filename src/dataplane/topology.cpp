#include "dataplane/topology.hpp"

namespace sluice::dataplane {

Topology Topology::plain(std::size_t legs) {
    Topology out;
    if (legs < 2) {
        out.legs.push_back({"dirty", LocalResponder({}, {}), true, true});
        return out;
    }
    out.legs.push_back({"dirty", LocalResponder({}, {}), true, false});
    out.legs.push_back({"clean", LocalResponder({}, {}), false, true});
    out.to_customers.leg = 1;
    return out;
}

}  // namespace sluice::dataplane
