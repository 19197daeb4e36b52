#include "dataplane/firewall/bit_vectors.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::dataplane::firewall {

BitVectors::BitVectors(std::size_t rows) : shape_(RecordShape::of(rows)) {
    const std::size_t pieces = std::max<std::size_t>((rows + 255) / 256, 1);
    words_.resize(pieces * words_a_piece);
    touched_.resize(pieces, 1);
    last_.resize(shape_.stride);
}

void BitVectors::clear() {
    std::fill(words_.begin(), words_.end(), 0);
    std::fill(touched_.begin(), touched_.end(), 1);
}

std::uint32_t BitVectors::number_of(const Piece& piece) {
    const auto [at, fresh] = numbers_.try_emplace(piece, static_cast<std::uint32_t>(pieces_.size()));
    if (fresh) pieces_.push_back(piece);
    return at->second;
}

void BitVectors::write(std::uint64_t* record) {
    if (shape_.aggregate_words == 0) {
        *record = words_[0];
        return;
    }
    auto* numbers = reinterpret_cast<std::uint8_t*>(last_.data() + shape_.aggregate_words);
    for (std::size_t i = 0; i < touched_.size(); ++i) {
        if (touched_[i] == 0) continue;
        touched_[i] = 0;
        Piece piece;
        std::copy_n(words_.begin() + static_cast<std::ptrdiff_t>(i * words_a_piece), words_a_piece,
                    piece.begin());
        const std::uint32_t number = number_of(piece);
        std::memcpy(numbers + i * sizeof number, &number, sizeof number);
        const std::size_t first_bit = i * words_a_piece;
        for (std::size_t w = 0; w < words_a_piece; ++w) {
            std::uint64_t& aggregate = last_[(first_bit + w) / 64];
            const std::uint64_t bit = 1ULL << ((first_bit + w) % 64);
            aggregate = piece[w] != 0 ? aggregate | bit : aggregate & ~bit;
        }
    }
    std::copy(last_.begin(), last_.end(), record);
}

}  // namespace sluice::dataplane::firewall
