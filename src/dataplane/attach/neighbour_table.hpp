// The hosts of one network that lie on its link: address → Ethernet address, and when to ask for one. Each
// network has a table of its own, so nobody's hosts are ever found at somebody else.
//
// The life of an entry is that of RFC 4861 section 7.3, by use and without timers: a packet that needs an
// unknown address asks for it and is dropped; an answer that is older than `reachable_s` is checked at its
// next use, first at the known Ethernet address, then by everybody, while packets still go there; six
// questions without an answer end it. What nobody uses is not asked for.
//
// Shared by all workers: find() takes no lock and writes only when somebody is to be asked; hear() and a new
// entry hold a spin lock for some hundred nanoseconds. Memory is fixed at construction. Hosts choose their
// addresses: the places in the table are found by a keyed hash.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/siphash.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/forward.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::attach {

class NeighbourTable {
  public:
    struct Config {
        std::uint32_t hosts = 256;            // that it has room for; 64 bytes each
        std::uint32_t reachable_s = 30;       // RFC 4861 section 10: REACHABLE_TIME
        std::uint32_t questions_per_s = 64;   // of one network, whoever they are for
        std::uint32_t kept_unanswered_s = 3;  // a question's place; RFC 4861: three, a second apart
    };

    struct Answer {
        bool known = false;  // `mac` is right; else nobody is known, and the packet cannot go
        bool ask = false;    // the caller sends a question; nobody else does within the next second
        Mac mac{};
        Mac ask_at{};  // where to; zero: everybody
    };

    // How somebody was heard of.
    enum class Hint : std::uint8_t {
        answer,    // to a question of the gateway
        question,  // for the gateway's own address: he will be answered, so he is worth an entry
        other,     // told to everybody: only an entry that there is changes
    };

    NeighbourTable(const Config& config, const base::SipKey& key);
    NeighbourTable(const NeighbourTable&) = delete;
    NeighbourTable& operator=(const NeighbourTable&) = delete;

    // A packet is to go to this address, which lies on the link.
    [[nodiscard]] Answer find(const net::Address& address, CoarseTime now) {
        const Place place = find_place(address);
        if (place.slot != nullptr && place.link >> 16U != 0) {
            if (now - confirmed_of(place.slot->stamps.load(std::memory_order_relaxed)) <= reachable_)
                [[likely]]
                return {.known = true, .ask = false, .mac = mac_of(place.link), .ask_at = {}};
        }
        return find_doubtful(address, place, now);
    }
    // `mac` is no group address.
    void hear(const net::Address& address, const Mac& mac, Hint hint, CoarseTime now);

    // Entries, known or not, that were not displaced; any thread, counted anew at each call.
    [[nodiscard]] std::size_t size() const;
    // Packets that could not even be asked for: no room, or too many questions.
    [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t capacity() const { return slots_.size(); }
    [[nodiscard]] std::size_t bytes() const { return sizeof *this + slots_.size() * sizeof(Slot); }

  private:
    static constexpr std::uint32_t window = 8;  // places that an address may have, one behind the other
    static constexpr std::uint64_t most_tries = 6;
    static constexpr std::uint64_t tries_at_known = 3;

    // `link`: the Ethernet address (48 bits) | a number that changes with the slot's owner (16). All zero:
    // the slot is free. Whoever reads the same link before and after an address has read one owner's.
    // `stamps`: confirmed (32 bits, coarse) | asked (28) | questions without an answer (4).
    struct Slot {
        std::atomic<std::uint64_t> link{0};
        std::atomic<std::uint64_t> stamps{0};
        std::atomic<std::uint64_t> high{0};
        std::atomic<std::uint64_t> low{0};
    };
    struct Place {
        Slot* slot = nullptr;
        std::uint64_t link = 0;
    };
    class Guard;

    [[nodiscard]] static CoarseTime confirmed_of(std::uint64_t stamps) {
        return static_cast<CoarseTime>(stamps >> 32U);
    }
    [[nodiscard]] static std::uint32_t since_asked(std::uint64_t stamps, CoarseTime now) {
        return (now - static_cast<std::uint32_t>(stamps >> 4U)) & 0xfff'ffffU;
    }
    [[nodiscard]] static std::uint64_t pack(CoarseTime confirmed, CoarseTime asked, std::uint64_t tries) {
        return static_cast<std::uint64_t>(confirmed) << 32U |
               static_cast<std::uint64_t>(asked & 0xfff'ffffU) << 4U | tries;
    }
    [[nodiscard]] static Mac mac_of(std::uint64_t link) {
        Mac mac;
        for (std::size_t i = 0; i < 6; ++i) mac[i] = static_cast<std::uint8_t>(link >> (56U - 8U * i));
        return mac;
    }
    [[nodiscard]] static std::uint64_t word_of(const Mac& mac) {
        std::uint64_t word = 0;
        for (const std::uint8_t byte : mac) word = word << 8U | byte;
        return word << 16U;
    }
    [[nodiscard]] std::size_t first_place(std::uint64_t high, std::uint64_t low) const {
        return base::siphash13(key_, high, low) & (slots_.size() - 1);
    }
    [[nodiscard]] Place find_place(const net::Address& address);
    [[nodiscard]] Answer find_doubtful(const net::Address& address, Place place, CoarseTime now);
    [[nodiscard]] Answer check(const Place& place, CoarseTime now);
    [[nodiscard]] bool may_ask(CoarseTime now);
    // Under the lock: a slot for a newcomer, emptied; nullptr when all of the window are in use.
    [[nodiscard]] Slot* make_room(std::uint64_t high, std::uint64_t low, CoarseTime now);
    void enter(Slot& slot, std::uint64_t high, std::uint64_t low, std::uint64_t mac, std::uint64_t stamps);

    base::SipKey key_;
    CoarseTime reachable_;
    CoarseTime kept_unanswered_;
    std::uint32_t questions_per_s_;
    std::vector<Slot> slots_;                  // a power of two
    std::atomic<std::uint64_t> questions_{0};  // second (32 bits) | how many in it
    std::atomic<std::uint64_t> refused_{0};
    std::uint64_t owners_ = 0;  // under the lock
    std::atomic_flag lock_ = ATOMIC_FLAG_INIT;
};

}  // namespace sluice::dataplane::attach
