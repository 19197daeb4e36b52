#include "dataplane/tenant_stage.hpp"

#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

using model::DropReason;

constexpr std::array<DropReason, static_cast<std::size_t>(packet::ParseError::count_)> parse_reasons{
    DropReason::none,           DropReason::truncated,     DropReason::unsupported_link,
    DropReason::bad_ip_version, DropReason::bad_ip_header, DropReason::bad_ip_checksum,
    DropReason::bad_length,
};

}  // namespace

void run_parse_stage(const Program& program, Batch& batch) {
    packet::parse_burst({batch.frames.data(), batch.size}, batch.keys.data());
    batch.live_count = 0;
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        batch.verdicts[i] = model::Verdict::pass;
        batch.reasons[i] = DropReason::none;
        batch.rules[i] = no_rule;
        batch.excused[i] = false;
        batch.targets[i] = nullptr;
        batch.received[i] = batch.frames[i].length;
        const packet::Key& key = batch.keys[i];
        if (key.error != packet::ParseError::none) {
            batch.drop(i, parse_reasons[static_cast<std::size_t>(key.error)]);
            continue;
        }
        program.table.prefetch(key.destination);
        batch.live[batch.live_count++] = static_cast<std::uint8_t>(i);
    }
}

void run_tenant_stage(const Program& program, Batch& batch) {
    batch.filter_live([&](std::size_t i) {
        const packet::Key& key = batch.keys[i];
        const Target* target = program.table.find(key.destination);
        batch.targets[i] = target;
        if (target == nullptr) {
            batch.drop(i, DropReason::unknown_destination);
            return false;
        }
        if (key.hop_limit <= 1) {
            batch.drop(i, DropReason::ttl_expired);
            return false;
        }
        return true;
    });
}

}  // namespace sluice::dataplane
