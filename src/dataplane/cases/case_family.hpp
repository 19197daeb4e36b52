// What the hosts and ICMP messages of packet cases (testdata/README.md) are in IPv4 and in IPv6.
#pragma once

#include <algorithm>
#include <string>

#include "dataplane/cases/case_words.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane::cases {

class Family {
  public:
    explicit Family(bool ipv6) : ipv6_(ipv6) {}

    [[nodiscard]] bool ipv6() const { return ipv6_; }
    [[nodiscard]] const char* name() const { return ipv6_ ? "IPv6" : "IPv4"; }

    // "server:443" → "203.0.113.9:443" or "[2001:db8:3::9]:443"; other words stay.
    [[nodiscard]] std::string address(const std::string& word) const {
        const std::size_t colon = word.find(':');
        const std::string host = word.substr(0, colon);
        const auto known = std::ranges::find(hosts, host, &Host::name);
        if (known == std::end(hosts)) return word;
        const std::string address = ipv6_ ? known->ipv6 : known->ipv4;
        if (colon == std::string::npos) return address;
        return (ipv6_ ? "[" + address + "]" : address) + word.substr(colon);
    }
    [[nodiscard]] net::Prefix prefix(const std::string& word) const {
        const auto parsed = net::Prefix::parse(address(word));
        if (!parsed) throw CaseError("'" + word + "' is neither a host nor a prefix");
        return *parsed;
    }
    // A packet's words with its addresses and its ICMP messages, also in what it is about.
    [[nodiscard]] Words packet(Words words) const {
        for (std::string& word : words) word = address(word);
        const auto quoted = static_cast<std::size_t>(quotation(words) - words.begin());
        if (quoted + 1 < words.size()) write_icmp(words, quoted + 1);
        if (!words.empty()) write_icmp(words, 0);
        return words;
    }
    // Where the packet that an ICMP message is about begins, or the end.
    [[nodiscard]] static Words::const_iterator quotation(const Words& words) {
        return std::find(words.begin(), words.end(), "about");
    }

  private:
    struct Host {
        std::string_view name;
        const char* ipv4;
        const char* ipv6;
    };
    static constexpr Host hosts[] = {
        {"client", "198.18.0.5", "2001:db8:f:1::5"},
        {"client2", "198.18.0.6", "2001:db8:f:1::6"},
        {"attacker", "198.19.0.7", "2001:db8:f:a::7"},
        {"server", "203.0.113.9", "2001:db8:3::9"},
        {"server2", "203.0.113.10", "2001:db8:3::10"},
        {"site", "203.0.113.0/24", "2001:db8:3::/48"},
        {"stranger", "192.0.2.200", "2001:db8:99::1"},
        {"other", "198.51.100.9", "2001:db8:2::9"},
        {"other-site", "198.51.100.0/24", "2001:db8:2::/48"},
        {"pc", "10.0.0.5", "2001:db8:3:a::5"},
        {"pc2", "10.0.0.6", "2001:db8:3:a::6"},
        {"inside-net", "10.0.0.0/16", "2001:db8:3:a::/64"},
        {"web", "10.1.0.80", "2001:db8:3:d::80"},
        {"dmz-net", "10.1.0.0/16", "2001:db8:3:d::/64"},
        {"www", "203.0.113.130", "2001:db8:3:e::130"},
        {"www2", "203.0.113.131", "2001:db8:3:e::131"},
        {"public-net", "203.0.113.128/26", "2001:db8:3:e::/64"},
        {"pool", "203.0.113.77", "2001:db8:3::77"},
        {"pool2", "203.0.113.78", "2001:db8:3::78"},
        {"gateway", "192.0.2.1", "2001:db8:99::ffff"},
        {"vtep", "192.0.2.50", "2001:db8:99::50"},
        {"vtep2", "192.0.2.51", "2001:db8:99::51"},
        {"till", "10.2.0.7", "2001:db8:3:b::7"},
        {"branch-net", "10.2.0.0/16", "2001:db8:3:b::/64"},
    };

    // ICMP messages that both families have.
    struct IcmpWord {
        std::string_view name;
        const char *type4, *code4;
        const char *type6, *code6;
    };
    static constexpr IcmpWord icmp_words[] = {
        {"echo", "8", "0", "128", "0"},      {"echo-reply", "0", "0", "129", "0"},
        {"unreachable", "3", "3", "1", "4"}, {"exceeded", "11", "0", "3", "0"},
        {"too-big", "3", "4", "2", "0"},     {"prohibited", "3", "13", "1", "1"},
    };

    // The packet that begins there, when it is an ICMP message by name.
    void write_icmp(Words& words, std::size_t at) const {
        const auto known = std::ranges::find(icmp_words, words[at], &IcmpWord::name);
        if (known == std::end(icmp_words)) return;
        if (words.size() < at + 4) throw CaseError("'" + words[at] + "' wants SOURCE > DESTINATION");
        words[at] = ipv6_ ? "icmpv6" : "icmp";
        const std::string type = ipv6_ ? known->type6 : known->type4;
        const std::string code = ipv6_ ? known->code6 : known->code4;
        Words numbers;
        if (type != "0") numbers = {"type", type};  // descriptions do not write zeros
        if (code != "0") numbers.insert(numbers.end(), {"code", code});
        words.insert(words.begin() + static_cast<std::ptrdiff_t>(at) + 4, numbers.begin(), numbers.end());
    }

    bool ipv6_;
};

}  // namespace sluice::dataplane::cases
