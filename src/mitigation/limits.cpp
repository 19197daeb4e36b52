#include "mitigation/limits.hpp"

#include <algorithm>
#include <string>

#include "mitigation/mitigation_service.hpp"

namespace sluice::mitigation {
namespace {

base::Status refuse(std::string where, std::string what, std::string hint) {
    return base::fail(base::ErrorCode::invalid_argument, std::move(what), std::move(where), std::move(hint));
}

}  // namespace

Limits stricter(const Limits& platform, const model::MitigationLimits& tenant) {
    Limits limits = platform;
    limits.max_active_per_tenant = std::min(platform.max_active_per_tenant, tenant.max_active);
    limits.widest_divert_v4 = std::max(platform.widest_divert_v4, tenant.widest_divert_v4);
    limits.widest_divert_v6 = std::max(platform.widest_divert_v6, tenant.widest_divert_v6);
    // What cools down must not expire before.
    limits.expiry_s =
        std::max({std::min(platform.expiry_s, tenant.expires_after_s), platform.cooling_s, 10U});
    return limits;
}

base::Status validate(const Limits& limits) {
    if (limits.max_active_per_tenant == 0 || limits.max_active_total < limits.max_active_per_tenant) {
        return refuse("limits.max_active_total",
                      "is smaller than max_active_per_tenant, or nothing is allowed",
                      "leave both out for 256 and 4096");
    }
    if (limits.widest_divert_v4 < 8 || limits.widest_divert_v4 > 32) {
        return refuse("limits.widest_divert_v4", "is no prefix length between 8 and 32", "24 is usual");
    }
    if (limits.widest_divert_v6 < 19 || limits.widest_divert_v6 > 128) {
        return refuse("limits.widest_divert_v6", "is no prefix length between 19 and 128", "48 is usual");
    }
    if (limits.expiry_s < 10 || limits.expiry_s > limits.max_expiry_s) {
        return refuse("limits.expiry_s", "is below 10 or above max_expiry_s", "leave it out for 900");
    }
    if (limits.max_expiry_s > 30 * 86'400) {
        return refuse("limits.max_expiry_s", "is longer than 30 days", "leave it out for 86400");
    }
    if (limits.cooling_s > limits.expiry_s) {
        return refuse("limits.cooling_s", "is longer than expiry_s", "leave it out for 10");
    }
    return {};
}

base::Status validate(const ServiceConfig& config) {
    if (auto status = validate(config.limits); !status) return status;
    if (auto status = validate(config.guard); !status) return status;
    const auto& blackhole = config.blackhole;
    if (blackhole.mode != model::ConsentMode::off && blackhole.gateway_bits_per_s == 0 &&
        blackhole.gateway_packets_per_s == 0 && !(blackhole.line_rate_multiple > 0)) {
        return refuse("blackhole", "is on, but nothing says when an attack cannot be cleaned any more",
                      "set gateway_bits_per_s, gateway_packets_per_s or line_rate_multiple");
    }
    if (blackhole.mode != model::ConsentMode::off && blackhole.communities.empty()) {
        return refuse("blackhole.communities", "is empty: no router would know what to do",
                      "leave it out for 65535:666");
    }
    if (!(config.flowspec.rate_limit_bytes_per_s >= 0)) {
        return refuse("flowspec.rate_limit_bytes_per_s", "is negative", "0 discards");
    }
    return {};
}

}  // namespace sluice::mitigation
