#include "dataplane/nat/source_pool.hpp"

#include <algorithm>

namespace sluice::dataplane::nat {

const std::shared_ptr<PortSpace>* SourcePool::find(const net::Address& address) const {
    const auto at = std::lower_bound(
        spaces.begin(), spaces.end(), address,
        [](const auto& space, const net::Address& wanted) { return space->address() < wanted; });
    return at != spaces.end() && (*at)->address() == address ? &*at : nullptr;
}

std::shared_ptr<PortSpace> PortRegister::space(model::TenantId tenant, const net::Address& address) {
    std::weak_ptr<PortSpace>& known = spaces_[{tenant, address}];
    if (auto living = known.lock()) return living;
    auto fresh = std::make_shared<PortSpace>(address, rules_);
    known = fresh;
    if (spaces_.size() > look_again_at_) forget_dead();
    return fresh;
}

void PortRegister::forget_dead() {
    std::erase_if(spaces_, [](const auto& entry) { return entry.second.expired(); });
    look_again_at_ = std::max<std::size_t>(1024, spaces_.size() * 2);
}

}  // namespace sluice::dataplane::nat
