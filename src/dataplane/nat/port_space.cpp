#include "dataplane/nat/port_space.hpp"

#include <algorithm>

namespace sluice::dataplane::nat {

class PortSpace::Guard {
  public:
    explicit Guard(std::atomic_flag& flag) : flag_(flag) {
        while (flag_.test_and_set(std::memory_order_acquire)) __builtin_ia32_pause();
    }
    ~Guard() { flag_.clear(std::memory_order_release); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    std::atomic_flag& flag_;
};

PortSpace::PortSpace(const net::Address& address, const PortRules& rules)
    : address_(address),
      rules_(rules),
      owners_(65'536 / rules.ports_a_block),
      reserved_(owners_.size()),
      free_from_(owners_.size()) {
    reserve({});
}

std::optional<std::uint32_t> PortSpace::take(std::uint8_t worker, std::uint64_t seed, CoarseTime now) {
    const Guard guard(lock_);
    const auto count = static_cast<std::uint32_t>(owners_.size());
    const auto first = static_cast<std::uint32_t>(seed % count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t block = first + i < count ? first + i : first + i - count;
        if (owners_[block].load(std::memory_order_relaxed) != nobody || reserved_[block] != 0) continue;
        if (free_from_[block] != 0 && is_after(free_from_[block], now)) continue;
        owners_[block].store(static_cast<std::uint8_t>(worker + 1), std::memory_order_release);
        taken_.fetch_add(1, std::memory_order_relaxed);
        return block;
    }
    return std::nullopt;
}

void PortSpace::give_back(std::uint32_t block, CoarseTime now) {
    const Guard guard(lock_);
    if (owners_[block].load(std::memory_order_relaxed) == nobody) return;
    owners_[block].store(nobody, std::memory_order_release);
    // 0 is "never taken"; a quarter of a second more does no harm.
    free_from_[block] = std::max<CoarseTime>(now + coarse_duration(rules_.rest_s), 1);
    taken_.fetch_sub(1, std::memory_order_relaxed);
}

void PortSpace::reserve_blocks(std::uint32_t first_port, std::uint32_t last_port) {
    for (std::uint32_t block = first_port / rules_.ports_a_block; block <= last_port / rules_.ports_a_block;
         ++block) {
        reserved_[block] = 1;
    }
}

void PortSpace::reserve(const std::vector<Reserved>& ranges) {
    const Guard guard(lock_);
    std::fill(reserved_.begin(), reserved_.end(), 0);
    if (rules_.first_port != 0) reserve_blocks(0, rules_.first_port - 1U);
    for (const Reserved& range : ranges) reserve_blocks(range.first, range.last);
}

std::size_t PortSpace::bytes() const {
    return sizeof *this + owners_.size() * (sizeof owners_[0] + sizeof reserved_[0] + sizeof free_from_[0]);
}

}  // namespace sluice::dataplane::nat
