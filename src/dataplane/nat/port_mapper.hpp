// A worker's side of source NAT: which inside address has which blocks, and which of their ports are in use.
//
// An inside address keeps one public address as long as it has a flow there (RFC 4787 REQ-2, paired), chosen
// by a hash so that all workers choose alike; only when that one has no block left for a newcomer, the next
// one is tried. A flow has a port of its own: the flow table keys whole tuples, so nothing needs the same
// port towards two destinations (docs/decisions/nat-mapping.md). The port's parity is not kept. ICMP
// identifiers are ports here.
//
// The worker's thread only; counts may be read by any. All memory is taken at start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/siphash.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/nat/binding_queue.hpp"
#include "dataplane/nat/source_pool.hpp"
#include "model/ids.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::nat {

struct PortMapping {
    net::Address outside;
    std::uint16_t port = 0;
    std::uint32_t block = 0;  // for give_back
};

struct PortMapperCounts {
    Count blocks_taken;
    Count blocks_released;
    Count pool_exhausted;        // no block is free in the pool
    Count subscriber_exhausted;  // the inside address has all the blocks that it may have
    Count table_full;            // this worker knows no more blocks
};

class PortMapper {
  public:
    struct Config {
        std::uint32_t blocks = 65'536;           // that this worker can hold at once
        std::uint32_t blocks_a_subscriber = 64;  // of one inside address: 4,096 flows a worker
        std::uint32_t ports_a_block = 64;        // as PortRules has it
        std::uint32_t idle_s = 60;               // a block without flows is kept so long
    };

    PortMapper(std::uint8_t worker, const Config& config, const base::SipKey& key, BindingQueue& events);

    // A port for a new flow. None: there is none, and counts() says why.
    [[nodiscard]] std::optional<PortMapping> take(const SourcePool& pool, model::TenantId tenant,
                                                  const net::Address& inside, std::uint64_t now_ns);
    // When the flow has ended. The mapping is one that take() gave.
    void give_back(std::uint32_t block, std::uint16_t port, std::uint64_t now_ns);

    // Releases blocks that had no flow for a while; looks at `budget` of them a call.
    void expire(std::uint64_t now_ns, std::uint32_t budget);

    [[nodiscard]] const PortMapperCounts& counts() const { return counts_; }
    [[nodiscard]] std::uint32_t blocks_in_use() const { return config_.blocks - free_count_; }

  private:
    static constexpr std::uint32_t none = 0xffffffff;

    // A block that this worker has; its ports in use are a bit each in `used_`.
    struct Block {
        net::Address inside;
        model::TenantId tenant;
        std::shared_ptr<PortSpace> space;  // nullptr: the record is free
        std::uint32_t next = none;         // of the same bucket, or of the free ones
        std::uint32_t number = 0;          // within the space
        std::uint32_t in_use = 0;
        std::uint32_t hand = 0;  // the search goes on behind the port that was given last: a port rests long
        CoarseTime last_used = 0;
    };

    [[nodiscard]] std::uint64_t hash_of(model::TenantId tenant, const net::Address& inside) const;
    [[nodiscard]] std::uint32_t new_block(const SourcePool& pool, const std::shared_ptr<PortSpace>* paired,
                                          model::TenantId tenant, const net::Address& inside,
                                          std::uint64_t hash, std::uint64_t now_ns);
    [[nodiscard]] PortMapping port_of(std::uint32_t index, std::uint64_t now_ns);
    void release(std::uint32_t index, std::uint64_t now_ns);
    void tell(const Block& block, model::NatBindingKind kind, std::uint64_t now_ns);

    std::uint8_t worker_;
    Config config_;
    std::uint32_t words_a_block_;
    base::SipKey key_;
    BindingQueue& events_;
    std::vector<Block> blocks_;
    std::vector<std::uint64_t> used_;
    std::vector<std::uint32_t> buckets_;
    std::uint32_t first_free_ = 0;
    std::uint32_t free_count_ = 0;
    std::uint32_t expire_at_ = 0;
    std::uint64_t turn_ = 0;  // so that blocks of one inside address do not lie side by side
    PortMapperCounts counts_;
};

}  // namespace sluice::dataplane::nat
