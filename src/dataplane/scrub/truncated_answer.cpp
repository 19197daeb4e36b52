// A DNS message (RFC 1035 section 4.1):
//
//   ID 2 | QR 1 bit, opcode 4, AA, TC, RD | RA, Z, AD, CD, response code 4 | questions 2 | answers 2 |
//   authorities 2 | additional records 2 | question: labels (length 1, bytes), 0, type 2, class 2 | records
//
// An OPT record (RFC 6891 section 6.1.2), the first additional one of nearly every query:
//
//   0 | 41 2 | largest UDP payload 2 | extended code, version 0 2 | DO 1 bit, 0 | length 2 | options
//   option: code 2 | length 2 | bytes          COOKIE (RFC 7873): code 10, 8 bytes of the client's [, 8 to 32
//   of
//                                              the server's]
//
// A query with an OPT is answered with one (RFC 6891 section 7), and a client that has the server's cookie
// throws away what comes without it (RFC 7873 section 5.3): it gets its own back.
#include "dataplane/scrub/truncated_answer.hpp"

#include <algorithm>
#include <cstring>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {
namespace {

constexpr std::uint32_t udp_bytes = 8;
constexpr std::uint32_t header_bytes = 12;
constexpr std::uint32_t longest_name = 255;
constexpr std::uint8_t longest_label = 63;
constexpr std::uint32_t opt_bytes = 11;
constexpr std::uint32_t opt_type = 41;
constexpr std::uint32_t cookie_option = 10;
constexpr std::uint32_t shortest_both_cookies = 16;
constexpr std::uint32_t longest_both_cookies = 40;
constexpr std::uint32_t our_udp_payload = 1232;  // no path is too narrow for it
constexpr std::uint8_t hop_limit = 64;
constexpr auto udp = static_cast<std::uint8_t>(net::IpProtocol::udp);

// Offsets in the message; an end of 0: there is none.
struct Query {
    std::uint32_t question_end = 0;
    std::uint32_t opt_end = 0;  // of its fixed part, which begins where the question ends
    std::uint32_t cookie = 0;   // the option
    std::uint32_t cookie_end = 0;
};

// Behind the one question's name, type and class; 0 when it is not there, or its name is none.
std::uint32_t skip_question(const std::uint8_t* message, std::uint32_t length) {
    std::uint32_t at = header_bytes;
    while (at < length && message[at] != 0) {
        if (message[at] > longest_label) return 0;
        at += 1U + message[at];
    }
    if (at >= length || at + 1 - header_bytes > longest_name || at + 5 > length) return 0;
    return at + 5;
}

void find_cookie(const std::uint8_t* message, std::uint32_t end, Query& query) {
    std::uint32_t at = query.opt_end;
    while (at + 4 <= end) {
        const std::uint32_t length = net::get16(message + at + 2);
        if (at + 4 + length > end) return;
        if (net::get16(message + at) == cookie_option) {
            if (length < shortest_both_cookies || length > longest_both_cookies) return;
            query.cookie = at;
            query.cookie_end = at + 4 + length;
            return;
        }
        at += 4 + length;
    }
}

void find_opt(const std::uint8_t* message, std::uint32_t length, Query& query) {
    const std::uint8_t* opt = message + query.question_end;
    if (net::get16(message + 10) == 0 || query.question_end + opt_bytes > length) return;
    if (opt[0] != 0 || net::get16(opt + 1) != opt_type) return;
    const std::uint32_t end = query.question_end + opt_bytes + net::get16(opt + 9);
    if (end > length) return;
    query.opt_end = query.question_end + opt_bytes;
    find_cookie(message, end, query);
}

// False when it is no ordinary query with one question.
bool read_query(const std::uint8_t* message, std::uint32_t length, Query& query) {
    constexpr std::uint8_t response_and_opcode = 0xf8;
    if (length < header_bytes || (message[2] & response_and_opcode) != 0) return false;
    if (net::get16(message + 4) != 1 || net::get16(message + 6) != 0 || net::get16(message + 8) != 0)
        return false;
    query.question_end = skip_question(message, length);
    if (query.question_end == 0) return false;
    find_opt(message, length, query);
    return true;
}

// Moves the message down to `to`, as its own answer; gives its length.
std::uint32_t write_message(const std::uint8_t* from, const Query& query, std::uint8_t* to) {
    constexpr std::uint8_t answer_truncated_now = 0x82;
    constexpr std::uint8_t recursion_desired = 0x01;
    constexpr std::uint8_t checking_disabled = 0x10;
    constexpr std::uint8_t dnssec_ok = 0x80;
    const std::uint8_t* old_opt = from + query.question_end;
    const auto flags = static_cast<std::uint8_t>(query.opt_end == 0 ? 0 : old_opt[7] & dnssec_ok);
    std::memmove(to, from, query.question_end);
    to[2] = static_cast<std::uint8_t>(answer_truncated_now | (to[2] & recursion_desired));
    to[3] &= checking_disabled;
    net::put16(to + 10, query.opt_end == 0 ? 0 : 1);
    if (query.opt_end == 0) return query.question_end;
    // It ends where the old one's options began, at most: the cookie is still there.
    std::uint8_t* opt = to + query.question_end;
    const std::uint32_t cookie = query.cookie_end - query.cookie;
    opt[0] = 0;
    net::put16(opt + 1, opt_type);
    net::put16(opt + 3, our_udp_payload);
    net::put16(opt + 5, 0);
    opt[7] = flags;
    opt[8] = 0;
    net::put16(opt + 9, cookie);
    std::memmove(opt + opt_bytes, from + query.cookie, cookie);
    return query.opt_end + cookie;
}

// Source and destination exchanged.
void write_ip(const packet::Key& key, std::uint8_t* ip, std::uint32_t payload) {
    if (key.has(packet::key_ipv6)) {
        net::put16(ip, 0x6000);
        net::put16(ip + 2, 0);
        net::put16(ip + 4, payload);
        ip[6] = udp;
        ip[7] = hop_limit;
        std::memcpy(ip + 8, key.destination.bytes().data(), 16);
        std::memcpy(ip + 24, key.source.bytes().data(), 16);
        return;
    }
    net::put16(ip, 0x4500);
    net::put16(ip + 2, 20 + payload);
    net::put16(ip + 4, 0);
    net::put16(ip + 6, 0x4000);  // don't fragment
    ip[8] = hop_limit;
    ip[9] = udp;
    net::put16(ip + 10, 0);
    std::memcpy(ip + 12, key.destination.bytes().data() + 12, 4);
    std::memcpy(ip + 16, key.source.bytes().data() + 12, 4);
    net::put16(ip + 10, net::checksum({ip, 20}));
}

}  // namespace

