// What the scrubber should do, as plainly as it can be said: lists instead of tables, sets instead of bounded
// memory, buckets instead of time values. Slow, and for tests only (reference_test.cpp).
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/attack_vector.hpp"
#include "model/tenant_program.hpp"
#include "model/verdict.hpp"
#include "net/protocol.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::reference {

using model::DropReason;
using Ns = std::int64_t;
inline constexpr Ns quarter_s = 250'000'000;
inline constexpr Ns cookie_epoch = 16'000'000'000;

struct Judgement {
    model::Verdict verdict = model::Verdict::pass;
    DropReason reason = DropReason::none;
    std::string rule;
    const model::TenantProgram* program = nullptr;
    const model::ScrubTarget* target = nullptr;
};

// Holds what may come at once and is refilled at the rate; exact, in units times nanoseconds.
class Bucket {
  public:
    Bucket(std::uint64_t rate, std::uint64_t most)
        : rate_(rate), full_(static_cast<__int128>(most) * second), level_(full_) {}

    [[nodiscard]] bool has(std::uint64_t amount, Ns now) {
        level_ = std::min(full_, level_ + static_cast<__int128>(now - last_) * static_cast<__int128>(rate_));
        last_ = now;
        return level_ >= static_cast<__int128>(amount) * second;
    }
    void take(std::uint64_t amount) { level_ -= static_cast<__int128>(amount) * second; }
    // Never deeper than a second below `floor`.
    void owe(std::uint64_t amount, std::uint64_t floor) {
        const __int128 deepest =
            static_cast<__int128>(floor) * second - static_cast<__int128>(rate_) * second;
        level_ = std::max(std::min(level_, deepest), level_ - static_cast<__int128>(amount) * second);
    }

  private:
    static constexpr __int128 second = 1'000'000'000;
    std::uint64_t rate_;
    __int128 full_;
    __int128 level_;
    Ns last_ = 0;
};

