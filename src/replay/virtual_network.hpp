// What stands for the provider's network in a replay: routes that the controller announces come into use
// after the routers' delay, and one gateway that acknowledges programs at once.
#pragma once

#include <map>
#include <string>

#include "base/clock.hpp"
#include "mitigation/announcer.hpp"
#include "net/prefix.hpp"

namespace sluice::replay {

// One thread.
class VirtualNetwork final : public mitigation::Announcer {
  public:
    VirtualNetwork(const base::Clock& clock, base::Duration route_delay)
        : clock_(clock), delay_(route_delay) {}

    base::Status announce(const model::Route& route) override;
    base::Status withdraw(const model::Route& route) override;
    base::Result<std::vector<model::Route>> announced() override;
    [[nodiscard]] mitigation::SpeakerState state() const override;
    void on_state_change(std::function<void()> /*wake*/) override {}

    // Where a packet to this address goes now: the route in use with the longest prefix, or nullptr.
    [[nodiscard]] const model::Route* route_to(const net::Address& destination) const;

  private:
    struct Entry {
        model::Route route;
        base::Instant in_use_from{};
    };
    const base::Clock& clock_;
    const base::Duration delay_;
    std::map<std::string, Entry> routes_;  // by Route::key
};

}  // namespace sluice::replay
