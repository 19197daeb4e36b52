#include "dataplane/nat/port_mapper.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice::dataplane::nat {

using model::NatBindingKind;

PortMapper::PortMapper(std::uint8_t worker, const Config& config, const base::SipKey& key,
                       BindingQueue& events)
    : worker_(worker),
      config_(config),
      words_a_block_(config.ports_a_block / 64),
      key_(key),
      events_(events),
      blocks_(config.blocks),
      used_(static_cast<std::size_t>(config.blocks) * words_a_block_),
      buckets_(std::bit_ceil(config.blocks), none),
      free_count_(config.blocks) {
    for (std::uint32_t i = 0; i < config.blocks; ++i) {
        blocks_[i].next = i + 1 < config.blocks ? i + 1 : none;
    }
}

std::uint64_t PortMapper::hash_of(model::TenantId tenant, const net::Address& inside) const {
    std::uint64_t words[2];
    std::memcpy(words, inside.bytes().data(), 16);
    return base::siphash24(key_, tenant.value(), words[0], words[1]);
}

std::optional<PortMapping> PortMapper::take(const SourcePool& pool, model::TenantId tenant,
                                            const net::Address& inside, std::uint64_t now_ns) {
    const std::uint64_t hash = hash_of(tenant, inside);
    const std::shared_ptr<PortSpace>* paired = nullptr;
    std::uint32_t held = 0;
    for (std::uint32_t i = buckets_[hash & (buckets_.size() - 1)]; i != none; i = blocks_[i].next) {
        const Block& block = blocks_[i];
        if (block.inside != inside || block.tenant != tenant) continue;
        ++held;
        // Of an address that the policy has taken back: its flows end there, new ones go elsewhere.
        const std::shared_ptr<PortSpace>* space = pool.find(block.space->address());
        if (space == nullptr || *space != block.space) continue;
        if (block.in_use < config_.ports_a_block) return port_of(i, now_ns);
        paired = space;
    }
    if (held >= config_.blocks_a_subscriber) {
        counts_.subscriber_exhausted.add(1);
        return std::nullopt;
    }
    const std::uint32_t fresh = new_block(pool, paired, tenant, inside, hash, now_ns);
    if (fresh == none) return std::nullopt;
    return port_of(fresh, now_ns);
}

std::uint32_t PortMapper::new_block(const SourcePool& pool, const std::shared_ptr<PortSpace>* paired,
                                    model::TenantId tenant, const net::Address& inside, std::uint64_t hash,
                                    std::uint64_t now_ns) {
    if (first_free_ == none) {
        counts_.table_full.add(1);
        return none;
    }
    const CoarseTime now = coarse_time(now_ns);
    const std::uint64_t seed = base::siphash24(key_, hash, ++turn_);
    const std::size_t count = pool.spaces.size();
    const std::shared_ptr<PortSpace>* chosen = nullptr;
    std::optional<std::uint32_t> number;
    // Every worker has the same key, so all begin at the same address of the pool.
    const std::size_t first = count == 0 ? 0 : (hash >> 32U) % count;
    for (std::size_t i = 0; i < (paired != nullptr ? 1 : count) && !number; ++i) {
        chosen = paired != nullptr ? paired : &pool.spaces[(first + i) % count];
        number = (*chosen)->take(worker_, seed, now);
    }
    if (!number) {
        counts_.pool_exhausted.add(1);
        return none;
    }
    const std::uint32_t index = first_free_;
    Block& block = blocks_[index];
    first_free_ = block.next;
    --free_count_;
    std::uint32_t& bucket = buckets_[hash & (buckets_.size() - 1)];
    block = {.inside = inside,
             .tenant = tenant,
             .space = *chosen,
             .next = bucket,
             .number = *number,
             .hand = static_cast<std::uint32_t>(seed >> 48U) % config_.ports_a_block};
    bucket = index;
    counts_.blocks_taken.add(1);
    tell(block, NatBindingKind::block_taken, now_ns);
    return index;
}

// The block has a free port.
PortMapping PortMapper::port_of(std::uint32_t index, std::uint64_t now_ns) {
    Block& block = blocks_[index];
    std::uint64_t* used = used_.data() + static_cast<std::size_t>(index) * words_a_block_;
    std::uint32_t word = block.hand / 64;
    // Of the first word only what lies at or behind the hand; after a whole round the rest of it too.
    std::uint64_t free = ~used[word] & (~0ULL << (block.hand % 64));
    while (free == 0) {
        word = word + 1 == words_a_block_ ? 0 : word + 1;
        free = ~used[word];
    }
    const std::uint32_t bit = word * 64 + static_cast<std::uint32_t>(std::countr_zero(free));
    used[word] |= 1ULL << (bit % 64);
    block.hand = bit + 1 == config_.ports_a_block ? 0 : bit + 1;
    ++block.in_use;
    block.last_used = coarse_time(now_ns);
    return {block.space->address(),
            static_cast<std::uint16_t>(block.space->first_port_of(block.number) + bit), index};
}

void PortMapper::give_back(std::uint32_t index, std::uint16_t port, std::uint64_t now_ns) {
    if (index >= blocks_.size() || blocks_[index].space == nullptr) return;
    Block& block = blocks_[index];
    const std::uint32_t bit = port - block.space->first_port_of(block.number);
    if (bit >= config_.ports_a_block) return;
    std::uint64_t& word = used_[static_cast<std::size_t>(index) * words_a_block_ + bit / 64];
    const std::uint64_t mask = 1ULL << (bit % 64);
    if ((word & mask) == 0) return;
    word &= ~mask;
    --block.in_use;
    block.last_used = coarse_time(now_ns);
}

void PortMapper::expire(std::uint64_t now_ns, std::uint32_t budget) {
    const CoarseTime now = coarse_time(now_ns);
    for (std::uint32_t n = std::min(budget, config_.blocks); n > 0; --n) {
        const std::uint32_t index = expire_at_;
        expire_at_ = expire_at_ + 1 == config_.blocks ? 0 : expire_at_ + 1;
        const Block& block = blocks_[index];
        if (block.space == nullptr || block.in_use != 0) continue;
        if (is_after(now, block.last_used + coarse_duration(config_.idle_s))) release(index, now_ns);
    }
}

void PortMapper::release(std::uint32_t index, std::uint64_t now_ns) {
    Block& block = blocks_[index];
    tell(block, NatBindingKind::block_released, now_ns);
    block.space->give_back(block.number, coarse_time(now_ns));
    counts_.blocks_released.add(1);
    std::uint32_t* link = &buckets_[hash_of(block.tenant, block.inside) & (buckets_.size() - 1)];
    while (*link != index) link = &blocks_[*link].next;
    *link = block.next;
    block.space.reset();
    block.next = first_free_;
    first_free_ = index;
    ++free_count_;
}

void PortMapper::tell(const Block& block, NatBindingKind kind, std::uint64_t now_ns) {
    const std::uint16_t first = block.space->first_port_of(block.number);
    events_.push({.at_ns = now_ns,
                  .tenant = block.tenant,
                  .inside = block.inside,
                  .outside = block.space->address(),
                  .first_port = first,
                  .last_port = static_cast<std::uint16_t>(first + config_.ports_a_block - 1),
                  .kind = kind});
}

}  // namespace sluice::dataplane::nat
