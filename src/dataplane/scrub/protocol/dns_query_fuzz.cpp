// Bytes as a datagram's payload, in memory of their own size: nothing is read beyond them.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/scrub/protocol/dns_query.hpp"

using sluice::dataplane::scrub::protocol::is_dns_query;

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    using namespace std::string_view_literals;
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const auto text :
         {"\x12\x34\x01\x00\0\1\0\0\0\0\0\0\3www\7example\3net\0\0\1\0\1"sv,
          "\x12\x34\x01\x00\0\1\0\0\0\0\0\1\1a\0\0\x1c\0\1\0\0\x29\x04\xd0\0\0\x80\0\0\4\0\x0c\0\0"sv})
        seeds.emplace_back(text.begin(), text.end());
    return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(data, size, exact.get());
    const bool good = is_dns_query({exact.get(), size});
    if (good != is_dns_query({data, size})) std::abort();  // the answer is the bytes' alone
    // No part of a query is a query.
    if (good && is_dns_query({data, size - 1})) std::abort();
    return 0;
}
