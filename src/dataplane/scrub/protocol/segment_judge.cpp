#include "dataplane/scrub/protocol/segment_judge.hpp"

#include <cstring>

#include "dataplane/scrub/protocol/connection_reset.hpp"
#include "dataplane/scrub/protocol/limited.hpp"
#include "net/big_endian.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub::protocol {
namespace {

using model::DropReason;
namespace flag = net::tcp_flag;
using Bytes = std::span<const std::uint8_t>;

void charge(WorkerState& state, Connection& connection) {
    if (connection.charged || !connection.verified) return;
    connection.charged = true;
    Conduct* conduct = state.conducts.find_or_make(connection.source, state.now_coarse, true);
    conduct->touch(state.now_coarse);
    conduct->offend(state.now_coarse);
}

void close(WorkerState& state, const Connection& connection) {
    if (!connection.counted) return;
    if (Conduct* conduct = state.conducts.find(connection.source); conduct != nullptr) conduct->close_one();
}

class SegmentJudge {
  public:
    SegmentJudge(const Context& context, std::size_t i, const Rules& rules, Kind kind)
        : context_(context),
          batch_(context.batch),
          state_(context.state),
          i_(i),
          rules_(rules),
          kind_(kind),
          key_(batch_.keys[i]),
          hash_(batch_.connection_hashes[i]) {
        const std::uint8_t* tcp = batch_.frames[i].data + key_.l4_offset;
        const std::uint32_t header = static_cast<std::uint32_t>(tcp[12] >> 4U) * 4;
        sequence_ = net::get32(tcp + 4);
        if (header <= key_.l4_length()) payload_ = {tcp + header, key_.l4_length() - header};
    }

    bool judge() {
        Conduct* conduct = state_.conducts.find(source());
        if (conduct != nullptr) {
            conduct->touch(state_.now_coarse);
            const bool ends_itself = (key_.tcp_flags & flag::rst) != 0;
            if (conduct->is_shut_out(state_.now_coarse) && !ends_itself) return shut_out();
        }
        Connection* connection = state_.connections.find(hash_);
        if ((key_.tcp_flags & (flag::syn | flag::ack)) == flag::syn) return open(conduct, connection);
        if (kind_ == Kind::http && !takes_request()) return context_.drop(i_, DropReason::http_request_rate);
        // It was open before it was watched, or had to make room.
        if (connection == nullptr) return true;
        connection->last_seen = state_.now_coarse;
        connection->verified = connection->verified || shows_address();
        if ((key_.tcp_flags & flag::rst) != 0) return reset(*connection);
        if (!follow(*connection)) return false;
        if ((key_.tcp_flags & flag::fin) != 0 && is_in_order(*connection)) forget();
        return true;
    }

  private:
    [[nodiscard]] std::uint64_t source() const { return batch_.source_hashes[i_]; }
    [[nodiscard]] bool shows_address() const { return has_shown_address(state_, batch_.sources[i_]); }

    // Of the segment's end, as far as it matters: the target would not take a FIN ahead of what is missing.
    [[nodiscard]] bool is_in_order(const Connection& connection) const {
        return connection.phase > Phase::request ||
               sequence_ + static_cast<std::uint32_t>(payload_.size()) == connection.next;
    }

    [[nodiscard]] bool takes_request() const {
        if (!rules_.http_requests.any() || !begins_request(payload_)) return true;
        Conduct* conduct = state_.conducts.find_or_make(source(), state_.now_coarse, false);
        if (conduct == nullptr) return true;
        conduct->touch(state_.now_coarse);
        return is_within(context_, i_, rules_.http_requests, conduct->requests);
    }

    void forget() {
        state_.connections.remove(hash_, [this](const Connection& gone) { close(state_, gone); });
    }

    [[nodiscard]] Connection* remember() {
        Connection* made = state_.connections.make(hash_, state_.now_coarse, shows_address(),
                                                   [this](const Connection& gone) { close(state_, gone); });
        if (made != nullptr) made->source = source();
        return made;
    }

