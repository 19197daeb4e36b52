#include "dataplane/gateway.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

#include "dataplane/report.hpp"

namespace sluice::dataplane {
namespace {

// Empty polls in a row before a worker sleeps: about as long as a burst takes to arrive.
constexpr std::uint32_t polls_before_sleep = 64;
// A clock that jumps, or a machine that was stopped, ends nobody's flows at once.
constexpr std::uint32_t longest_step_s = 5;

CompilerLimits compiler_limits(const Gateway::Config& config, std::size_t workers) {
    return {config.max_targets, config.max_tenant_filters,
            static_cast<std::uint32_t>(std::max<std::size_t>(1, workers)), config.max_firewalls};
}

net::Address first_of(const std::vector<net::Address>& addresses, net::Family family) {
    const auto found = std::find_if(addresses.begin(), addresses.end(),
                                    [&](const net::Address& address) { return address.family() == family; });
    return found == addresses.end() ? net::Address{} : *found;
}

model::TenantProgram forward_only(const model::TenantProgram& program) {
    model::TenantProgram out;
    out.tenant = program.tenant;
    out.generation = program.generation;
    out.prefixes = program.prefixes;
    return out;
}

Topology topology_of(const Gateway::Config& config, bool two_legs) {
    Topology out = Topology::plain(two_legs ? 2 : 1);
    out.legs[0].local = LocalResponder(config.dirty_mac, config.dirty_addresses);
    if (two_legs) out.legs[1].local = LocalResponder(config.way.source, config.clean_addresses);
    out.to_customers.way = config.way;
    out.to_internet.way = config.internet_way.value_or(WayOut{});
    out.rewrite = config.way.rewrite;
    for (const CustomerPort& port : config.customer_ports) {
        out.legs.push_back({port.name, LocalResponder(port.mac, {}), false, false});
    }
    return out;
}

base::Status validate_ports(const std::vector<CustomerPort>& ports) {
    using base::ErrorCode;
    if (ports.size() > max_customer_ports) {
        return base::fail(ErrorCode::invalid_argument,
                          "more than " + std::to_string(max_customer_ports) + " ports of customers", "ports",
                          "tell networks of one port apart by VLAN, QinQ or VXLAN");
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const auto same = [&](const CustomerPort& other) { return other.name == ports[i].name; };
        const auto earlier = ports.begin() + static_cast<std::ptrdiff_t>(i);
        if (ports[i].name.empty() || ports[i].name == "dirty" || ports[i].name == "clean" ||
            std::any_of(ports.begin(), earlier, same)) {
            return base::fail(ErrorCode::invalid_argument, "two ports are named '" + ports[i].name + "'",
                              "ports", "each port needs a name of its own, other than dirty and clean");
        }
    }
    return {};
}

void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(core), &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

}  // namespace

Gateway::Gateway(Config config, Dependencies dependencies)
    : config_(std::move(config)),
      deps_(std::move(dependencies)),
      bogons_(config_.bogon_sources.empty() ? scrub::Bogons() : scrub::Bogons(config_.bogon_sources)),
      topology_(topology_of(config_, !deps_.ports.empty() && deps_.ports[0].clean != deps_.ports[0].dirty)),
      compiler_(compiler_limits(config_, deps_.ports.size()), deps_.random, topology_),
      switch_(deps_.ports.size()) {}

Gateway::~Gateway() {
    stop();
}

base::Status Gateway::validate(const Config& config) {
    using base::ErrorCode;
    if (config.name.empty()) return base::fail(ErrorCode::invalid_argument, "a gateway needs a name", "name");
    if (config.max_targets == 0 || config.max_targets > 1'000'000) {
        return base::fail(ErrorCode::invalid_argument, "1 to 1,000,000 targets", "max_targets");
    }
    if (config.max_sources < 1024 || config.max_sources > 100'000'000) {
        return base::fail(ErrorCode::invalid_argument, "1,024 to 100,000,000 sources", "max_sources");
    }
    if (config.idle_sleep_us > 10'000) {
        return base::fail(ErrorCode::invalid_argument, "a worker that sleeps longer than 10 ms loses packets",
                          "idle_sleep_us", "0 to 10000");
    }
    if (config.max_flows < 1024 || config.max_flows > 100'000'000) {
        return base::fail(ErrorCode::invalid_argument, "1,024 to 100,000,000 flows", "max_flows");
    }
    if (config.hand_off_frames < packet::max_burst || config.hand_off_frames > 65'536) {
        return base::fail(ErrorCode::invalid_argument, "32 to 65,536 frames", "hand_off_frames");
    }
    if (config.max_firewalls == 0 || config.max_firewalls > 65'534) {
        return base::fail(ErrorCode::invalid_argument, "1 to 65,534 tenants with a firewall",
                          "max_firewalls");
    }
    if (auto status = validate_ports(config.customer_ports); !status) return status;
    for (const int core : config.cores) {
        if (core < 0 || core >= CPU_SETSIZE) {
            return base::fail(ErrorCode::invalid_argument, "no such core: " + std::to_string(core), "cores");
        }
    }
    return {};
}

base::Status Gateway::start() {
    if (auto status = validate(config_); !status) return status;
    if (deps_.ports.empty()) {
        return base::fail(base::ErrorCode::invalid_argument, "a gateway without ports", "ports");
    }
    for (const WorkerPorts& ports : deps_.ports) {
        if (ports.customers.size() != config_.customer_ports.size() ||
            (ports.clean == ports.dirty && !ports.customers.empty())) {
            return base::fail(base::ErrorCode::invalid_argument,
                              "ports of customers need a clean leg of their own, and a queue for each worker",
                              "ports");
        }
    }
    WorkerLimits limits{config_.max_targets, config_.max_sources,   config_.max_sources / 4,
                        config_.max_flows,   config_.max_firewalls, config_.max_flows / 16};
    limits.workers = static_cast<std::uint32_t>(deps_.ports.size());
    limits.longest_step_s = longest_step_s;
    if (limits.workers > 1) {
        limits.shared = std::make_shared<SharedTenants>(config_.max_firewalls, limits.workers);
        hand_off_ = std::make_unique<workers::HandOff>(limits.workers, topology_.legs.size(),
                                                       config_.hand_off_frames);
    }
    const Secrets secrets = Secrets::from(deps_.random);
    for (std::size_t i = 0; i < deps_.ports.size(); ++i) {
        workers_.push_back(std::make_unique<Worker>(
            i, limits, secrets,
            Worker::Dependencies{ports_of(i), topology_, switch_, bogons_, deps_.clock, hand_off_.get()}));
    }
    started_at_ = deps_.clock.wall();
    stopping_ = false;
    for (std::size_t i = 0; i < workers_.size(); ++i) threads_.emplace_back([this, i] { run_worker(i); });
    return {};
}

void Gateway::stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    if (hand_off_ != nullptr) hand_off_->release_all(ports_of(0));
}

