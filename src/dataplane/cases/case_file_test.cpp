#include "dataplane/cases/case_file.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::dataplane::cases {
namespace {

base::Result<std::vector<Case>> read(const std::string& text) {
    std::istringstream in(text);
    return read_cases(in, "folder/some.cases");
}

// The one statement of a case of one line.
template <class T>
T statement(const std::string& line) {
    const auto cases = read("case of one line\n  " + line + "\n");
    EXPECT_TRUE(cases.has_value()) << cases.error().message();
    return std::get<T>(cases.value().at(0).lines.at(0).statement);
}

std::string error_of(const std::string& line) {
    const auto cases = read("# a comment\n\ncase of one line\n  " + line + "\n");
    return cases ? "" : cases.error().message();
}

// What is wrong with a line that makes part of a tenant's program.
std::string program_error_of(const std::string& text) {
    FirewallCase firewall{Family(false)};
    AttributeCase attributes;
    model::TenantProgram program;
    const Words words = split(text);
    try {
        if (ScrubCase::is_about(words[0])) ScrubCase::add(words, Family(false), {}, program);
        if (FirewallCase::is_about(words[0])) firewall.add(words, "", program);
        if (AttributeCase::is_about(words[0])) attributes.add(words, Family(false));
    } catch (const CaseError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST(CaseFile, LinesBeforeTheFirstCaseBelongToAll) {
    const auto cases = read("# of the file\nonly ipv4\n\ncase one\n  reload  # a comment\ncase two\n");
    ASSERT_TRUE(cases.has_value());
    ASSERT_EQ(cases->size(), 2U);
    EXPECT_EQ((*cases)[0].name, "some: one");
    ASSERT_EQ((*cases)[0].lines.size(), 2U);
    EXPECT_EQ((*cases)[0].lines[1].where, "some.cases:5:   reload ");
    EXPECT_TRUE(std::holds_alternative<Reload>((*cases)[0].lines[1].statement));
    ASSERT_EQ((*cases)[1].lines.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Only>((*cases)[1].lines[0].statement));
}

TEST(CaseFile, APacketAndWhatBecomesOfIt) {
    const auto packet =
        statement<Packet>("@inside tcp pc:1 > web:80 syn => pass @dmz tcp pc:1 > web:80 syn also udp a");
    EXPECT_EQ(packet.network, "inside");
    EXPECT_EQ(join(packet.words), "tcp pc:1 > web:80 syn");
    EXPECT_FALSE(packet.repeated());
    EXPECT_EQ(join(packet.expected.verdict), "pass");
    EXPECT_EQ(packet.expected.network, "dmz");
    EXPECT_EQ(join(packet.expected.frame), "tcp pc:1 > web:80 syn");
    EXPECT_EQ(join(packet.expected.also), "udp a");
    const auto reset = statement<Packet>("udp a => drop static-filter by the long name sends tcp b rst");
    EXPECT_EQ(join(reset.expected.verdict), "drop static-filter by the long name");
    EXPECT_EQ(join(reset.expected.frame), "tcp b rst");
}

TEST(CaseFile, ARepeatedPacketIsCounted) {
    const auto packet = statement<Packet>("100 × udp client:% > server:9 => 32 pass, 68 drop source-rate");
    EXPECT_EQ(packet.times, 100U);
    using Verdicts = std::vector<std::pair<std::size_t, Words>>;
    EXPECT_EQ(packet.verdicts, (Verdicts{{32, {"pass"}}, {68, {"drop", "source-rate"}}}));
}

TEST(CaseFile, TimeAndPayloads) {
    EXPECT_EQ(statement<After>("after 2 s").time.count(), 2000);
    EXPECT_EQ(statement<After>("after 5 ms").time.count(), 5);
    EXPECT_EQ(statement<Payload>("bytes $q 12 34ff").digits, "1234ff");
    EXPECT_EQ(statement<Payload>(R"(text $q a b\r\n)").digits, "6120620d0a");
}

TEST(CaseFile, Counters) {
    model::TargetCounters target;
    target.passed.packets = 3;
    target.reasons[static_cast<std::size_t>(model::DropReason::no_rule)].packets = 4;
    target.stages[ScrubCase::stage_named("filter")].dropped.packets = 5;
    const auto value = [&](const std::string& line) { return statement<CounterIs>(line).of_target(target); };
    EXPECT_EQ(value("count passed 1"), 3U);
    EXPECT_EQ(value("count no-rule 1"), 4U);
    EXPECT_EQ(value("count filter dropped 1"), 5U);
    const auto nobodys = statement<CounterIs>("count unattributed no-rule 7");
    EXPECT_EQ(nobodys.unattributed, model::DropReason::no_rule);
    EXPECT_EQ(nobodys.number, 7U);
}

TEST(CaseFile, OtherTenantsObjects) {
    EXPECT_TRUE(statement<FirewallLine>("other-rule all allow").other_tenant);
    EXPECT_EQ(join(statement<ScrubLine>("other-target other").words), "target other");
    EXPECT_FALSE(statement<FirewallLine>("rule all allow").other_tenant);
}

TEST(CaseFile, WrongLinesAreNamedWithWhatIsWrong) {
    const std::string at = "some.cases:4:   ";
    for (const auto& [line, what] : std::initializer_list<std::pair<std::string, std::string>>{
             {"sleep 2 s", "'sleep' is no word of the language, and a packet wants '=>'"},
             {"only ipv5", "no family 'ipv5'; there are: ipv4, ipv6"},
             {"after soon", "the time 'soon' is no number from 0 to 4294967295"},
             {"after 2", "the unit is missing"},
             {"reload now", "'now' is too much"},
             {"bytes q 12", "a payload's name begins with $"},
             {"bytes $q 123", "half a byte in '123'"},
             {"count lost 5", "no reason 'lost'"},
             {"count filter lost 5", "no counter of a stage 'lost'; there are: in, passed, dropped, watched"},
             {"named pc scan", "the action is missing"},
             {"=> pass", "there is no packet before '=>'"},
             {"udp a =>", "the verdict is missing"},
             {"udp a => passes", "no verdict 'passes'; there are: pass, answer, drop"},
             {"udp a => drop rain", "no reason 'rain'"},
             {"udp a => drop no-rule because", "'because' is too much"},
             {"udp a => pass also", "'also' wants a packet"},
             {"5 × udp a => pass",
              "the number of packets 'pass' is no number from 0 to 18446744073709551615"},
             {"5 × udp a =>", "nothing is expected behind '=>'"},
         }) {
        EXPECT_EQ(error_of(line), at + line + ": " + what);
    }
    EXPECT_EQ(read("# nothing\n").error().message(), "folder/some.cases: there is no case in it");
}

TEST(CaseFile, WrongObjectsOfAProgram) {
    for (const auto& [line, what] : std::initializer_list<std::pair<std::string, std::string>>{
             {"target nowhere", "'nowhere' is neither a host nor a prefix"},
             {"target server sauce 5 pps",
              "no word 'sauce'; there are: source, total, fragments, icmp, pair, service, udp"},
             {"target server source 5 kbps", "no unit 'kbps'; there are: pps, bps"},
             {"target server check dns,mail", "no check 'mail'; there are: dns, http, tls, ntp, sip, slow"},
             {"filter one drop port 70000", "the ports '70000' is no number from 0 to 65535"},
             {"filter one keep", "no action 'keep'; there are: pass, drop"},
             {"rule one allow from nowhere", "no zone 'nowhere'"},
             {"rule one allow tpc 80", "no word 'tpc' of a rule"},
             {"network lan vlan", "the tag is missing"},
             {"network lan wifi", "no kind of network 'wifi'; there are: vlan, qinq, vxlan, port, routed"},
             {"without it", "no rule, NAT rule or network 'it'"},
             {"limit new 5", "no limit 'new'; there are: flows, new-flows, source-flows, new-source-flows"},
             {"loose ends", "'ends' is too much"},
             {"country server", "the value is missing"},
         }) {
        EXPECT_EQ(program_error_of(line), what) << line;
    }
}

TEST(CaseFile, HostsAndIcmpByFamily) {
    const Words words = split("unreachable web > pc about udp pc:1 > web:53");
    EXPECT_EQ(join(Family(false).packet(words)),
              "icmp 10.1.0.80 > 10.0.0.5 type 3 code 3 about udp 10.0.0.5:1 > 10.1.0.80:53");
    EXPECT_EQ(join(Family(true).packet(words)),
              "icmpv6 2001:db8:3:d::80 > 2001:db8:3:a::5 type 1 code 4 about udp [2001:db8:3:a::5]:1 > "
              "[2001:db8:3:d::80]:53");
}

}  // namespace sluice::dataplane::cases
