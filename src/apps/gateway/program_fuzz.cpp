// What comes from the link, and packets under it: any message, or programs that the bytes choose, is compiled
// as a gateway does it; then packets of both sides run, the program changes between them, and time jumps.
// Nothing crashes; what the gateway admits compiles; each packet is counted once; what leaves is whole, and a
// right checksum stays right.
//
//   0  flags: 1 two workers, 2 a message of the link instead of choices
//   1  bytes of programs (2), then those
//      packets until the end: flags (1; Kind below), the time before it (1), then choices, or the length (2)
//      and the frame
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "apps/gateway/drawn_program.hpp"
#include "base/random.hpp"
#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/engine.hpp"
#include "dataplane/program_set.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"
#include "packet/vxlan.hpp"
#include "rpc/channel.hpp"
#include "rpc/convert_gateway.hpp"
#include "rpc/sample_messages.hpp"

namespace {

using namespace sluice;
using apps::gateway::Draw;
using Programs = std::vector<model::TenantProgram>;
using Bytes = std::vector<std::uint8_t>;

void require(bool holds) {
    if (!holds) std::abort();
}

// Of a packet's flags: bit 0 it comes from inside; bits 1 to 4:
enum Kind : std::uint8_t {  // smaller ones: drawn
    as_it_is = 15,
    in_tunnel = 14,
    new_program = 13,  // before it
    log_in = 12,       // before it
};

const dataplane::Engine::Config limits{.max_sources = 64,
                                       .max_targets = 32,
                                       .max_tenant_filters = 16,
                                       .max_flows = 64,
                                       .max_firewalls = 4,
                                       .addresses = {net::Address::parse("192.0.2.1").value()}};

dataplane::attributes::Tables tables() {
    dataplane::attributes::Tables out;
    out.countries = std::make_shared<dataplane::attributes::CountryTable>(
        dataplane::attributes::read_countries("prefix,country\n198.18.0.0/16,DE\n", "countries").value());
    return out;
}

// Of TCP, UDP and ICMP whose all bytes are there; true where there is none to check.
bool checksum_holds(std::span<const std::uint8_t> frame, const packet::Key& key) {
    if (!key.has(packet::key_transport) || key.has(packet::key_fragment) ||
        key.has(packet::key_bad_transport))
        return true;
    const auto bytes = frame.subspan(key.l4_offset, key.l4_length());
    if (key.protocol == 1) return net::checksum(bytes) == 0;
    const bool no_checksum = key.protocol == 17 && bytes[6] == 0 && bytes[7] == 0;
    if (no_checksum && key.source.is_v4()) return true;
    const std::uint64_t sum =
        net::pseudo_header_sum(key.source, key.destination, key.protocol, key.l4_length());
    return net::checksum_finish(net::checksum_add(sum, bytes)) == 0;
}

class World {
  public:
    World(Programs programs, std::uint32_t workers)
        : engine_(config(workers), random_), all_(std::move(programs)) {
        engine_.set_attributes(tables());
        change(0);
    }

    // Every second time some of what was there is gone.
    void change(unsigned choice) {
        Programs wanted = all_;
        if (choice % 2 == 1) {
            if (choice % 4 == 1 && !wanted.empty()) wanted.pop_back();
            for (auto& program : wanted) {
                if (!program.targets.empty()) program.targets.pop_back();
                std::ranges::reverse(program.firewall.rules);
                if (!program.firewall.nat.empty()) program.firewall.nat.pop_back();
            }
        }
        // As Gateway::apply does it.
        std::erase_if(wanted, [this](const auto& program) {
            return !dataplane::validate(program, compiler_limits_).has_value();
        });
        dataplane::ProgramSet set(judge_, {});
        (void)set.admit(wanted);
        counted();
        const auto loaded = engine_.load(dataplane::values_of(set.programs()), now_);
        // The engine has some places that wait to be given out again, and the judge has not.
        require(loaded.has_value() || loaded.error().code == base::ErrorCode::exhausted);
        before_ = total();
        frames_ = 0;
    }
    void bind(const model::UserBindingUpdate& update) { engine_.bind_users(update, now_); }

    void pass(std::uint64_t ms) { now_ += std::chrono::milliseconds(ms); }
    [[nodiscard]] base::Timestamp now() const { return now_; }

    void send(std::span<const std::uint8_t> frame, dataplane::Side side) {
        // Twice: the second one meets what the first one left behind.
        const std::span<const std::uint8_t> both[] = {frame, frame};
        for (const auto& outcome : engine_.process(now_, both, side)) check(frame, outcome);
    }

    // Each packet is in one counter.
    void counted() const { require(total() - before_ == frames_); }

  private:
    static dataplane::Engine::Config config(std::uint32_t workers) {
        dataplane::Engine::Config out = limits;
        out.workers = workers;
        return out;
    }

    static dataplane::Topology topology() {  // the engine's
        auto out = dataplane::Topology::plain(2);
        for (auto& leg : out.legs) leg.local = dataplane::LocalResponder({}, limits.addresses);
        return out;
    }

    [[nodiscard]] std::uint64_t total() const {
        const model::GatewayReport report = engine_.report();
        std::uint64_t sum = 0;
        for (const auto& target : report.targets) {
            require(target.in.packets ==
                    target.passed.packets + target.dropped.packets + target.answered.packets);
            for (const auto& stage : target.stages)
                require(stage.in.packets <= target.in.packets && stage.passed.packets <= stage.in.packets);
            require(target.verified_dropped.packets <= target.dropped.packets);
            sum += target.in.packets;
        }
        for (const auto& reason : report.unattributed) sum += reason.packets;
        return sum;
    }

