// The data plane of one gateway: a worker thread a queue, and the control side: programs in, reports out.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "dataplane/firewall_reporter.hpp"
#include "dataplane/outbound/attacker_list.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/program_set.hpp"
#include "dataplane/program_switch.hpp"
#include "dataplane/record_keeper.hpp"
#include "dataplane/worker.hpp"
#include "model/gateway_report.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"

namespace sluice::dataplane {

// The same queue of both legs; one worker's. `clean` may be the same port as `dirty`.
struct WorkerPorts {
    packet::Port* dirty = nullptr;
    packet::Port* clean = nullptr;
    std::vector<packet::Port*> customers;  // in the order of Config::customer_ports
};

// A port with one customer's network on it, or several that have tags. Attachments name it.
struct CustomerPort {
    std::string name;
    Mac mac{};
};
inline constexpr std::size_t max_customer_ports = max_legs - 2;
// Of all firewalls and workers; all but the first only grow.
struct FirewallTotals {
    std::uint64_t flows_open = 0;
    std::uint64_t flows_opened = 0;
    std::uint64_t flows_expired = 0;
    std::uint64_t flows_evicted = 0;
    std::uint64_t flows_ended = 0;
    std::uint64_t flows_refused = 0;  // the table was full of flows that go on
    std::uint64_t blocks_taken = 0;   // of NAT ports
    std::uint64_t blocks_released = 0;
    std::uint64_t nat_pool_exhausted = 0;
    std::uint64_t nat_subscriber_exhausted = 0;
    std::uint64_t nat_table_full = 0;
};

// Records that the logs will not have; they only grow.
struct RecordLosses {
    std::uint64_t bindings = 0;  // nobody took them in time
    std::uint64_t flows = 0;
    std::uint64_t refusals = 0;  // more refused packets a second than are noted
};

class Gateway {
  public:
    struct Config {
        std::string name = "gateway";
        WayOut way;                          // to customers
        std::optional<WayOut> internet_way;  // to the internet; customers with a firewall need it
        Mac dirty_mac{};
        std::vector<net::Address>
            dirty_addresses;  // answered for on that leg; the first of a family is reported
        std::vector<net::Address> clean_addresses;
        std::vector<CustomerPort> customer_ports;  // besides the clean leg; needs a clean leg of its own
        std::vector<int> cores;                    // one a worker; empty: wherever the system puts them
        std::uint32_t idle_sleep_us = 100;  // after a while without packets; 0: never sleep, burn the core
        std::size_t max_targets = 16'384;   // targets and tenants together
        std::size_t max_sources = 262'144;  // remembered by each worker
        std::size_t max_tenant_filters = 1024;
        std::uint32_t max_flows = 262'144;       // of tenants with a firewall, of each worker; 160 bytes each
        std::uint32_t max_firewalls = 16'384;    // tenants with one
        std::uint32_t hand_off_frames = 1024;    // on their way from one worker to another, of each leg
        std::vector<net::Prefix> bogon_sources;  // empty: the built-in list
    };
    struct Dependencies {
        std::vector<WorkerPorts> ports;
        const base::Clock& clock;
        base::Random& random;
    };

    Gateway(Config config, Dependencies dependencies);
    ~Gateway();

    [[nodiscard]] static base::Status validate(const Config& config);
    [[nodiscard]] base::Status start();
    void stop();

    // Changes what is enforced, in one step: `remove` tenants go, `programs` are added or replace their
    // tenant's. With `full` all other tenants go, too. A tenant whose program is wrong, or contradicts
    // another one's, keeps the one it has, and is only forwarded when it has none (a diverted address must
    // not fall into a hole); it is returned, and named by every report until a program of its is taken. All
    // others are in force; `generation` is reported from now on. Any thread; workers never wait.
    [[nodiscard]] std::vector<model::RefusedProgram> apply(std::span<const model::TenantProgram> programs,
                                                           std::span<const model::TenantId> remove, bool full,
                                                           std::uint64_t generation);

    // Who is logged in where, beside the programs: in force for every worker when it returns. Any thread;
    // workers never wait.
    void apply(const model::UserBindingUpdate& update);
    // Ends the log-ins whose time is over. To be called each 200 ms or so.
    void expire_users();
    [[nodiscard]] firewall::UserBindings::Totals user_totals() const { return compiler_.users().totals(); }
    // What filters ask of sources from now on: compiled into the programs in force, and swapped in with them
    // in one step. Any thread; workers never wait.
    void set_attributes(attributes::Tables tables);

    // Any thread. Of firewalls' counters each report has what the ones before have not told.
    [[nodiscard]] model::GatewayReport report() const;
    [[nodiscard]] FirewallTotals firewall_totals() const;
    // Of what is to be logged, what has come up since the last call; at most `limit` of each kind and worker,
    // the rest waits. Take it often: workers do not wait, and what finds their queues full is lost.
    [[nodiscard]] LogRecords take_records(std::size_t limit = 4'096);
    [[nodiscard]] RecordLosses record_losses() const;
    // Frames for the gateway itself, and frames from the clean leg that were not; since the start.
    [[nodiscard]] std::uint64_t local_packets() const;
    [[nodiscard]] std::uint64_t ignored_packets() const;
    [[nodiscard]] std::uint64_t sources_turned_away() const;
    [[nodiscard]] std::uint64_t neighbour_questions() const;
    [[nodiscard]] std::uint64_t handed_over() const;
    [[nodiscard]] std::uint64_t syns_not_repeated() const;

  private:
    using Programs = ProgramSet::Programs;
    using Refused = std::map<model::TenantId, model::RefusedProgram>;

    void run_worker(std::size_t index);
    // Each port once.
    [[nodiscard]] std::vector<packet::Port*> ports_of(std::size_t worker) const;
    // With binding_ held: frees what was taken out of users' tables, when no worker reads it any more.
    void forget_users();
    // `next` has been checked.
    void publish(const Programs& next, Refused refused, std::uint64_t generation);

    Config config_;
    Dependencies deps_;
    scrub::Bogons bogons_;
    Topology topology_;
    std::mutex binding_;          // before control_: one writer of users' tables
    std::mutex applying_;         // first: compiler_, and the only writer of what control_ guards
    mutable std::mutex control_;  // programs_, refused_, generation_, the control side of switch_
    Programs programs_;
    Refused refused_;
    ProgramCompiler compiler_;
    ProgramSwitch switch_;
    std::unique_ptr<workers::HandOff> hand_off_;  // with more than one worker
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_{false};
    base::Timestamp started_at_{};
    std::uint64_t generation_ = 0;
    RecordKeeper records_;                      // under control_
    mutable FirewallReporter firewalls_;        // under control_: what has been told
    mutable outbound::AttackerList attackers_;  // the same
};

}  // namespace sluice::dataplane
