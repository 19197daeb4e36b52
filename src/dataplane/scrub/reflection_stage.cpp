#include "dataplane/scrub/reflection_stage.hpp"

#include "model/attack_vector.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {
namespace {

using model::AttackVector;

// Source port → the AttackVector + 1 that reflects from it; 0: none. 64 KiB, of which traffic touches a few
// lines.
const std::array<std::uint8_t, 65536>& vector_of_port() {
    static const std::array<std::uint8_t, 65536> table = [] {
        std::array<std::uint8_t, 65536> ports{};
        for (const auto& row : model::attack_vectors()) {
            const auto value = static_cast<std::uint8_t>(static_cast<unsigned>(row.vector) + 1);
            if (row.source_port != 0) ports[row.source_port] = value;
            if (row.other_port != 0) ports[row.other_port] = value;
        }
        return ports;
    }();
    return table;
}

constexpr std::uint32_t rule_of(AttackVector vector) {
    return template_rules + static_cast<std::uint32_t>(vector);
}

}  // namespace

void run_reflection_stage(const Program& program, Batch& batch) {
    const auto& ports = vector_of_port();
    batch.filter_live([&](std::size_t i) {
        const Profile& profile = program.profiles[batch.targets[i]->profile];
        const packet::Key& key = batch.keys[i];
        if (profile.drop_fragments && key.has(packet::key_fragment)) {
            batch.drop(i, model::DropReason::reflection_template, rule_of(AttackVector::fragment));
            return false;
        }
        if (profile.reflection == 0 || key.protocol != static_cast<std::uint8_t>(net::IpProtocol::udp) ||
            !key.has(packet::key_transport)) {
            return true;
        }
        const unsigned vector = ports[key.source_port];
        if (vector == 0 || (profile.reflection >> (vector - 1) & 1U) == 0) return true;
        batch.drop(i, model::DropReason::reflection_template, rule_of(static_cast<AttackVector>(vector - 1)));
        return false;
    });
}

}  // namespace sluice::dataplane::scrub
