// The way of a request through the API: route → credentials → role → limits of form → handler → answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.hpp"
#include "api/idempotency.hpp"
#include "api/router.hpp"
#include "api/services.hpp"
#include "tenancy/authentication_service.hpp"

namespace sluice::api {

inline constexpr std::string_view api_base = "/api/v1";
inline constexpr std::string_view session_cookie = "sluice_session";

// Thread-safe.
class Gate {
  public:
    Gate(const Router& router, const Services& services);

    // A request below api_base.
    [[nodiscard]] http::Response answer(const http::Request& request);

  private:
    [[nodiscard]] Reply pass(const http::Request& request);
    [[nodiscard]] Outcome<tenancy::Identity> identify(const http::Request& request) const;
    [[nodiscard]] Reply once(const Route& route, const Call& call);

    const Router& router_;
    const Services& services_;
    IdempotencyBook answers_;
};

}  // namespace sluice::api
