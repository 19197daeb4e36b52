// Traffic that is unlike the target's quiet times: one packet in sixteen is looked at, a filter is made of
// what stands out, and every packet is held against the filters while there are any (target_watch.hpp). Of
// targets that do not ask for it a packet costs one comparison.
#pragma once

#include <string>

#include "dataplane/stage.hpp"

namespace sluice::dataplane::scrub::anomaly {

struct AnomalyStage {
    static constexpr model::Stage stage = model::Stage::anomaly;

    static bool keep(const Context& context, std::size_t i) {
        if (!context.batch.profiles[i]->checks_anomaly) [[likely]]
            return true;
        return judge(context, i);
    }

  private:
    static bool judge(Context context, std::size_t i);  // by value: see run_stages
};

// The filter of such a number (batch.hpp: anomaly_rules) in words: "heavy-source 198.51.100.7", "odd-length
// udp 428", "repeated-payload". Not for the packet path.
[[nodiscard]] std::string name_of_filter(const WatchPool& watches, std::uint32_t rule);

}  // namespace sluice::dataplane::scrub::anomaly
