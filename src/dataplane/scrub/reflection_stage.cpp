#include "dataplane/scrub/reflection_stage.hpp"

namespace sluice::dataplane::scrub {

const std::array<std::uint8_t, 65536> vector_of_port = [] {
    std::array<std::uint8_t, 65536> ports{};
    for (const auto& row : model::attack_vectors()) {
        const auto value = static_cast<std::uint8_t>(static_cast<unsigned>(row.vector) + 1);
        if (row.source_port != 0) ports[row.source_port] = value;
        if (row.other_port != 0) ports[row.other_port] = value;
    }
    return ports;
}();

}  // namespace sluice::dataplane::scrub
