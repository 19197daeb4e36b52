// The port to the provider's routers: a BGP speaker that holds our routes. Implemented by
// rpc::GobgpAnnouncer.
//
// The speaker holds no desired state: mitigation::Announcements decides, compares with announced() after each
// new session, and repairs the difference.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/mitigation.hpp"

namespace sluice::mitigation {

struct SpeakerState {
    bool connected = false;  // its API answers and BGP is configured in it
    // Grows with each new connection: what was announced in an earlier session may be gone.
    std::uint64_t session = 0;
    std::uint32_t peers = 0;  // configured neighbours
    std::uint32_t peers_established = 0;
    std::string detail;  // for people: why it is not connected, which neighbour is down
};

// Thread-safe. Calls may wait, at most for the implementation's configured deadline (below a second).
class Announcer {
  public:
    virtual ~Announcer() = default;

    // Announcing the same key() again replaces its attributes. Errors: unavailable (try again),
    // invalid_argument (the speaker refuses this route).
    virtual base::Status announce(const model::Route& route) = 0;
    // Withdrawing what is not announced succeeds.
    virtual base::Status withdraw(const model::Route& route) = 0;
    // Many at once, for speakers that take them faster so; one answer for each, in the same order.
    [[nodiscard]] virtual std::vector<base::Status> announce_all(const std::vector<model::Route>& routes) {
        std::vector<base::Status> answers;
        for (const auto& route : routes) answers.push_back(announce(route));
        return answers;
    }
    [[nodiscard]] virtual std::vector<base::Status> withdraw_all(const std::vector<model::Route>& routes) {
        std::vector<base::Status> answers;
        for (const auto& route : routes) answers.push_back(withdraw(route));
        return answers;
    }
    // All routes in the speaker that carry our mark, from this or an earlier life of the controller.
    [[nodiscard]] virtual base::Result<std::vector<model::Route>> announced() = 0;
    [[nodiscard]] virtual SpeakerState state() const = 0;
    // Called from a thread of the implementation when state() has changed; must not block or call back in.
    virtual void on_state_change(std::function<void()> wake) = 0;
};

}  // namespace sluice::mitigation