std::vector<packet::Port*> Gateway::ports_of(std::size_t worker) const {
    const WorkerPorts& ports = deps_.ports[worker];
    std::vector<packet::Port*> all{ports.dirty};
    if (ports.clean != ports.dirty) all.push_back(ports.clean);
    all.insert(all.end(), ports.customers.begin(), ports.customers.end());
    return all;
}

void Gateway::run_worker(std::size_t index) {
    if (index < config_.cores.size()) pin(config_.cores[index]);
    const std::vector<packet::Port*> ports = ports_of(index);
    for (packet::Port* port : ports) port->enter_thread();
    Worker& worker = *workers_[index];
    std::uint32_t empty = 0;
    while (!stopping_.load(std::memory_order_relaxed)) {
        if (worker.run_once() != 0) {
            empty = 0;
        } else if (config_.idle_sleep_us != 0 && ++empty >= polls_before_sleep) {
            std::this_thread::sleep_for(std::chrono::microseconds(config_.idle_sleep_us));
        }
    }
    worker.rest();
    for (packet::Port* port : ports) port->leave_thread();
}

std::vector<model::RefusedProgram> Gateway::apply(std::span<const model::TenantProgram> programs,
                                                  std::span<const model::TenantId> remove, bool full,
                                                  std::uint64_t generation) {
    const std::lock_guard lock(applying_);
    // A tenant whose new program cannot be had begins, and may end, with the old one.
    Programs base = full ? Programs{} : programs_;
    auto refused = full ? Refused{} : refused_;
    for (const model::TenantId tenant : remove) {
        base.erase(tenant);
        refused.erase(tenant);
    }
    std::vector<model::TenantProgram> changes;
    std::vector<ProgramSet::Refusal> refusals;
    for (const auto& program : programs) {
        refused.erase(program.tenant);
        if (const auto old = programs_.find(program.tenant); full && old != programs_.end())
            base.insert(*old);
        const auto status = dataplane::validate(program, compiler_limits(config_, deps_.ports.size()));
        if (status) {
            changes.push_back(program);
        } else {
            refusals.push_back({program, status.error()});
        }
    }
    ProgramSet next(compiler_, std::move(base));
    for (auto& refusal : next.admit(std::move(changes))) refusals.push_back(std::move(refusal));

    std::vector<model::TenantProgram> forwarded;
    for (const auto& [program, error] : refusals) {
        const auto old = next.programs().find(program.tenant);
        const bool has_old = old != next.programs().end();
        // 0 for one that was only forwarded before, too.
        const auto before = refused_.find(program.tenant);
        const std::uint64_t in_force = !has_old                   ? 0
                                       : before != refused_.end() ? before->second.in_force
                                                                  : old->second.generation;
        refused[program.tenant] = {program.tenant, program.generation, in_force, error.message()};
        if (!has_old) forwarded.push_back(forward_only(program));
    }
    (void)next.admit(std::move(forwarded));  // those that cannot even be forwarded are refused already

    std::vector<model::RefusedProgram> news;
    for (const auto& refusal : refusals) news.push_back(refused.at(refusal.program.tenant));
    publish(next.programs(), std::move(refused), generation);
    return news;
}

void Gateway::set_attributes(attributes::Tables tables) {
    const std::lock_guard lock(applying_);
    compiler_.set_attributes(std::move(tables));
    publish(Programs(programs_), refused_, generation_);
}

