// What a packet costs in a gateway's worker: ns a packet on one core, for packets that pass, that are dropped
// and for SYNs that are answered, with 10,000 targets configured. `bench/gateway.py` runs it and writes the
// project's JSON.
//
// The worker is the real one over two DPDK ports of net_null. That driver gives empty frames, so a port
// between fills each with a packet of the case (64 or 78 bytes, addresses and ports of a random flow).
// Three loops are measured in turn: the worker; receive, fill and transmit alone; receive and transmit alone.
// The figure is the worker's less the filling: what is left is receive, all stages, transmit, counters and
// clock.
//
// usage: gateway_bench [RUNS] [SECONDS A RUN]     prints a line "CASE RUN total fill io" (ns a packet) for
// each run, and "CASE machine CORE MEMORY" before and after each (bench_reference.hpp)
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/bench_guard.hpp"
#include "dataplane/bench_loop.hpp"
#include "dataplane/bench_reference.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/scrub/syn_cookie.hpp"
#include "dataplane/worker.hpp"
#include "net/protocol.hpp"
#include "packet/device.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

constexpr std::uint32_t target_count = 10'000;
constexpr std::uint32_t targets_a_tenant = 5;
constexpr std::uint32_t sources_a_target = 10;

// A flow of the benchmark: everything about it follows from the target's and the source's number, so that
// making packets needs no memory and leaves the caches to what is measured.
struct Flow {
    std::uint32_t target = 0;
    std::uint32_t source = 0;
};

constexpr std::uint32_t first_target4 = 45U << 24U;  // 45.0.0.0 + 256 a tenant + 1 a target
constexpr std::uint32_t first_source4 = 60U << 24U;  // 60.0.0.0 + the source's number
std::uint32_t target_word(std::uint32_t target) {
    return target / targets_a_tenant * 256 + 1 + target % targets_a_tenant;
}
std::uint16_t source_port(std::uint32_t source) {
    return static_cast<std::uint16_t>(1024 + (source & 0x7fffU));
}

// Receives from the inner port and makes packets of the frames: a prepared packet with the addresses and
// ports (and IPv4 checksum) of a random flow.
class FillPort final : public packet::Port {
  public:
    explicit FillPort(packet::Port& inner) : inner_(inner) {}

    // `packet` is of any flow. Random targets of the one family, each with `sources` sources.
    void prepare(std::vector<std::uint8_t> packet, bool ipv6, bool port_varies, std::uint32_t sources,
                 std::uint32_t first_source) {
        frame_length_ = static_cast<std::uint32_t>(packet.size());
        packet.resize(128);
        template_ = std::move(packet);
        ipv6_ = ipv6;
        port_varies_ = port_varies;
        sources_ = sources;
        first_source_ = first_source;
        std::uint32_t sum = 0;  // of the IPv4 header without addresses and checksum
        for (std::size_t i = 14; i < 26; i += 2) {
            if (i != 24) sum += static_cast<std::uint32_t>(template_[i] << 8U | template_[i + 1]);
        }
        sum_ = sum;
        head_ = static_cast<std::uint64_t>(template_[22]) << 56U | static_cast<std::uint64_t>(template_[23])
                                                                       << 48U;
        tail_ = 0;
        const std::size_t tail = ipv6 ? 56 : 36;  // destination port and what follows
        for (std::size_t i = 0; i < 6; ++i) tail_ = tail_ << 8U | template_[tail + i];
    }

    [[nodiscard]] Flow next() {
        random_ ^= random_ << 13U;
        random_ ^= random_ >> 7U;
        random_ ^= random_ << 17U;
        const auto tenants = static_cast<std::uint32_t>(target_count / targets_a_tenant / 2);
        const auto low = static_cast<std::uint32_t>(random_);
        const auto high = static_cast<std::uint32_t>(random_ >> 32U);
        const auto tenant =
            static_cast<std::uint32_t>((static_cast<std::uint64_t>(low) * tenants) >> 32U) * 2 +
            (ipv6_ ? 1 : 0);
        Flow flow;
        flow.target = tenant * targets_a_tenant + (high & 0xffffU) % targets_a_tenant;
        flow.source = first_source_ + flow.target * sources_ +
                      static_cast<std::uint32_t>((static_cast<std::uint64_t>(high) * sources_) >> 32U);
        return flow;
    }

