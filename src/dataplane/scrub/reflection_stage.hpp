// Answers that nobody asked for: UDP from the ports of services that attackers make answer to their victim,
// and, where the target asks for it, fragments (of a reflector's large answer only the first piece has
// ports). Needs no state.
#pragma once

#include <array>

#include "dataplane/stage.hpp"
#include "model/attack_vector.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {

// Source port → the AttackVector + 1 that reflects from it; 0: none. 64 KiB, of which traffic touches a few
// lines.
extern const std::array<std::uint8_t, 65536> vector_of_port;

struct ReflectionStage {
    static constexpr model::Stage stage = model::Stage::reflection;

    static bool keep(const Context& context, std::size_t i) {
        const Profile& profile = *context.batch.profiles[i];
        const packet::Key& key = context.batch.keys[i];
        if (profile.drop_fragments && key.has(packet::key_fragment)) {
            return context.drop(i, model::DropReason::reflection_template,
                                rule_of(model::AttackVector::fragment));
        }
        if (profile.reflection == 0 || key.protocol != static_cast<std::uint8_t>(net::IpProtocol::udp) ||
            !key.has(packet::key_transport)) {
            return true;
        }
        const unsigned vector = vector_of_port[key.source_port];
        if (vector == 0 || (profile.reflection >> (vector - 1) & 1U) == 0) return true;
        return context.drop(i, model::DropReason::reflection_template,
                            rule_of(static_cast<model::AttackVector>(vector - 1)));
    }

  private:
    static constexpr std::uint32_t rule_of(model::AttackVector vector) {
        return template_rules + static_cast<std::uint32_t>(vector);
    }
};

}  // namespace sluice::dataplane::scrub
