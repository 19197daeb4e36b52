// Announces through gobgpd's gRPC API: AddPath and DeletePath in its global table.
//
// Our routes carry a marking community, by which leftovers of an earlier life are found again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "mitigation/announcer.hpp"
#include "rpc/link_config.hpp"

namespace sluice::rpc {

struct GobgpAnnouncerConfig {
    std::string server = "127.0.0.1:50051";
    TlsFiles tls;
    std::uint32_t mark_community = (64512U << 16U) | 5117U;  // on every route of ours: 64512:5117
    // Also on every route. NO_EXPORT (65535:65281): a diverted /32 must not leave the provider's network.
    std::vector<std::uint32_t> communities = {0xffffff01U};
    std::string blackhole_next_hop = "192.0.2.1";  // what 65535:666 routes point to (RFC 7999 section 3.1)
    std::string blackhole_next_hop6 = "100::1";    // RFC 6666
    std::uint32_t deadline_ms = 500;               // of each call
    std::uint32_t poll_ms = 200;                   // between attempts to reach a speaker that is gone
    std::uint32_t check_ms = 1000;                 // between checks that one that is there still answers
};
[[nodiscard]] base::Status validate(const GobgpAnnouncerConfig& config);

class GobgpAnnouncer final : public mitigation::Announcer {
  public:
    struct Dependencies {
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    GobgpAnnouncer(GobgpAnnouncerConfig config, Dependencies dependencies);
    ~GobgpAnnouncer() override;  // stops; what is announced stays

    [[nodiscard]] base::Status start();
    void stop();

    base::Status announce(const model::Route& route) override;
    base::Status withdraw(const model::Route& route) override;
    // All calls under way at the same time, with one deadline.
    [[nodiscard]] std::vector<base::Status> announce_all(const std::vector<model::Route>& routes) override;
    [[nodiscard]] std::vector<base::Status> withdraw_all(const std::vector<model::Route>& routes) override;
    [[nodiscard]] base::Result<std::vector<model::Route>> announced() override;
    [[nodiscard]] mitigation::SpeakerState state() const override;
    void on_state_change(std::function<void()> wake) override;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::rpc
