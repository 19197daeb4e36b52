// The BGP speaker as the API shows it, and the one that stands in where none is configured.
#pragma once

#include <string>

#include "api/system/speaker_health.hpp"
#include "mitigation/announcements.hpp"
#include "mitigation/announcer.hpp"

namespace sluice::apps::controller {

class SpeakerWatch final : public api::system::SpeakerHealth {
  public:
    // An empty name: none is configured.
    SpeakerWatch(std::string name, const mitigation::Announcer& announcer,
                 const mitigation::Announcements& announcements)
        : name_(std::move(name)), announcer_(announcer), announcements_(announcements) {}
    [[nodiscard]] std::vector<api::system::SpeakerStatus> speakers() const override;

  private:
    const std::string name_;
    const mitigation::Announcer& announcer_;
    const mitigation::Announcements& announcements_;
};

// Refuses every route and says why.
class NoSpeaker final : public mitigation::Announcer {
  public:
    base::Status announce(const model::Route& route) override;
    base::Status withdraw(const model::Route& route) override;
    [[nodiscard]] base::Result<std::vector<model::Route>> announced() override;
    [[nodiscard]] mitigation::SpeakerState state() const override;
    void on_state_change(std::function<void()> wake) override;
};

}  // namespace sluice::apps::controller
