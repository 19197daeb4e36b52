// Whose packet is it? A destination of nobody goes no further, nor does a packet that has no hop left.
#pragma once

#include "dataplane/stage.hpp"

namespace sluice::dataplane {

struct TenantStage {
    [[gnu::always_inline]] static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const packet::Key& key = batch.keys[i];
        const Target* target =
            context.program.table.find(key.destination, key.has(packet::key_ipv6), batch.probes[i]);
        batch.targets[i] = target;
        if (target == nullptr) return context.drop(i, model::DropReason::unknown_destination);
        batch.profiles[i] = &context.program.profiles[target->profile];
        if (is_filtered(*batch.profiles[i], key.protocol))
            __builtin_prefetch(&context.program.filters.list(target->filters, key.protocol));
        if (key.hop_limit <= 1) return context.drop(i, model::DropReason::ttl_expired);
        return true;
    }
};

}  // namespace sluice::dataplane