    void write(std::uint8_t* frame, const Flow& flow) const {
        std::memcpy(frame, template_.data(), ipv6_ ? 80 : 64);
        const std::uint32_t word = target_word(flow.target);
        const std::uint16_t port = port_varies_ ? source_port(flow.source) : 53;
        if (ipv6_) {
            put64(frame + 22, 0x26000001ULL << 32U | flow.source);
            put64(frame + 38, 0x2a000001ULL << 32U | word);
            put64(frame + 54, static_cast<std::uint64_t>(port) << 48U | tail_);
            return;
        }
        const std::uint32_t from = first_source4 + flow.source;
        const std::uint32_t to = first_target4 + word;
        std::uint32_t sum = sum_ + (from >> 16U) + (from & 0xffffU) + (to >> 16U) + (to & 0xffffU);
        sum = (sum & 0xffffU) + (sum >> 16U);
        sum = (sum & 0xffffU) + (sum >> 16U);
        // In the pieces in which a parser may read them: a network card leaves nothing half written either.
        put64(frame + 22, head_ | static_cast<std::uint64_t>(static_cast<std::uint16_t>(~sum)) << 32U | from);
        put64(frame + 30,
              static_cast<std::uint64_t>(to) << 32U | static_cast<std::uint32_t>(port) << 16U | tail_ >> 32U);
    }

    // These frames come first.
    void play(std::vector<std::vector<std::uint8_t>> frames) { script_ = std::move(frames); }
    [[nodiscard]] bool playing() const { return !script_.empty(); }

    std::size_t receive(std::span<packet::Frame> into) override {
        const std::size_t count = inner_.receive(into);
        if (playing()) return receive_script(into, count);
        for (std::size_t i = 0; i < count; ++i) {
            write(into[i].data, next());
            into[i].length = frame_length_;
        }
        return count;
    }
    std::size_t transmit(std::span<const packet::Frame> frames) override { return inner_.transmit(frames); }
    void release(std::span<const packet::Frame> frames) override { inner_.release(frames); }
    void enter_thread() override { inner_.enter_thread(); }

  private:
    std::size_t receive_script(std::span<packet::Frame> into, std::size_t count) {
        std::size_t used = 0;
        for (; used < count && !script_.empty(); ++used) {
            std::memcpy(into[used].data, script_.back().data(), script_.back().size());
            into[used].length = static_cast<std::uint32_t>(script_.back().size());
            script_.pop_back();
        }
        inner_.release(into.subspan(used, count - used));
        return used;
    }

    packet::Port& inner_;
    std::vector<std::vector<std::uint8_t>> script_;
    std::vector<std::uint8_t> template_;
    std::uint32_t frame_length_ = 0;
    bool ipv6_ = false;
    bool port_varies_ = false;
    std::uint32_t sources_ = 1;
    std::uint32_t first_source_ = 0;
    static void put64(std::uint8_t* at, std::uint64_t value) {
        value = __builtin_bswap64(value);
        std::memcpy(at, &value, 8);
    }

    std::uint32_t sum_ = 0;
    std::uint64_t head_ = 0;  // TTL and protocol, where they stand in their eight bytes
    std::uint64_t tail_ = 0;  // 48 bits
    std::uint64_t random_ = 88172645463325252ULL;
};

net::Address target_address(std::uint32_t target, bool ipv6) {
    if (!ipv6) return net::Address::v4(first_target4 + target_word(target));
    char text[64];
    const std::uint32_t word = target_word(target);
    std::snprintf(text, sizeof text, "2a00:1:%x:%x::1", word >> 16U, word & 0xffffU);
    return *net::Address::parse(text);
}

// Everything is switched on: invalid packets, four filters, five reflection templates, verification, limits.
std::vector<model::TenantProgram> programs() {
    std::vector<model::TenantProgram> all;
    for (std::size_t tenant = 0; tenant < target_count / targets_a_tenant; ++tenant) {
        model::TenantProgram program;
        program.tenant = model::TenantId(tenant + 1);
        program.generation = 1;
        const std::size_t first = tenant * targets_a_tenant;
        // Odd tenants have IPv6 targets, even ones IPv4; all have a prefix of both.
        const auto number = static_cast<std::uint32_t>(first);
        program.prefixes = {net::Prefix::of(target_address(number, false), 24),
                            net::Prefix::of(target_address(number, true), 56)};
        for (std::size_t i = first; i < first + targets_a_tenant; ++i) {
            const auto address = target_address(static_cast<std::uint32_t>(i), tenant % 2 != 0);
            program.targets.push_back(guarded_target(address, model::MitigationId(i + 1)));
        }
        program.filters = port_filters();
        all.push_back(program);
    }
    return all;
}

