// What several workers carry together: packets of established flows of a customer with a firewall, on DPDK's
// net_null with a queue for each worker. `bench/workers.py` runs it and writes the project's JSON.
//
// "own": each packet arrives at the worker that owns its flow, as a card spreads them where no NAT is.
// "handed": at any worker. A port between fills the driver's empty frames; the cost of that is part of the
// figure, for one worker as for two. CPU time of each thread, so that what else runs on the machine counts
// little.
//
// usage: workers_bench [RUNS] [SECONDS A RUN]     prints "CASE RUN WORKERS ns-a-packet" for each run, where
// ns is of all workers together: CPU time of one, divided by the packets of all in it
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "dataplane/program_compiler.hpp"
#include "dataplane/worker.hpp"
#include "dataplane/workers/flow_owner.hpp"
#include "packet/device.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane::workers {
namespace {

constexpr std::uint32_t flows = 262'144;  // of all workers
constexpr std::uint32_t first_client = 60U << 24U;

// Packets of a list of flows, in random order, in the frames of the inner port.
class FlowPort final : public packet::Port {
  public:
    FlowPort(packet::Port& inner, std::uint64_t seed) : inner_(inner), random_(seed) {
        packet_ = packet::parse_packet_text("udp 0.0.0.0:4242 > 45.0.0.7:443 payload 18").value();
        for (std::size_t i = 14; i < 34; i += 2) {
            if (i != 24) sum_ += static_cast<std::uint32_t>(packet_[i] << 8U | packet_[i + 1]);
        }
    }
    // `clients`: their numbers. In order, once; or at random, without end.
    void prepare(const std::vector<std::uint32_t>& clients, bool once) {
        clients_ = &clients;
        once_ = once;
        next_ = 0;
    }
    [[nodiscard]] bool done() const { return clients_ == nullptr || (once_ && next_ == clients_->size()); }

    std::size_t receive(std::span<packet::Frame> into) override {
        if (done()) return 0;
        const std::size_t most = once_ ? std::min(into.size(), clients_->size() - next_) : into.size();
        const std::size_t count = inner_.receive(into.first(most));
        for (std::size_t i = 0; i < count; ++i) {
            write(into[i].data, first_client + (*clients_)[once_ ? next_++ : random()]);
            into[i].length = static_cast<std::uint32_t>(packet_.size());
        }
        return count;
    }
    std::size_t transmit(std::span<const packet::Frame> frames) override { return inner_.transmit(frames); }
    void release(std::span<const packet::Frame> frames) override { inner_.release(frames); }
    void enter_thread() override { inner_.enter_thread(); }
    void leave_thread() override { inner_.leave_thread(); }

  private:
    [[nodiscard]] std::size_t random() {
        random_ ^= random_ << 13U;
        random_ ^= random_ >> 7U;
        random_ ^= random_ << 17U;
        return (random_ >> 32U) * clients_->size() >> 32U;
    }
    void write(std::uint8_t* frame, std::uint32_t client) const {
        std::memcpy(frame, packet_.data(), packet_.size());
        std::uint32_t sum = sum_ + (client >> 16U) + (client & 0xffffU);
        sum = (sum & 0xffffU) + (sum >> 16U);
        sum = (sum & 0xffffU) + (sum >> 16U);
        frame[24] = static_cast<std::uint8_t>(~sum >> 8U);
        frame[25] = static_cast<std::uint8_t>(~sum);
        const std::uint32_t wire = __builtin_bswap32(client);
        std::memcpy(frame + 26, &wire, 4);
    }

