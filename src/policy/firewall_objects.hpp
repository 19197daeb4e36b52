// A firewall policy's names and what they stand for: zones, addresses, services, schedules. Internal to
// policy/. Groups are written out once and kept, each with overlapping prefixes removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/firewall_policy.hpp"

namespace sluice::policy::detail {

// IPv4 before IPv6, each in order: ::/0 would contain IPv4 (net/address.hpp), but here it is all of IPv6
// only.
[[nodiscard]] bool before(const net::Prefix& a, const net::Prefix& b);
// Sorted so; none contains another of its family.
void normalize(std::vector<net::Prefix>& prefixes);

enum class NameFault : std::uint8_t {
    none,
    unknown,   // no such object, group or built-in
    cycle,     // a group holds itself
    too_many,  // more than FirewallLimits allows when written out
};

// What addresses of a policy stand for: all that is in one of the prefixes, or of which one of the attributes
// holds.
struct Addresses {
    std::vector<net::Prefix> prefixes;
    std::vector<model::AttributeMatch> attributes;
};

// Borrows the policy.
class FirewallObjects {
  public:
    explicit FirewallObjects(const model::FirewallPolicy& policy);

    [[nodiscard]] std::optional<model::ZoneIndex> zone(std::string_view name) const;  // "internet" as well
    [[nodiscard]] const model::SchedulePolicy* schedule(std::string_view name) const;
    [[nodiscard]] bool is_user(std::string_view name) const;

    [[nodiscard]] bool has_address(std::string_view name) const;  // object or group
    [[nodiscard]] bool has_service(std::string_view name) const;  // object, group or built in

    // What a name or a value stands for is added to `out`.
    NameFault add_addresses(const std::string& reference, Addresses& out);
    NameFault add_services(const std::string& reference, std::vector<model::ServiceMatch>& out);

    // For "did you mean".
    [[nodiscard]] std::vector<std::string> address_names() const;
    [[nodiscard]] std::vector<std::string> service_names() const;
    [[nodiscard]] std::vector<std::string> zone_names() const;
    [[nodiscard]] std::vector<std::string> user_names() const;
    [[nodiscard]] std::vector<std::string> schedule_names() const;

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    template <class T>
    using ByName = std::unordered_map<std::string_view, T, Hash, std::equal_to<>>;
    enum class State : std::uint8_t { untouched, open, done };
    template <class Object, class Values>
    struct Entry {
        const Object* object = nullptr;
        const model::ObjectGroup* group = nullptr;
        State state = State::untouched;
        NameFault fault = NameFault::none;
        Values values;
    };
    using AddressEntry = Entry<model::AddressObject, Addresses>;
    using ServiceEntry = Entry<model::ServiceObject, std::vector<model::ServiceMatch>>;

    const Addresses* written_out(AddressEntry& entry, NameFault& fault);
    const std::vector<model::ServiceMatch>* written_out(ServiceEntry& entry, NameFault& fault);

    const model::FirewallPolicy& policy_;
    ByName<model::ZoneIndex> zones_;
    ByName<const model::SchedulePolicy*> schedules_;
    ByName<bool> users_;
    ByName<AddressEntry> addresses_;
    ByName<ServiceEntry> services_;
    std::size_t kept_addresses_ = 0;
    std::size_t kept_services_ = 0;
};

}  // namespace sluice::policy::detail
