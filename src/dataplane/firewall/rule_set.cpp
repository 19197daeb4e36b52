#include "dataplane/firewall/rule_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/firewall/bit_vectors.hpp"
#include "dataplane/firewall/rule_set_builder.hpp"

namespace sluice::dataplane::firewall {

base::Result<RuleSet> RuleSet::compile(const model::FirewallProgram& program, const Limits& limits,
                                       const attributes::Tables& tables) {
    if (program.rules.size() > limits.rules) {
        return base::fail(base::ErrorCode::exhausted,
                          fmt::format("{} rules; a tenant may have {}", program.rules.size(), limits.rules),
                          "firewall rules");
    }
    // No rules, no memory: most tenants may only be scrubbed.
    if (program.rules.empty()) return RuleSet{};
    auto rows = rows_of(program, limits.rows, tables);
    if (!rows) return std::unexpected(rows.error());
    return RuleSetBuilder(program, std::move(*rows), limits).build();
}

std::uint32_t RuleSet::find_wide(const WideIndex& index, const net::Address& address) const {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.bytes().data(), 8);
    std::memcpy(&low, address.bytes().data() + 8, 8);
    high = __builtin_bswap64(high);
    low = __builtin_bswap64(low);
    const std::uint64_t* arena = arena_.data();
    const std::uint32_t group = index.highs.find(arena, high);
    if (group == 0) return 0;
    const auto* starts = reinterpret_cast<const std::uint32_t*>(arena + index.starts_at);
    const std::uint32_t end = starts[group];
    if (arena[index.highs_at + group - 1] != high) return end;
    const std::uint64_t* lows = arena + index.lows_at;
    return static_cast<std::uint32_t>(std::upper_bound(lows + starts[group - 1], lows + end, low) - lows);
}

const std::uint64_t* RuleSet::record_of_service(const Question& question) const {
    const std::uint64_t* arena = arena_.data();
    const Lane* lane = nullptr;
    std::uint16_t number = question.destination_port;
    switch (question.protocol) {
        case 6:
            lane = &ports_[0];
            break;
        case 17:
            lane = &ports_[1];
            break;
        case 1:
            lane = &icmp_[0];
            number = question.source_port;
            break;
        case 58:
            lane = &icmp_[1];
            number = question.source_port;
            break;
        default: {
            const auto at = std::find(protocols_.begin(), protocols_.end(), question.protocol);
            const auto index = at == protocols_.end() ? 0 : at - protocols_.begin() + 1;
            return arena + protocols_at_ + static_cast<std::size_t>(index) * stride_;
        }
    }
    if (!question.has_transport) return arena + lane->bare_at;
    const std::size_t interval = lane->ports.index.find(arena, number);
    return arena + lane->ports.records_at + interval * stride_;
}

RuleSet::Records RuleSet::find(const Question& question) const {
    const std::uint64_t* arena = arena_.data();
    const auto zone = [&](std::uint32_t at, model::ZoneIndex index) {
        return arena + at + static_cast<std::size_t>(std::min<std::uint32_t>(index, zone_count_)) * stride_;
    };
    const auto address = [&](const auto& of4, const auto& of6, const net::Address& value) {
        if (value.is_v4()) {
            return arena + of4.records_at +
                   static_cast<std::size_t>(of4.index.find(arena, value.v4_value())) * stride_;
        }
        return arena + of6.records_at + static_cast<std::size_t>(find_wide(of6.index, value)) * stride_;
    };
    return {{address(source4_, source6_, question.source),
             address(destination4_, destination6_, question.destination), record_of_service(question),
             zone(from_at_, question.from), zone(to_at_, question.to)}};
}

bool RuleSet::holds(const Row& row, const Question& question) const {
    if (row.plain()) return true;
    if (has_ports(question.protocol) && (row.first_source_port != 0 || row.last_source_port != 65535) &&
        (!question.has_transport || question.source_port < row.first_source_port ||
         question.source_port > row.last_source_port)) {
        return false;
    }
    if (row.icmp_code != model::ServiceMatch::any_icmp &&
        (!question.has_transport || question.destination_port != row.icmp_code)) {
        return false;
    }
    if (row.window_count != 0) {
        const auto first = windows_.begin() + row.first_window;
        const bool open = std::any_of(first, first + row.window_count, [&](const model::WeekWindow& window) {
            return question.minute_of_week >= window.first_minute &&
                   question.minute_of_week < window.end_minute;
        });
        if (!open) return false;
    }
    if (row.source_asks != 0 && !one_holds(row.first_source_ask, row.source_asks, question.source_is))
        return false;
    if (row.destination_asks != 0 &&
        !one_holds(row.first_destination_ask, row.destination_asks, question.destination_is))
        return false;
    if (row.user_count == 0) return true;
    const auto first = users_.begin() + row.first_user;
    return std::any_of(question.users.begin(), question.users.end(),
                       [&](UserId user) { return std::binary_search(first, first + row.user_count, user); });
}