bool answer_truncated(const packet::Key& key, packet::Frame& frame) {
    if (key.protocol != udp || !key.has(packet::key_transport) || key.has(packet::key_fragment)) return false;
    const std::uint8_t* question = frame.data + key.l4_offset;
    const std::uint32_t length = net::get16(question + 4);
    if (length < udp_bytes || length > key.l4_length()) return false;
    Query query;
    if (!read_query(question + udp_bytes, length - udp_bytes, query)) return false;

    std::uint8_t* ip = frame.data + key.l3_offset;
    std::uint8_t* answer = ip + (key.has(packet::key_ipv6) ? 40 : 20);
    const std::uint32_t bytes = udp_bytes + write_message(question + udp_bytes, query, answer + udp_bytes);
    write_ip(key, ip, bytes);
    net::put16(answer, key.destination_port);
    net::put16(answer + 2, key.source_port);
    net::put16(answer + 4, bytes);
    net::put16(answer + 6, 0);
    const std::uint64_t sum = net::pseudo_header_sum(key.destination, key.source, udp, bytes);
    const std::uint16_t check = net::checksum_finish(net::checksum_add(sum, {answer, bytes}));
    net::put16(answer + 6, check == 0 ? 0xffff : check);  // 0 says that there is none (RFC 768)
    frame.length = static_cast<std::uint32_t>(answer - frame.data) + bytes;
    std::swap_ranges(frame.data, frame.data + 6, frame.data + 6);
    return true;
}

}  // namespace sluice::dataplane::scrub
