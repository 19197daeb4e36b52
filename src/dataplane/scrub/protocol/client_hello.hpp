// The greeting with which a TLS client begins, as it comes in pieces (RFC 8446 sections 4.1.2 and 5.1; the
// same in RFC 5246).
//
//     0  record: type 22 (handshake), version 3.x, length 2 (at most 2^14)
//     5  handshake: type 1 (ClientHello), length 3
//     9  version 3.x, random 32
//    43  session identifier behind its length of 1 byte (at most 32)
//        cipher suites behind their length of 2 bytes (even, at least one)
//        compression methods behind their length of 1 byte (at least one)
//        extensions behind their length of 2 bytes, to the end: each type 2, length 2, data; may be missing
//
// A hello that goes on in a second record is looked at as far as the first one goes. SSL 2's hello is none.
// Eight bytes of state; reads each byte once, nothing twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/scrub/protocol/progress.hpp"

namespace sluice::dataplane::scrub::protocol {

class ClientHello {
  public:
    // Not again after `whole` or `bad`.
    [[nodiscard]] Progress feed(std::span<const std::uint8_t> bytes);

  private:
    // Each is one or more bytes; `gathered_` has those of its number that were there.
    enum class Field : std::uint8_t {
        record_type,
        record_version,
        record_length,
        hello_type,
        hello_length,
        hello_version,
        random,
        session_length,
        session,
        ciphers_length,
        ciphers,
        methods_length,
        methods,
        extensions_length,
        extension_type,
        extension_length,
        extension,
        count_,
    };
    [[nodiscard]] bool end_field();
    [[nodiscard]] bool take_length(std::uint16_t value);
    void go_on_with(Field field);

    Field field_ = Field::record_type;
    bool fragmented_ = false;     // the hello is longer than its first record
    std::uint16_t left_ = 0;      // of the record
    std::uint16_t gathered_ = 0;  // the value of a number so far
    std::uint16_t wanted_ = 1;    // bytes until the field ends
};
static_assert(sizeof(ClientHello) == 8);

}  // namespace sluice::dataplane::scrub::protocol
