// Reads big-endian fields from received bytes. A read past the end yields zero and marks the cursor bad, once
// for all: a decoder reads a whole header and asks ok() once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sluice::base {

class ByteCursor {
  public:
    ByteCursor() = default;
    explicit ByteCursor(std::span<const std::uint8_t> bytes)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
    [[nodiscard]] std::span<const std::uint8_t> rest() const { return {at_, remaining()}; }

    std::uint8_t u8() { return read<std::uint8_t>(); }
    std::uint16_t u16() { return __builtin_bswap16(read<std::uint16_t>()); }
    std::uint32_t u32() { return __builtin_bswap32(read<std::uint32_t>()); }
    std::uint64_t u64() { return __builtin_bswap64(read<std::uint64_t>()); }

    // The next n bytes, or an empty span and a bad cursor.
    std::span<const std::uint8_t> take(std::size_t n) {
        if (remaining() < n) {
            fail();
            return {};
        }
        const std::span<const std::uint8_t> bytes{at_, n};
        at_ += n;
        return bytes;
    }
    void skip(std::size_t n) { (void)take(n); }
    // A cursor over the next n bytes only; this one moves behind them.
    ByteCursor sub(std::size_t n) {
        ByteCursor inner(take(n));
        inner.ok_ = ok_;
        return inner;
    }
    void fail() {
        ok_ = false;
        at_ = end_;
    }

  private:
    template <class T>
    T read() {
        T value = 0;
        if (remaining() < sizeof(T)) {
            fail();
            return value;
        }
        std::memcpy(&value, at_, sizeof(T));
        at_ += sizeof(T);
        return value;
    }

    const std::uint8_t* at_ = nullptr;
    const std::uint8_t* end_ = nullptr;
    bool ok_ = true;
};

}  // namespace sluice::base
