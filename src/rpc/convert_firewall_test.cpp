#include "rpc/convert_firewall.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <tuple>
#include <typeinfo>
#include <utility>

#include "rpc/convert_gateway.hpp"
#include "rpc/sample_messages.hpp"
#include "sluice_link.pb.h"

namespace sluice::rpc {
namespace {

// Whether every field of a sample differs from its default, so that a conversion that forgets one shows. The
// number of names must be that of the fields: a field that is added does not compile here until the sample
// has it.
#define SLUICE_FIELDS(TYPE, ...)           \
    [](const TYPE& value) {                \
        const auto& [__VA_ARGS__] = value; \
        return std::tie(__VA_ARGS__);      \
    }

template <class Value, class Fields>
void expect_all_set(const Value& sample, Fields fields) {
    const Value none{};
    const auto own = fields(sample);
    const auto empty = fields(none);
    [&]<std::size_t... index>(std::index_sequence<index...>) {
        (
            [&] {
                EXPECT_FALSE(std::get<index>(own) == std::get<index>(empty))
                    << typeid(Value).name() << " field " << index;
            }(),
            ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(own)>>{});
}

TEST(ConvertFirewall, TheSampleSetsEveryField) {
    auto firewall = sample_firewall();
    firewall.strict_tcp = false;  // true is the default
    auto nat = firewall.nat.at(0);
    nat.hairpin = false;
    expect_all_set(firewall, SLUICE_FIELDS(model::FirewallProgram, a, b, c, d, e, f, g, h, i, j, k));
    expect_all_set(firewall.attachments.at(0),
                   SLUICE_FIELDS(model::Attachment, a, b, c, d, e, f, g, h, i, j, k, l));
    expect_all_set(firewall.rules.at(0),
                   SLUICE_FIELDS(model::FirewallRule, a, b, c, d, e, f, g, h, i, j, k, l));
    expect_all_set(nat, SLUICE_FIELDS(model::NatRule, a, b, c, d, e, f, g, h, i));
    expect_all_set(firewall.rules.at(0).services.at(0), SLUICE_FIELDS(model::ServiceMatch, a, b, c, d, e));
    expect_all_set(firewall.rules.at(0).windows.at(0), SLUICE_FIELDS(model::WeekWindow, a, b));
    expect_all_set(firewall.timeouts, SLUICE_FIELDS(model::FlowTimeouts, a, b, c, d, e, f, g));
    expect_all_set(firewall.limits, SLUICE_FIELDS(model::FlowLimits, a, b, c, d));
    expect_all_set(firewall.attacks, SLUICE_FIELDS(model::OutboundPolicy, a, b, c, d, e, f));
}

// By value, not by message: what both directions forget shows as well.
TEST(ConvertFirewall, AProgramSurvivesWhole) {
    const auto sent = sample_program();
    link::v1::TenantProgram message;
    to_message(sent, message);
    const auto received = to_model(message);
    ASSERT_TRUE(received) << received.error().message();
    EXPECT_EQ(received->firewall, sent.firewall);
    EXPECT_TRUE(*received == sent);
}

TEST(ConvertFirewall, LenientTcpAndNoHairpinSurvive) {
    auto sent = sample_program();
    sent.firewall.strict_tcp = false;
    sent.firewall.enabled = false;
    link::v1::TenantProgram message;
    to_message(sent, message);
    const auto received = to_model(message);
    ASSERT_TRUE(received) << received.error().message();
    EXPECT_EQ(received->firewall, sent.firewall);
}

TEST(ConvertFirewall, WithoutOneNothingTravels) {
    auto sent = sample_program();
    sent.firewall = {};
    link::v1::TenantProgram message;
    to_message(sent, message);
    EXPECT_FALSE(message.has_firewall());
    EXPECT_EQ(to_model(message)->firewall, model::FirewallProgram{});
}

struct Hostile {
    const char* field;
    std::function<void(link::v1::FirewallProgram&)> edit;
};

TEST(ConvertFirewall, AHostileOneIsRefusedByTheNameOfItsField) {
    const Hostile cases[] = {
        {"program.firewall.rules.to", [](auto& m) { m.mutable_rules(0)->set_to("\x03"); }},
        {"program.firewall.rules.from", [](auto& m) { m.mutable_rules(0)->set_from("\xff"); }},
        {"program.firewall.rules.action", [](auto& m) { m.mutable_rules(0)->set_action("permit"); }},
        {"program.firewall.rules.name", [](auto& m) { m.mutable_rules(0)->set_name("a\nb"); }},
        {"program.firewall.rules.sources",
         [](auto& m) { m.mutable_rules(0)->mutable_sources(0)->set_length(8); }},
        {"program.firewall.rules.source_is",
         [](auto& m) { m.mutable_rules(0)->mutable_source_is(0)->set_countries(0, "de"); }},
        // It would be any destination.
        {"program.firewall.rules.destination_is",
         [](auto& m) { m.mutable_rules(0)->mutable_destination_is(0)->Clear(); }},
        {"program.firewall.rules.windows",
         [](auto& m) { m.mutable_rules(0)->mutable_windows(0)->set_end_minute(10'081); }},
        {"program.firewall.rules.windows",
         [](auto& m) { m.mutable_rules(0)->mutable_windows(0)->set_first_minute(120); }},
        {"program.firewall.services.protocol",
         [](auto& m) { m.mutable_rules(0)->mutable_services(0)->set_protocol(256); }},
        {"program.firewall.services.destination_port",
         [](auto& m) { m.mutable_rules(0)->mutable_services(0)->mutable_destination_port()->set_last(1); }},
        {"program.firewall.services.icmp_type",
         [](auto& m) { m.mutable_rules(0)->mutable_services(0)->set_icmp_type(0xffff); }},
        {"program.firewall.attachments.zone", [](auto& m) { m.mutable_attachments(0)->set_zone(3); }},
        {"program.firewall.attachments.kind", [](auto& m) { m.mutable_attachments(0)->set_kind("mpls"); }},
        {"program.firewall.attachments.vlan", [](auto& m) { m.mutable_attachments(0)->set_vlan(4095); }},
        {"program.firewall.attachments.vni", [](auto& m) { m.mutable_attachments(0)->set_vni(1U << 24U); }},
        {"program.firewall.attachments.gateway4",
         [](auto& m) { m.mutable_attachments(0)->set_gateway4(std::string(16, '\x20')); }},
        {"program.firewall.attachments.next_hop_mac",
         [](auto& m) { m.mutable_attachments(0)->set_next_hop_mac("abc"); }},
        {"program.firewall.nat.kind", [](auto& m) { m.mutable_nat(0)->set_kind("magic"); }},
        {"program.firewall.nat.translated_port",
         [](auto& m) { m.mutable_nat(0)->set_translated_port(70'000); }},
        {"program.firewall.rules",
         [](auto& m) {
             for (int i = 0; i < 10'001; ++i) m.add_rules();
         }},
    };
    for (const auto& hostile : cases) {
        link::v1::TenantProgram message;
        to_message(sample_program(), message);
        hostile.edit(*message.mutable_firewall());
        const auto program = to_model(message);
        ASSERT_FALSE(program) << hostile.field;
        EXPECT_EQ(program.error().where, hostile.field) << program.error().message();
    }
}

}  // namespace
}  // namespace sluice::rpc