enum class Kind { pass, filter_drop, reflection_drop, unverified_drop, syn };

struct Case {
    const char* name;
    Kind kind;
    bool ipv6;
};
constexpr Case cases[] = {
    {"pass-ipv4", Kind::pass, false},
    {"pass-ipv6", Kind::pass, true},
    {"drop-filter-ipv4", Kind::filter_drop, false},
    {"drop-filter-ipv6", Kind::filter_drop, true},
    {"drop-reflection-ipv4", Kind::reflection_drop, false},
    {"drop-reflection-ipv6", Kind::reflection_drop, true},
    {"drop-unverified-ipv4", Kind::unverified_drop, false},
    {"drop-unverified-ipv6", Kind::unverified_drop, true},
    {"syn-answer-ipv4", Kind::syn, false},
    {"syn-answer-ipv6", Kind::syn, true},
};

// The packet of a case, before addresses and ports are written over it.
std::vector<std::uint8_t> packet_of(const Case& it) {
    const std::string from = it.ipv6 ? "[2600:1::1]:" : "60.0.0.0:";
    const std::string to = (it.ipv6 ? "[2a00:1::1]:" : "45.0.0.1:");
    std::string text;
    switch (it.kind) {
        case Kind::pass:
        case Kind::unverified_drop:
            text = "tcp " + from + "4242 > " + to + "443 ack seq 7";
            break;
        case Kind::filter_drop:
            text = "udp " + from + "4242 > " + to + "7002 payload 12";
            break;
        case Kind::reflection_drop:
            text = "udp " + from + "53 > " + to + "4242 payload 12";
            break;
        case Kind::syn:
            text = "tcp " + from + "4242 > " + to + "443 syn seq 7";
            break;
    }
    return packet::parse_packet_text(text).value();
}

