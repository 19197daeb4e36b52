// The head of a connection's first HTTP request, as it comes in pieces (RFC 9112 sections 2.2, 3 and 5).
//
//   request-line  =  method SP request-target SP "HTTP/" DIGIT "." DIGIT CRLF     GET /index.html HTTP/1.1
//   field-line    =  field-name ":" OWS field-value OWS                           Host: www.example.net
//   an empty line
//
// Empty lines may come before it; a lone LF ends a line, too (section 2.2 lets recipients take it). The
// request line is held against the rules byte by byte, field lines only for their ends and for
// Content-Length, which says how much the request brings along. A method is 1 to 24 capitals, hyphens or
// underscores (all that IANA has registered are); a target begins with '/', '*' or a letter and has no
// control characters; a head has at most 64 KiB.
//
// Eight bytes of state; reads each byte once, nothing twice.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/scrub/protocol/progress.hpp"

namespace sluice::dataplane::scrub::protocol {

class HttpHead {
  public:
    // Of what belongs to the head, `used` bytes of these; all of them unless it is whole. Not again after
    // `whole` or `bad`.
    [[nodiscard]] Progress feed(std::span<const std::uint8_t> bytes, std::size_t& used);

    // The length of the body that the request announced, as far as 32 bits go; 0: none, or it is chunked.
    [[nodiscard]] std::uint32_t body_bytes() const { return body_bytes_; }

  private:
    enum class State : std::uint8_t {
        before,
        method,
        target_begin,
        target,
        version,
        line_end,
        field_begin,
        field_name,
        length_value,
        field_rest,
        last_line_end,
    };
    [[nodiscard]] bool take_request_line(std::uint8_t byte);
    [[nodiscard]] bool take_field(std::uint8_t byte);

    State state_ = State::before;
    std::uint8_t matched_ = 0;  // bytes of the word that is being compared, or of the method
    std::uint16_t bytes_ = 0;
    std::uint32_t body_bytes_ = 0;
};
static_assert(sizeof(HttpHead) == 8);

// Does a segment begin as a request does: a usual method, a space and a target? For counting requests on
// connections whose beginning is long ago.
[[nodiscard]] bool begins_request(std::span<const std::uint8_t> payload);

}  // namespace sluice::dataplane::scrub::protocol
