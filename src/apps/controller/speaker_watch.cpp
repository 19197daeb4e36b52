#include "apps/controller/speaker_watch.hpp"

namespace sluice::apps::controller {
namespace {

std::unexpected<base::Error> no_speaker() {
    return base::fail(base::ErrorCode::unavailable, "no BGP speaker is configured", "controller.speaker",
                      "run gobgpd and give its address as speaker.server");
}

}  // namespace

std::vector<api::system::SpeakerStatus> SpeakerWatch::speakers() const {
    if (name_.empty()) return {};
    const auto state = announcer_.state();
    api::system::SpeakerStatus status;
    status.name = name_;
    status.up = state.connected && state.peers_established > 0;
    status.routes = announcements_.announced().size();
    status.peers = state.peers;
    status.peers_established = state.peers_established;
    status.detail = state.detail;
    return {status};
}

base::Status NoSpeaker::announce(const model::Route& /*route*/) {
    return no_speaker();
}
base::Status NoSpeaker::withdraw(const model::Route& /*route*/) {
    return {};
}
base::Result<std::vector<model::Route>> NoSpeaker::announced() {
    return no_speaker();
}
mitigation::SpeakerState NoSpeaker::state() const {
    mitigation::SpeakerState state;
    state.detail = no_speaker().error().message();
    return state;
}
void NoSpeaker::on_state_change(std::function<void()> /*wake*/) {}

}  // namespace sluice::apps::controller
