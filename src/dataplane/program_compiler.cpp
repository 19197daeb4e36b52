#include "dataplane/program_compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "dataplane/filter_check.hpp"
#include "dataplane/profile_compiler.hpp"

namespace sluice::dataplane {
namespace {

using base::ErrorCode;
using base::fail;

// Two networks that look alike on the wire would mix two customers.
base::Status check_tags(const std::vector<attach::IngressTable::Item>& tags) {
    std::vector<std::uint64_t> words;
    for (const auto& item : tags) words.push_back(item.tag.word());
    std::sort(words.begin(), words.end());
    if (std::adjacent_find(words.begin(), words.end()) == words.end()) return {};
    return fail(ErrorCode::conflict, "two attachments have the same port and tags", "attachments",
                "each network needs a tag, a tunnel or a port of its own");
}

// What the tenant's filters and rules ask for and the tables do not have.
void find_gaps(const model::TenantProgram& program, Program& out) {
    bool countries = false;
    bool reputations = false;
    const auto find = [&](const model::AttributeMatch& match) {
        if (match.any()) out.attribute_gaps.add(match, out.attributes, countries, reputations);
    };
    for (const auto& filter : program.filters) find(filter.source_is);
    if (!program.firewall.enabled) return;
    for (const auto& rule : program.firewall.rules) {
        std::ranges::for_each(rule.source_is, find);
        std::ranges::for_each(rule.destination_is, find);
    }
}

// Of the tables those that the rules ask.
attributes::Tables asked_by(const model::FirewallProgram& program, const attributes::Tables& tables) {
    attributes::Tables out;
    const auto ask = [&](const model::AttributeMatch& match) {
        if (!match.countries.empty()) out.countries = tables.countries;
        if (!match.reputations.empty()) out.reputations = tables.reputations;
    };
    for (const auto& rule : program.rules) {
        std::ranges::for_each(rule.source_is, ask);
        std::ranges::for_each(rule.destination_is, ask);
    }
    return out;
}

// The number of the tenant's lists.
base::Result<std::uint16_t> compile_filters(const model::TenantProgram& program, TimePair now, Program& out) {
    const auto first_rule = static_cast<std::uint32_t>(out.rules.size());
    for (const model::PacketFilter& filter : program.filters) out.rules.push_back(filter.name);
    return out.filters.add(program, now, out.attributes, first_rule);
}

}  // namespace

base::Status validate(const model::TenantProgram& program, const CompilerLimits& limits) {
    if (program.tenant.is_none()) {
        return fail(ErrorCode::invalid_argument, "a program without a tenant", "program");
    }
    if (program.filters.size() > limits.filters_a_tenant) {
        return fail(ErrorCode::exhausted, fmt::format("{} filters", program.filters.size()),
                    program.tenant.to_string(), fmt::format("a tenant may have {}", limits.filters_a_tenant));
    }
    for (const auto& target : program.targets) {
        if (auto status = check_target(program, target); !status) return status;
    }
    for (const auto& filter : program.filters) {
        if (auto status = check_filter(program, filter); !status) return status;
    }
    return {};
}

// What a compilation makes; taken over only when all of it has succeeded.
struct ProgramCompiler::Draft {
    std::unique_ptr<Program> program = std::make_unique<Program>();
    std::vector<TargetTable::Item> items;
    std::map<Profile, std::uint16_t> profiles;
    std::map<Owner, Given> given;
    std::vector<std::uint32_t> free;
    std::uint32_t never_used = 0;
    std::uint32_t next_serial = 1;
    std::map<model::TenantId, Firewall> firewalls;
    std::vector<attach::IngressTable::Item> tags;
    std::deque<flow::TenantIndex> free_indexes;
    flow::TenantIndex never_used_index = 0;
    std::uint32_t generation = 0;  // of firewalls
};

ProgramCompiler::ProgramCompiler(CompilerLimits limits, base::Random& random, Topology topology)
    : limits_(limits),
      random_(random),
      topology_(std::move(topology)),
      neighbours_(base::SipKey::from(random)),
      users_(std::make_unique<firewall::UserBindings>(random)) {}

base::Result<ProgramCompiler::Given> ProgramCompiler::slot_for(const Owner& owner, Draft& draft) const {
    if (const auto old = given_.find(owner); old != given_.end()) {
        return draft.given.emplace(owner, old->second).first->second;
    }
    if (const auto here = draft.given.find(owner); here != draft.given.end()) return here->second;
    Given given;
    given.serial = draft.next_serial++;
    given.since = sequence_ + 1;
    if (!draft.free.empty()) {
        given.slot = draft.free.back();
        draft.free.pop_back();
    } else if (draft.never_used < limits_.slots) {
        given.slot = draft.never_used++;
    } else {
        return fail(ErrorCode::exhausted, fmt::format("more than {} targets and tenants", limits_.slots),
                    std::get<0>(owner).to_string(), "raise max_targets, or spread the tenants over gateways");
    }
    draft.program->fresh_slots.push_back(given.slot);
    draft.given.emplace(owner, given);
    return given;
}

base::Result<FirewallOwner> ProgramCompiler::firewall_owner(const model::TenantProgram& program,
                                                            Draft& draft) const {
    const auto given = slot_for({program.tenant, model::MitigationId{}, net::Prefix{}}, draft);
    if (!given) return std::unexpected(given.error());
    FirewallOwner owner;
    draft.generation += generation_step;
    owner.generation = draft.generation;
    owner.workers = limits_.workers;
    owner.neighbours = neighbours_;
    if (std::ranges::any_of(program.firewall.rules, [](const auto& rule) { return !rule.users.empty(); }))
        owner.users = users_->of(program.tenant);
    owner.attributes = asked_by(program.firewall, attributes_);
    owner.outbound = {given->slot, given->serial, 0, 0, 0};
    if (const auto earlier = firewalls_.find(program.tenant); earlier != firewalls_.end()) {
        owner.index = earlier->second.compiled->index;
        owner.first_generation = earlier->second.compiled->first_generation;
        return owner;
    }
    owner.first_generation = owner.generation;
    if (draft.never_used_index < limits_.tenants) {
        owner.index = draft.never_used_index++;
    } else if (!draft.free_indexes.empty()) {
        owner.index = draft.free_indexes.front();
        draft.free_indexes.pop_front();
    } else {
        return fail(ErrorCode::exhausted,
                    fmt::format("more than {} tenants with a firewall", limits_.tenants),
                    program.tenant.to_string(), "raise max_firewalls, or spread the tenants over gateways");
    }
    return owner;
}

base::Result<std::uint16_t> ProgramCompiler::add_firewall(const model::TenantProgram& program,
                                                          Draft& draft) const {
    if (!program.firewall.enabled) return std::uint16_t{0};
    const auto earlier = firewalls_.find(program.tenant);
    Firewall made;
    const auto same_tables = [&](const TenantFirewall& firewall) {
        return (!firewall.rules.asks_source() && !firewall.rules.asks_destination()) ||
               firewall.attributes.same_as(asked_by(program.firewall, attributes_));
    };
    if (earlier != firewalls_.end() && earlier->second.source == program.firewall &&
        same_tables(*earlier->second.compiled)) {
        const auto slot = slot_for({program.tenant, model::MitigationId{}, net::Prefix{}}, draft);
        if (!slot) return std::unexpected(slot.error());
        made = earlier->second;
    } else {
        const auto owner = firewall_owner(program, draft);
        if (!owner) return std::unexpected(owner.error());
        made.source = program.firewall;
        auto compiled =
            compile_firewall(program.tenant, program.firewall, topology_, *owner, ports_, made.tags);
        if (!compiled) return std::unexpected(compiled.error());
        if (earlier != firewalls_.end()) take_over(*earlier->second.compiled, **compiled);
        made.compiled = std::move(*compiled);
    }
    std::vector<std::shared_ptr<const TenantFirewall>>& all = draft.program->firewalls;
    const std::size_t number = all.size();
    if (number > std::numeric_limits<std::uint16_t>::max()) {
        return fail(ErrorCode::exhausted, "more than 65,534 tenants with a firewall",
                    program.tenant.to_string(), "spread the tenants over gateways");
    }
    all.push_back(made.compiled);
    draft.program->paths.add(*made.compiled, checks_payloads(program));
    for (const auto& [tag, ingress] : made.tags) {
        const TenantPaths& paths = draft.program->paths;
        draft.tags.push_back({tag,
                              {.way = paths.number_of(paths.way(paths[number], ingress.network)),
                               .firewall = static_cast<std::uint16_t>(number),
                               .network = ingress.network}});
    }
    draft.firewalls.emplace(program.tenant, std::move(made));
    return static_cast<std::uint16_t>(number);
}

base::Status ProgramCompiler::add(const model::TenantProgram& program, TimePair now, Draft& draft) const {
    Program& out = *draft.program;
    find_gaps(program, out);
    const auto filters = compile_filters(program, now, out);
    if (!filters) return std::unexpected(filters.error());
    const auto firewall = add_firewall(program, draft);
    if (!firewall) return std::unexpected(firewall.error());
    const std::uint8_t filtered = out.filters.classes(*filters);
    const auto place = [&](const net::Prefix& prefix, model::MitigationId mitigation,
                           const net::Prefix& owner_prefix, Profile profile) -> base::Status {
        profile.filtered_protocols = filtered;
        const auto given = slot_for({program.tenant, mitigation, owner_prefix}, draft);
        if (!given) return std::unexpected(given.error());
        const auto index = draft.profiles.emplace(profile, static_cast<std::uint16_t>(draft.profiles.size()));
        if (index.second) {
            if (draft.profiles.size() > std::numeric_limits<std::uint16_t>::max()) {
                return fail(ErrorCode::exhausted, "more than 65,535 different scrubbing profiles",
                            program.tenant.to_string());
            }
            out.profiles.push_back(profile);
        }
        draft.items.push_back(
            {prefix, {given->slot, given->serial, *filters, index.first->second, *firewall}});
        return {};
    };
    for (const auto& target : program.targets) {
        const Profile profile = compile_profile(target, program.firewall.enabled, limits_.workers);
        if (auto status = place(target.prefix, target.mitigation, target.prefix, profile); !status)
            return status;
    }
    for (const auto& prefix : program.prefixes) {
        const bool diverted =
            std::any_of(program.targets.begin(), program.targets.end(),
                        [&](const model::ScrubTarget& target) { return target.prefix == prefix; });
        if (diverted) continue;
        const auto status = place(prefix, model::MitigationId{}, program.prefixes.front(), Profile{});
        if (!status) return status;
    }
    return {};
}

base::Result<ProgramCompiler::Draft> ProgramCompiler::draft(std::span<const model::TenantProgram> programs,
                                                            TimePair now) const {
    Draft draft;
    draft.free = free_;
    draft.never_used = never_used_;
    draft.next_serial = next_serial_;
    draft.free_indexes = free_indexes_;
    draft.never_used_index = never_used_index_;
    draft.generation = firewall_generation_;
    // 0: what has no target is treated so: what tenants with a firewall send themselves.
    draft.profiles.emplace(Profile{}, std::uint16_t{0});
    draft.program->profiles.push_back({});
    draft.program->firewalls.push_back(nullptr);
    draft.program->made = now;
    draft.program->attributes = attributes_;
    for (const auto& program : programs) {
        if (auto status = validate(program, limits_); !status) return std::unexpected(status.error());
        if (auto status = add(program, now, draft); !status) return std::unexpected(status.error());
        draft.program->generation = std::max(draft.program->generation, program.generation);
    }
    draft.program->paths.finish();
    auto table = TargetTable::build(draft.items, random_);
    if (!table) {
        table.error().hint = "a prefix belongs to one tenant and to one mitigation";
        return std::unexpected(table.error());
    }
    draft.program->table = std::move(*table);
    if (auto status = check_tags(draft.tags); !status) return std::unexpected(status.error());
    draft.program->networks = attach::IngressTable::build(draft.tags);
    for (const auto& [owner, given] : draft.given) {
        draft.program->owners.push_back({given.slot, given.serial, std::get<0>(owner), given.since,
                                         std::get<1>(owner), std::get<2>(owner),
                                         std::get<2>(owner) == net::Prefix{}});
    }
    std::sort(draft.program->owners.begin(), draft.program->owners.end(),
              [](const SlotOwner& a, const SlotOwner& b) { return a.slot < b.slot; });
    return draft;
}

base::Status ProgramCompiler::check(std::span<const model::TenantProgram> programs) const {
    const auto made = draft(programs, {});
    if (!made) return std::unexpected(made.error());
    return {};
}

base::Result<std::unique_ptr<Program>> ProgramCompiler::compile(
    std::span<const model::TenantProgram> programs, TimePair now) {
    auto made = draft(programs, now);
    if (!made) return std::unexpected(made.error());
    Draft& done = *made;
    // Slots of owners that are gone may be given out by the next compilation: until then the workers may
    // still run the program that uses them.
    for (const auto& [owner, given] : given_) {
        if (!done.given.contains(owner)) done.free.push_back(given.slot);
    }
    for (const auto& [tenant, firewall] : firewalls_) {
        if (!done.firewalls.contains(tenant)) done.free_indexes.push_back(firewall.compiled->index);
    }
    firewalls_ = std::move(done.firewalls);
    free_indexes_ = std::move(done.free_indexes);
    never_used_index_ = done.never_used_index;
    firewall_generation_ = done.generation;
    given_ = std::move(done.given);
    free_ = std::move(done.free);
    never_used_ = done.never_used;
    next_serial_ = done.next_serial;
    done.program->sequence = ++sequence_;
    return std::move(done.program);
}

}  // namespace sluice::dataplane