    // A SYN. The same once more changes nothing; another one is another connection between the same ports.
    bool open(const Conduct* conduct, Connection* connection) {
        if (connection != nullptr && connection->phase == Phase::opening && connection->next == sequence_ + 1)
            return true;
        if (connection != nullptr) forget();
        if (rules_.connections != 0 && conduct != nullptr && conduct->connections >= rules_.connections)
            return context_.drop(i_, DropReason::connection_limit);
        connection = remember();
        if (connection == nullptr) return true;
        connection->next = sequence_ + 1;
        connection->tls_port = kind_ == Kind::tls;
        connection->timed = rules_.slow && kind_ != Kind::tcp;
        // What a SYN brings along (RFC 7413) may or may not be taken by the target.
        connection->followed = payload_.empty() && kind_ != Kind::tcp &&
                               (rules_.slow || (kind_ == Kind::tls ? rules_.tls : rules_.http));
        return true;
    }

    // One that the target would not take leaves everything as it is.
    bool reset(Connection& connection) {
        if (connection.phase == Phase::ended) {
            // Perhaps of somebody who never opened it.
            if (Conduct* conduct = state_.conducts.find(connection.source);
                conduct != nullptr && connection.charged)
                conduct->take_back();
            forget();
        } else if (connection.phase > Phase::body || sequence_ == connection.next) {
            forget();
        }
        return true;
    }

    bool follow(Connection& connection) {
        switch (connection.phase) {
            case Phase::opening:
                if (sequence_ != connection.next) return early(connection);
                if (!establish(connection)) return false;
                return connection.phase != Phase::request || read(connection);
            case Phase::request:
                return is_late(connection) ? end(connection, DropReason::slow_connection) : read(connection);
            case Phase::body:
                take_body(connection);
                return !is_late(connection) || end(connection, DropReason::slow_connection);
            case Phase::ended:
                return drop_ended(connection, connection.why);
            case Phase::open:
                break;
        }
        return true;
    }

    // Not the handshake's last segment: a piece of the request that has overtaken it, or nothing.
    bool early(const Connection& connection) {
        const bool ahead = static_cast<std::int32_t>(sequence_ - connection.next) > 0;
        return !ahead || payload_.empty() || !connection.followed ||
               context_.drop(i_, DropReason::piece_ahead);
    }

    // The client has acknowledged the target's answer.
    bool establish(Connection& connection) {
        connection.phase = connection.followed ? Phase::request : Phase::open;
        connection.deadline = state_.now_coarse + coarse_duration(request_within_s);
        if (connection.tls_port) connection.tls = ClientHello{};
        if (rules_.connections == 0) return true;
        Conduct* conduct =
            state_.conducts.find_or_make(connection.source, state_.now_coarse, connection.verified);
        if (conduct == nullptr) return true;
        conduct->touch(state_.now_coarse);
        if (conduct->connections >= rules_.connections) return end(connection, DropReason::connection_limit);
        ++conduct->connections;
        connection.counted = true;
        return true;
    }

    [[nodiscard]] bool is_late(const Connection& connection) const {
        return rules_.slow && is_after(state_.now_coarse, connection.deadline);
    }

    // The new bytes of the request, where they are next.
    bool read(Connection& connection) {
        const auto ahead = static_cast<std::int32_t>(sequence_ - connection.next);
        if (payload_.empty()) return true;
        if (ahead > 0) return context_.drop(i_, DropReason::piece_ahead);
        const std::size_t known = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
        if (known >= payload_.size()) return true;
        const Bytes fresh = payload_.subspan(known);
        std::size_t used = fresh.size();
        const Progress progress =
            connection.tls_port ? connection.tls.feed(fresh) : connection.http.feed(fresh, used);
        switch (progress) {
            case Progress::more:
                break;
            case Progress::whole:
                finish(connection, fresh.size() - used);
                break;
            case Progress::bad:
                if (connection.tls_port ? rules_.tls : rules_.http)
                    return end(connection, connection.tls_port ? DropReason::bad_tls : DropReason::bad_http);
                connection.phase = Phase::open;
                break;
        }
        connection.next += static_cast<std::uint32_t>(fresh.size());
        return true;
    }

    // `beyond`: bytes that came in the same segment behind the head.
    void finish(Connection& connection, std::size_t beyond) {
        const std::uint32_t left = connection.tls_port ? 0 : connection.http.body_bytes();
        if (left <= beyond || !rules_.slow) {
            connection.phase = Phase::open;
            return;
        }
        connection.phase = Phase::body;
        connection.body = {left - static_cast<std::uint32_t>(beyond), 0};
        connection.deadline = state_.now_coarse + coarse_duration(request_within_s);
    }

