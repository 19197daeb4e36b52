// Any frames through the whole pipeline, under programs that use every stage: nothing crashes, what goes out
// is whole and right, and every packet is counted once. The input is a list of frames, each behind two bytes
// of length and two of time that passes before it.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "dataplane/engine.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace {

using namespace sluice;

void require(bool holds) {
    if (!holds) std::abort();
}

std::vector<model::TenantProgram> programs() {
    model::TenantProgram program;
    program.tenant = model::TenantId(1);
    program.prefixes = {net::Prefix::parse("203.0.113.0/24").value(),
                        net::Prefix::parse("2001:db8:3::/48").value()};
    model::ScrubProfile profile;
    profile.verify_tcp = model::TcpVerification::all;
    profile.reflection = {model::AttackVector::dns, model::AttackVector::ntp};
    profile.source_limit = {1000, 8'000'000};
    profile.target_limit = {2000, 0};
    profile.fragment_limit = {500, 0};
    profile.icmp_limit = {500, 0};
    profile.udp_limit = {800, 0};
    model::ScrubProfile open = profile;
    open.drop_invalid = false;
    open.verify_tcp = model::TcpVerification::syn;
    open.tcp_method = model::TcpMethod::first_drop;
    open.verify_dns = model::DnsVerification::truncate;
    open.verify_udp = model::UdpVerification::first_drop;
    model::ScrubProfile watched = profile;
    watched.verify_dns = model::DnsVerification::first_drop;
    open.anomaly = {.heavy_sources = true, .odd_lengths = true, .repeated_payloads = true, .filter_for_s = 1};
    open.protocol = {.dns = true,
                     .http = true,
                     .tls = true,
                     .ntp = true,
                     .sip = true,
                     .slow = true,
                     .dns_queries_per_s = 50,
                     .http_requests_per_s = 50,
                     .connections = 4};
    watched.protocol = open.protocol;
    watched.monitored = 0xffff;
    program.targets = {{net::Prefix::parse("203.0.113.9").value(), model::MitigationId(1), profile},
                       {net::Prefix::parse("203.0.113.128/25").value(), model::MitigationId(2), open},
                       {net::Prefix::parse("203.0.113.10").value(), model::MitigationId(5), watched},
                       {net::Prefix::parse("2001:db8:3::9").value(), model::MitigationId(3), profile},
                       {net::Prefix::parse("2001:db8:3:1::/64").value(), model::MitigationId(4), open}};
    model::PacketFilter filter;
    filter.name = "low-ports";
    filter.destination_port_last = 99;
    program.filters.push_back(filter);
    filter = {};
    filter.name = "partner";
    filter.action = model::FilterAction::pass;
    filter.source = net::Prefix::parse("198.18.0.0/24").value();
    program.filters.push_back(filter);
    return {program};
}

// What an answer must be: whole, addressed to the sender, its TCP checksum right.
void check_answer(std::span<const std::uint8_t> frame, const packet::Key& question) {
    const packet::Key key = packet::parse(frame);
    require(key.error == packet::ParseError::none && key.has(packet::key_transport));
    require(key.source == question.destination && key.destination == question.source);
    require(key.source_port == question.destination_port && key.destination_port == question.source_port);
    const auto tcp = frame.subspan(key.l4_offset, key.l4_length());
    const std::uint64_t sum =
        net::pseudo_header_sum(key.source, key.destination, key.protocol, key.l4_length());
    require(net::checksum_finish(net::checksum_add(sum, tcp)) == 0);
}

// What tells a target that a connection is over: whole, from the sender, its TCP checksum right.
void check_reset(std::span<const std::uint8_t> frame, const packet::Key& before) {
    const packet::Key key = packet::parse(frame);
    require(key.error == packet::ParseError::none && key.has(packet::key_transport));
    require(key.source == before.source && key.destination == before.destination);
    require(key.source_port == before.source_port && key.destination_port == before.destination_port);
    require((key.tcp_flags & 0x07) == 0x04 && key.l4_length() == 20);
    const auto tcp = frame.subspan(key.l4_offset, key.l4_length());
    const std::uint64_t sum =
        net::pseudo_header_sum(key.source, key.destination, key.protocol, key.l4_length());
    require(net::checksum_finish(net::checksum_add(sum, tcp)) == 0);
}

