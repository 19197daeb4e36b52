#include "packet/packet_text.hpp"

#include <gtest/gtest.h>

#include "packet/parser.hpp"

namespace sluice::packet {

TEST(PacketText, RoundTrips) {
    for (const char* text : {
             "tcp 198.51.100.7:4242 > 203.0.113.9:443 syn seq 7 ttl 63",
             "tcp [2001:db8::1]:4242 > [2001:db8:1::10]:443 syn ack seq 7 ack-number 4294967295",
             "tcp 198.51.100.7:1 > 203.0.113.9:2 none",
             "udp 198.51.100.7:53 > 203.0.113.9:4000 payload 512 vlan 12",
             "udp [2001:db8::1]:53 > [2001:db8:1::10]:4000 payload 512 vlan 12 vlan 4",
             "icmp 198.51.100.7 > 203.0.113.9 type 8",
             "icmpv6 2001:db8::1 > 2001:db8:1::10 type 128 payload 56",
             "protocol 47 198.51.100.7 > 203.0.113.9 payload 40",
             "udp 198.51.100.7:53 > 203.0.113.9:4000 payload 1472 more id 9",
             "udp 198.51.100.7 > 203.0.113.9 payload 100 fragment 1480 id 9",
             "udp 2001:db8::1 > 2001:db8:1::10 payload 100 fragment 1480 id 9",
         }) {
        std::string readable = text;
        // A later fragment has no ports on the wire, but the language wants them on the way in.
        if (readable.find("fragment") != std::string::npos) {
            readable = readable.find("db8") == std::string::npos
                           ? "udp 198.51.100.7:1 > 203.0.113.9:1 payload 100 fragment 1480 id 9"
                           : "udp [2001:db8::1]:1 > [2001:db8:1::10]:1 payload 100 fragment 1480 id 9";
        }
        const auto frame = parse_packet_text(readable);
        ASSERT_TRUE(frame.has_value()) << text << ": " << frame.error().message();
        EXPECT_EQ(describe_packet(*frame), text);
    }
}

TEST(PacketText, SaysWhatIsWrong) {
    for (const char* text : {"", "tcp", "smtp 1.2.3.4:1 > 1.2.3.4:2", "tcp 1.2.3.4 > 1.2.3.5 syn",
                             "udp 1.2.3.4:1 > [2001:db8::1]:1", "tcp 1.2.3.4:1 > 1.2.3.4:70000",
                             "tcp 1.2.3.4:1 > 1.2.3.4:7 sin", "tcp 1.2.3.4:1 > 1.2.3.4:7 ttl 256",
                             "tcp 1.2.3.4:1 > 1.2.3.4:7 ttl", "icmp 1.2.3.4:1 > 1.2.3.4:7"}) {
        EXPECT_FALSE(parse_packet_text(text).has_value()) << text;
    }
}

}  // namespace sluice::packet
