// Bytes from a peer → message → model. What the conversion accepts must survive a second trip unchanged.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "rpc/channel.hpp"
#include "rpc/convert_collector.hpp"
#include "rpc/convert_gateway.hpp"
#include "rpc/convert_users.hpp"
#include "rpc/sample_messages.hpp"

namespace {
using namespace sluice;

template <class Message, class Convert, class Back>
void round_trip(const Message& message, Convert convert, Back back) {
    const auto first = convert(message);
    if (!first) {
        if (first.error().where.empty() || first.error().what.empty()) std::abort();  // names no field
        return;
    }
    Message again;
    back(*first, again);
    const auto second = convert(again);
    if (!second) std::abort();
    Message third;
    back(*second, third);
    if (third.SerializeAsString() != again.SerializeAsString()) std::abort();
}

const auto to_itself = [](const auto& value, auto& out) { rpc::to_message(value, out); };

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rpc::silence_protobuf();
    if (size == 0) return 0;
    const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
        case 0: {
            link::v1::CollectorUp up;
            if (!up.ParseFromString(bytes)) return 0;
            round_trip(
                up.finding(), [](const auto& m) { return rpc::to_model(m); }, to_itself);
            round_trip(
                up.report(), [](const auto& m) { return rpc::to_model(m, "collector-1"); }, to_itself);
            break;
        }
        case 1: {
            link::v1::GatewayUp up;
            if (!up.ParseFromString(bytes)) return 0;
            round_trip(
                up.report(), [](const auto& m) { return rpc::to_model(m, "guard-1"); }, to_itself);
            break;
        }
        case 2: {
            link::v1::CollectorDown down;
            if (!down.ParseFromString(bytes)) return 0;
            round_trip(
                down.policies(), [](const auto& m) { return rpc::to_model(m); },
                [](const auto& value, auto& out) { rpc::to_message(value.policies, value.version, out); });
            break;
        }
        default: {
            link::v1::GatewayDown down;
            if (!down.ParseFromString(bytes)) return 0;
            (void)rpc::to_model(down.programs());
            round_trip(
                down.bindings(), [](const auto& m) { return rpc::to_model(m); }, to_itself);
            for (const auto& program : down.programs().programs()) {
                round_trip(
                    program, [](const auto& m) { return rpc::to_model(m); }, to_itself);
            }
        }
    }
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::vector<std::uint8_t>> seeds;
    const auto add = [&](std::uint8_t kind, const google::protobuf::Message& message) {
        const std::string bytes = message.SerializeAsString();
        auto& seed = seeds.emplace_back(1, kind);
        seed.insert(seed.end(), bytes.begin(), bytes.end());
    };
    link::v1::CollectorUp finding;
    rpc::to_message(rpc::sample_finding(), *finding.mutable_finding());
    add(0, finding);
    link::v1::CollectorUp report;
    rpc::to_message(rpc::sample_collector_report(), *report.mutable_report());
    add(0, report);
    link::v1::GatewayUp gateway;
    rpc::to_message(rpc::sample_gateway_report(), *gateway.mutable_report());
    add(1, gateway);
    link::v1::CollectorDown policies;
    rpc::to_message({rpc::sample_policy()}, 1, *policies.mutable_policies());
    add(2, policies);
    link::v1::GatewayDown programs;
    rpc::to_message(rpc::sample_program(), *programs.mutable_programs()->add_programs());
    add(3, programs);
    link::v1::GatewayDown bindings;
    rpc::to_message(model::UserBindingUpdate{.generation = 2, .bindings = {rpc::sample_binding()}},
                    *bindings.mutable_bindings());
    add(3, bindings);
    return seeds;
}