    void take_body(Connection& connection) {
        const auto bytes = static_cast<std::uint32_t>(payload_.size());
        auto& body = connection.body;
        if (bytes >= body.left) {
            connection.phase = Phase::open;
            return;
        }
        body.left -= bytes;
        body.window += bytes;
        if (static_cast<std::int32_t>(sequence_ + bytes - connection.next) > 0)
            connection.next = sequence_ + bytes;
        if (!is_late(connection) || body.window < least_body_bytes) return;
        body.window = 0;
        connection.deadline = state_.now_coarse + coarse_duration(request_within_s);
    }

    bool end(Connection& connection, DropReason why) {
        if (context_.drop(i_, why)) {  // only watched
            connection.phase = Phase::open;
            return true;
        }
        // Too many connections are no offence: one address may be many people's.
        if (why != DropReason::connection_limit) charge(state_, connection);
        if (connection.counted) close(state_, connection);
        connection.counted = false;
        connection.phase = Phase::ended;
        connection.why = why;
        // In its body what the target has not got begins with this segment, or is not known.
        tell(connection);
        return false;
    }

    // Dropped, or a reset when the target has not got one yet.
    bool drop_ended(Connection& connection, DropReason why) {
        if (context_.drop(i_, why)) return true;
        tell(connection);
        return false;
    }

    void tell(Connection& connection) {
        if (connection.told || (key_.tcp_flags & (flag::ack | flag::rst | flag::syn)) != flag::ack) return;
        if (batch_.targets[i_]->firewall != 0) return;  // its flows know themselves what comes next
        connection.told = true;
        write_reset(key_, connection.next, batch_.frames[i_]);
        batch_.resets.add(i_);
        --batch_.dropped;
    }

    // Whatever it sends; each of its connections ends.
    bool shut_out() {
        if (context_.drop(i_, DropReason::shut_out)) return true;
        Connection* connection = state_.connections.find(hash_);
        if (connection == nullptr && (key_.tcp_flags & (flag::syn | flag::ack)) == flag::ack) {
            connection = remember();
            if (connection != nullptr) connection->next = sequence_;
        }
        if (connection == nullptr) return false;
        if (connection->phase == Phase::open) connection->next = sequence_;
        if (connection->counted) close(state_, *connection);
        connection->counted = false;
        connection->phase = Phase::ended;
        connection->why = DropReason::shut_out;
        connection->last_seen = state_.now_coarse;
        tell(*connection);
        return false;
    }

    const Context& context_;
    Batch& batch_;
    WorkerState& state_;
    std::size_t i_;
    const Rules& rules_;
    Kind kind_;
    packet::Key& key_;
    std::uint64_t hash_;
    std::uint32_t sequence_ = 0;
    Bytes payload_;
};

}  // namespace

std::uint64_t connection_hash(const WorkerState& state, std::uint32_t serial, const packet::Key& key) {
    std::uint64_t words[4];
    std::memcpy(words, key.source.bytes().data(), 16);
    std::memcpy(words + 2, key.destination.bytes().data(), 16);
    const std::uint64_t rest = static_cast<std::uint64_t>(serial) << 32U |
                               static_cast<std::uint64_t>(key.source_port) << 16U | key.destination_port;
    if (key.has(packet::key_ipv6)) {
        return base::siphash13(state.table_key, words[0], words[1], words[2], words[3], rest);
    }
    return base::siphash13(state.table_key, (words[1] & ~0xffffffffULL) | words[3] >> 32U, rest);
}

bool judge_segment(const Context& context, std::size_t i, const Rules& rules, Kind kind) {
    return SegmentJudge(context, i, rules, kind).judge();
}

void sweep_connections(WorkerState& state) {
    const CoarseTime now = state.now_coarse;
    const auto look = [&](Connection& connection) {
        if (!connection.is_waited_for() || connection.charged || !connection.timed) return;
        if (!is_after(now, connection.deadline)) return;
        if (connection.phase == Phase::body && connection.body.window >= least_body_bytes) return;
        charge(state, connection);
    };
    state.connections.sweep(state.now_ns, now, look, [&](const Connection& gone) { close(state, gone); });
}

}  // namespace sluice::dataplane::scrub::protocol
