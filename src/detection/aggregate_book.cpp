#include "detection/aggregate_book.hpp"

#include <map>
#include <utility>

#include "detection/judge.hpp"

namespace sluice::detection {
namespace {

template <class Key, class KeyOf, class Item>
std::vector<Aggregate> carried_over(std::vector<Aggregate> old, const std::vector<Item>& old_items,
                                    const std::vector<Item>& new_items, KeyOf key_of) {
    std::map<Key, std::size_t> at;
    for (std::size_t i = 0; i < old_items.size(); ++i) at[key_of(old_items[i])] = i;
    std::vector<Aggregate> kept(new_items.size() * 2);
    for (std::size_t i = 0; i < new_items.size(); ++i) {
        const auto found = at.find(key_of(new_items[i]));
        if (found == at.end()) continue;
        for (std::size_t direction : {0U, 1U}) {
            kept[i * 2 + direction] = std::move(old[found->second * 2 + direction]);
            kept[i * 2 + direction].long_rates = {};
        }
    }
    return kept;
}

}  // namespace

void AggregateBook::set_policy(std::shared_ptr<const CompiledPolicy> policy) {
    const auto old = policy_ != nullptr ? policy_ : CompiledPolicy::compile({}, 0);
    targets_ = carried_over<std::pair<model::TenantId, net::Prefix>>(
        std::move(targets_), old->targets(), policy->targets(), [&](const Target& target) {
            const bool is_old =
                &target >= old->targets().data() && &target < old->targets().data() + old->targets().size();
            return std::pair((is_old ? old : policy)->tenants()[target.tenant].id, target.prefix);
        });
    tenants_ = carried_over<model::TenantId>(std::move(tenants_), old->tenants(), policy->tenants(),
                                             [](const TenantEntry& tenant) { return tenant.id; });
    policy_ = std::move(policy);
    active_.assign(targets_.size(), 1);
}

Aggregate& AggregateBook::of(const Subject& subject) {
    const auto direction = static_cast<std::uint32_t>(subject.direction);
    return subject.scope == model::CountScope::tenant ? tenant(subject.index, direction)
                                                      : target(subject.index, direction);
}

const RuleSet& AggregateBook::rules_of(const Subject& subject) const {
    const auto direction = static_cast<std::size_t>(subject.direction);
    if (subject.scope == model::CountScope::tenant) {
        return policy_->rules(policy_->tenants()[subject.index].rules[direction]);
    }
    return policy_->rules(policy_->targets()[subject.index].prefix_rules[direction]);
}

void AggregateBook::finish(Aggregate& aggregate, const RuleSet& rules, const TickTime& tick,
                           const RateFilter& filter) {
    if (aggregate.counts.mask == 0) {
        if (aggregate.meter.rates().mask != 0) aggregate.meter.advance(tick, filter);
    } else {
        const PacketsBytes total = aggregate.counts.total();
        aggregate.reported_packets += static_cast<double>(total.packets);
        aggregate.reported_bytes += static_cast<double>(total.bytes);
        aggregate.meter.add(aggregate.counts, tick, filter, notable_rate(rules));
        aggregate.counts.clear();
    }
    if (!aggregate.long_rates.empty()) {
        Rates rates;
        aggregate.long_rates.add_to(rates);
        const Rate sum = rates.sum();
        const double seconds = RateFilter::seconds(tick.length);
        aggregate.reported_packets += sum.packets * seconds;
        aggregate.reported_bytes += sum.bytes * seconds;
    }
}

void AggregateBook::finish_tick(const TickTime& tick, const RateFilter& filter) {
    const auto& targets = policy_->targets();
    // Narrow targets come last, so that going backwards every target is complete before it is added.
    for (std::uint32_t i = static_cast<std::uint32_t>(targets.size()); i-- > 0;) {
        for (std::uint32_t direction : {0U, 1U}) {
            if (active_[std::size_t{i} * 2 + direction] == 0) continue;
            Aggregate& aggregate = target(i, direction);
            if (aggregate.counts.mask == 0) continue;
            const Target& own = targets[i];
            if (own.parent == Target::none)
                tenant(own.tenant, direction).counts.add(aggregate.counts);
            else
                count(own.parent, direction, aggregate.counts);
        }
    }
    for_each_active([&](const Subject& subject, Aggregate& aggregate) {
        finish(aggregate, rules_of(subject), tick, filter);
    });
}

void AggregateBook::explain(std::uint32_t target, std::uint32_t direction, const Rates& rates, bool itself) {
    any_explained_ = true;
    bool skip = !itself;
    upwards(target, direction, [&](Aggregate& aggregate) {
        if (!std::exchange(skip, false)) aggregate.explained.add(rates);
    });
}

void AggregateBook::clear_explained() {
    if (!std::exchange(any_explained_, false)) return;
    for_each_active([](const Subject&, Aggregate& aggregate) { aggregate.explained = {}; });
}

void AggregateBook::change_long(std::uint32_t target, unsigned direction, unsigned traffic_class,
                                std::int64_t milli_packets, std::int64_t milli_bytes, int flows) {
    for (std::uint32_t i = target; i != Target::none; i = policy_->targets()[i].parent) {
        wake(std::size_t{i} * 2 + direction);
    }
    upwards(target, direction, [&](Aggregate& aggregate) {
        aggregate.long_rates.change(traffic_class, milli_packets, milli_bytes, flows);
    });
}

}  // namespace sluice::detection
