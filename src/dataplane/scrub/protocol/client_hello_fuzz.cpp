// Bytes as the beginning of a connection, whole and in pieces: the answer is the same, and nothing is read
// beyond them.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "dataplane/scrub/protocol/client_hello.hpp"

using namespace sluice::dataplane::scrub::protocol;

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    // Version 1.3 with two cipher suites and one extension of three bytes; and one without extensions.
    std::vector<std::uint8_t> plain{22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3};
    plain.resize(plain.size() + 32, 0x77);
    std::vector<std::uint8_t> full = plain;
    plain.insert(plain.end(), {0, 0, 2, 0x13, 1, 1, 0});
    full[4] = 56;
    full[8] = 52;
    full.insert(full.end(), {0, 0, 4, 0x13, 1, 0x13, 2, 1, 0, 0, 7, 0, 16, 0, 3, 1, 2, 3});
    return {plain, full};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = [&](std::size_t step) {
        ClientHello hello;
        Progress progress = Progress::more;
        for (std::size_t at = 0; at < size && progress == Progress::more; at += step) {
            const std::size_t bytes = std::min(step, size - at);
            const auto exact = std::make_unique<std::uint8_t[]>(bytes);
            std::copy_n(data + at, bytes, exact.get());
            progress = hello.feed({exact.get(), bytes});
        }
        return progress;
    };
    const Progress whole = read(size + 1);
    if (whole != read(1) || whole != read(5)) std::abort();
    return 0;
}
