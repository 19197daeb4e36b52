// Reads template records out of template sets.
//
//   NetFlow v9 (RFC 3954 section 5.2, 6.1)          IPFIX (RFC 7011 section 3.4)
//   template:  id, field count,                     template:  id, field count,
//              {type, length} …                                {E|element, length, [enterprise if E]} …
//   options:   id, scope bytes, option bytes,       options:   id, field count, scope field count,
//              {scope type, length} …,                         {E|element, length, [enterprise]} …
//              {type, length} …                     withdrawal: id, field count 0 (section 8.1)
//   all 16 bits, enterprise 32; big-endian; the set may end in padding shorter than a template's head
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/byte_cursor.hpp"
#include "telemetry/record_plan.hpp"

namespace sluice::telemetry {

enum class TemplateSyntax : std::uint8_t { v9, v9_options, ipfix, ipfix_options };

struct TemplateDefinition {
    std::uint16_t id = 0;
    bool options = false;
    bool withdrawal = false;
    std::vector<TemplateField> fields;  // scope fields first
};

enum class TemplateRead : std::uint8_t {
    found,
    end,        // nothing but padding left
    too_large,  // more fields than allowed; skipped, the next one can be read
    malformed,  // the rest of the set makes no sense
};

// Scope types of v9 are not elements: the interface scope becomes element 10 (ingressInterface), the others
// become `v9_scope_enterprise`, which no field rule knows.
inline constexpr std::uint32_t v9_scope_enterprise = 0xffffffff;

[[nodiscard]] TemplateRead read_template(base::ByteCursor& set, TemplateSyntax syntax, std::size_t max_fields,
                                         TemplateDefinition& definition);

}  // namespace sluice::telemetry
