// Bytes as the beginning of a connection, whole and in pieces: the answer is the same, and nothing is read
// beyond them.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/scrub/protocol/http_head.hpp"

using namespace sluice::dataplane::scrub::protocol;

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const std::string_view text :
         {"GET /a?b HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
          "POST / HTTP/1.0\r\nContent-Length: 12\r\n\r\nabcdefghijkl", "\r\nOPTIONS * HTTP/1.1\nA: b\n\n"})
        seeds.emplace_back(text.begin(), text.end());
    return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    struct Read {
        Progress progress = Progress::more;
        std::size_t used = 0;
        std::uint32_t body = 0;
        bool operator==(const Read&) const = default;
    };
    const auto read = [&](std::size_t step) {
        HttpHead head;
        Read out;
        for (std::size_t at = 0; at < size && out.progress == Progress::more; at += step) {
            const std::size_t bytes = std::min(step, size - at);
            const auto exact = std::make_unique<std::uint8_t[]>(bytes);
            std::copy_n(data + at, bytes, exact.get());
            std::size_t used = 0;
            out.progress = head.feed({exact.get(), bytes}, used);
            out.used += used;
        }
        out.body = head.body_bytes();
        return out;
    };
    if (size > 60'000) return 0;  // near the limit of a head it matters how much comes at once
    const Read whole = read(size + 1);
    if (whole.used > size || whole != read(1) || whole != read(7)) std::abort();
    (void)begins_request({data, size});
    return 0;
}
