#include "dataplane/outbound/attacker_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "dataplane/outbound/conduct_judge.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::outbound {
namespace {

constexpr std::size_t gate_counters = 1U << 16U;
constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t walks_a_second = 64;
constexpr std::uint32_t usual_weight = 64;  // bursts from one that is looked at to the next
constexpr CoarseTime probe_age = 4;         // a second
// A bad second counts two, a quiet one takes one away: two in a row name a host, and every other one does.
constexpr std::uint32_t bad_step = 2;
constexpr std::uint32_t named_at = 4;
constexpr std::uint32_t worst = 8;

bool is_unanswered(const flow::Flow& flow) {
    using enum flow::FlowState;
    switch (flow.state) {
        case tcp_syn_sent:
        case tcp_picked_up:
        case udp_single:
        case icmp_single:
        case other_single:
            return true;
        case tcp_closed:  // refused at once: nobody was there who wanted it
            return flow.packets[0] < 2;
        default:
            return false;
    }
}

}  // namespace

std::uint32_t Distinct::estimate() const {
    int set = 0;
    for (const std::uint64_t word : bits_) set += std::popcount(word);
    constexpr double size = 256;
    const double empty = std::max(1.0, size - set);
    return static_cast<std::uint32_t>(std::lround(size * std::log(size / empty)));
}

AttackerTable::AttackerTable(const base::SipKey& key, std::size_t suspects, SharedConduct* shared,
                             std::size_t worker)
    : key_(key),
      shared_(shared),
      worker_(worker),
      gate_(gate_counters),
      tags_(std::max(suspects, ways) / ways * ways),
      suspects_(tags_.size()),
      events_(2 * suspects) {}

std::uint64_t AttackerTable::hash_of(flow::TenantIndex tenant, const net::Address& address) const {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes().data(), 16);
    return base::siphash13(key_, words[0], words[1], tenant);
}

std::uint32_t AttackerTable::count_at_gate(std::uint64_t hash) {
    std::uint32_t& counter = gate_[hash % gate_counters];
    const auto now = static_cast<std::uint32_t>(second() << 16U);
    if ((counter & 0xffff0000U) != now) counter = now;
    if ((counter & 0xffffU) != 0xffffU) ++counter;
    return counter & 0xffffU;
}

Suspect* AttackerTable::find(std::uint64_t hash, flow::TenantIndex tenant, const net::Address& address) {
    const std::size_t first = (hash >> 32U) % (tags_.size() / ways) * ways;
    const std::uint32_t tag = static_cast<std::uint32_t>(hash) | 1U;
    for (std::size_t i = first; i < first + ways; ++i) {
        if (tags_[i] == tag && suspects_[i].index == tenant && suspects_[i].address == address)
            return &suspects_[i];
    }
    return nullptr;
}

// A named host keeps its place; of the others the one that was silent longest goes.
Suspect* AttackerTable::find_or_make(std::uint64_t hash, model::TenantId tenant, flow::TenantIndex index,
                                     const net::Address& address, const Rules& rules) {
    Suspect* suspect = find(hash, index, address);
    if (suspect == nullptr) {
        const std::size_t first = (hash >> 32U) % (tags_.size() / ways) * ways;
        std::size_t victim = tags_.size();
        for (std::size_t i = first; i < first + ways; ++i) {
            if (tags_[i] != 0 && suspects_[i].named) continue;
            if (victim == tags_.size() || tags_[i] == 0 ||
                (tags_[victim] != 0 && suspects_[i].window.second < suspects_[victim].window.second))
                victim = i;
        }
        if (victim == tags_.size()) {
            turned_away_.add(1);
            return nullptr;
        }
        tags_[victim] = static_cast<std::uint32_t>(hash) | 1U;
        suspect = &suspects_[victim];
        *suspect = {};
        suspect->tenant = tenant;
        suspect->index = index;
        suspect->address = address;
        suspect->window.second = second();
    }
    suspect->rules = rules;
    if (suspect->window.second != second()) end_second(*suspect);
    return suspect;
}

bool AttackerTable::take(Suspect& suspect, std::uint32_t carry) {
    const bool free = suspect.rules.action == model::OutboundAction::limit &&
                      suspect.rules.contained.take(suspect.rate, meter::ticks(now_ns_), 0, carry);
    if (!free) ++suspect.held_back;
    return free;
}

