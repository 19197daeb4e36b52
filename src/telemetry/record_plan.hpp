// A template, compiled once into the steps that turn each of its records into a flow record.
//
// A template without variable-length fields has its fields at fixed places, so its steps are sorted by kind
// and each kind runs as one tight loop. Otherwise the fields are located record by record (RFC 7011 section
// 7) and each step reads where its field was found. Both ways give the same result (record_plan_test.cpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/flow_record.hpp"
#include "telemetry/field_map.hpp"

namespace sluice::telemetry {

struct TemplateField {
    std::uint32_t enterprise = 0;
    std::uint16_t element = 0;
    std::uint16_t length = 0;  // variable_length: the record says

    bool operator==(const TemplateField&) const = default;
};

inline constexpr std::uint16_t variable_length = 0xffff;

// The times of the message that a record came in.
struct RecordClock {
    std::int64_t export_ns = 0;    // since 1970
    std::uint32_t uptime_now = 0;  // milliseconds, at the export time
    bool uptime_known = false;
};

// What the compiled template says besides its steps.
struct PlanTraits {
    bool has_address = false;    // source or destination, or a packet section that has them
    bool has_extras = false;     // some field goes to RecordExtras
    bool has_sampler = false;    // names a sampler
    bool has_selector = false;   // names a selector
    bool has_sampling = false;   // says its rate itself
    bool has_interface = false;  // the input interface
    bool has_reverse = false;
    bool has_section = false;
    bool has_icmp = false;
    bool has_init_time = false;
    bool has_uptime = false;
    bool has_first = false;
    bool has_last = false;
    bool has_optional_extras = false;  // of which a record may lack some: they are cleared first
};

class RecordPlan {
  public:
    // Nothing when the records have no length or are longer than any message.
    [[nodiscard]] static std::optional<RecordPlan> compile(std::span<const TemplateField> fields);

    [[nodiscard]] const PlanTraits& traits() const { return traits_; }
    [[nodiscard]] bool fixed() const { return fixed_; }
    // Of each record, or of the shortest possible one when fields are variable.
    [[nodiscard]] std::size_t least_length() const { return least_length_; }

    // The length of the record at the beginning of `bytes`, which has least_length() bytes at least; 0 when a
    // field runs past the end. To be called before run() when the plan is not fixed.
    [[nodiscard]] std::size_t locate(std::span<const std::uint8_t> bytes);

    // Writes the fields that the template has into `record`, and, if traits().has_extras, all of `extras`;
    // leaves the rest of the record alone.
    void run(const std::uint8_t* bytes, const RecordClock& clock, model::FlowRecord& record,
             RecordExtras& extras) const;

  private:
    struct Step {
        std::uint16_t at;      // in the record, when fixed
        std::uint16_t length;  // when fixed
        std::uint16_t field;   // index in the template
        FieldKind kind;
        FieldHome home;
        std::uint8_t offset;
        std::uint8_t width;
        bool if_zero;  // only while the target is still zero
    };
    // The kinds of steps with a loop of their own, by (length in the record → width of the target).
    enum Fast : std::uint8_t {
        copy_1,
        swap_2,
        swap_4,
        swap_8,
        widen_4_to_8,
        address_4,
        address_16,
        uptime_4
    };
    static constexpr std::size_t fast_count = uptime_4 + 1;
    struct FastStep {
        std::uint16_t at;
        std::uint8_t offset;
    };
    struct Place {
        std::uint16_t at;
        std::uint16_t length;
    };

    // A field of the template that Sluice models.
    struct Candidate {
        const FieldRule* rule;
        Step step;
        std::uint32_t preference;  // of those for one target the lowest is read first
    };

    static std::optional<Fast> fast_kind(const Step& step);
    void add_steps(std::vector<Candidate>& candidates);
    void note_traits();
    void run_fast(const std::uint8_t* bytes, const RecordClock& clock, model::FlowRecord& record) const;

    bool fixed_ = true;
    std::uint16_t least_length_ = 0;
    PlanTraits traits_;
    std::array<std::uint16_t, fast_count> fast_end_{};  // in fast_, of each kind
    std::vector<FastStep> fast_;
    std::vector<Step> steps_;            // all others; all, when the plan is not fixed
    std::vector<TemplateField> fields_;  // when the plan is not fixed
    std::vector<Place> places_;          // of the record located last
};

}  // namespace sluice::telemetry
