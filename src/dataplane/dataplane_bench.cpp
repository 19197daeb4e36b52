// What a packet of a customer with a firewall costs: ns a packet on one core for established flows (UDP, TCP,
// translated one to one), with 10 and 10,000 rules, of one tenant and of 10,000, for answers of tenants that
// are attached by tags and whose routers' addresses are learned, for the set-up of a flow, and for an
// attack's packets at 10,000 targets of other tenants while those flows are open: dropped by a filter, SYNs
// that are answered. `bench/dataplane.py` runs it and writes the project's JSON.
//
// The worker is the real one. Its ports lie in memory: a burst's frames are written with the addresses of
// random flows before each receive, and what is transmitted is dropped. The cost of writing is measured alone
// in the same run and printed beside.
//
// usage: dataplane_bench [RUNS] [SECONDS A RUN] [PART OF A CASE'S NAME]    prints "CASE RUN total fill" (ns a
// packet) for each run, "CASE machine CORE MEMORY" before and after each (bench_reference.hpp), and "CASE
// memory BYTES-A-FLOW BYTES-A-TENANT"
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/bench_guard.hpp"
#include "dataplane/bench_loop.hpp"
#include "dataplane/bench_reference.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/worker.hpp"
#include "net/big_endian.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane {
namespace {

constexpr std::uint32_t first_client = 60U << 24U;
constexpr std::uint32_t first_server = 45U << 24U;  // 256 a tenant
constexpr std::uint32_t first_target = 50U << 24U;  // the same
constexpr std::uint32_t target_count = 10'000;

enum class Attack : std::uint8_t { none, filtered, syns };

struct Case {
    const char* name;
    Attack attack = Attack::none;
    bool tcp = false;
    bool nat = false;
    bool fresh = false;     // every packet opens a flow
    bool outbound = false;  // answers, from tenants that are attached by two tags
    std::uint32_t tenants = 1;
    std::uint32_t rules = 50;
    std::uint32_t asking = 0;  // of the rules: ask for the source's country
};
constexpr Case cases[] = {
    {.name = "established-udp"},
    {.name = "established-tcp", .tcp = true},
    {.name = "established-nat", .nat = true},
    {.name = "established-10-rules", .rules = 10},
    {.name = "established-10000-rules", .rules = 10'000},
    {.name = "established-10000-tenants", .tenants = 10'000},
    {.name = "answers-udp", .outbound = true},
    {.name = "answers-10000-tenants", .outbound = true, .tenants = 10'000},
    {.name = "setup-1000-rules", .fresh = true, .rules = 1'000},
    {.name = "setup-1000-rules-10-asking", .fresh = true, .rules = 1'000, .asking = 10},
    {.name = "setup-1000-rules-all-asking", .fresh = true, .rules = 1'000, .asking = 999},
    {.name = "drop-filter", .attack = Attack::filtered},
    {.name = "syn-answer", .attack = Attack::syns},
};

struct Tags {
    std::uint16_t outer;
    std::uint16_t inner;
};
Tags tags_of(std::uint32_t tenant) {
    return {static_cast<std::uint16_t>(1 + tenant / 4000), static_cast<std::uint16_t>(1 + tenant % 4000)};
}

class BurstPort final : public packet::Port {
  public:
    BurstPort() : memory_(packet::max_burst * stride) {}

    struct Flows {
        std::uint32_t count = 1;
        std::uint32_t tenants = 1;
        bool in_order = true;   // one after the other without end, or random ones
        bool reversed = false;  // from the servers to the clients
        bool tagged = false;    // by the tags of the server's tenant
        std::uint32_t server = first_server;
    };
    void prepare(const std::string& text, const Flows& flows) {
        template_ = packet::parse_packet_text(text).value();
        length_ = static_cast<std::uint32_t>(template_.size());
        template_.resize(80);
        flows_ = flows;
        ip_ = flows.tagged ? 22 : 14;
        next_ = 0;
        transmitted_ = 0;
        sum_ = 0;
        for (std::size_t i = ip_; i < ip_ + 12; i += 2) {
            if (i != ip_ + 10) sum_ += static_cast<std::uint32_t>(template_[i] << 8U | template_[i + 1]);
        }
    }
    void stop() { length_ = 0; }
    [[nodiscard]] std::uint32_t sent() const { return next_; }
    [[nodiscard]] std::uint64_t transmitted() const { return transmitted_; }

    [[nodiscard]] std::size_t receive(std::span<packet::Frame> into) override {
        if (length_ == 0) return 0;
        for (std::size_t i = 0; i < into.size(); ++i) {
            std::uint8_t* frame = memory_.data() + i * stride + packet::min_headroom;
            write(frame, flow());
            into[i] = {frame, length_, 256, nullptr};
        }
        return into.size();
    }
    [[nodiscard]] std::size_t transmit(std::span<const packet::Frame> frames) override {
        transmitted_ += frames.size();
        return frames.size();
    }
    void release(std::span<const packet::Frame>) override {}

  private:
    static constexpr std::size_t stride = packet::min_headroom + 256;

    [[nodiscard]] std::uint32_t flow() {
        if (flows_.in_order) return next_++;
        random_ ^= random_ << 13U;
        random_ ^= random_ >> 7U;
        random_ ^= random_ << 17U;
        return static_cast<std::uint32_t>((random_ >> 32U) * flows_.count >> 32U);
    }
    void write(std::uint8_t* frame, std::uint32_t number) const {
        std::memcpy(frame, template_.data(), 80);
        const std::uint32_t client = first_client + number;
        const std::uint32_t server = flows_.server + number % flows_.tenants * 256 + 7;
        const std::uint32_t from = flows_.reversed ? server : client;
        const std::uint32_t to = flows_.reversed ? client : server;
        std::uint32_t sum = sum_ + (from >> 16U) + (from & 0xffffU) + (to >> 16U) + (to & 0xffffU);
        sum = (sum & 0xffffU) + (sum >> 16U);
        sum = (sum & 0xffffU) + (sum >> 16U);
        frame[ip_ + 10] = static_cast<std::uint8_t>(~sum >> 8U);
        frame[ip_ + 11] = static_cast<std::uint8_t>(~sum);
        net::put32(frame + ip_ + 12, from);
        net::put32(frame + ip_ + 16, to);
        if (!flows_.tagged) return;
        const Tags tags = tags_of(number % flows_.tenants);
        net::put16(frame + 14, tags.outer);
        net::put16(frame + 18, tags.inner);
    }

    std::vector<std::uint8_t> memory_;
    std::vector<std::uint8_t> template_;
    std::uint32_t length_ = 0;
    std::size_t ip_ = 14;  // where the IP header begins
    Flows flows_;
    std::uint32_t next_ = 0;
    std::uint64_t transmitted_ = 0;
    std::uint32_t sum_ = 0;  // of the IPv4 header without addresses and checksum
    std::uint64_t random_ = 88'172'645'463'325'252ULL;
};

model::TenantProgram program(const Case& it, std::uint32_t tenant) {
    model::TenantProgram out;
    out.tenant = model::TenantId(tenant + 1);
    const auto servers = net::Prefix::of(net::Address::v4(first_server + tenant * 256), 24);
    out.prefixes = {servers};
    model::FirewallProgram& firewall = out.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside"};
    model::Attachment inside;
    inside.name = "inside";
    const auto behind = net::Prefix::parse("10.0.0.0/24").value();
    inside.prefixes = {it.nat ? behind : servers};
    if (it.outbound) {
        inside.kind = model::AttachmentKind::qinq;
        inside.port = "clean";
        inside.vlan = tags_of(tenant).outer;
        inside.inner_vlan = tags_of(tenant).inner;
    }
    firewall.attachments = {inside};
    firewall.limits = {.flows = 0};
    for (std::uint32_t i = 0; i + 1 < it.rules; ++i) {
        model::FirewallRule rule;
        rule.name = fmt::format("rule-{}", i);
        rule.sources = {net::Prefix::of(net::Address::v4((11U << 24U) + i * 512), 24)};
        model::ServiceMatch service;
        service.protocol = 6;
        service.destination_port.first = service.destination_port.last =
            static_cast<std::uint16_t>(1 + i % 900);
        rule.services = {service};
        if (i < it.asking) {
            rule.sources.clear();
            rule.services.clear();
            rule.source_is = {{{i % 2 == 0 ? "QA" : "QB"}, false, {}}};
        }
        firewall.rules.push_back(rule);
    }
    model::FirewallRule last;
    last.name = "allow";
    last.action = model::RuleAction::allow;
    firewall.rules.push_back(last);
    if (it.nat) {
        model::NatRule nat;
        nat.name = "servers";
        nat.kind = model::NatKind::one_to_one;
        nat.match = {servers};
        nat.translated = {behind};
        firewall.nat = {nat};
    }
    return out;
}

// 300,000 prefixes, spread over the space; in countries that no rule asks for.
attributes::Tables tables() {
    std::string text = "prefix,country\n";
    for (std::uint32_t n = 0; n < 300'000; ++n) {
        const auto prefix = net::Prefix::of(net::Address::v4(n * 14'000U), 24);
        text += fmt::format("{},{}\n", prefix.to_string(), n % 2 == 0 ? "DE" : "NO");
    }
    attributes::Tables out;
    out.countries =
        std::make_shared<attributes::CountryTable>(attributes::read_countries(text, "countries").value());
    return out;
}

// A tenant without a firewall whose one address is under attack: every stage is switched on.
model::TenantProgram guarded(std::uint32_t number) {
    model::TenantProgram out;
    out.tenant = model::TenantId(100'000 + number);
    const auto address = net::Address::v4(first_target + number * 256 + 7);
    out.prefixes = {net::Prefix::of(address, 24)};
    out.targets = {guarded_target(address, model::MitigationId(number + 1))};
    out.filters = port_filters();
    return out;
}

class Bench {
  public:
    Bench(const Case& it, std::uint32_t flows) : it_(it), flows_(flows) {
        topology_.to_customers.way = topology_.to_internet.way = {.rewrite = true};
        topology_.rewrite = true;
        ProgramCompiler compiler({.slots = 32'768, .tenants = 16'384}, random_, topology_);
        if (it.asking != 0) compiler.set_attributes(tables());
        std::vector<model::TenantProgram> programs;
        for (std::uint32_t i = 0; i < it.tenants; ++i) programs.push_back(program(it, i));
        for (std::uint32_t i = 0; it.attack != Attack::none && i < target_count; ++i)
            programs.push_back(guarded(i));
        auto made = compiler.compile(programs, {clock_.wall(), 0});
        if (!made) {
            fmt::print(stderr, "{}\n", made.error().message());
            std::exit(1);
        }
        auto compiled = std::move(*made);
        tenant_bytes_ = compiled->firewalls[1]->bytes();
        switch_.publish(std::move(compiled));
    }

    void run(int runs, double seconds, BenchReference& reference) {
        open_all();
        reference.measure(it_.name, runs, [&](int run) { measure(run, seconds); });
        std::printf("%s memory %.1f %zu\n", it_.name, static_cast<double>(worker_.flow_bytes()) / flow_places,
                    tenant_bytes_);
    }

  private:
    static constexpr std::uint32_t flow_places = 1'200'000;

    void measure(int run, double seconds) {
        if (!it_.fresh) prepare();
        const std::uint64_t opened = worker_.flow_counts().opened.value();
        const std::uint32_t sent = outside_.sent();
        const double total = cpu_ns_a_packet(seconds, [&] { return worker_.run_once(); });
        if (it_.fresh && worker_.flow_counts().opened.value() - opened != outside_.sent() - sent) {
            std::fprintf(stderr, "%s: not every packet opened a flow\n", it_.name);
            std::exit(1);
        }
        BurstPort& port = it_.outbound ? inside_ : outside_;
        const double fill = cpu_ns_a_packet(seconds / 4, [&] { return port.receive(frames_); });
        if (!it_.fresh && worker_.flow_counts().open.value() < flows_) {
            std::fprintf(stderr, "%s: only %llu flows are open\n", it_.name,
                         static_cast<unsigned long long>(worker_.flow_counts().open.value()));
            std::exit(1);
        }
        if (it_.attack != Attack::none && (outside_.transmitted() != 0) != (it_.attack == Attack::syns)) {
            std::fprintf(stderr, "%s: %llu answers\n", it_.name,
                         static_cast<unsigned long long>(outside_.transmitted()));
            std::exit(1);
        }
        std::printf("%s %d %.3f %.3f\n", it_.name, run, total, fill);
    }

    // The plain packet of an open flow.
    void prepare() {
        if (it_.outbound) {
            outside_.stop();
            inside_.prepare("udp 60.0.0.0:443 > 45.0.0.7:4000 payload 18 vlan 1 vlan 1",
                            {flows_, it_.tenants, false, true, true});
            return;
        }
        if (it_.attack != Attack::none) {
            outside_.prepare(it_.attack == Attack::syns ? "tcp 60.0.0.0:4000 > 50.0.0.7:443 syn seq 7"
                                                        : "udp 60.0.0.0:4000 > 50.0.0.7:7002 payload 18",
                             {16'000'000, target_count, false, false, false, first_target});
            return;
        }
        outside_.prepare(it_.tcp ? "tcp 60.0.0.0:4000 > 45.0.0.7:443 ack seq 8 ack-number 101 payload 6"
                                 : "udp 60.0.0.0:4000 > 45.0.0.7:443 payload 18",
                         {flows_, it_.tenants, false, false, false});
    }
    void send_each(BurstPort& port, const char* text, bool reversed) {
        outside_.stop();
        inside_.stop();
        port.prepare(text, {flows_, it_.tenants, true, reversed, false});
        while (port.sent() < flows_) (void)worker_.run_once();
        port.stop();
    }
    // Each tenant's router shows itself by a packet.
    void learn_routers() {
        inside_.prepare("udp 60.0.0.0:9 > 45.0.0.7:9 payload 18 vlan 1 vlan 1",
                        {flows_, it_.tenants, true, true, true});
        while (inside_.sent() < it_.tenants) (void)worker_.run_once();
    }
    // Where each packet is to open a flow all places are taken before: each pushes out one that nobody has
    // answered, which is what a set-up costs at its dearest.
    void open_all() {
        if (it_.fresh) {
            outside_.prepare("udp 60.0.0.0:4000 > 45.0.0.7:443 payload 18",
                             {flows_, it_.tenants, true, false, false});
            while (outside_.sent() < flow_places) (void)worker_.run_once();
        } else if (it_.tcp) {
            send_each(outside_, "tcp 60.0.0.0:4000 > 45.0.0.7:443 syn seq 7", false);
            send_each(inside_, "tcp 60.0.0.0:443 > 45.0.0.7:4000 syn ack seq 100 ack-number 8", true);
            send_each(outside_, "tcp 60.0.0.0:4000 > 45.0.0.7:443 ack seq 8 ack-number 101", false);
        } else {
            if (it_.outbound) learn_routers();
            send_each(outside_, "udp 60.0.0.0:4000 > 45.0.0.7:443 payload 18", false);
        }
    }

    const Case& it_;
    std::uint32_t flows_;
    std::size_t tenant_bytes_ = 0;
    base::SystemClock clock_;
    base::SystemRandom random_;
    scrub::Bogons bogons_;
    Topology topology_ = Topology::plain(2);
    ProgramSwitch switch_{1};
    BurstPort outside_;
    BurstPort inside_;
    std::array<packet::Frame, packet::max_burst> frames_;
    Worker worker_{0,
                   {.slots = 32'768, .sources = 262'144, .flows = flow_places, .tenants = 16'384},
                   Secrets::from(random_),
                   {{&outside_, &inside_}, topology_, switch_, bogons_, clock_}};
};

}  // namespace
}  // namespace sluice::dataplane

int main(int argc, char** argv) {
    using namespace sluice::dataplane;
    const int runs = argc > 1 ? std::atoi(argv[1]) : 3;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 0.5;
    const std::string part = argc > 3 ? argv[3] : "";
    BenchReference reference;
    for (const Case& it : cases) {
        if (std::string(it.name).find(part) == std::string::npos) continue;
        Bench(it, argc > 4 ? static_cast<std::uint32_t>(std::atoi(argv[4])) : 1'000'000)
            .run(runs, seconds, reference);
    }
    return EXIT_SUCCESS;
}
