// Bytes as a datagram's payload, in memory of their own size: nothing is read beyond them.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/scrub/protocol/ntp_packet.hpp"

using sluice::dataplane::scrub::protocol::is_ntp_packet;

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    using namespace std::string_view_literals;
    std::vector<std::vector<std::uint8_t>> seeds;
    for (
        const auto text :
        {"\x23\2\6\xec................................................"sv.substr(0, 48),
         "\x23\2\6\xec............................................\1\4\0\x10............\0\0\0\1................"sv})
        seeds.emplace_back(text.begin(), text.end());
    return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(data, size, exact.get());
    const bool good = is_ntp_packet({exact.get(), size});
    if (good != is_ntp_packet({data, size})) std::abort();  // the answer is the bytes' alone
    // Of modes 6 and 7 nothing passes.
    if (good && (data[0] & 7U) > 4) std::abort();
    return 0;
}
