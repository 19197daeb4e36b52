// Asks for the lines of sources and destinations that verification and limits are going to read in the next
// pass.
#pragma once

#include "dataplane/stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane {

// Keeps every packet; notes whose source, and which address of a wide target, has to be found.
struct FetchStage {
    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const Profile& profile = *batch.profiles[i];
        const packet::Key& key = batch.keys[i];
        const std::size_t family = key.has(packet::key_ipv6) ? 1 : 0;
        batch.sources[i] = nullptr;
        const bool verify = profile.verify_tcp != model::TcpVerification::off &&
                            key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp);
        if (profile.meter_source || verify) batch.wanted_sources[family].add(i);
        if (profile.wide) batch.wanted_destinations[family].add(i);
        __builtin_prefetch(&context.state.counts.states[batch.targets[i]->slot], 1);
        return true;
    }
};

// For all that were noted: the hashes, four at a time, and their lines.
void fetch_addresses(const Context& context);

}  // namespace sluice::dataplane
