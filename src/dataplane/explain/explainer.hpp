// The answer to "why was this packet dropped?", from the program that gateways run (tracer.hpp): packets in,
// explanations out. Packets are taken in order, and each meets what those before it have left behind: open
// flows, sources that have shown themselves.
//
// One thread. Costs some milliseconds a packet, most of it for suggestions (what_if.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "dataplane/explain/explanation.hpp"
#include "dataplane/explain/tracer.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"

namespace sluice::dataplane::explain {

class Explainer {
  public:
    struct Config {
        std::size_t most_earlier = 64;  // packets that a suggestion sends again; beyond that there are none
        // For suggestions, of all packets together: rules compiled and packets sent again.
        std::size_t suggestion_budget = 50'000;
        std::vector<model::UserBinding> users;  // who is logged in at the tenant's addresses
        attributes::Tables tables;              // what filters and rules ask of addresses
    };

    // Refuses what a gateway refuses.
    [[nodiscard]] static base::Result<Explainer> make(model::TenantProgram program, base::Timestamp at,
                                                      Config config);
    [[nodiscard]] static base::Result<Explainer> make(model::TenantProgram program, base::Timestamp at) {
        return make(std::move(program), at, Config{});
    }

    // "internet" or an attachment's name; nothing: the network that the packet's source belongs to, else the
    // internet.
    using Origin = std::optional<std::string_view>;

    // `text`: packet/packet_text.hpp, or "hex " and the bytes of an Ethernet frame.
    [[nodiscard]] base::Result<Explanation> explain_text(std::string_view text, Origin from,
                                                         base::Timestamp at);
    // An Ethernet frame; its tags do not count.
    [[nodiscard]] base::Result<Explanation> explain_frame(std::span<const std::uint8_t> frame, Origin from,
                                                          base::Timestamp at);

  private:
    Explainer(model::TenantProgram program, Config config, std::unique_ptr<Tracer> tracer)
        : program_(std::move(program)), config_(std::move(config)), tracer_(std::move(tracer)) {}
    [[nodiscard]] base::Result<attach::NetworkIndex> network_of(Origin from,
                                                                std::span<const std::uint8_t> frame) const;

    model::TenantProgram program_;
    Config config_;
    std::unique_ptr<Tracer> tracer_;
    std::vector<Sent> earlier_;
    bool forgot_ = false;  // earlier_ is not everything
};

}  // namespace sluice::dataplane::explain
