// Bytes as a datagram's payload, in memory of their own size: nothing is read beyond them.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/scrub/protocol/sip_message.hpp"

using sluice::dataplane::scrub::protocol::is_sip_message;

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    using namespace std::string_view_literals;
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const auto text :
         {"INVITE sip:bob@example.net SIP/2.0\r\nVia: x\r\n\r\n"sv, "SIP/2.0 200 OK\r\n\r\n"sv,
          "\0\1\0\0\x21\x12\xa4\x42"
          "abcdefghijkl"sv})
        seeds.emplace_back(text.begin(), text.end());
    return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(data, size, exact.get());
    const bool good = is_sip_message({exact.get(), size});
    if (good != is_sip_message({data, size})) std::abort();  // the answer is the bytes' alone
    // What is behind the first line does not matter.
    std::vector<std::uint8_t> more(data, data + size);
    more.insert(more.end(), 9, 0x5a);
    if (good && size > 40 && !is_sip_message(more)) std::abort();
    return 0;
}
