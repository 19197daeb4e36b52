#include "rpc/convert_attributes.hpp"

namespace sluice::rpc {

void to_message(const model::AttributeMatch& match, link::v1::AttributeMatch& out) {
    for (const auto& country : match.countries) out.add_countries(country);
    out.set_other_countries(match.other_countries);
    for (const auto& tag : match.reputations) out.add_reputations(tag);
}

model::AttributeMatch to_attribute_match(FieldReader& read, const link::v1::AttributeMatch& in,
                                         std::string_view field) {
    model::AttributeMatch match;
    if (!read.size(in.countries_size(), model::most_countries, field) ||
        !read.size(in.reputations_size(), model::most_reputations, field))
        return match;
    match.other_countries = in.other_countries();
    for (const auto& country : in.countries()) {
        if (!model::is_country_code(country)) read.fail(field, "has what is no country code");
        match.countries.push_back(country);
    }
    for (const auto& tag : in.reputations()) {
        if (!model::is_reputation_tag(tag)) read.fail(field, "has what is no tag");
        match.reputations.push_back(tag);
    }
    return match;
}

}  // namespace sluice::rpc
