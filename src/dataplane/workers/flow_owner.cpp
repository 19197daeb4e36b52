#include "dataplane/workers/flow_owner.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/firewall/question.hpp"
#include "dataplane/flow/icmp_quote.hpp"
#include "dataplane/tenant_firewall.hpp"
#include "dataplane/tenant_path.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::workers {
namespace {

using flow::TupleKind;

struct Words {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    explicit Words(const net::Address& address) {
        std::memcpy(&high, address.bytes().data(), 8);
        std::memcpy(&low, address.bytes().data() + 8, 8);
    }
    [[nodiscard]] bool operator<(const Words& other) const {
        return high != other.high ? high < other.high : low < other.low;
    }
};

std::uint32_t share_of(std::uint64_t hash, std::uint32_t workers) {
    return static_cast<std::uint32_t>((hash >> 32U) * workers >> 32U);
}

class Owners {
  public:
    explicit Owners(const Context& context) : context_(context), state_(context.state) {}

    [[nodiscard]] std::uint32_t of(std::size_t i) const {
        const Batch& batch = context_.batch;
        const TenantPath& path = *batch.firewall.paths[i];
        const packet::Key& key = batch.keys[i];
        const bool outside = batch.firewall.networks[i] == attach::internet;
        const bool icmp = key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmp) ||
                          key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmpv6);
        if (outside && !icmp) [[likely]]
            return place(path.index, key.source);
        flow::Tuple tuple;
        if (flow::tuple_of(path.index, key, batch.frames[i], tuple) == TupleKind::icmp_error) {
            // Its sender may be anybody on the way: the flow is that of the packet that it quotes.
            if (const auto quote = flow::read_quote(path.index, key, batch.frames[i])) tuple = quote->answers;
        }
        if (outside) return place(path.index, tuple.source);
        return of_own(*path.firewall, batch.firewall.networks[i], tuple);
    }

  private:
    // Of a packet from one of the tenant's networks.
    [[nodiscard]] std::uint32_t of_own(const TenantFirewall& firewall, attach::NetworkIndex from,
                                       const flow::Tuple& tuple) const {
        if (firewall.routes.find(tuple.destination) != attach::internet)
            return place(firewall.index, tuple.source, tuple.destination);
        if (firewall.published.find(tuple.destination) != attach::internet) {
            if (const auto change = firewall.nat.find_destination(question_of(firewall, from, tuple)))
                return place(firewall.index, tuple.source, change->address);
            if (const auto owner = firewall.nat.owner_of(tuple.destination, tuple.destination_port))
                return std::min<std::uint32_t>(*owner, state_.workers - 1);
        }
        return place(firewall.index, tuple.destination);
    }

    // As the stage that opens flows asks.
    [[nodiscard]] firewall::Question question_of(const TenantFirewall& firewall, attach::NetworkIndex from,
                                                 const flow::Tuple& tuple) const {
        firewall::Question question;
        question.source = tuple.source;
        question.destination = tuple.destination;
        question.protocol = tuple.protocol();
        question.has_transport = true;
        question.source_port = tuple.source_port;
        question.destination_port = tuple.destination_port;
        question.from = question.to = firewall.networks[from].zone;
        question.minute_of_week = firewall::minute_of_week(state_.unix_s);
        return question;
    }

    [[nodiscard]] std::uint32_t place(flow::TenantIndex tenant, const net::Address& internet) const {
        return owner_by(internet, tenant, state_.owner_key, state_.workers);
    }
    [[nodiscard]] std::uint32_t place(flow::TenantIndex tenant, const net::Address& a,
                                      const net::Address& b) const {
        const Words one(a);
        const Words other(b);
        const Words& low = one < other ? one : other;
        const Words& high = one < other ? other : one;
        return share_of(base::siphash13(state_.owner_key, low.high, low.low, high.high, high.low, tenant),
                        state_.workers);
    }
    const Context& context_;
    const WorkerState& state_;
};

}  // namespace

std::uint32_t owner_by(const net::Address& internet, flow::TenantIndex tenant, const base::SipKey& key,
                       std::uint32_t workers) {
    const Words words(internet);
    return share_of(base::siphash13(key, words.high, words.low, tenant), workers);
}

void hand_over(const Context& context) {
    Batch& batch = context.batch;
    const Owners owners(context);
    std::uint32_t kept = 0;
    for (const std::uint8_t i : batch.firewall.stateful) {
        const std::uint32_t owner = owners.of(i);
        if (owner == context.state.worker) {
            batch.firewall.stateful.at[kept++] = i;
            continue;
        }
        // The owner begins anew, with the frame as it arrived.
        packet::Frame& frame = batch.frames[i];
        const std::uint32_t opened = batch.firewall.opened[i];
        frame.data -= opened;
        frame.length += opened;
        frame.room += opened;
        batch.owners[i] = static_cast<std::uint8_t>(owner);
        batch.handed.add(i);
        batch.away |= 1U << i;
    }
    batch.firewall.stateful.count = kept;
}

}  // namespace sluice::dataplane::workers