Attempt AttackerTable::attempt(const Rules& rules, model::TenantId tenant, const flow::Tuple& tuple,
                               std::uint32_t carry) {
    const std::uint64_t hash = hash_of(tuple.tenant(), tuple.source);
    const std::uint32_t tries = count_at_gate(hash);
    // Whoever is contained has tried much a while ago.
    Attempt attempt;
    attempt.suspect = tries > rules.unsuspicious()
                          ? find_or_make(hash, tenant, tuple.tenant(), tuple.source, rules)
                          : find(hash, tuple.tenant(), tuple.source);
    if (attempt.suspect == nullptr) return attempt;
    Suspect& suspect = *attempt.suspect;
    suspect.rules = rules;
    if (suspect.window.second != second()) end_second(suspect);
    Suspect::Window& window = suspect.window;
    ++window.tried;
    if (tuple.protocol() == static_cast<std::uint8_t>(net::IpProtocol::tcp)) ++window.tcp;
    if (tuple.protocol() == static_cast<std::uint8_t>(net::IpProtocol::udp)) ++window.udp;
    window.hosts.add(hash_of(0, tuple.destination));
    window.ports.add(base::siphash13(key_, tuple.destination_port));
    if (!suspect.contained() || take(suspect, carry)) return attempt;
    ++window.held;
    attempt.held = true;
    return attempt;
}

void AttackerTable::opened(const Attempt& attempt, flow::FlowTable& flows, const flow::Flow& flow) {
    if (attempt.suspect == nullptr) return;
    ask_probes(*attempt.suspect, flows);
    for (Suspect::Probe& probe : attempt.suspect->probes) {
        if (probe.at != 0) continue;
        probe = {flows.number_of(flow), coarse_time(now_ns_) + 1};
        return;
    }
}

// What became of the flows that were noted a second ago. One whose place another has says nothing.
void AttackerTable::ask_probes(Suspect& suspect, flow::FlowTable& flows) {
    const CoarseTime now = coarse_time(now_ns_) + 1;
    for (Suspect::Probe& probe : suspect.probes) {
        if (probe.at == 0 || now - probe.at < probe_age) continue;
        const flow::Flow* flow = flows.at(probe.flow);
        if (flow != nullptr && flow->tuple.source == suspect.address &&
            flow->tuple.tenant() == suspect.index) {
            ++(is_unanswered(*flow) ? suspect.window.unanswered : suspect.window.answered);
        }
        probe = {};
    }
}

bool AttackerTable::note_silent(const Rules& rules, model::TenantId tenant, const flow::Tuple& tuple,
                                std::uint32_t bytes) {
    Suspect* suspect =
        find_or_make(hash_of(tuple.tenant(), tuple.source), tenant, tuple.tenant(), tuple.source, rules);
    if (suspect == nullptr) return false;
    suspect->window.silent_packets += weight_;
    suspect->window.silent_bytes += static_cast<std::uint64_t>(weight_) * bytes;
    suspect->window.silent_protocol = tuple.protocol();
    return suspect->contained();
}

void AttackerTable::note_answer(const Rules& rules, model::TenantId tenant, flow::TenantIndex index,
                                const net::Address& inside, const net::Address& asker, std::uint32_t bytes) {
    Suspect* suspect = find_or_make(hash_of(index, inside), tenant, index, inside, rules);
    if (suspect == nullptr) return;
    suspect->window.answers += weight_;
    suspect->window.answer_bytes += static_cast<std::uint64_t>(weight_) * bytes;
    suspect->window.askers.add(hash_of(0, asker));
}

std::optional<bool> AttackerTable::may_pass(const flow::Tuple& tuple, std::uint32_t bytes,
                                            std::uint32_t carry) {
    Suspect* suspect = find(hash_of(tuple.tenant(), tuple.source), tuple.tenant(), tuple.source);
    if (suspect == nullptr) return std::nullopt;
    if (suspect->window.second != second()) end_second(*suspect);
    if (!suspect->contained()) return suspect->busy() ? std::optional(true) : std::nullopt;
    ++suspect->window.silent_packets;
    suspect->window.silent_bytes += bytes;
    suspect->window.silent_protocol = tuple.protocol();
    return take(*suspect, carry);
}

