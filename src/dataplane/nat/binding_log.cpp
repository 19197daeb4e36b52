#include "dataplane/nat/binding_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/time_text.hpp"

namespace sluice::dataplane::nat {
namespace {

constexpr std::array<std::string_view, 4> kinds{"block-taken", "block-released", "static-added",
                                                "static-removed"};

// A host as its address, anything wider as a prefix.
std::string text(const net::Prefix& prefix) {
    return prefix.is_host() ? prefix.address().to_string() : prefix.to_string();
}

bool contains(std::span<const model::NatBinding> list, const model::NatBinding& wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

std::string_view to_string(model::NatBindingKind kind) {
    return kinds[static_cast<std::size_t>(kind)];
}

std::string to_json(const model::NatBinding& binding) {
    std::string line = fmt::format(R"({{"time":"{}","event":"{}","tenant":"{}","inside":"{}","outside":"{}")",
                                   base::to_rfc3339(binding.at), to_string(binding.kind),
                                   binding.tenant.to_string(), text(binding.inside), text(binding.outside));
    if (binding.protocol != 0) line += fmt::format(R"(,"protocol":{})", binding.protocol);
    line += fmt::format(R"(,"first_port":{},"last_port":{})", binding.first_port, binding.last_port);
    if (binding.inside_port != 0) line += fmt::format(R"(,"inside_port":{})", binding.inside_port);
    return line + '}';
}

model::NatBinding binding_of(const BlockEvent& event, const TimePair& now) {
    const std::uint64_t age = now.worker_ns > event.at_ns ? now.worker_ns - event.at_ns : 0;
    return {.at = now.wall - base::Duration{static_cast<std::int64_t>(age)},
            .tenant = event.tenant,
            .kind = event.kind,
            .inside = net::Prefix::host(event.inside),
            .outside = net::Prefix::host(event.outside),
            .first_port = event.first_port,
            .last_port = event.last_port};
}

void drain(BindingQueue& queue, const TimePair& now, std::size_t limit, std::vector<model::NatBinding>& out) {
    for (; limit > 0; --limit) {
        const auto event = queue.pop();
        if (!event) return;
        out.push_back(binding_of(*event, now));
    }
}

void static_changes(std::span<const model::NatBinding> before, std::span<const model::NatBinding> after,
                    base::Timestamp at, std::vector<model::NatBinding>& out) {
    const auto tell = [&](const model::NatBinding& binding, model::NatBindingKind kind) {
        out.push_back(binding);
        out.back().kind = kind;
        out.back().at = at;
    };
    for (const auto& binding : before) {
        if (!contains(after, binding)) tell(binding, model::NatBindingKind::static_removed);
    }
    for (const auto& binding : after) {
        if (!contains(before, binding)) tell(binding, model::NatBindingKind::static_added);
    }
}

}  // namespace sluice::dataplane::nat
