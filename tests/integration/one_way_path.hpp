// A diverted customer in network namespaces: requests pass the gateway, answers go straight back.
//
//   client ──── edge ──── server          client → edge → guard's dirty leg → gateway → clean leg → edge →
//   server
//                │ │                      server → edge → client
//           dirty│ │clean
//                guard
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sluice::integration {

class OneWayPath {
  public:
    // Empty, or the reason why namespaces can not be made here.
    [[nodiscard]] static std::string missing();

    // `tag` makes the names unique on the machine.
    explicit OneWayPath(std::string tag);
    ~OneWayPath();
    OneWayPath(const OneWayPath&) = delete;
    OneWayPath& operator=(const OneWayPath&) = delete;

    // Runs in a thread that lives in that namespace ("client", "edge", "guard", "server"); returns when it
    // ends.
    void inside(const std::string& role, const std::function<void()>& work) const;
    // The calling thread and all that it starts, from now on.
    void enter(const std::string& role) const;

    static constexpr const char* client4 = "198.18.0.5";
    static constexpr const char* client6 = "2001:db8:f::5";
    static constexpr const char* server4 = "203.0.113.9";
    static constexpr const char* server6 = "2001:db8:3::9";
    static constexpr const char* dirty4 = "100.64.21.2";
    static constexpr const char* dirty6 = "2001:db8:ff:21::2";
    static constexpr const char* dirty_router_mac = "02:5c:00:00:21:01";
    static constexpr const char* clean_router_mac = "02:5c:00:00:22:01";

  private:
    [[nodiscard]] std::string name(const std::string& role) const { return "slg-" + tag_ + "-" + role; }
    void link(const std::string& a, const std::string& a_device, const std::string& a_mac,
              const std::string& b, const std::string& b_device, const std::string& b_mac, int net) const;
    void ip(const std::string& role, const std::string& command) const;

    std::string tag_;
};

}  // namespace sluice::integration
