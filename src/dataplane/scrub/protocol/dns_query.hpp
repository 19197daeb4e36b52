// Is a datagram to port 53 one well-formed DNS query? (RFC 1035 section 4.1, RFC 6891 section 6.1.2)
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------------------------------+-+-------+-+-+-+-+-+-+-+-------+
//   |          identifier           |Q|opcode |A|T|R|R| |A|C| rcode |   QR 0: a query; TC, rcode and the bit
//   |                               |R|       |A|C|D|A|Z|D|D|       |   without a name 0
//   +-------------------------------+-+-------+-+-+-+-+-+-+-+-------+
//   |          QDCOUNT: 1           |          ANCOUNT: 0           |
//   +-------------------------------+-------------------------------+
//   |          NSCOUNT: 0           |      ARCOUNT: at most 2       |
//   +-------------------------------+-------------------------------+
//   | QNAME: labels of 1 to 63 bytes behind their length, then 0; at most 255 in all. There is
//   | nothing before it that a compression pointer could mean.
//   +-------------------------------+-------------------------------+
//   |             QTYPE             |            QCLASS             |
//   +-------------------------------+-------------------------------+
//   | additional records: name, type 2, class 2, TTL 4, length 2, data. One of them may be OPT (type 41, of
//   the | root's name, whose data are options: code 2, length 2, value), one a signature (TSIG, SIG).
//
// Not taken, although a server might: NOTIFY and UPDATE, whose senders a filter can name; zone transfers,
// which go over TCP. Reads nothing beyond the bytes, follows no pointer, keeps no state.
#pragma once

#include <cstdint>
#include <span>

namespace sluice::dataplane::scrub::protocol {

[[nodiscard]] bool is_dns_query(std::span<const std::uint8_t> payload);

}  // namespace sluice::dataplane::scrub::protocol