    packet::Port& inner_;
    std::vector<std::uint8_t> packet_;
    std::uint32_t sum_ = 0;
    const std::vector<std::uint32_t>* clients_ = nullptr;
    bool once_ = false;
    std::size_t next_ = 0;
    std::uint64_t random_;
};

model::TenantProgram program() {
    model::TenantProgram out;
    out.tenant = model::TenantId(1);
    out.prefixes = {net::Prefix::parse("45.0.0.0/24").value()};
    out.firewall.enabled = true;
    out.firewall.zones = {"internet", "inside"};
    model::Attachment inside;
    inside.name = "inside";
    inside.prefixes = out.prefixes;
    out.firewall.attachments = {inside};
    out.firewall.limits = {.flows = 0};
    out.firewall.timeouts.udp_single_s = 3600;
    model::FirewallRule all;
    all.name = "all";
    all.action = model::RuleAction::allow;
    out.firewall.rules = {all};
    return out;
}

double cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

class Bench {
  public:
    Bench(packet::Device& device, std::uint32_t workers)
        : count_(workers), programs_(workers), hand_off_(workers, 2, 1024), secrets_(Secrets::from(random_)) {
        WorkerLimits limits{.slots = 64, .sources = 1024, .destinations = 64, .flows = flows, .tenants = 16};
        limits.workers = workers;
        limits.shared = std::make_shared<SharedTenants>(limits.tenants, limits.workers);
        topology_.to_customers.way = {
            .rewrite = true, .source = {2, 0, 0, 0, 0, 1}, .next_hop4 = {2, 0, 0, 0, 0, 2}, .next_hop6 = {2}};
        ProgramCompiler compiler({.slots = 64, .workers = workers}, random_, topology_);
        const auto wanted = program();
        auto compiled = compiler.compile({&wanted, 1}, {clock_.wall(), 0});
        if (!compiled) {
            std::fprintf(stderr, "%s\n", compiled.error().message().c_str());
            std::exit(EXIT_FAILURE);
        }
        const flow::TenantIndex index = (*compiled)->firewalls[1]->index;
        programs_.publish(std::move(*compiled));
        own_.resize(workers);
        for (std::uint32_t n = 0; n < flows; ++n) {
            all_.push_back(n);
            own_[owner_by(net::Address::v4(first_client + n), index, secrets_.owners, workers)].push_back(n);
        }
        for (std::uint32_t i = 0; i < workers; ++i) {
            ports_.push_back(std::make_unique<FlowPort>(device.queue(static_cast<std::uint16_t>(i)),
                                                        88'172'645'463'325'252ULL + i));
            silent_.push_back(std::make_unique<FlowPort>(device.queue(static_cast<std::uint16_t>(i)), 1));
            workers_.push_back(
                std::make_unique<Worker>(i, limits, secrets_,
                                         Worker::Dependencies{{ports_[i].get(), silent_[i].get()},
                                                              topology_,
                                                              programs_,
                                                              bogons_,
                                                              clock_,
                                                              workers > 1 ? &hand_off_ : nullptr}));
        }
        in_threads([&](std::uint32_t i) {
            ports_[i]->prepare(own_[i], true);
            while (!ports_[i]->done()) (void)workers_[i]->run_once();
        });
    }

    // CPU ns of one worker, divided by the packets that all carry in that time.
    double measure(bool handed, double seconds) {
        std::vector<double> ns(count_);
        std::vector<std::uint64_t> before;
        for (auto& worker : workers_) before.push_back(passed(*worker));
        in_threads([&](std::uint32_t i) {
            ports_[i]->prepare(handed ? all_ : own_[i], false);
            const double start = cpu_ns();
            while (cpu_ns() < start + seconds * 1e9) {
                for (int n = 0; n < 1024; ++n) (void)workers_[i]->run_once();
            }
            ns[i] = cpu_ns() - start;
        });
        double rate = 0;
        for (std::uint32_t i = 0; i < count_; ++i)
            rate += static_cast<double>(passed(*workers_[i]) - before[i]) / ns[i];
        return 1 / rate;
    }

  private:
    template <class Work>
    void in_threads(Work&& work) {
        std::vector<std::thread> threads;
        for (std::uint32_t i = 0; i < count_; ++i) {
            threads.emplace_back([&, i] {
                ports_[i]->enter_thread();
                work(i);
                workers_[i]->rest();
                ports_[i]->leave_thread();
            });
        }
        for (auto& thread : threads) thread.join();
    }
    [[nodiscard]] static std::uint64_t passed(const Worker& worker) {
        std::uint64_t sum = 0;
        for (const auto& state : worker.counts().states) sum += state.passed.packets.value();
        return sum;
    }

    std::uint32_t count_;
    base::SystemClock clock_;
    base::SeededRandom random_{1};
    ProgramSwitch programs_;
    HandOff hand_off_;
    Secrets secrets_;
    scrub::Bogons bogons_;
    Topology topology_ = Topology::plain(2);
    std::vector<std::uint32_t> all_;
    std::vector<std::vector<std::uint32_t>> own_;
    std::vector<std::unique_ptr<FlowPort>> ports_;
    std::vector<std::unique_ptr<FlowPort>> silent_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace
}  // namespace sluice::dataplane::workers

int main(int argc, char** argv) {
    using namespace sluice;
    const int runs = argc > 1 ? std::atoi(argv[1]) : 3;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 1.0;
    auto eal = packet::Eal::start({.hugepages = packet::Eal::hugepages_free(64), .memory_mb = 64}).value();
    const auto device =
        packet::Device::open(*eal, {.device = "net_null0,size=64,copy=0", .queues = 2, .buffers = 8191})
            .value();
    dataplane::workers::Bench one(*device, 1);
    dataplane::workers::Bench two(*device, 2);
    for (int run = 0; run < runs; ++run) {
        std::printf("own %d 1 %.3f\n", run, one.measure(false, seconds));
        std::printf("own %d 2 %.3f\n", run, two.measure(false, seconds));
        std::printf("handed %d 2 %.3f\n", run, two.measure(true, seconds));
        std::fflush(stdout);
    }
    return EXIT_SUCCESS;
}
