// Rates, and stages of the guard: what incidents, mitigations and protections have in common.
#pragma once

#include "model/finding.hpp"
#include "model/guard.hpp"
#include "model/rate_limit.hpp"
#include "store/document/object_json.hpp"

namespace sluice::store::document {

template <class V>
void fields(V& v, model::TrafficRate& r) {
    field(v, "pps", r.packets_per_s);
    field(v, "bps", r.bits_per_s);
}
template <class V>
void fields(V& v, model::UsualTraffic& u) {
    field(v, "pps", u.packets_per_s);
    field(v, "tcp_pps", u.tcp_packets_per_s);
    field(v, "udp_pps", u.udp_packets_per_s);
}
template <class V>
void fields(V& v, model::RateLimit& l) {
    field(v, "pps", l.packets_per_s);
    field(v, "bps", l.bits_per_s);
}
// Stages by their names: their numbers shift when one is added.
template <class V>
void stage_names(V& v, const char* name, model::StageSet& set) {
    std::vector<std::string> names = model::names_of(set);
    field(v, name, names);
    set = 0;
    for (const auto& stage : names)
        set |= model::stage_bit(require<model::Stage>(model::parse_stage(stage), stage));
}

}  // namespace sluice::store::document
