// What a table of sets (meter/bounded_table.hpp) remembers of each set besides: seven bits of each tag, four
// bytes in all. A flood of made-up addresses asks for a set at random with every packet; that none of them is
// there is seen from a table of a sixteenth of the size, which stays in the second level cache.
//
// One worker's own; not thread-safe. Allocates at construction only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/huge_memory.hpp"

namespace sluice::dataplane::meter {

class SetTraces {
  public:
    static constexpr std::size_t most_ways = 3;

    explicit SetTraces(std::size_t sets) : words_(sets) {}

    class View {
      public:
        // False: it is in no set. True: in this one, or in another that this one leads to, or, once in forty
        // times, in none.
        [[nodiscard]] bool may_hold(std::size_t set, std::uint32_t tag) const {
            const std::uint32_t word = words_[set];
            const std::uint32_t differs = word ^ trace_of(tag) * 0x010101U;
            // A byte that is zero, or one behind such a one.
            return (((differs - 0x010101U) & ~differs & 0x808080U) | (word & leads_on)) != 0;
        }

      private:
        friend SetTraces;
        explicit View(const std::uint32_t* words) : words_(words) {}

        const std::uint32_t* words_;
    };
    [[nodiscard]] View view() const { return View(words_.data()); }

    void note(std::size_t set, std::size_t way, std::uint32_t tag) {
        words_[set] = (words_[set] & ~(0xffU << way * 8)) | trace_of(tag) << way * 8;
    }
    void lead_on(std::size_t set) { words_[set] |= leads_on; }

  private:
    static constexpr std::uint32_t leads_on = 1U << 24U;
    // A free place has none.
    static std::uint32_t trace_of(std::uint32_t tag) { return 0x80U | (tag >> 1U & 0x7fU); }

    HugeVector<std::uint32_t> words_;  // a byte a way, above them whether others lie elsewhere
};

// In its place where each lookup finds something.
struct Untraced {
    struct View {};

    explicit Untraced(std::size_t) {}
    [[nodiscard]] static View view() { return {}; }
    static void note(std::size_t, std::size_t, std::uint32_t) {}
    static void lead_on(std::size_t) {}
};

}  // namespace sluice::dataplane::meter