bool RuleSet::one_holds(std::uint32_t first, std::uint16_t count, const attributes::Facts& facts) const {
    const auto begin = asked_.begin() + first;
    return std::any_of(begin, begin + count,
                       [&](std::uint16_t number) { return questions_[number].holds_for(facts); });
}

const Row* RuleSet::first_of(std::uint64_t candidates, std::size_t first_row,
                             const Question& question) const {
    for (; candidates != 0; candidates &= candidates - 1) {
        const Row& row = rows_[first_row + static_cast<std::size_t>(std::countr_zero(candidates))];
        if (holds(row, question)) return &row;
    }
    return nullptr;
}

namespace {
Match match_of(const Row* row) {
    return row == nullptr ? Match{} : Match{row->rule, row->action, row->log};
}
}  // namespace

Match RuleSet::classify(const Question& question) const {
    if (rows_.empty()) return {};
    const Records records = find(question);
    if (aggregate_words_ != 0) return classify_many(records, question);
    std::uint64_t candidates = ~0ULL;
    for (const std::uint64_t* record : records.of) candidates &= *record;
    return match_of(first_of(candidates, 0, question));
}

Match RuleSet::classify_many(const Records& records, const Question& question) const {
    const std::uint64_t* pieces = arena_.data() + pieces_at_;
    const auto piece = [&](const std::uint64_t* record, std::size_t number) {
        std::uint32_t which = 0;
        std::memcpy(&which, reinterpret_cast<const std::uint8_t*>(record + aggregate_words_) + number * 4, 4);
        return pieces + static_cast<std::size_t>(which) * words_a_piece;
    };
    for (std::size_t a = 0; a < aggregate_words_; ++a) {
        std::uint64_t words = ~0ULL;
        for (const std::uint64_t* record : records.of) words &= record[a];
        for (; words != 0; words &= words - 1) {
            const std::size_t word = a * 64 + static_cast<std::size_t>(std::countr_zero(words));
            std::uint64_t candidates = ~0ULL;
            for (const std::uint64_t* record : records.of) {
                candidates &= piece(record, word / words_a_piece)[word % words_a_piece];
            }
            if (const Row* row = first_of(candidates, word * 64, question); row != nullptr) {
                return match_of(row);
            }
        }
    }
    return {};
}

void RuleSet::prefetch(const Question& question) const {
    if (rows_.empty()) return;
    const std::uint64_t* arena = arena_.data();
    const bool v4 = question.source.is_v4();
    __builtin_prefetch(arena + (v4 ? source4_.index.top() : source6_.index.highs.top()));
    __builtin_prefetch(arena + (v4 ? destination4_.index.top() : destination6_.index.highs.top()));
    __builtin_prefetch(arena + from_at_);
    __builtin_prefetch(arena + to_at_);
    if (has_ports(question.protocol)) {
        __builtin_prefetch(arena + ports_[question.protocol == 6 ? 0 : 1].ports.index.top());
    }
}

std::uint16_t RuleSet::minutes_until_change(std::uint16_t minute_of_week) const {
    constexpr std::uint32_t week = 7 * 24 * 60;
    std::uint32_t nearest = 0;
    for (const model::WeekWindow& window : windows_) {
        for (const std::uint32_t edge : {window.first_minute, window.end_minute}) {
            // In the same minute it is a whole week.
            const std::uint32_t away = (edge + week - minute_of_week % week - 1) % week + 1;
            if (nearest == 0 || away < nearest) nearest = away;
        }
    }
    return static_cast<std::uint16_t>(nearest);
}

std::size_t RuleSet::bytes() const {
    return sizeof *this + arena_.capacity() * sizeof arena_[0] + rows_.capacity() * sizeof rows_[0] +
           users_.capacity() * sizeof users_[0] + windows_.capacity() * sizeof windows_[0] +
           questions_.capacity() * sizeof questions_[0] + asked_.capacity() * sizeof asked_[0] +
           protocols_.capacity();
}

}  // namespace sluice::dataplane::firewall