class Limiter {
  public:
    explicit Limiter(const model::RateLimit& limit)
        : limit_(limit),
          packets_(limit.packets_per_s, std::max<std::uint64_t>(32, limit.packets_per_s / 10)),
          bytes_(limit.bits_per_s / 8, std::max<std::uint64_t>(48'000, limit.bits_per_s / 80)) {}

    // A whole packet must be there; of the bytes, no debt.
    [[nodiscard]] bool take(Ns now, std::uint32_t size) {
        if (limit_.packets_per_s != 0 && !packets_.has(1, now)) return false;
        if (limit_.bits_per_s != 0 && !bytes_.has(0, now)) return false;
        packets_.take(1);
        bytes_.take(size);
        return true;
    }
    // Of one source, what was refused counts as well.
    [[nodiscard]] bool take_or_owe(Ns now, std::uint32_t size) {
        if (take(now, size)) return true;
        if (limit_.packets_per_s != 0) packets_.owe(1, 1);
        if (limit_.bits_per_s != 0) {
            (void)bytes_.has(0, now);
            bytes_.owe(size, 0);
        }
        return false;
    }

  private:
    model::RateLimit limit_;
    Bucket packets_;
    Bucket bytes_;
};

[[nodiscard]] inline bool is(const packet::Key& key, net::IpProtocol protocol) {
    return key.protocol == static_cast<std::uint8_t>(protocol);
}

[[nodiscard]] inline std::uint32_t number_at(std::span<const std::uint8_t> frame, const packet::Key& key,
                                             std::size_t offset) {
    const std::size_t at = key.l4_offset + offset;
    if (key.error != packet::ParseError::none || !key.has(packet::key_transport) || at + 4 > frame.size())
        return 0;
    return static_cast<std::uint32_t>(frame[at]) << 24U | static_cast<std::uint32_t>(frame[at + 1]) << 16U |
           static_cast<std::uint32_t>(frame[at + 2]) << 8U | frame[at + 3];
}

// Judges packets of these programs in their order; the programs outlive it.
class Judge {
  public:
    explicit Judge(const std::vector<model::TenantProgram>& programs) : programs_(programs) {}

    Judgement judge(const packet::Key& key, std::span<const std::uint8_t> frame, Ns now,
                    base::Timestamp wall) {
        Judgement found;
        if (key.error != packet::ParseError::none) return drop(found, of_error(key.error));
        find(key.destination, found);
        if (found.program == nullptr) return drop(found, DropReason::unknown_destination);
        if (key.hop_limit <= 1) return drop(found, DropReason::ttl_expired);
        static const model::ScrubProfile untouched{.drop_invalid = false};
        const auto& profile = found.target == nullptr ? untouched : found.target->profile;
        if (profile.drop_invalid && stops(found, profile, invalid(key))) return found;
        for (const auto& filter : found.program->filters) {
            if (!matches(filter, key, wall)) continue;
            found.rule = filter.name;
            if (filter.action == model::FilterAction::pass) return found;
            if (stops(found, profile,
                      filter.dynamic ? DropReason::dynamic_filter : DropReason::static_filter)) {
                return found;
            }
            found.rule.clear();
            break;
        }
        if (reflected(profile, key, found.rule) && stops(found, profile, DropReason::reflection_template))
            return found;
        found.rule.clear();
        if (!verify(found, profile, key, frame, now)) return found;
        if (stops(found, profile, over_source_limit(found, profile, key, now))) return found;
        (void)stops(found, profile, over_limit(found, profile, key, now));
        return found;
    }

    [[nodiscard]] std::uint64_t watched() const { return watched_; }

    // The engine has answered with this number.
    void note_cookie(const packet::Key& question, std::uint32_t cookie, Ns now) {
        cookies_.insert({connection(question), cookie, now / cookie_epoch});
    }

  private:
    using Connection = std::tuple<net::Address, net::Address, std::uint16_t, std::uint16_t>;
    using Pair = std::pair<const model::ScrubTarget*, net::Address>;

    static Judgement drop(Judgement& found, DropReason reason) {
        found.verdict = model::Verdict::drop;
        found.reason = reason;
        return found;
    }
    // Drops the packet, unless there is no reason to, or the reason's stage is only watched.
    bool stops(Judgement& found, const model::ScrubProfile& profile, DropReason reason) {
        if (reason == DropReason::none) return false;
        if ((profile.monitored >> static_cast<unsigned>(model::info(reason).stage) & 1U) != 0) {
            ++watched_;
            return false;
        }
        drop(found, reason);
        return true;
    }
    static Connection connection(const packet::Key& key) {
        return {key.source, key.destination, key.source_port, key.destination_port};
    }
    static DropReason of_error(packet::ParseError error) {
        switch (error) {
            case packet::ParseError::truncated:
                return DropReason::truncated;
            case packet::ParseError::not_ip:
                return DropReason::unsupported_link;
            case packet::ParseError::bad_ip_version:
                return DropReason::bad_ip_version;
            case packet::ParseError::bad_ip_header:
                return DropReason::bad_ip_header;
            case packet::ParseError::bad_ip_checksum:
                return DropReason::bad_ip_checksum;
            default:
                return DropReason::bad_length;
        }
    }

    void find(const net::Address& destination, Judgement& found) const {
        int longest = -1;
        for (const auto& program : programs_) {
            for (const auto& prefix : program.prefixes) {
                if (!prefix.contains(destination) || static_cast<int>(prefix.bits()) <= longest) continue;
                longest = static_cast<int>(prefix.bits());
                found.program = &program;
            }
        }
        if (found.program == nullptr) return;
        longest = -1;
        for (const auto& target : found.program->targets) {
            if (!target.prefix.contains(destination) || static_cast<int>(target.prefix.bits()) <= longest)
                continue;
            longest = static_cast<int>(target.prefix.bits());
            found.target = &target;
        }
    }

    static bool bogon(const net::Address& source) {
        static const std::vector<net::Prefix> list = [] {
            std::vector<net::Prefix> all;
            for (const char* text : {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
                                     "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
                                     "224.0.0.0/3", "2001:10::/28", "2001:20::/28", "3ffe::/16"}) {
                all.push_back(net::Prefix::parse(text).value());
            }
            return all;
        }();
        if (!source.is_v4() && source.bytes()[0] >> 5U != 1) return true;  // outside 2000::/3
        return std::ranges::any_of(list, [&](const net::Prefix& prefix) {
            return prefix.is_v4() == source.is_v4() && prefix.contains(source);
        });
    }

    static DropReason invalid(const packet::Key& key) {
        namespace flag = net::tcp_flag;
        if (key.source == key.destination) return DropReason::land;
        if (bogon(key.source)) return DropReason::bogon_source;
        const bool tcp = is(key, net::IpProtocol::tcp);
        if (key.has(packet::key_fragment)) {
            const std::uint32_t payload = key.l4_length();
            const bool uneven = key.has(packet::key_more_fragments) && payload % 8 != 0;
            const bool too_long = key.fragment_offset + payload > 65535;
            const bool overlap = tcp && key.fragment_offset > 0 && key.fragment_offset < 20;
            if (key.has(packet::key_tiny_fragment) || uneven || payload == 0 || too_long || overlap)
                return DropReason::bad_fragment;
        }
        if (key.has(packet::key_bad_transport)) return DropReason::bad_transport_header;
        if (!key.has(packet::key_transport) || (!tcp && !is(key, net::IpProtocol::udp)))
            return DropReason::none;
        if (tcp) {
            const bool syn = (key.tcp_flags & flag::syn) != 0;
            const bool fin = (key.tcp_flags & flag::fin) != 0;
            const bool rst = (key.tcp_flags & flag::rst) != 0;
            const bool ack = (key.tcp_flags & flag::ack) != 0;
            const bool data = (key.tcp_flags & (flag::psh | flag::urg)) != 0;
            if ((syn && fin) || (syn && rst) || (fin && rst)) return DropReason::bad_tcp_flags;
            if (!ack && !syn && !rst) return DropReason::bad_tcp_flags;
            if (!ack && rst && data) return DropReason::bad_tcp_flags;
        }
        return key.source_port == 0 || key.destination_port == 0 ? DropReason::zero_port : DropReason::none;
    }

    static bool within(const net::Prefix& prefix, const net::Address& address) {
        return prefix.bits() == 0 || prefix.contains(address);
    }
    static bool matches(const model::PacketFilter& filter, const packet::Key& key, base::Timestamp wall) {
        const bool header = key.has(packet::key_transport);
        const bool tcp = header && is(key, net::IpProtocol::tcp);
        const bool ports = tcp || (header && is(key, net::IpProtocol::udp));
        if (filter.expires_at != base::Timestamp{} && wall >= filter.expires_at) return false;
        if (filter.protocol != 0 && filter.protocol != key.protocol) return false;
        if (!within(filter.source, key.source) || !within(filter.destination, key.destination)) return false;
        const auto in = [](std::uint16_t value, std::uint16_t first, std::uint16_t last) {
            return value >= first && value <= last;
        };
        const bool all_ports = filter.source_port_first == 0 && filter.source_port_last == 65535 &&
                               filter.destination_port_first == 0 && filter.destination_port_last == 65535;
        if (!all_ports &&
            !(ports && in(key.source_port, filter.source_port_first, filter.source_port_last) &&
              in(key.destination_port, filter.destination_port_first, filter.destination_port_last))) {
            return false;
        }
        if (filter.tcp_flags_mask != 0 &&
            !(tcp && (key.tcp_flags & filter.tcp_flags_mask) == filter.tcp_flags_value)) {
            return false;
        }
        if (filter.fragments_only && !key.has(packet::key_fragment)) return false;
        return in(key.l3_length, filter.length_first, filter.length_last);
    }

    static bool reflected(const model::ScrubProfile& profile, const packet::Key& key, std::string& rule) {
        for (const auto vector : profile.reflection) {
            const auto& info = model::info(vector);
            const bool from_service =
                is(key, net::IpProtocol::udp) && key.has(packet::key_transport) && key.source_port != 0 &&
                (key.source_port == info.source_port || key.source_port == info.other_port);
            const bool piece = vector == model::AttackVector::fragment && key.has(packet::key_fragment);
            if (!from_service && !piece) continue;
            rule = model::to_string(vector);
            if (piece) return true;  // is named first
        }
        return !rule.empty();
    }

    // What is known of one source by one target. Proofs: 1 a datagram sent again, 2 a SYN sent again, 3 a
    // number given back.
    struct Known {
        int proof = 0;
        Ns until = 0;     // in quarters of a second
        int awaited = 0;  // the proof that a repetition would be
        Ns since = 0;     // in hundredths of a second
    };

    // False when the packet's fate is decided.
    bool verify(Judgement& found, const model::ScrubProfile& profile, const packet::Key& key,
                std::span<const std::uint8_t> frame, Ns now) {
        const bool dns = is(key, net::IpProtocol::udp) && key.destination_port == 53 &&
                         profile.verify_dns != model::DnsVerification::off;
        const bool truncates = profile.verify_dns == model::DnsVerification::truncate;
        const bool tcp =
            is(key, net::IpProtocol::tcp) && (profile.verify_tcp != model::TcpVerification::off || truncates);
        const bool udp = is(key, net::IpProtocol::udp) && profile.verify_udp != model::UdpVerification::off;
        if (!dns && !tcp && !udp) return true;
        const int by_tcp = profile.tcp_method == model::TcpMethod::first_drop ? 2 : 3;
        Known& known = known_[{found.target, key.source}];
        const Ns quarter = now / quarter_s;
        const int needed = tcp || (dns && truncates) ? by_tcp : 1;
        if (known.until > quarter && known.proof >= needed) {
            known.until = quarter + 4 * static_cast<Ns>(profile.verified_for_s);
            return true;
        }
        if (tcp) return verify_tcp(found, profile, key, frame, known, now);
        if (!dns || !truncates) {
            return verify_repetition(found, profile, known, 1, dns ? 100 : 50, 10'000,
                                     dns ? DropReason::dns_first_drop : DropReason::udp_first_drop, now);
        }
        const bool watched = (profile.monitored >> static_cast<unsigned>(model::Stage::verify) & 1U) != 0;
        if (watched || !may_answer(found, key, now) || !is_query(key, frame))
            return !stops(found, profile, DropReason::not_verified);
        found.verdict = model::Verdict::answer;
        return false;
    }

    bool verify_repetition(Judgement& found, const model::ScrubProfile& profile, Known& known, int proof,
                           Ns earliest_ms, Ns latest_ms, DropReason reason, Ns now) {
        const Ns hundredths = now / 10'000'000;
        const Ns waited = hundredths - known.since;
        if (known.awaited < proof || waited > latest_ms / 10) {
            known.awaited = proof;
            known.since = hundredths;
        } else if (waited >= earliest_ms / 10) {
            show(known, profile, proof, now);
            return true;
        }
        return !stops(found, profile, reason);
    }

    static void show(Known& known, const model::ScrubProfile& profile, int proof, Ns now) {
        known.proof = proof;
        known.until = now / quarter_s + 4 * static_cast<Ns>(profile.verified_for_s);
        if (known.awaited <= proof) known.awaited = 0;
    }

    bool verify_tcp(Judgement& found, const model::ScrubProfile& profile, const packet::Key& key,
                    std::span<const std::uint8_t> frame, Known& known, Ns now) {
        namespace flag = net::tcp_flag;
        const bool whole = key.has(packet::key_transport) && !key.has(packet::key_fragment);
        const unsigned kind = key.tcp_flags & (flag::syn | flag::ack | flag::rst | flag::fin);
        const bool cookies = profile.tcp_method == model::TcpMethod::safe_reset;
        // Of open connections everything goes on where only SYNs are verified, but for the proof.
        const bool opens = (key.tcp_flags & (flag::syn | flag::ack)) == flag::syn;
        const bool goes_on = profile.verify_tcp != model::TcpVerification::all && !opens;
        if (whole && kind == flag::syn) {
            if (!cookies) {
                return verify_repetition(found, profile, known, 2, 200, 8'000, DropReason::syn_first_drop,
                                         now);
            }
            if (!stops(found, profile, DropReason::syn_unverified)) return true;
            found.verdict = model::Verdict::answer;
            found.reason = DropReason::none;
            return false;
        }
        if (!cookies || !whole || (kind & flag::rst) == 0)
            return goes_on || !stops(found, profile, DropReason::not_verified);
        const std::uint32_t sequence = number_at(frame, key, 4);
        if (!cookies_.contains({connection(key), sequence, now / cookie_epoch}) &&
            !cookies_.contains({connection(key), sequence, now / cookie_epoch - 1})) {
            return goes_on || !stops(found, profile, DropReason::bad_cookie);
        }
        show(known, profile, 3, now);
        return !stops(found, profile, DropReason::proof_consumed);
    }

    // One ordinary DNS question, whole.
    static bool is_query(const packet::Key& key, std::span<const std::uint8_t> frame) {
        if (!key.has(packet::key_transport) || key.has(packet::key_fragment)) return false;
        const auto datagram = frame.subspan(key.l4_offset, key.l4_length());
        const std::size_t claimed = datagram[4] * 256U + datagram[5];
        if (claimed < 8 || claimed > datagram.size()) return false;
        const auto message = datagram.subspan(8, claimed - 8);
        if (message.size() < 12) return false;
        const bool response = message[2] >= 128;
        const unsigned operation = message[2] / 8 % 16;
        const auto count = [&](std::size_t at) { return message[at] * 256U + message[at + 1]; };
        if (response || operation != 0 || count(4) != 1 || count(6) != 0 || count(8) != 0) return false;
        std::size_t name = 0;
        for (;;) {
            if (12 + name >= message.size() || name >= 255) return false;
            const std::size_t label = message[12 + name];
            if (label > 63) return false;
            name += label + 1;
            if (label == 0) break;
        }
        return name <= 255 && 12 + name + 4 <= message.size();
    }

    // Ten truncated answers a second to each source, 32 at once.
    bool may_answer(const Judgement& found, const packet::Key& key, Ns now) {
        return limiters_.try_emplace({5, found.target, key.source}, model::RateLimit{10, 0})
            .first->second.take(now, 0);
    }

    DropReason over_source_limit(const Judgement& found, const model::ScrubProfile& profile,
                                 const packet::Key& key, Ns now) {
        if (profile.source_limit == model::RateLimit{}) return DropReason::none;
        Limiter& limiter =
            limiters_.try_emplace({0, found.target, key.source}, profile.source_limit).first->second;
        return limiter.take_or_owe(now, key.l3_length) ? DropReason::none : DropReason::source_rate;
    }

    DropReason over_limit(const Judgement& found, const model::ScrubProfile& profile, const packet::Key& key,
                          Ns now) {
        const auto allows = [&](int which, const model::RateLimit& limit, const net::Address& address) {
            if (limit == model::RateLimit{}) return true;
            const auto key_of = std::tuple(which, found.target, address);
            Limiter& limiter = limiters_.try_emplace(key_of, limit).first->second;
            return limiter.take(now, key.l3_length);
        };
        if (key.has(packet::key_fragment) && !allows(1, profile.fragment_limit, key.destination))
            return DropReason::fragment_rate;
        if (is(key, net::IpProtocol::udp) && !allows(2, profile.udp_limit, key.destination))
            return DropReason::udp_rate;
        const bool icmp = is(key, net::IpProtocol::icmp) || is(key, net::IpProtocol::icmpv6);
        if (icmp && !allows(3, profile.icmp_limit, key.destination)) return DropReason::icmp_rate;
        return allows(4, profile.target_limit, key.destination) ? DropReason::none : DropReason::target_rate;
    }

    const std::vector<model::TenantProgram>& programs_;
    std::map<Pair, Known> known_;
    std::uint64_t watched_ = 0;
    std::set<std::tuple<Connection, std::uint32_t, Ns>> cookies_;
    std::map<std::tuple<int, const model::ScrubTarget*, net::Address>, Limiter> limiters_;
};

}  // namespace sluice::dataplane::reference
