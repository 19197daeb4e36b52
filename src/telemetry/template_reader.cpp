#include "telemetry/template_reader.hpp"

#include <algorithm>

namespace sluice::telemetry {
namespace {

constexpr std::uint16_t least_template_id = 256;
constexpr std::uint16_t enterprise_bit = 0x8000;
constexpr std::uint16_t v9_interface_scope = 2;
constexpr std::uint16_t ingress_interface = 10;
// A set id 2 or 3 in place of a template id withdraws all templates of that kind (RFC 7011 section 8.1).
constexpr std::uint16_t all_templates = 2;
constexpr std::uint16_t all_options_templates = 3;

struct FieldCounts {
    std::size_t scope = 0;
    std::size_t all = 0;
    bool ok = true;
};

FieldCounts read_counts(base::ByteCursor& set, TemplateSyntax syntax) {
    FieldCounts counts;
    switch (syntax) {
        case TemplateSyntax::v9:
        case TemplateSyntax::ipfix:
            counts.all = set.u16();
            break;
        case TemplateSyntax::v9_options: {
            const std::size_t scope_bytes = set.u16();
            const std::size_t option_bytes = set.u16();
            counts.scope = scope_bytes / 4;
            counts.all = counts.scope + option_bytes / 4;
            counts.ok = scope_bytes % 4 == 0 && option_bytes % 4 == 0;
            break;
        }
        case TemplateSyntax::ipfix_options:
            counts.all = set.u16();
            // A withdrawal has no scope field count.
            if (counts.all != 0) counts.scope = set.u16();
            counts.ok = counts.scope <= counts.all;
            break;
    }
    counts.ok = counts.ok && set.ok();
    return counts;
}

TemplateField read_field(base::ByteCursor& set, bool ipfix, bool scope) {
    TemplateField field;
    field.element = set.u16();
    field.length = set.u16();
    if (ipfix) {
        if ((field.element & enterprise_bit) != 0) {
            field.element &= static_cast<std::uint16_t>(~enterprise_bit);
            field.enterprise = set.u32();
        }
    } else if (scope) {
        if (field.element == v9_interface_scope) {
            field.element = ingress_interface;
        } else {
            field.enterprise = v9_scope_enterprise;
        }
    }
    return field;
}

bool only_padding(const base::ByteCursor& set) {
    const auto rest = set.rest();
    return rest.size() < 4 || std::all_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b == 0; });
}

}  // namespace

TemplateRead read_template(base::ByteCursor& set, TemplateSyntax syntax, std::size_t max_fields,
                           TemplateDefinition& definition) {
    if (only_padding(set)) return TemplateRead::end;
    const bool ipfix = syntax == TemplateSyntax::ipfix || syntax == TemplateSyntax::ipfix_options;
    definition.options = syntax == TemplateSyntax::v9_options || syntax == TemplateSyntax::ipfix_options;
    definition.withdrawal = false;
    definition.fields.clear();
    definition.id = set.u16();
    const FieldCounts counts = read_counts(set, syntax);
    if (!counts.ok) return TemplateRead::malformed;
    if (counts.all == 0) {
        definition.withdrawal = ipfix;
        const bool known = definition.id >= least_template_id || definition.id == all_templates ||
                           definition.id == all_options_templates;
        return ipfix && known ? TemplateRead::found : TemplateRead::malformed;
    }
    if (definition.id < least_template_id) return TemplateRead::malformed;
    for (std::size_t i = 0; i < counts.all; ++i) {
        const TemplateField field = read_field(set, ipfix, i < counts.scope);
        if (!set.ok()) return TemplateRead::malformed;
        if (i < max_fields) definition.fields.push_back(field);
    }
    return counts.all > max_fields ? TemplateRead::too_large : TemplateRead::found;
}

}  // namespace sluice::telemetry
