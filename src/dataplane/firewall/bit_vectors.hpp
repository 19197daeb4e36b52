// Writes the bit vectors of a rule set: one bit a row, and for each place that a packet can be in a record of
// which bits are set there.
//
// A record, up to 64 rows:   | bits 8 |
// A record, more rows:       | aggregate: bit w says that word w of the vector is not 0; 8 bytes for 4,096
// rows |
//                            | numbers of the pieces, 4 bytes for 256 rows; padded to 8 |
// Pieces (256 bits) are shared by all records of a rule set: from one interval to the next few rows come and
// go.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "dataplane/firewall/boundary_index.hpp"

namespace sluice::dataplane::firewall {

inline constexpr std::size_t words_a_piece = 4;
using Piece = std::array<std::uint64_t, words_a_piece>;

struct RecordShape {
    std::uint32_t aggregate_words = 0;
    std::uint32_t stride = 1;  // words

    static RecordShape of(std::size_t rows) {
        if (rows <= 64) return {};
        const auto aggregate = static_cast<std::uint32_t>((rows + 4095) / 4096);
        const auto pieces = static_cast<std::uint32_t>((rows + 255) / 256);
        return {aggregate, aggregate + (pieces + 1) / 2};
    }
};

class BitVectors {
  public:
    explicit BitVectors(std::size_t rows);

    [[nodiscard]] const RecordShape& shape() const { return shape_; }

    // The vector that the next record will be of.
    void clear();
    void set(std::size_t row, bool value) {
        const std::size_t word = row / 64;
        const std::uint64_t bit = 1ULL << (row % 64);
        words_[word] = value ? words_[word] | bit : words_[word] & ~bit;
        touched_[word / words_a_piece] = 1;
    }
    void write(std::uint64_t* record);

    [[nodiscard]] std::span<const Piece> pieces() const { return pieces_; }

  private:
    struct PieceHash {
        std::size_t operator()(const Piece& piece) const noexcept {
            std::uint64_t hash = 0;
            for (const std::uint64_t word : piece)
                hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL + (hash >> 29U);
            return hash;
        }
    };
    std::uint32_t number_of(const Piece& piece);

    RecordShape shape_;
    std::vector<std::uint64_t> words_;
    std::vector<std::uint8_t> touched_;  // pieces since the last record
    std::vector<std::uint64_t> last_;    // the last record: what is not touched stays
    std::vector<Piece> pieces_;
    std::unordered_map<Piece, std::uint32_t, PieceHash> numbers_;
};

}  // namespace sluice::dataplane::firewall
