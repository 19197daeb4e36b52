#include "dataplane/workers/flow_owner.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

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

// The owners of a burst's packets. Nearly all are told by one address: these are written down first, and
// hashed eight at a time.
class Owners {
  public:
    explicit Owners(const Context& context) : context_(context), state_(context.state) {}

    void find() {
        const Batch& batch = context_.batch;
        for (const std::uint8_t i : batch.firewall.stateful) ask(i);
        for (std::uint32_t n = 0; n < placed_.count; n += base::sip_lanes) {
            const auto lane = [&](std::size_t w) { return base::SipLanes::from(&words_[w][n]); };
            const auto hash =
                base::siphash_of<1, 3, base::SipLanes>(state_.owner_key, lane(0), lane(1), lane(2));
            std::array<std::uint64_t, base::sip_lanes> hashes;
            hash.to(hashes.data());
            const std::uint32_t count = std::min<std::uint32_t>(base::sip_lanes, placed_.count - n);
            for (std::uint32_t k = 0; k < count; ++k)
                owners_[placed_.at[n + k]] = share_of(hashes[k], state_.workers);
        }
    }
    [[nodiscard]] std::uint32_t operator[](std::size_t i) const { return owners_[i]; }

  private:
    void ask(std::size_t i) {
        const Batch& batch = context_.batch;
        const TenantPath& path = *batch.firewall.paths[i];
        const packet::Key& key = batch.keys[i];
        const bool outside = batch.firewall.networks[i] == attach::internet;
        const bool icmp = key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmp) ||
                          key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmpv6);
        if (outside && !icmp) [[likely]]
            return place(i, path.index, key.source);
        flow::Tuple tuple;
        if (flow::tuple_of(path.index, key, batch.frames[i], tuple) == TupleKind::icmp_error) {
            // Its sender may be anybody on the way: the flow is that of the packet that it quotes.
            if (const auto quote = flow::read_quote(path.index, key, batch.frames[i])) tuple = quote->answers;
        }
        if (outside) return place(i, path.index, tuple.source);
        ask_own(i, *path.firewall, batch.firewall.networks[i], key, tuple);
    }

    // Of a packet from one of the tenant's networks.
    void ask_own(std::size_t i, const TenantFirewall& firewall, attach::NetworkIndex from,
                 const packet::Key& key, const flow::Tuple& tuple) {
        if (firewall.routes.find(tuple.destination) != attach::internet) {
            owners_[i] = between(firewall.index, tuple.source, tuple.destination);
            return;
        }
        if (firewall.published.find(tuple.destination) != attach::internet) {
            const auto owner = key.has(packet::key_fragment) ? of_piece(firewall, from, key, tuple)
                                                             : of_hairpin(firewall, from, tuple);
            if (owner) {
                owners_[i] = *owner;
                return;
            }
        }
        place(i, firewall.index, tuple.destination);
    }

    // None: the address alone says.
    [[nodiscard]] std::optional<std::uint32_t> of_hairpin(const TenantFirewall& firewall,
                                                          attach::NetworkIndex from,
                                                          const flow::Tuple& tuple) const {
        if (const auto change = firewall.nat.find_destination(question_of(firewall, from, tuple)))
            return between(firewall.index, tuple.source, change->address);
        if (const auto owner = firewall.nat.owner_of(tuple.destination, tuple.destination_port))
            return std::min<std::uint32_t>(*owner, state_.workers - 1);
        return std::nullopt;
    }
    // Later fragments go where the first one went. What another worker has sent here is not sent on.
    [[nodiscard]] std::optional<std::uint32_t> of_piece(const TenantFirewall& firewall,
                                                        attach::NetworkIndex from, const packet::Key& key,
                                                        const flow::Tuple& tuple) const {
        FragmentOwners& owners = context_.state.fragment_owners;
        if (key.has(packet::key_later_fragment)) {
            if (state_.handed) return static_cast<std::uint32_t>(state_.worker);
            if (const auto owner = owners.find(tuple, key.fragment_id, state_.now_coarse)) return *owner;
            return of_hairpin(firewall, from, tuple);
        }
        const auto owner = of_hairpin(firewall, from, tuple);
        if (owner) owners.note(tuple, key.fragment_id, *owner, state_.now_coarse);
        return owner;
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

    // As owner_by(), with the others.
    void place(std::size_t i, flow::TenantIndex tenant, const net::Address& internet) {
        const Words words(internet);
        const std::uint32_t n = placed_.count;
        words_[0][n] = words.high;
        words_[1][n] = words.low;
        words_[2][n] = tenant;
        placed_.add(i);
    }
    [[nodiscard]] std::uint32_t between(flow::TenantIndex tenant, const net::Address& a,
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
    Selection placed_;
    alignas(32) std::array<PerPacket<std::uint64_t>, 3> words_;
    PerPacket<std::uint32_t> owners_;
};

}  // namespace

std::uint32_t owner_by(const net::Address& internet, flow::TenantIndex tenant, const base::SipKey& key,
                       std::uint32_t workers) {
    const Words words(internet);
    return share_of(base::siphash13(key, words.high, words.low, tenant), workers);
}

void hand_over(const Context& context) {
    Batch& batch = context.batch;
    Owners owners(context);
    owners.find();
    std::uint32_t kept = 0;
    for (const std::uint8_t i : batch.firewall.stateful) {
        const std::uint32_t owner = owners[i];
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
