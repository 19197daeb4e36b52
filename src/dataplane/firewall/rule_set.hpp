// A tenant's firewall rules, compiled: the first rule that matches a question, in time that hardly depends on
// their number.
//
// One bit vector a dimension (source, destination, service, zone of origin, zone of destination): bit i of it
// says whether rule i can match what the packet has there. The vector is found by the elementary interval in
// which the packet's number lies; the first bit of all vectors' AND is the rule (Lakshman and Stiliadis,
// 1998). Of more than 64 rules an aggregate says which words of the vectors are not empty (Baboescu and
// Varghese, 2001), and equal pieces of vectors are kept once. What is left (source port, ICMP code, user,
// time of the week, country, reputation) is asked of the candidates alone. Why not rte_acl:
// docs/decisions/rule-classification.md.
//
// Immutable after compile(); any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/result.hpp"
#include "dataplane/firewall/boundary_index.hpp"
#include "dataplane/firewall/question.hpp"
#include "dataplane/firewall/rule_rows.hpp"
#include "model/firewall.hpp"

namespace sluice::dataplane::firewall {

inline constexpr std::uint32_t no_rule_matched = std::numeric_limits<std::uint32_t>::max();

struct Match {
    std::uint32_t rule = no_rule_matched;  // index into FirewallProgram::rules
    model::RuleAction action = model::RuleAction::drop;
    bool log = false;

    bool operator==(const Match&) const = default;
};

class RuleSet {
  public:
    struct Limits {
        std::size_t rules = 10'000;
        // What rules become when their services differ in source port or ICMP code (rule_rows.hpp).
        std::size_t rows = 16'384;
        std::size_t bytes = 64U << 20U;  // of one tenant
    };

    RuleSet() = default;  // no rules: nothing matches
    // Refuses rules without meaning, by their name: unknown zones, ports of protocols without ports, empty
    // ranges; and what is over the limits. Source and destination of a rule are matched in their own family:
    // ::/0 is every IPv6 address and no IPv4 one.
    // `tables`: what countries and reputations are asked of; questions' facts are of the same ones.
    [[nodiscard]] static base::Result<RuleSet> compile(const model::FirewallProgram& program,
                                                       const Limits& limits,
                                                       const attributes::Tables& tables = {});
    [[nodiscard]] static base::Result<RuleSet> compile(const model::FirewallProgram& program) {
        return compile(program, Limits{});
    }

    [[nodiscard]] Match classify(const Question& question) const;
    // Asks for the lines that classify() reads first. Worth it some hundred nanoseconds ahead.
    void prefetch(const Question& question) const;

    // Minutes until a rule's time begins or ends, as seen from a minute of the week: verdicts that were kept
    // are then to be asked again. 0: no rule has a time.
    [[nodiscard]] std::uint16_t minutes_until_change(std::uint16_t minute_of_week) const;

    [[nodiscard]] std::size_t rule_count() const { return rule_count_; }
    [[nodiscard]] bool names_users() const { return !users_.empty(); }
    // Whether rules ask for Question::source_is, and for destination_is.
    [[nodiscard]] bool asks_source() const { return asks_source_; }
    [[nodiscard]] bool asks_destination() const { return asks_destination_; }
    [[nodiscard]] std::size_t bytes() const;

  private:
    friend class RuleSetBuilder;

    // Addresses of both halves: intervals over the upper one, and within an upper half that has boundaries of
    // its own over the lower one.
    struct WideIndex {
        BoundaryIndex<std::uint64_t> highs;
        std::uint32_t highs_at = 0;   // each distinct upper half
        std::uint32_t starts_at = 0;  // of its boundaries among all; 32 bits each
        std::uint32_t lows_at = 0;    // lower halves of all boundaries
    };
    template <class Index>
    struct Dimension {
        Index index;
        std::uint32_t records_at = 0;  // of interval 0
    };
    // What the packets of one protocol are asked.
    struct Lane {
        Dimension<BoundaryIndex<std::uint16_t>> ports;  // destination port, or ICMP type
        std::uint32_t bare_at = 0;                      // record of a packet without transport header
    };
    // Where the five vectors of a question lie.
    struct Records {
        const std::uint64_t* of[5];
    };
    [[nodiscard]] Records find(const Question& question) const;
    [[nodiscard]] std::uint32_t find_wide(const WideIndex& index, const net::Address& address) const;
    [[nodiscard]] const std::uint64_t* record_of_service(const Question& question) const;
    [[nodiscard]] bool holds(const Row& row, const Question& question) const;
    // One of a row's questions to the tables holds.
    [[nodiscard]] bool one_holds(std::uint32_t first, std::uint16_t count,
                                 const attributes::Facts& facts) const;
    // The first row of a word of candidates that holds.
    [[nodiscard]] const Row* first_of(std::uint64_t candidates, std::size_t first_row,
                                      const Question& question) const;
    [[nodiscard]] Match classify_many(const Records& records, const Question& question) const;

    Arena arena_;
    std::uint32_t stride_ = 1;           // words of a record
    std::uint32_t aggregate_words_ = 0;  // of a record; 0: the record is the vector itself
    std::uint32_t pieces_at_ = 0;        // 256 rows of a vector each
    std::uint32_t zone_count_ = 0;
    std::uint32_t from_at_ = 0;  // record of each zone; after the last, of an unknown one
    std::uint32_t to_at_ = 0;
    Dimension<BoundaryIndex<std::uint32_t>> source4_, destination4_;
    Dimension<WideIndex> source6_, destination6_;
    Lane ports_[2];  // TCP, UDP
    Lane icmp_[2];   // ICMP, ICMPv6
    std::uint32_t protocols_at_ =
        0;  // record of any other protocol that no rule names; then of each that one does
    std::vector<std::uint8_t> protocols_;  // the others that rules name, ascending
    std::vector<Row> rows_;
    std::vector<UserId> users_;               // of rows, ascending within a row
    std::vector<model::WeekWindow> windows_;  // of rows
    std::vector<attributes::Question> questions_;
    std::vector<std::uint16_t> asked_;  // of rows, among the questions
    std::uint32_t rule_count_ = 0;
    bool asks_source_ = false;
    bool asks_destination_ = false;
};

}  // namespace sluice::dataplane::firewall
