#include "dataplane/scrub/protocol/client_hello.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::dataplane::scrub::protocol {
namespace {

using Bytes = std::vector<std::uint8_t>;

void put(Bytes& out, std::size_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(value >> shift));
}

struct Hello {
    std::size_t session = 32;
    std::size_t ciphers = 8;
    std::size_t methods = 1;
    std::vector<std::size_t> extensions = {0, 15, 1400};
    bool without_extensions = false;
    std::size_t hello_longer_by = 0;  // than what is there
    std::size_t record_longer_by = 0;
    std::size_t extensions_longer_by = 0;

    [[nodiscard]] Bytes bytes() const {
        Bytes body;
        put(body, 0x0303, 2);
        body.resize(body.size() + 32, 0x77);
        put(body, session, 1);
        body.resize(body.size() + session, 0x77);
        put(body, ciphers, 2);
        body.resize(body.size() + ciphers, 0x13);
        put(body, methods, 1);
        body.resize(body.size() + methods, 0);
        std::size_t all = 0;
        for (const std::size_t length : extensions) all += 4 + length;
        if (!without_extensions) {
            put(body, all + extensions_longer_by, 2);
            for (const std::size_t length : extensions) {
                put(body, 16, 2);
                put(body, length, 2);
                body.resize(body.size() + length, 0x55);
            }
        }
        Bytes out{22, 3, 1};
        put(out, body.size() + 4 + record_longer_by, 2);
        out.push_back(1);
        put(out, body.size() + hello_longer_by, 3);
        out.insert(out.end(), body.begin(), body.end());
        return out;
    }
};

// In pieces of `step` bytes, each in memory of its own size. `whole` only at the last byte.
Progress read(const Bytes& all, std::size_t step = 1'000'000) {
    ClientHello hello;
    Progress progress = Progress::more;
    for (std::size_t at = 0; at < all.size() && progress == Progress::more; at += step) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
        progress =
            hello.feed(Bytes(begin, begin + static_cast<std::ptrdiff_t>(std::min(step, all.size() - at))));
        if (progress == Progress::whole) {
            EXPECT_GE(at + step, all.size());
        }
    }
    return progress;
}

TEST(ClientHello, WholeOnes) {
    for (const Hello& hello :
         {Hello{}, Hello{.session = 0}, Hello{.extensions = {}}, Hello{.without_extensions = true},
          Hello{.ciphers = 2}, Hello{.methods = 2}, Hello{.extensions = {0, 0, 0}}}) {
        const Bytes bytes = hello.bytes();
        for (const std::size_t step : {1UL, 2UL, 3UL, 5UL, 536UL, 10'000UL}) {
            EXPECT_EQ(read(bytes, step), Progress::whole) << step;
        }
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const Bytes part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
            EXPECT_EQ(read(part), Progress::more) << length;
        }
    }
}

TEST(ClientHello, LongerThanItsFirstRecord) {
    EXPECT_EQ(read(Hello{.hello_longer_by = 500}.bytes()), Progress::whole);
    EXPECT_EQ(read(Hello{.hello_longer_by = 500, .extensions_longer_by = 500}.bytes(), 7), Progress::whole);
}

TEST(ClientHello, WhatIsNone) {
    for (const Hello& hello :
         {Hello{.session = 33}, Hello{.ciphers = 0}, Hello{.ciphers = 7}, Hello{.methods = 0},
          Hello{.extensions_longer_by = 1}, Hello{.extensions_longer_by = 60'000}}) {
        for (const std::size_t step : {1UL, 4UL, 10'000UL})
            EXPECT_EQ(read(hello.bytes(), step), Progress::bad);
    }
    // The record goes on behind the hello.
    Bytes more = Hello{.record_longer_by = 4}.bytes();
    more.resize(more.size() + 4);
    EXPECT_EQ(read(more), Progress::bad);
    const auto with = [](std::size_t at, std::uint8_t value) {
        Bytes bytes = Hello{}.bytes();
        bytes[at] = value;
        return bytes;
    };
    EXPECT_EQ(read(with(0, 23)), Progress::bad) << "application data";
    EXPECT_EQ(read(with(1, 2)), Progress::bad);
    EXPECT_EQ(read(with(2, 9)), Progress::bad);
    EXPECT_EQ(read(with(3, 0x41)), Progress::bad) << "longer than records are";
    Bytes shortest = with(3, 0);
    shortest[4] = 20;
    EXPECT_EQ(read(shortest), Progress::bad) << "shorter than any hello";
    EXPECT_EQ(read(with(5, 2)), Progress::bad) << "a server's hello";
    EXPECT_EQ(read(with(6, 1)), Progress::bad);
    EXPECT_EQ(read(with(9, 2)), Progress::bad);
    EXPECT_EQ(read(Bytes{'G', 'E', 'T', ' ', '/'}), Progress::bad);
    EXPECT_EQ(read(Bytes{0x80, 0x2e, 1, 0, 2}), Progress::bad) << "SSL 2";
}

}  // namespace
}  // namespace sluice::dataplane::scrub::protocol