class Bench {
  public:
    Bench()
        : eal_(packet::Eal::start({.hugepages = packet::Eal::hugepages_free(64), .memory_mb = 64}).value()),
          in_(packet::Device::open(*eal_, {.device = "net_null0,size=64,copy=0", .buffers = 1023}).value()),
          out_(packet::Device::open(*eal_, {.device = "net_null1,size=64,copy=0", .buffers = 511}).value()),
          dirty_(in_->queue(0)),
          clean_(out_->queue(0)),
          silent_(out_->queue(0)),
          secrets_(Secrets::from(random_)),
          worker_(0, {.slots = 16'384, .sources = 262'144}, secrets_,
                  {{&dirty_, &silent_}, topology_, programs_, bogons_, clock_}) {
        topology_.to_customers.way = {
            .rewrite = true, .source = {2, 0, 0, 0, 0, 1}, .next_hop4 = {2, 0, 0, 0, 0, 2}, .next_hop6 = {2}};
        dirty_.enter_thread();
        ProgramCompiler compiler({.slots = 16'384}, random_);
        const auto start = std::chrono::steady_clock::now();
        programs_.publish(compiler.compile(programs(), {clock_.wall(), 0}).value());
        std::fprintf(
            stderr, "10,000 targets compiled in %.1f ms\n",
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }

    void run(const Case& it, int runs, double seconds) {
        if (it.kind == Kind::pass) verify_sources(it);
        prepare(it);
        reference_.measure(it.name, runs, [&](int run) {
            const double total = cpu_ns_a_packet(seconds, [&] { return worker_.run_once(); });
            worker_.rest();
            const double fill = cpu_ns_a_packet(seconds / 4, [&] { return pump(dirty_); });
            const double io = cpu_ns_a_packet(seconds / 4, [&] { return pump(clean_); });
            std::printf("%s %d %.3f %.3f %.3f\n", it.name, run, total, fill, io);
        });
        report(it);
    }

  private:
    // Takes nothing in: the worker asks its clean leg, too, and net_null would always have something.
    class SilentPort final : public packet::Port {
      public:
        explicit SilentPort(packet::Port& inner) : inner_(inner) {}
        std::size_t receive(std::span<packet::Frame>) override { return 0; }
        std::size_t transmit(std::span<const packet::Frame> frames) override {
            return inner_.transmit(frames);
        }
        void release(std::span<const packet::Frame> frames) override { inner_.release(frames); }

      private:
        packet::Port& inner_;
    };

    std::size_t pump(packet::Port& port) {
        std::array<packet::Frame, packet::max_burst> frames;
        const std::size_t count = port.receive(frames);
        return silent_.transmit(std::span(frames).first(count));
    }

    // For `pass` ten known sources a target, otherwise another one with nearly every packet.
    void prepare(const Case& it) {
        const bool pass = it.kind == Kind::pass;
        dirty_.prepare(packet_of(it), it.ipv6, it.kind != Kind::reflection_drop,
                       pass ? sources_a_target : 1000, pass ? 0 : 1'000'000);
    }

    // Every source that the case uses sends its proof.
    void verify_sources(const Case& it) {
        const scrub::SynCookie cookies(secrets_.cookies);
        std::vector<std::vector<std::uint8_t>> proofs;
        prepare(it);
        for (std::uint32_t target = 0; target < target_count; ++target) {
            if ((target / targets_a_tenant % 2 != 0) != it.ipv6) continue;
            for (std::uint32_t s = 0; s < sources_a_target; ++s) {
                std::vector<std::uint8_t> frame(128);
                dirty_.write(frame.data(), {target, target * sources_a_target + s});
                frame.resize(it.ipv6 ? 74 : 54);
                const std::size_t tcp = it.ipv6 ? 54 : 34;
                frame[tcp + 13] = net::tcp_flag::rst;
                const auto now = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count());
                const std::uint32_t number = __builtin_bswap32(cookies.make(packet::parse(frame), now));
                std::memcpy(&frame[tcp + 4], &number, 4);
                proofs.push_back(std::move(frame));
            }
        }
        dirty_.play(std::move(proofs));
        while (dirty_.playing()) (void)worker_.run_once();
    }

    // The case must have done what its name says.
    void report(const Case& it) {
        std::uint64_t passed = 0, answered = 0, dropped = 0;
        for (const auto& target : worker_.counts().targets) {
            answered += target.answered.packets.value();
            for (std::size_t i = 0; i < reason_count; ++i) {
                if (i != static_cast<std::size_t>(model::DropReason::proof_consumed)) {
                    dropped += target.reasons[i].packets.value();
                }
            }
        }
        for (const auto& state : worker_.counts().states) passed += state.passed.packets.value();
        const std::uint64_t now[3] = {passed, dropped, answered};
        const std::size_t wanted = it.kind == Kind::pass ? 0 : it.kind == Kind::syn ? 2 : 1;
        std::uint64_t all = 0;
        for (std::size_t i = 0; i < 3; ++i) all += now[i] - before_[i];
        const std::uint64_t right = now[wanted] - before_[wanted];
        if (right * 1000 < all * 999) {
            std::fprintf(stderr, "%s: only %llu of %llu packets took the way that is measured\n", it.name,
                         static_cast<unsigned long long>(right), static_cast<unsigned long long>(all));
            std::exit(EXIT_FAILURE);
        }
        std::copy(now, now + 3, before_);
    }

    base::SystemClock clock_;
    base::SeededRandom random_{1};
    std::unique_ptr<packet::Eal> eal_;
    std::unique_ptr<packet::Device> in_;
    std::unique_ptr<packet::Device> out_;
    FillPort dirty_;
    packet::Port& clean_;
    SilentPort silent_;
    ProgramSwitch programs_{1};
    scrub::Bogons bogons_;
    Secrets secrets_;
    Topology topology_ = Topology::plain(2);
    Worker worker_;
    std::uint64_t before_[3] = {0, 0, 0};
    BenchReference reference_;
};

}  // namespace
}  // namespace sluice::dataplane

int main(int argc, char** argv) {
    const int runs = argc > 1 ? std::atoi(argv[1]) : 3;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 1.0;
    const std::string only = argc > 3 ? argv[3] : "";
    sluice::dataplane::Bench bench;
    for (const auto& it : sluice::dataplane::cases) {
        if (only.empty() || std::string(it.name).find(only) != std::string::npos)
            bench.run(it, runs, seconds);
    }
    return EXIT_SUCCESS;
}
