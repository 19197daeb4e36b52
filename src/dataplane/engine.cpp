#include "dataplane/engine.hpp"

#include <array>

#include "net/prefix_map.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {

// Parses and finds the tenant; the stages follow.
struct Engine::Impl {
    Config config;
    net::PrefixMap<Outcome> targets;
    std::vector<Outcome> outcomes;
    std::vector<std::vector<std::uint8_t>> frames;
    base::Timestamp now{};
};

namespace {
constexpr std::array<model::DropReason, static_cast<std::size_t>(packet::ParseError::count_)> parse_reasons{
    model::DropReason::none,           model::DropReason::truncated,     model::DropReason::unsupported_link,
    model::DropReason::bad_ip_version, model::DropReason::bad_ip_header, model::DropReason::bad_ip_checksum,
    model::DropReason::bad_length,
};
}  // namespace

Engine::Engine(Config config, base::Random&) : impl_(std::make_unique<Impl>()) {
    impl_->config = config;
}
Engine::~Engine() = default;

base::Status Engine::load(std::span<const model::TenantProgram> programs, base::Timestamp now) {
    impl_->targets.clear();
    impl_->now = now;
    for (const auto& program : programs) {
        for (const auto& prefix : program.prefixes) {
            Outcome outcome;
            outcome.tenant = program.tenant;
            outcome.target = prefix;
            impl_->targets.insert(prefix, outcome);
        }
        for (const auto& target : program.targets) {
            Outcome outcome;
            outcome.tenant = program.tenant;
            outcome.mitigation = target.mitigation;
            outcome.target = target.prefix;
            impl_->targets.insert(target.prefix, outcome);
        }
    }
    return {};
}

std::span<const Outcome> Engine::process(base::Timestamp,
                                         std::span<const std::span<const std::uint8_t>> frames) {
    impl_->outcomes.clear();
    impl_->frames.assign(frames.size(), {});
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const packet::Key key = packet::parse(frames[i]);
        Outcome outcome;
        outcome.verdict = model::Verdict::drop;
        outcome.reason = parse_reasons[static_cast<std::size_t>(key.error)];
        if (key.error == packet::ParseError::none) {
            const Outcome* found = impl_->targets.find(key.destination);
            if (found == nullptr) {
                outcome.reason = model::DropReason::unknown_destination;
            } else {
                outcome = *found;
                impl_->frames[i].assign(frames[i].begin(), frames[i].end());
                outcome.frame = impl_->frames[i];
            }
        }
        impl_->outcomes.push_back(outcome);
    }
    return impl_->outcomes;
}

model::GatewayReport Engine::report() const {
    return {};
}

}  // namespace sluice::dataplane
