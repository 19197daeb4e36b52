// What NAT costs a packet of a known flow (rewrite) and the first packet of a flow (rules, a port of a pool).
//
// usage: nat_bench [--benchmark_format=json]
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "dataplane/nat/nat_program.hpp"
#include "dataplane/nat/port_mapper.hpp"
#include "dataplane/nat/rewrite.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::nat {
namespace {

// A burst of packets, whose addresses and ports go back and forth between two values.
struct Burst {
    std::vector<std::vector<std::uint8_t>> bytes;
    std::vector<packet::Frame> frames;
    std::vector<packet::Key> keys;

    explicit Burst(std::string_view text) {
        for (int i = 0; i < 32; ++i) bytes.push_back(packet::parse_packet_text(text).value());
        for (auto& one : bytes) {
            const auto length = static_cast<std::uint32_t>(one.size());
            frames.push_back({one.data(), length, length, nullptr});
            keys.push_back(packet::parse(one));
        }
    }
};

void rewrite_burst(benchmark::State& state, const char* text, const char* source) {
    Burst burst(text);
    Translation translation;
    translation.parts = Translation::source_address | Translation::source_port;
    translation.new_source = net::Address::parse(source).value();
    for (auto _ : state) {
        ++translation.new_source_port;
        for (std::size_t i = 0; i < burst.frames.size(); ++i) {
            benchmark::DoNotOptimize(rewrite(burst.keys[i], burst.frames[i], translation));
        }
    }
    state.SetItemsProcessed(state.iterations() * 32);
}
BENCHMARK_CAPTURE(rewrite_burst, tcp4, "tcp 10.0.0.1:4242 > 203.0.113.9:443 ack payload 20", "192.0.2.1");
BENCHMARK_CAPTURE(rewrite_burst, udp4, "udp 10.0.0.1:4242 > 203.0.113.9:443 payload 20", "192.0.2.1");
BENCHMARK_CAPTURE(rewrite_burst, tcp6, "tcp [fd00::1]:4242 > [2001:db8::9]:443 ack payload 20",
                  "2001:db8::1");

model::FirewallProgram program_of(std::size_t forwards) {
    model::FirewallProgram program;
    program.zones = {"internet", "inside"};
    for (std::size_t i = 0; i < forwards; ++i) {
        model::NatRule rule{.name = "forward " + std::to_string(i), .kind = model::NatKind::destination};
        rule.match = {net::Prefix::parse("192.0.2.1").value()};
        rule.service.protocol = 6;
        rule.service.destination_port = {static_cast<std::uint16_t>(i + 1),
                                         static_cast<std::uint16_t>(i + 1)};
        rule.translated = {net::Prefix::parse("10.0.0.5").value()};
        program.nat.push_back(rule);
    }
    model::NatRule out{.name = "out", .kind = model::NatKind::source};
    out.to = {model::internet_zone};
    out.translated = {net::Prefix::parse("192.0.2.0/28").value()};
    program.nat.push_back(out);
    return program;
}

void find_rule(benchmark::State& state) {
    PortRegister ports{PortRules{}};
    const auto forwards = static_cast<std::size_t>(state.range(0));
    const NatProgram nat = NatProgram::compile(model::TenantId{1}, program_of(forwards), ports).value();
    firewall::Question question;
    question.source = net::Address::parse("10.0.0.1").value();
    question.destination = net::Address::parse("192.0.2.1").value();
    question.protocol = 6;
    question.destination_port = static_cast<std::uint16_t>(forwards);
    for (auto _ : state) {
        benchmark::DoNotOptimize(nat.find_destination(question));
        benchmark::DoNotOptimize(nat.find_source(question.source, 1, 0, false));
    }
}
BENCHMARK(find_rule)->Arg(1)->Arg(10)->Arg(100)->Arg(999);

// A port taken and another given back, of 20,000 inside addresses.
void take_port(benchmark::State& state) {
    PortRegister ports{PortRules{}};
    const NatProgram nat = NatProgram::compile(model::TenantId{1}, program_of(0), ports).value();
    const SourcePool& pool = *nat.find_source(net::Address::v4(0x0a000001), 1, 0, false).pool;
    BindingQueue events(1U << 20U);
    PortMapper mapper(0, {}, {1, 2}, events);
    std::vector<PortMapping> flows;
    constexpr std::uint32_t hosts = 10'000;
    std::uint32_t turn = 0;
    std::uint64_t now = 1'000'000'000'000;
    for (auto _ : state) {
        const auto mapping =
            mapper.take(pool, model::TenantId{1}, net::Address::v4(0x0a000000U + turn * 7919U % hosts), now);
        ++turn;
        if (mapping && flows.size() < 100'000) {
            flows.push_back(*mapping);
        } else if (mapping) {
            PortMapping& other = flows[turn * 104'729ULL % flows.size()];
            mapper.give_back(other.block, other.port, now);
            other = *mapping;
        }
    }
    state.counters["blocks"] = static_cast<double>(mapper.blocks_in_use());
    state.counters["refused"] = static_cast<double>(mapper.counts().pool_exhausted.value());
}
BENCHMARK(take_port);

}  // namespace
}  // namespace sluice::dataplane::nat

BENCHMARK_MAIN();
