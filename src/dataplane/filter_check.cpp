#include "dataplane/filter_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "model/attribute_match.hpp"
#include "model/payload_match.hpp"

namespace sluice::dataplane {
namespace {

using base::ErrorCode;
using base::fail;

bool inside(const model::TenantProgram& program, const net::Prefix& prefix) {
    return std::ranges::any_of(program.prefixes,
                               [&](const net::Prefix& own) { return own.contains(prefix); });
}

base::Status check_conditions(const model::PacketFilter& filter, const std::string& at) {
    using model::PayloadMatch;
    if (filter.payload.size() > model::most_payload_matches) {
        return fail(ErrorCode::invalid_argument, "more than four places of the payload", at);
    }
    for (const PayloadMatch& match : filter.payload) {
        if (match.bytes.empty() || match.bytes.size() > PayloadMatch::most_bytes ||
            (!match.mask.empty() && match.mask.size() != match.bytes.size()) ||
            match.offset > PayloadMatch::last_offset) {
            return fail(ErrorCode::invalid_argument, "bytes of the payload that can not be looked for", at,
                        "1 to 16 bytes, a mask as long or none, an offset of at most 1400");
        }
    }
    const auto& wanted = filter.source_is;
    if (!std::ranges::all_of(wanted.countries, model::is_country_code)) {
        return fail(ErrorCode::invalid_argument, "a country that is no code of two capital letters", at);
    }
    if (!std::ranges::all_of(wanted.reputations, model::is_reputation_tag)) {
        return fail(ErrorCode::invalid_argument, "a reputation that is no tag", at,
                    "small letters, digits and hyphens");
    }
    return {};
}

}  // namespace

base::Status check_filter(const model::TenantProgram& program, const model::PacketFilter& filter) {
    const std::string at = fmt::format("{}, filter '{}'", program.tenant.to_string(), filter.name);
    if (filter.name.empty()) return fail(ErrorCode::invalid_argument, "a filter has no name", at);
    if (filter.destination.bits() != 0 && !inside(program, filter.destination)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the destination {} is none of the tenant's addresses",
                                filter.destination.to_string()),
                    at, "leave it out, or name a prefix of the tenant");
    }
    if (filter.source.bits() != 0 && !filter.source.is_v4() && filter.source.contains(net::Address::v4(0))) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("the source {} covers all of IPv4 and a part of IPv6", filter.source.to_string()), at,
            "leave it out for both families, or name a longer prefix");
    }
    if (filter.source_port_first > filter.source_port_last ||
        filter.destination_port_first > filter.destination_port_last ||
        filter.length_first > filter.length_last) {
        return fail(ErrorCode::invalid_argument, "a range ends before it begins", at);
    }
    if ((filter.tcp_flags_value & ~filter.tcp_flags_mask) != 0) {
        return fail(ErrorCode::invalid_argument, "a TCP flag is asked for that the mask leaves out", at,
                    "set the flag in the mask, too");
    }
    return check_conditions(filter, at);
}

}  // namespace sluice::dataplane