void Gateway::publish(const Programs& next, Refused refused, std::uint64_t generation) {
    const TimePair now{deps_.clock.wall(),
                       static_cast<std::uint64_t>(deps_.clock.now().time_since_epoch().count())};
    auto compiled = compiler_.compile(values_of(next), now);
    if (!compiled) std::abort();  // it was checked
    const std::lock_guard lock(control_);
    switch_.publish(std::move(*compiled));
    records_.on_program(switch_.current());
    programs_ = next;
    refused_ = std::move(refused);
    generation_ = generation;
}

void Gateway::apply(const model::UserBindingUpdate& update) {
    const std::lock_guard lock(binding_);
    compiler_.users().apply(update, deps_.clock.wall());
    forget_users();
}

void Gateway::expire_users() {
    const std::lock_guard lock(binding_);
    if (compiler_.users().expire(deps_.clock.wall())) forget_users();
}

void Gateway::forget_users() {
    {
        const std::lock_guard lock(control_);
        switch_.wait_for_workers();
    }
    compiler_.users().forget();
}

model::GatewayReport Gateway::report() const {
    const std::lock_guard lock(control_);
    model::GatewayReport report;
    report.name = config_.name;
    report.diversion_next_hop = first_of(config_.dirty_addresses, net::Family::ipv4);
    report.diversion_next_hop6 = first_of(config_.dirty_addresses, net::Family::ipv6);
    report.started_at = started_at_;
    report.at = deps_.clock.wall();
    std::vector<const WorkerCounts*> counts;
    for (const auto& worker : workers_) counts.push_back(&worker->counts());
    add_counts(switch_.current(), counts, report);
    std::vector<const flow::FlowTable*> flows;
    for (const auto& worker : workers_) flows.push_back(&worker->flows());
    firewalls_.add(switch_.current(), flows, report.at, report);
    const TimePair now{report.at, static_cast<std::uint64_t>(deps_.clock.now().time_since_epoch().count())};
    for (std::size_t i = 0; i < workers_.size(); ++i) attackers_.take(i, workers_[i]->attackers());
    attackers_.add(switch_.current(), now, report);
    report.generation = generation_;
    const auto users = compiler_.users().totals();
    report.bindings_generation = users.generation;
    report.bindings = users.bindings;
    report.tables = switch_.current().attributes.editions;
    report.trouble = switch_.current().attribute_gaps.text();
    for (const auto& [tenant, refused] : refused_) report.refused.push_back(refused);
    return report;
}

LogRecords Gateway::take_records(std::size_t limit) {
    const std::lock_guard lock(control_);
    LogRecords out;
    records_.take_static(out);
    const TimePair now{deps_.clock.wall(),
                       static_cast<std::uint64_t>(deps_.clock.now().time_since_epoch().count())};
    for (const auto& worker : workers_) records_.take(worker->ports(), now, limit, out);
    return out;
}

RecordLosses Gateway::record_losses() const {
    const std::lock_guard lock(control_);
    RecordLosses sum;
    sum.bindings = records_.lost_static();
    for (const auto& worker : workers_) {
        sum.bindings += worker->ports().bindings.lost();
        sum.flows += worker->ports().log.events.lost();
        sum.refusals += worker->ports().log.unlogged();
    }
    return sum;
}

FirewallTotals Gateway::firewall_totals() const {
    FirewallTotals sum;
    for (const auto& worker : workers_) {
        const flow::FlowCounts& flows = worker->flow_counts();
        const auto ended = [&](flow::FlowEnd why) {
            return flows.ended[static_cast<std::size_t>(why)].value();
        };
        sum.flows_open += flows.open.value();
        sum.flows_opened += flows.opened.value();
        sum.flows_expired += ended(flow::FlowEnd::expired);
        sum.flows_evicted += ended(flow::FlowEnd::evicted);
        sum.flows_ended += ended(flow::FlowEnd::ended);
        sum.flows_refused += flows.refused_full.value();
        const nat::PortMapperCounts& ports = worker->ports().mapper.counts();
        sum.blocks_taken += ports.blocks_taken.value();
        sum.blocks_released += ports.blocks_released.value();
        sum.nat_pool_exhausted += ports.pool_exhausted.value();
        sum.nat_subscriber_exhausted += ports.subscriber_exhausted.value();
        sum.nat_table_full += ports.table_full.value();
    }
    return sum;
}

std::uint64_t Gateway::local_packets() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counts().local.packets.value();
    return sum;
}
std::uint64_t Gateway::ignored_packets() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counts().ignored.packets.value();
    return sum;
}
std::uint64_t Gateway::sources_turned_away() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counts().sources_turned_away.value();
    return sum;
}
std::uint64_t Gateway::handed_over() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counts().handed_over.value();
    return sum;
}
std::uint64_t Gateway::neighbour_questions() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counts().neighbour_questions.value();
    return sum;
}
std::uint64_t Gateway::syns_not_repeated() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counts().syns_not_repeated.value();
    return sum;
}

}  // namespace sluice::dataplane
