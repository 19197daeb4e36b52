// Connections towards targets that watch them, as far as one direction tells: from the SYN to a whole
// request, and, where open ones are limited, until they end. A set-associative table of fixed size behind a
// keyed hash. When a set is full, the connection that has been idle longest goes; one of a source that has
// shown its address never goes for one of a source that has not. A connection that is not in it passes
// unwatched.
//
// One worker's own; not thread-safe. Allocates at construction only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/huge_memory.hpp"
#include "dataplane/scrub/protocol/client_hello.hpp"
#include "dataplane/scrub/protocol/http_head.hpp"
#include "model/verdict.hpp"

namespace sluice::dataplane::scrub::protocol {

// In the order of a connection's life.
enum class Phase : std::uint8_t {
    opening,  // its SYN was there
    request,  // the handshake is done: its first request comes
    body,     // and what it announced to bring along
    open,     // nothing more is expected
    ended,    // by the gateway
};

struct Connection {
    std::uint64_t source = 0;  // hash of the source it counts for
    std::uint32_t next = 0;    // the sequence number that the request goes on with
    CoarseTime last_seen = 0;
    CoarseTime deadline = 0;  // of the request, or of the next part of its body
    union {
        HttpHead http{};
        ClientHello tls;
        struct {
            std::uint32_t left;    // of the body
            std::uint32_t window;  // of these since the last deadline
        } body;
    };
    Phase phase = Phase::opening;
    model::DropReason why{};  // it was ended
    bool tls_port : 1 = false;
    bool followed : 1 = false;  // its request is looked at
    bool timed : 1 = false;     // and has a deadline
    bool verified : 1 = false;  // the source has shown its address
    bool counted : 1 = false;   // in its source's connections
    bool told : 1 = false;      // the target has got its reset
    bool charged : 1 = false;   // the source has been charged with it

    [[nodiscard]] bool is_waited_for() const { return phase == Phase::request || phase == Phase::body; }
    // How long it is remembered without a segment.
    [[nodiscard]] CoarseTime idle_limit() const {
        constexpr std::uint32_t opening_s = 10, open_s = 300, ended_s = 60;
        return coarse_duration(phase == Phase::opening ? opening_s
                               : phase == Phase::ended ? ended_s
                                                       : open_s);
    }
};
static_assert(sizeof(Connection) == 32);

class ConnectionTable {
  public:
    static constexpr std::size_t ways = 3;

    explicit ConnectionTable(std::size_t entries)
        : sets_(std::max<std::size_t>(1, (entries + ways - 1) / ways)) {}

    void prefetch(std::uint64_t hash) const {
        const auto* set = reinterpret_cast<const char*>(&sets_[index(hash)]);
        for (std::size_t line = 0; line < sizeof(Set); line += 64) __builtin_prefetch(set + line, 1);
    }

    [[nodiscard]] Connection* find(std::uint64_t hash) {
        Set& set = sets_[index(hash)];
        for (std::size_t way = 0; way < ways; ++way) {
            if (set.tags[way] == tag_of(hash)) return &set.values[way];
        }
        return nullptr;
    }

    // A new one, in a free place or in that of one that is least missed, which `gone` is told of. nullptr
    // when all there are of verified sources and this one is not.
    template <class Gone>
    [[nodiscard]] Connection* make(std::uint64_t hash, CoarseTime now, bool verified, Gone&& gone) {
        Set& set = sets_[index(hash)];
        std::size_t victim = ways;
        for (std::size_t way = 0; way < ways; ++way) {
            if (set.tags[way] == 0) {
                victim = way;
                break;
            }
            if (set.values[way].verified && !verified) continue;
            if (victim == ways || worse(set.values[way], set.values[victim], now)) victim = way;
        }
        if (victim == ways) return nullptr;
        if (set.tags[victim] == 0) {
            ++used_;
        } else {
            gone(set.values[victim]);
        }
        set.tags[victim] = tag_of(hash);
        Connection& made = set.values[victim] = Connection{};
        made.last_seen = now;
        made.verified = verified;
        return &made;
    }

    template <class Gone>
    void remove(std::uint64_t hash, Gone&& gone) {
        Set& set = sets_[index(hash)];
        for (std::size_t way = 0; way < ways; ++way) {
            if (set.tags[way] == tag_of(hash)) end(set, way, gone);
        }
    }

    // Goes on with the round through the table, of which one takes about two seconds, by what is due at
    // `now_ns`: `look` at each connection, then those that have been idle too long end.
    template <class Look, class Gone>
    void sweep(std::uint64_t now_ns, CoarseTime now, Look&& look, Gone&& gone) {
        constexpr std::uint64_t round_ns = 2'000'000'000;
        const std::uint64_t step_ns = std::max<std::uint64_t>(1, round_ns / sets_.size());
        std::size_t due = (now_ns - swept_ns_) / step_ns;
        swept_ns_ += due * step_ns;
        due = std::min(due, sets_.size());
        for (std::size_t n = 0; n < due; ++n) {
            Set& set = sets_[cursor_];
            if (++cursor_ == sets_.size()) cursor_ = 0;
            __builtin_prefetch(&sets_[std::min(cursor_ + 4, sets_.size() - 1)]);
            for (std::size_t way = 0; way < ways; ++way) {
                if (set.tags[way] == 0) continue;
                look(set.values[way]);
                const Connection& it = set.values[way];
                if (now - it.last_seen > it.idle_limit()) end(set, way, gone);
            }
        }
    }

    [[nodiscard]] std::size_t used() const { return used_; }
    [[nodiscard]] std::size_t capacity() const { return sets_.size() * ways; }

  private:
    struct alignas(64) Set {
        std::array<std::uint32_t, ways> tags{};  // 0: free
        std::array<Connection, ways> values{};
    };
    static_assert(sizeof(Set) == 128);

    template <class Gone>
    void end(Set& set, std::size_t way, Gone&& gone) {
        gone(set.values[way]);
        set.tags[way] = 0;
        --used_;
    }

    [[nodiscard]] std::size_t index(std::uint64_t hash) const { return (hash >> 32U) * sets_.size() >> 32U; }
    [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash) | 1U;
    }

    // Those of unverified sources first, then those that have ended, then the longest idle.
    [[nodiscard]] static bool worse(const Connection& a, const Connection& b, CoarseTime now) {
        if (a.verified != b.verified) return b.verified;
        if ((a.phase == Phase::ended) != (b.phase == Phase::ended)) return a.phase == Phase::ended;
        return now - a.last_seen > now - b.last_seen;
    }

    HugeVector<Set> sets_;
    std::size_t used_ = 0;
    std::size_t cursor_ = 0;
    std::uint64_t swept_ns_ = 0;
};

}  // namespace sluice::dataplane::scrub::protocol
