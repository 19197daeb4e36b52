#include "dataplane/flow/flow_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/protocol.hpp"

namespace sluice::dataplane::flow {
namespace {

// Entries of the index a flow: two for those that are translated, and room to place them.
constexpr std::size_t index_entries(std::uint32_t flows) {
    return static_cast<std::size_t>(flows) * 11 / 4;
}
constexpr std::uint32_t or_part(std::uint32_t wanted, std::uint32_t flows, std::uint32_t part) {
    return wanted != 0 ? wanted : std::max(flows / part, 16U);
}

constexpr std::uint32_t sweep_at_most = 32;   // flows looked at a burst
constexpr std::uint32_t expire_at_most = 8;   // and ended
constexpr std::uint32_t proved_a_flow = 2;    // taken from the head of the queue at each opening
constexpr std::uint32_t proved_at_most = 64;  // and where a victim is needed
constexpr std::uint32_t victims_sampled = 3;  // where the oldest is of a tenant with few
constexpr std::uint64_t second_ns = 1'000'000'000;

FlowState first_state(std::uint8_t protocol) {
    switch (static_cast<net::IpProtocol>(protocol)) {
        case net::IpProtocol::tcp:
            return FlowState::tcp_syn_sent;
        case net::IpProtocol::udp:
            return FlowState::udp_single;
        case net::IpProtocol::icmp:
        case net::IpProtocol::icmpv6:
            return FlowState::icmp_single;
        default:
            return FlowState::other_single;
    }
}

std::uint32_t wire4(const net::Address& address) {
    std::uint32_t word = 0;
    std::memcpy(&word, &address.bytes()[12], 4);
    return word;
}
net::Address address4(std::uint32_t wire) {
    return net::Address::v4(__builtin_bswap32(wire));
}

}  // namespace

base::Status FlowTable::validate(const Config& config) {
    const auto within = [](std::uint32_t value, std::uint32_t low, std::uint32_t high,
                           const char* name) -> base::Status {
        if (value >= low && value <= high) return {};
        return base::fail(base::ErrorCode::invalid_argument, fmt::format("{} is {}", name, value),
                          "flow table", fmt::format("use {} to {}", low, high));
    };
    if (auto ok = within(config.flows, 64, 1U << 30U, "flows"); !ok) return ok;
    if (auto ok = within(config.tenants, 1, max_tenants, "tenants"); !ok) return ok;
    return within(config.sweep_s, 1, 3600, "sweep_s");
}

FlowTable::FlowTable(const Config& config, const base::SipKey& key, FlowListener* listener)
    : key_(key),
      listener_(listener),
      flows_of_all_(config.flows_of_all),
      index_(index_entries(config.flows)),
      flows_(config.flows),
      translations6_(or_part(config.translations6, config.flows, 16)),
      tenants_(config.tenants),
      queue_(config.flows),
      sources_(or_part(config.sources, config.flows, 8)),
      sweep_ns_a_flow_(std::max<std::uint64_t>(1, config.sweep_s * second_ns / config.flows)),
      longest_step_ns_(config.longest_step_s * second_ns) {}

std::size_t FlowTable::bytes() const {
    return index_.bytes() + flows_.size() * sizeof(Flow) + translations6_.size() * sizeof(Translation6) +
           queue_.size() * sizeof(queue_[0]) + tenants_.size() * sizeof(TenantFlows) +
           sources_.capacity() / sources_.ways * 64;
}

void FlowTable::advance(std::uint64_t now_ns) {
    std::uint64_t step = caller_ns_ == 0 || now_ns < caller_ns_ ? 0 : now_ns - caller_ns_;
    if (longest_step_ns_ != 0) step = std::min(step, longest_step_ns_);
    caller_ns_ = now_ns;
    clock_ns_ += step;
    ticks_ = meter::ticks(clock_ns_);
    now_ = coarse_time(clock_ns_) + 1;
    const std::uint64_t due = (clock_ns_ - swept_ns_) / sweep_ns_a_flow_;
    if (due == 0) return;
    if (due > flows_.size()) {
        swept_ns_ = clock_ns_ - flows_.size() * sweep_ns_a_flow_;  // one round is owed at most
    }
    sweep(static_cast<std::uint32_t>(std::min<std::uint64_t>(due, sweep_at_most)));
}

// The expired of the next flows; their index lines are on the way while the others are looked at.
void FlowTable::sweep(std::uint32_t at_most) {
    std::array<std::uint32_t, expire_at_most> expired;
    std::uint32_t count = 0;
    std::uint32_t looked = 0;
    for (; looked < at_most && count < expire_at_most && used_ != 0; ++looked) {
        const Flow& flow = flows_[sweep_hand_];
        if (flow.state != FlowState::free && is_after(now_, flow.expires)) {
            index_.prefetch(hash_of(flow.tuple));
            expired[count++] = sweep_hand_;
        } else if (!flow.has(flow_queued) && eviction_of(flow.state, flow.flags) != Eviction::keep) {
            enqueue(sweep_hand_);
        }
        sweep_hand_ = sweep_hand_ + 1 < used_ ? sweep_hand_ + 1 : 0;
    }
    if (used_ == 0) looked = at_most;
    swept_ns_ += looked * sweep_ns_a_flow_;
    __builtin_prefetch(&flows_[sweep_hand_]);
    for (std::uint32_t n = 0; n < count; ++n) {
        // A table with one flow in use is looked at round and round.
        if (flows_[expired[n]].state != FlowState::free) end(flows_[expired[n]], FlowEnd::expired);
    }
}

std::uint64_t FlowTable::hash_of(const Tuple& tuple) const {
    if (!tuple.ipv6()) {
        const HashWords words = hash_words4(tuple);
        return base::siphash13(key_, words.at[0], words.at[1]);
    }
    const HashWords words = hash_words6(tuple);
    return base::siphash13(key_, words.at[0], words.at[1], words.at[2], words.at[3], words.at[4]);
}

// The hashes of eight packets of one family, from the n-th of the list on; the index's lines are asked for.
// What stands behind the end of the list is hashed along, and forgotten.
void FlowTable::hash_group(FlowLookups& lookups, std::uint32_t n, bool ipv6) const {
    const FlowLookups::List& list = lookups.wanted[ipv6 ? 1 : 0];
    const auto lane = [&](std::size_t w) { return base::SipLanes::from(&list.words[w][n]); };
    const base::SipLanes all =
        ipv6 ? base::siphash_of<1, 3, base::SipLanes>(key_, lane(0), lane(1), lane(2), lane(3), lane(4))
             : base::siphash_of<1, 3, base::SipLanes>(key_, lane(0), lane(1));
    std::array<std::uint64_t, base::sip_lanes> hashes;
    all.to(hashes.data());
    const std::uint32_t count = std::min<std::uint32_t>(base::sip_lanes, list.count - n);
    for (std::uint32_t k = 0; k < count; ++k) {
        lookups.hashes[list.at[n + k]] = hashes[k];
        index_.prefetch(hashes[k]);
    }
}

void FlowTable::fetch(FlowLookups& lookups) const {
    for (const bool ipv6 : {false, true}) {
        const FlowLookups::List& list = lookups.wanted[ipv6 ? 1 : 0];
        // A group is hashed while the index's lines of the one before are on their way.
        std::uint32_t asked = 0;
        for (std::uint32_t n = 0; n < list.count; n += base::sip_lanes) {
            hash_group(lookups, n, ipv6);
            while (asked < n) fetch_flow(lookups, list.at[asked++]);
        }
        while (asked < list.count) fetch_flow(lookups, list.at[asked++]);
    }
}

bool FlowTable::matches_rarely(const Flow& flow, const Tuple& tuple, Direction& direction) const {
    direction = Direction::reply;
    if (flow.has(flow_translated) ? answers_match(flow, tuple) : flow.tuple.differs_from_reverse(tuple) == 0)
        return true;
    direction = Direction::original;
    return flow.tuple.differs(tuple) == 0;
}

// The flow is translated: whether its answers look like this.
bool FlowTable::answers_match(const Flow& flow, const Tuple& tuple) const {
    const std::uint64_t rest = static_cast<std::uint64_t>(flow.translated_source_port) << 48U |
                               static_cast<std::uint64_t>(flow.translated_destination_port) << 32U |
                               flow.tuple.tenant_and_protocol;
    if (tuple.word(4) != rest) return false;
    if (flow.has(flow_translated6)) return translated(flow).differs_from_reverse(tuple) == 0;
    // The first twelve bytes are those of any IPv4 address.
    return tuple.word(0) == flow.tuple.word(0) && tuple.word(2) == flow.tuple.word(2) &&
           static_cast<std::uint32_t>(tuple.word(1)) == 0xffff0000U &&
           static_cast<std::uint32_t>(tuple.word(3)) == 0xffff0000U &&
           tuple.word(1) >> 32U == flow.translated_destination &&
           tuple.word(3) >> 32U == flow.translated_source;
}

Found FlowTable::find(const Tuple& tuple, std::uint64_t hash) {
    Found found;
    const std::uint32_t number =
        index_.find(hash, [&](std::uint32_t n) { return matches(flows_[n], tuple, found.direction); });
    if (number == no_flow) return {};
    found.flow = &flows_[number];
    if (is_after(now_, found.flow->expires)) {
        end(*found.flow, FlowEnd::expired);
        return {};
    }
    return found;
}

Tuple FlowTable::translated(const Flow& flow) const {
    if (!flow.has(flow_translated)) return flow.tuple;
    Tuple out = flow.tuple;
    if (flow.has(flow_translated6)) {
        const Translation6& translation = translations6_[flow.translated_source];
        out.source = translation.source;
        out.destination = translation.destination;
    } else {
        out.source = address4(flow.translated_source);
        out.destination = address4(flow.translated_destination);
    }
    out.source_port = flow.translated_source_port;
    out.destination_port = flow.translated_destination_port;
    return out;
}

bool FlowTable::set_translation(Flow& flow, const Tuple& translation) {
    flow.flags |= flow_translated;
    flow.translated_source_port = translation.source_port;
    flow.translated_destination_port = translation.destination_port;
    if (!translation.ipv6() && !flow.has(flow_spliced)) {
        flow.translated_source = wire4(translation.source);
        flow.translated_destination = wire4(translation.destination);
        return true;
    }
    std::uint32_t number = free6_;
    if (number != no_flow) {
        std::memcpy(&free6_, &translations6_[number], sizeof(free6_));
    } else if (used6_ < translations6_.size()) {
        number = used6_++;
    } else {
        return false;
    }
    translations6_[number] = {translation.source, translation.destination};
    flow.flags |= flow_translated6;
    flow.translated_source = number;
    return true;
}

std::uint64_t FlowTable::source_hash(const Tuple& tuple) const {
    return base::siphash13(key_, tuple.word(0), tuple.word(1), tuple.tenant());
}

FlowTable::SourceFlows* FlowTable::source_of(const Tuple& tuple, bool make) {
    const std::uint64_t hash = source_hash(tuple);
    SourceFlows* source = make ? sources_.find_or_make(hash, now_, false) : sources_.find(hash);
    if (source != nullptr && now_ - source->last_seen > coarse_duration(meter::stale_after_s)) {
        source->rate = {};
        source->last_seen = now_;
    }
    return source;
}

void FlowTable::touch_rates(TenantFlows& tenant) const {
    if (now_ - tenant.last_seen > coarse_duration(meter::stale_after_s)) tenant.rate = {};
    tenant.last_seen = now_;
}

model::DropReason FlowTable::check_limits(const Tuple& tuple, const FlowQuota& quota) {
    using enum model::DropReason;
    TenantFlows& tenant = tenants_[tuple.tenant()];
    if (quota.flows != 0 && all_flows_of(tuple.tenant()) >= quota.flows) return flow_limit;
    if (quota.new_flows.any()) {
        touch_rates(tenant);
        meter::RateState tried = tenant.rate;
        if (!quota.new_flows.take(tried, ticks_, 0, 0)) return flow_rate;
    }
    if (!quota.by_source()) return none;
    const SourceFlows* source = source_of(tuple, false);
    if (source == nullptr) return none;
    if (quota.flows_a_source != 0 && source->flows >= quota.flows_a_source) return source_flow_limit;
    meter::RateState tried = source->rate;
    return quota.new_flows_a_source.take(tried, ticks_, 0, 0) ? none : source_flow_rate;
}

void FlowTable::count_new(Flow& flow, const FlowQuota& quota) {
    carry_ = carry_ * 1'664'525U + 1'013'904'223U;
    TenantFlows& tenant = tenants_[flow.tuple.tenant()];
    tenant.flows.add(1);
    tenant.opened.add(1);
    if (flows_of_all_ != nullptr) flows_of_all_[flow.tuple.tenant()].fetch_add(1, std::memory_order_relaxed);
    (void)quota.new_flows.take(tenant.rate, ticks_, 0, carry_ >> 16U);
    counts_.open.add(1);
    counts_.opened.add(1);
    if (!quota.by_source()) return;
    SourceFlows* source = source_of(flow.tuple, true);
    if (source == nullptr) {
        counts_.untracked_sources.add(1);
        return;
    }
    ++source->flows;
    source->last_seen = now_;
    (void)quota.new_flows_a_source.take(source->rate, ticks_, 0, carry_ >> 16U);
    flow.flags |= flow_at_source;
}

void FlowTable::enqueue(std::uint32_t number) {
    Flow& flow = flows_[number];
    ++tenants_[flow.tuple.tenant()].queued;
    if (flow.has(flow_queued)) return;
    flow.flags |= flow_queued;
    const std::uint32_t last = queue_first_ + queued_;
    queue_[last < queue_.size() ? last : last - static_cast<std::uint32_t>(queue_.size())] = number;
    ++queued_;
}

std::uint32_t FlowTable::dequeue() {
    const std::uint32_t number = queue_[queue_first_];
    queue_first_ = queue_first_ + 1 < queue_.size() ? queue_first_ + 1 : 0;
    --queued_;
    Flow& flow = flows_[number];
    flow.flags &= static_cast<std::uint8_t>(~flow_queued);
    if (flow.state != FlowState::free) --tenants_[flow.tuple.tenant()].queued;
    if (queued_ != 0) __builtin_prefetch(&flows_[queue_[queue_first_]]);
    return number;
}

// Flows at the head of the queue that have proved themselves since, or have ended.
void FlowTable::drop_proved(std::uint32_t at_most) {
    for (std::uint32_t n = 0; n < at_most && queued_ != 0; ++n) {
        const Flow& flow = flows_[queue_[queue_first_]];
        if (flow.state != FlowState::free && eviction_now(flow) != Eviction::keep) return;
        (void)dequeue();
    }
}

// The oldest goes, so that each gets the same time to prove itself; but where its tenant has few of them, one
// of a tenant that has more goes in its place, if some can be found: a flood makes room among its own.
std::uint32_t FlowTable::choose_victim() {
    drop_proved(proved_at_most);
    if (queued_ == 0) return no_flow;
    const std::uint32_t oldest = queue_[queue_first_];
    if (eviction_now(flows_[oldest]) == Eviction::keep || flows_[oldest].state == FlowState::free)
        return no_flow;
    const std::uint32_t few = tenants_[flows_[oldest].tuple.tenant()].queued;
    std::uint32_t best_count = few;
    std::uint32_t best = queue_first_;
    for (std::uint32_t n = 0; n < victims_sampled && few < queued_ / 4; ++n) {
        carry_ = carry_ * 1'664'525U + 1'013'904'223U;
        const auto offset = static_cast<std::uint32_t>(static_cast<std::uint64_t>(carry_) * queued_ >> 32U);
        const std::uint32_t size = static_cast<std::uint32_t>(queue_.size());
        const std::uint32_t at =
            queue_first_ + offset < size ? queue_first_ + offset : queue_first_ + offset - size;
        const Flow& flow = flows_[queue_[at]];
        if (flow.state == FlowState::free || eviction_now(flow) == Eviction::keep) continue;
        const std::uint32_t count = tenants_[flow.tuple.tenant()].queued;
        if (count <= best_count) continue;
        best_count = count;
        best = at;
    }
    std::swap(queue_[queue_first_], queue_[best]);
    return dequeue();
}

std::uint32_t FlowTable::take_number() {
    drop_proved(proved_a_flow);
    if (free_ == no_flow && used_ == flows_.size()) {
        const std::uint32_t victim = choose_victim();
        if (victim == no_flow) return no_flow;
        end(flows_[victim], FlowEnd::evicted);
    }
    if (free_ == no_flow) return used_++;
    const std::uint32_t number = free_;
    free_ = flows_[number].generation;
    return number;
}

// The index's entries of a flow; all or none.
bool FlowTable::enter(std::uint32_t number) {
    const Flow& flow = flows_[number];
    const std::uint64_t hash = hash_of(flow.tuple);
    if (!index_.insert(hash, number)) return false;
    if (!flow.has(flow_translated)) return true;
    if (index_.insert(hash_of(translated(flow)), number)) return true;
    index_.erase(hash, number);
    return false;
}

Opened FlowTable::open(const NewFlow& wanted, const FlowTimes& times, const FlowQuota& quota) {
    using enum model::DropReason;
    const model::DropReason over = check_limits(wanted.tuple, quota);
    if (over != none) return {.flow = nullptr, .reason = over};
    Tuple answers = (wanted.translated ? wanted.translation : wanted.tuple).reversed();
    answers.tenant_and_protocol = wanted.tuple.tenant_and_protocol;
    if (find(answers).flow != nullptr) {
        counts_.refused_taken.add(1);
        return {.flow = nullptr, .reason = none, .taken = true};
    }
    const std::uint32_t number = take_number();
    if (number == no_flow) {
        counts_.refused_full.add(1);
        return {.flow = nullptr, .reason = flow_table_full};
    }
    Flow& flow = flows_[number];
    const unsigned queued = flow.flags & flow_queued;
    flow = Flow{};
    flow.tuple = wanted.tuple;
    flow.state = first_state(wanted.tuple.protocol());
    constexpr unsigned callers = flow_verified | flow_log | flow_spliced;
    flow.flags = static_cast<std::uint8_t>((wanted.flags & callers) | queued);
    flow.users = wanted.users;
    flow.egress = wanted.egress;
    flow.generation = wanted.generation;
    flow.rule = wanted.rule;
    flow.translated_destination = wanted.splice;
    flow.expires = now_ + times.of(flow.state);
    if ((wanted.translated && !set_translation(flow, wanted.translation)) || !enter(number)) {
        counts_.refused_full.add(1);
        release(flow);
        return {.flow = nullptr, .reason = flow_table_full};
    }
    count_new(flow, quota);
    if (queued != 0 || eviction_of(flow.state, flow.flags) != Eviction::keep) enqueue(number);
    return {.flow = &flow, .reason = none};
}

void FlowTable::end(Flow& flow, FlowEnd why) {
    const Tuple outside = translated(flow);
    if (listener_ != nullptr) listener_->flow_ended(flow, outside, why);
    const std::uint32_t number = number_of(flow);
    index_.erase(hash_of(flow.tuple), number);
    if (flow.has(flow_translated)) index_.erase(hash_of(outside), number);
    TenantFlows& tenant = tenants_[flow.tuple.tenant()];
    tenant.flows.add(~0ULL);
    if (flows_of_all_ != nullptr) flows_of_all_[flow.tuple.tenant()].fetch_sub(1, std::memory_order_relaxed);
    if (flow.has(flow_queued)) --tenant.queued;
    if (flow.has(flow_at_source)) {
        SourceFlows* source = source_of(flow.tuple, false);
        if (source != nullptr && source->flows != 0) --source->flows;
    }
    counts_.open.add(~0ULL);
    counts_.ended[static_cast<std::size_t>(why)].add(1);
    release(flow);
}

void FlowTable::release(Flow& flow) {
    if (flow.has(flow_translated6)) {
        std::memcpy(static_cast<void*>(&translations6_[flow.translated_source]), &free6_, sizeof(free6_));
        free6_ = flow.translated_source;
    }
    flow.state = FlowState::free;
    flow.flags &= flow_queued;             // its number stays in the queue
    flow.tuple.tenant_and_protocol = ~0U;  // what a burst has fetched must not match any more
    flow.generation = free_;
    free_ = number_of(flow);
}

}  // namespace sluice::dataplane::flow
