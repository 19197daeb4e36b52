// Packets must be what their port says, and a source asks no more than its share
// (docs/decisions/protocol-stage.md). Of targets that check nothing, a packet costs one comparison.
#pragma once

#include "dataplane/stage.hpp"

namespace sluice::dataplane::scrub::protocol {

// Keeps every packet; notes those whose source will be asked for. Behind LimitFetchStage.
struct ProtocolFetchStage {
    static constexpr model::Stage stage = model::Stage::protocol;

    static bool keep(const Context& context, std::size_t i) {
        if (context.batch.profiles[i]->checks_protocol) [[unlikely]]
            note(context, i);
        return true;
    }

  private:
    static void note(Context context, std::size_t i);
};

// Asks for the lines of what was noted, when the sources' hashes are there.
void fetch_conducts(const Context& context);

struct ProtocolStage {
    static constexpr model::Stage stage = model::Stage::protocol;

    static bool keep(const Context& context, std::size_t i) {
        if (!context.batch.profiles[i]->checks_protocol) [[likely]]
            return true;
        return judge(context, i);
    }

  private:
    static bool judge(Context context, std::size_t i);  // by value: see run_stages
};

}  // namespace sluice::dataplane::scrub::protocol