    void check(std::span<const std::uint8_t> frame, const dataplane::Outcome& outcome) {
        const packet::Key before = packet::parse(frame);
        // For the gateway itself: no customer's packet.
        if (outcome.verdict != model::Verdict::answer || !outcome.tenant.is_none()) ++frames_;
        const bool has_reason = outcome.reason != model::DropReason::none;  // a refusal in words has, too
        require(outcome.verdict == model::Verdict::answer ||
                has_reason == (outcome.verdict == model::Verdict::drop));
        for (const auto out : {outcome.frame, outcome.also}) {
            if (out.empty()) continue;
            const packet::Key after = packet::parse(out);
            if (outcome.verdict == model::Verdict::answer && after.error == packet::ParseError::not_ip)
                continue;  // ARP
            require(after.error == packet::ParseError::none);
            const bool tunnelled = packet::may_be_vxlan(before);
            if (!tunnelled && before.error == packet::ParseError::none && checksum_holds(frame, before))
                require(checksum_holds(out, after));
        }
        if (outcome.verdict != model::Verdict::drop) require(!outcome.frame.empty());
    }

    base::SeededRandom random_{7};
    dataplane::CompilerLimits compiler_limits_{limits.max_targets, limits.max_tenant_filters, 1,
                                               limits.max_firewalls};
    dataplane::ProgramCompiler judge_{compiler_limits_, random_, topology()};
    dataplane::Engine engine_;
    Programs all_;
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    std::uint64_t before_ = 0;
    std::uint64_t frames_ = 0;
};

Bytes tunnelled(const Bytes& frame, std::uint32_t vni) {
    packet::VxlanWay way;
    way.local = net::Address::parse("192.0.2.9").value();
    way.remote = net::Address::parse("192.0.2.1").value();
    way.vni = vni;
    Bytes room(packet::min_headroom + frame.size());
    std::ranges::copy(frame, room.begin() + packet::min_headroom);
    packet::Frame out;
    out.data = room.data() + packet::min_headroom;
    out.length = static_cast<std::uint32_t>(frame.size());
    out.room = out.length;
    packet::wrap_vxlan(way, 1, out);
    return {out.data, out.data + out.length};
}

// The rest of the input: one packet after the other.
void run(World& world, Draw& draw) {
    while (!draw.done()) {
        const std::uint8_t flags = draw.byte();
        // Mostly milliseconds, seldom minutes or months.
        world.pass(std::uint64_t{draw.byte()} << (flags < 0xe0 ? 0U : flags < 0xfe ? 10U : 25U));
        const unsigned kind = flags >> 1U & 15U;
        const bool inside = (flags & 1U) != 0;
        if (kind == new_program) world.change(draw.byte());
        if (kind == log_in) world.bind(apps::gateway::drawn_bindings(draw, world.now()));
        Bytes frame;
        if (kind == as_it_is) {
            const std::size_t length = (draw.byte() * 256ULL + draw.byte()) % 2048;
            while (frame.size() < length && !draw.done()) frame.push_back(draw.byte());
        } else {
            auto made = packet::parse_packet_text(apps::gateway::drawn_packet(draw, inside));
            if (!made) continue;  // choices that do not go together
            frame = std::move(*made);
        }
        if (kind == in_tunnel) frame = tunnelled(frame, 100U + draw.byte() % 40);
        world.send(frame, inside ? dataplane::Side::customers : dataplane::Side::internet);
    }
    world.counted();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rpc::silence_protobuf();
    if (size < 3) return 0;
    const std::size_t length = std::min<std::size_t>(data[1] << 8U | data[2], size - 3);
    const std::span part(data + 3, length);
    link::v1::ProgramUpdate message;
    if ((data[0] & 2U) != 0) {
        if (!message.ParseFromArray(part.data(), static_cast<int>(part.size()))) return 0;
    } else {
        Draw draw(part);
        for (const auto& program :
             apps::gateway::drawn_programs(draw, base::Timestamp(std::chrono::hours(24 * 365 * 50))))
            rpc::to_message(program, *message.add_programs());
    }
    auto update = rpc::to_model(message);
    if (!update) return 0;
    World world(std::move(update->programs), 1 + (data[0] & 1U));
    Draw packets({data + 3 + length, size - 3 - length});
    run(world, packets);
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<Bytes> seeds;
    base::SeededRandom random(20'261'121);
    const auto add = [&](std::uint8_t flags, const Bytes& program, std::size_t packets) {
        Bytes& seed = seeds.emplace_back(Bytes{flags, static_cast<std::uint8_t>(program.size() >> 8U),
                                               static_cast<std::uint8_t>(program.size())});
        seed.insert(seed.end(), program.begin(), program.end());
        for (std::size_t n = 0; n < 12 * packets; ++n)
            seed.push_back(static_cast<std::uint8_t>(random.next()));
    };
    for (std::uint8_t n = 0; n < 24; ++n) {
        Bytes program(160);
        for (std::uint8_t& byte : program) byte = static_cast<std::uint8_t>(random.next());
        add(n & 1U, program, 40);
    }
    link::v1::ProgramUpdate update;
    rpc::to_message(rpc::sample_program(), *update.add_programs());
    const std::string whole = update.SerializeAsString();
    add(2, {whole.begin(), whole.end()}, 20);
    update.mutable_programs(0)->clear_firewall();
    const std::string guard = update.SerializeAsString();
    add(3, {guard.begin(), guard.end()}, 20);
    return seeds;
}