void check(std::span<const std::uint8_t> frame, const dataplane::Outcome& outcome) {
    if (outcome.verdict == model::Verdict::drop) {
        require(outcome.reason != model::DropReason::none);
        if (!outcome.frame.empty()) check_reset(outcome.frame, packet::parse(frame));
        return;
    }
    require(outcome.reason == model::DropReason::none && !outcome.tenant.is_none());
    const packet::Key before = packet::parse(frame);
    if (outcome.verdict == model::Verdict::answer) return check_answer(outcome.frame, before);
    const packet::Key after = packet::parse(outcome.frame);
    require(after.error == packet::ParseError::none);  // the checksum too
    require(after.hop_limit + 1 == before.hop_limit && outcome.frame.size() == frame.size());
    require(after.source == before.source && after.destination == before.destination);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static base::SeededRandom random(7);
    dataplane::Engine engine({64, 64, 16}, random);
    base::Timestamp now{std::chrono::hours(24)};
    require(engine.load(programs(), now).has_value());
    std::uint64_t frames = 0;
    while (size >= 4) {
        const std::size_t length = std::min<std::size_t>(data[0] << 8U | data[1], size - 4);
        now += std::chrono::milliseconds(data[2] << 8U | data[3]);
        const std::span<const std::uint8_t> frame(data + 4, length);
        // Twice: the second one meets what the first one left behind.
        const std::span<const std::uint8_t> both[] = {frame, frame};
        for (const auto& outcome : engine.process(now, both)) check(frame, outcome);
        frames += 2;
        data += 4 + length;
        size -= 4 + length;
    }
    const auto report = engine.report();
    std::uint64_t counted = 0;
    for (const auto& target : report.targets) {
        require(target.in.packets ==
                target.passed.packets + target.dropped.packets + target.answered.packets);
        require(target.stages.back().passed.packets <= target.passed.packets);
        counted += target.in.packets;
    }
    for (const auto& reason : report.unattributed) counted += reason.packets;
    require(counted == frames);
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::uint8_t> all;
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const char* text : {
             "tcp 198.19.0.7:4242 > 203.0.113.9:443 syn seq 7",
             "tcp 198.19.0.7:4242 > 203.0.113.9:443 rst seq 7",
             "tcp 198.19.0.7:4242 > 203.0.113.200:443 psh ack payload 40 vlan 12",
             "udp 198.19.0.7:53 > 203.0.113.9:4000 payload 60",
             "udp 198.19.0.7:9 > 203.0.113.9:40 payload 60",
             "udp 198.19.0.7:4000 > 203.0.113.200:53 payload 24",
             "udp [2001:db8:f::7]:4000 > [2001:db8:3:1::77]:53 payload 24",
             "tcp 198.19.0.7:4242 > 203.0.113.10:443 syn seq 7",
             "udp 198.18.0.7:9 > 203.0.113.9:40 payload 64 more id 9",
             "icmp 198.19.0.7 > 203.0.113.9 type 8 payload 56",
             "tcp [2001:db8:f::7]:4242 > [2001:db8:3::9]:443 syn extension destination",
             "udp [2001:db8:f::7]:9 > [2001:db8:3:1::77]:4000 payload 40 more id 7",
             "icmpv6 2001:db8:f::7 > 2001:db8:3:1::78 type 128 payload 20",
         }) {
        auto frame = packet::parse_packet_text(text).value();
        if (packet::parse(frame).destination_port == 53) {
            constexpr std::uint8_t query[] = {0xbe, 0xef, 1,   0,   0, 1,   0,   0, 0, 0, 0, 0,
                                              3,    'w',  'w', 'w', 2, 'd', 'e', 0, 0, 1, 0, 1};
            std::copy(std::begin(query), std::end(query), frame.end() - sizeof query);
        }
        std::vector<std::uint8_t> one{static_cast<std::uint8_t>(frame.size() >> 8U),
                                      static_cast<std::uint8_t>(frame.size()), 0, 10};
        one.insert(one.end(), frame.begin(), frame.end());
        all.insert(all.end(), one.begin(), one.end());
        seeds.push_back(std::move(one));
    }
    seeds.push_back(std::move(all));
    return seeds;
}
