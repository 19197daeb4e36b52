// The scrubber in the caller's own thread and time: programs in, frames in, a verdict with its reason for
// each. The same code that a gateway's worker runs, without ports, threads or DPDK; for replay, explain and
// tests.
//
// Time is the caller's: the time stamp of a batch, which should not run backwards (it is then held).
// Not thread-safe. process() keeps copies of the batch's frames in memory that grows to the largest batch
// seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "model/gateway_report.hpp"
#include "model/ids.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"
#include "model/verdict.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane {

namespace attributes {
struct Tables;
}

enum class Side : std::uint8_t { internet, customers };

// What became of one packet.
struct Outcome {
    model::Verdict verdict = model::Verdict::pass;
    model::DropReason reason =
        model::DropReason::none;     // info(reason) has the stage and a sentence for people
    model::TenantId tenant;          // none: the destination belongs to nobody
    model::MitigationId mitigation;  // none: not a diverted target
    net::Prefix target;              // the target's prefix, or the tenant's; valid with a tenant
    // The filter, or the reflection template, that decided ("dns"); empty where none did. Valid until load().
    std::string_view rule;
    Side to = Side::customers;  // where a passed packet leaves; tags say the rest
    // The frame as it goes out: forwarded, or the answer to the sender. Empty after a drop, unless the target
    // is told of it: then the reset of the connection. Valid until process().
    std::span<const std::uint8_t> frame;
    // A second frame that leaves where the packet came from: the server's ACK of a connection that is
    // spliced.
    std::span<const std::uint8_t> also;
};

class Engine {
  public:
    struct Config {
        std::size_t max_sources = 65'536;  // verified and metered sources that are remembered
        std::size_t max_targets = 16'384;  // targets and tenants together
        std::size_t max_tenant_filters = 1024;
        std::uint32_t max_flows = 4096;  // of tenants with a firewall
        std::uint32_t max_firewalls = 1024;
        std::vector<net::Address> addresses;  // the gateway's own, on both sides: tunnels end there
        // As many share the packets as a gateway's would: spread as a card spreads them, by the addresses on
        // the outside, and handed over to the owner of their flow.
        std::uint32_t workers = 1;
    };

    // `random` gives the keys of hashes and cookies: a seeded one makes a replay repeatable.
    Engine(Config config, base::Random& random);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Replaces all programs. On an error nothing changes. What is known of sources, rates and counters of a
    // target that stays is kept. `now` is the wall time to which filters' expiry is compared.
    [[nodiscard]] base::Status load(std::span<const model::TenantProgram> programs, base::Timestamp now);

    // Who is logged in where; expires by the batches' time stamps.
    void bind_users(const model::UserBindingUpdate& update, base::Timestamp now);
    // What filters and rules ask of addresses, from the next load() on.
    void set_attributes(const attributes::Tables& tables);

    // Ethernet frames of one moment, at most 65,535 bytes each; any number. outcome[i] belongs to frames[i];
    // valid until the next call.
    [[nodiscard]] std::span<const Outcome> process(base::Timestamp at,
                                                   std::span<const std::span<const std::uint8_t>> frames,
                                                   Side side = Side::internet);

    // Time goes on: what the workers send by themselves, SYNs of spliced connections whose servers are
    // silent. Valid until the next call.
    [[nodiscard]] std::span<const Outcome> pass_time(base::Timestamp at);

    // Counters since construction; name and next hops are empty.
    [[nodiscard]] model::GatewayReport report() const;
    // Packets that one worker has handed over to another.
    [[nodiscard]] std::uint64_t handed_over() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::dataplane
