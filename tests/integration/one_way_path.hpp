// A diverted customer in network namespaces: requests pass the gateway, answers go straight back.
//
//   client ──── edge ──── server          client → edge → guard's dirty leg → gateway → clean leg → edge →
//   server
//                │ │                      server → edge → client
//           dirty│ │clean
//                guard
#pragma once

#include <string>

#include "namespaces.hpp"

namespace sluice::integration {

class OneWayPath {
  public:
    // `tag` makes the names unique on the machine.
    explicit OneWayPath(const std::string& tag);

    // "client", "edge", "guard", "server".
    [[nodiscard]] const Namespaces& spaces() const { return spaces_; }

    static constexpr const char* client4 = "198.18.0.5";
    static constexpr const char* client6 = "2001:db8:f::5";
    static constexpr const char* server4 = "203.0.113.9";
    static constexpr const char* server6 = "2001:db8:3::9";
    static constexpr const char* dirty4 = "100.64.21.2";
    static constexpr const char* dirty6 = "2001:db8:ff:21::2";
    static constexpr const char* dirty_router_mac = "02:5c:00:00:21:01";
    static constexpr const char* clean_router_mac = "02:5c:00:00:22:01";

  private:
    void link(const Namespaces::End& edge, const Namespaces::End& other, int net) const;

    Namespaces spaces_;
};

}  // namespace sluice::integration