// At irregular distances, so that nobody's rhythm hides him.
void AttackerTable::begin_sample() {
    dice_ = dice_ * 1'664'525U + 1'013'904'223U;
    weight_ = next_weight_;
    next_weight_ = bursts_to_sample_ = usual_weight / 2 + (dice_ >> 16U) % usual_weight;
}

void AttackerTable::walk() {
    const std::uint64_t step = second_ns / walks_a_second;
    next_walk_ns_ = next_walk_ns_ + step < now_ns_ ? now_ns_ + step : next_walk_ns_ + step;
    const std::size_t count = (tags_.size() + walks_a_second - 1) / walks_a_second;
    for (std::size_t n = 0; n < count; ++n) {
        Suspect& suspect = suspects_[hand_];
        if (tags_[hand_] != 0 && suspect.window.second != second()) end_second(suspect);
        hand_ = hand_ + 1 < tags_.size() ? hand_ + 1 : 0;
    }
}

// Of the second that has ended. Who was silent here leaves it to the others.
SharedConduct::Part AttackerTable::meet_others(const Suspect& suspect) {
    const Suspect::Window& window = suspect.window;
    if (shared_ == nullptr || (window.tried == 0 && window.silent_packets == 0)) return {};
    const std::uint64_t hash = hash_of(suspect.index, suspect.address);
    const auto silent = std::min<std::uint64_t>(window.silent_packets, ~std::uint32_t{0});
    shared_->say(
        worker_, hash, window.second,
        {window.tried, window.hosts.estimate(), window.ports.estimate(), static_cast<std::uint32_t>(silent)});
    return shared_->others(worker_, hash, window.second);
}

void AttackerTable::end_second(Suspect& suspect) {
    const Suspect::Window& window = suspect.window;
    const std::uint64_t began_ns = window.second * second_ns;
    if (const auto found = judge(suspect, meet_others(suspect))) {
        if (suspect.badness == 0) suspect.bad_since_ns = began_ns;
        suspect.badness = std::min(suspect.badness + bad_step, worst);
        suspect.bad_at_ns = began_ns + second_ns;
        suspect.until_ns = suspect.bad_at_ns + suspect.rules.hold_s * second_ns;
        AttackerEvent& shown = suspect.shown;
        const bool answers = found->conduct == model::OutboundConduct::reflects;
        // It is called the same while it is named, unless it does another thing for good.
        if (!suspect.named || suspect.badness == worst) shown.conduct = found->conduct;
        shown.new_flows_per_s = window.tried;
        shown.unanswered_percent = found->unanswered_percent;
        shown.hosts = answers ? window.askers.estimate() : window.hosts.estimate();
        shown.ports = window.ports.estimate();
        shown.packets_per_s = answers ? window.answers : window.silent_packets;
        shown.bits_per_s = 8 * (answers ? window.answer_bytes : window.silent_bytes);
    } else {
        suspect.badness -= std::min(suspect.badness, 1U);
    }
    const std::uint64_t silent = second() > window.second ? second() - window.second - 1 : 0;
    suspect.badness -= static_cast<std::uint32_t>(std::min<std::uint64_t>(suspect.badness, silent));
    suspect.tried_before = silent == 0 ? window.tried : 0;
    suspect.window = {};
    suspect.window.second = second();
    if (!suspect.named && suspect.badness >= named_at) {
        suspect.named = true;
        suspect.held_back = 0;
        suspect.rate = {};
    }
    if (!suspect.named) return;
    if (now_ns_ >= suspect.until_ns || !suspect.rules.any()) {
        suspect.named = false;
        suspect.badness = 0;
    }
    publish(suspect);
}

void AttackerTable::publish(Suspect& suspect) {
    AttackerEvent& event = suspect.shown;
    event.named = suspect.named;
    event.tenant = suspect.tenant;
    event.address = suspect.address;
    event.action = suspect.only_watched() ? model::OutboundAction::watch : suspect.rules.action;
    event.since_ns = suspect.bad_since_ns;
    event.last_ns = suspect.bad_at_ns;
    event.until_ns = suspect.until_ns;
    event.held_back = suspect.held_back;
    events_.push(event);
}

}  // namespace sluice::dataplane::outbound
