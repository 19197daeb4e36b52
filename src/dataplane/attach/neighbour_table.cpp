#include "dataplane/attach/neighbour_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>

namespace sluice::dataplane::attach {
namespace {

constexpr CoarseTime second = 4;

struct Words {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
};
Words words_of(const net::Address& address) {
    Words words;
    std::memcpy(&words.high, address.bytes().data(), 8);
    std::memcpy(&words.low, address.bytes().data() + 8, 8);
    return words;
}

}  // namespace

class NeighbourTable::Guard {
  public:
    explicit Guard(std::atomic_flag& flag) : flag_(flag) {
        // Who holds it may have lost his core, where workers have none of their own.
        for (unsigned spins = 1; flag_.test_and_set(std::memory_order_acquire); ++spins) {
            if (spins % 64 == 0) std::this_thread::yield();
            __builtin_ia32_pause();
        }
    }
    ~Guard() { flag_.clear(std::memory_order_release); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    std::atomic_flag& flag_;
};

NeighbourTable::NeighbourTable(const Config& config, const base::SipKey& key)
    : key_(key),
      reachable_(coarse_duration(config.reachable_s)),
      kept_unanswered_(coarse_duration(config.kept_unanswered_s)),
      questions_per_s_(config.questions_per_s),
      // Twice the hosts: a window then is rarely full of them.
      slots_(std::bit_ceil(std::max<std::size_t>(config.hosts, 8) * 2)) {}

NeighbourTable::Place NeighbourTable::find_place(const net::Address& address) {
    const Words words = words_of(address);
    const std::size_t first = first_place(words.high, words.low);
    for (std::uint32_t n = 0; n < window; ++n) {
        Slot& slot = slots_[(first + n) & (slots_.size() - 1)];
        const std::uint64_t link = slot.link.load(std::memory_order_acquire);
        if (link == 0 || slot.low.load(std::memory_order_acquire) != words.low ||
            slot.high.load(std::memory_order_acquire) != words.high)
            continue;
        if (slot.link.load(std::memory_order_relaxed) == link) return {&slot, link};
    }
    return {};
}

bool NeighbourTable::may_ask(CoarseTime now) {
    const std::uint64_t at = static_cast<std::uint64_t>(now / second) << 32U;
    std::uint64_t seen = questions_.load(std::memory_order_relaxed);
    for (;;) {
        const bool same = seen >> 32U == at >> 32U;
        if (same && (seen & 0xffff'ffffU) >= questions_per_s_) return false;
        if (questions_.compare_exchange_weak(seen, same ? seen + 1 : at + 1, std::memory_order_relaxed))
            return true;
    }
}

// An entry that is there: not known yet, or not heard of for a while.
NeighbourTable::Answer NeighbourTable::check(const Place& place, CoarseTime now) {
    const bool known = place.link >> 16U != 0;
    Answer answer{.known = known, .ask = false, .mac = mac_of(place.link), .ask_at = {}};
    std::uint64_t stamps = place.slot->stamps.load(std::memory_order_relaxed);
    const std::uint64_t tries = stamps & 0xfU;
    if (known && tries >= most_tries && since_asked(stamps, now) >= second) {
        const Guard guard(lock_);
        // Unless it was confirmed, or given to another one, meanwhile.
        if (place.slot->link.load(std::memory_order_relaxed) == place.link &&
            place.slot->stamps.load(std::memory_order_relaxed) == stamps) {
            place.slot->link.store(place.link & 0xffffU, std::memory_order_release);
            place.slot->stamps.store(pack(0, now, 1), std::memory_order_release);
        }
        return {.known = false, .ask = may_ask(now), .mac = {}, .ask_at = {}};
    }
    if (tries != 0 && since_asked(stamps, now) < second) return answer;
    if (!may_ask(now)) return answer;
    const std::uint64_t more = std::min<std::uint64_t>(tries + 1, 15);
    // Another worker may have been faster; then that one asks.
    answer.ask = place.slot->stamps.compare_exchange_strong(stamps, pack(confirmed_of(stamps), now, more),
                                                            std::memory_order_relaxed);
    if (answer.ask && known && tries < tries_at_known) answer.ask_at = answer.mac;
    return answer;
}

NeighbourTable::Answer NeighbourTable::find_doubtful(const net::Address& address, Place place,
                                                     CoarseTime now) {
    if (place.slot != nullptr) return check(place, now);
    if (may_ask(now)) {
        const Guard guard(lock_);
        if (find_place(address).slot != nullptr) return {};  // another worker was faster, and asks
        const Words words = words_of(address);
        if (Slot* slot = make_room(words.high, words.low, now); slot != nullptr) {
            enter(*slot, words.high, words.low, 0, pack(0, now, 1));
            return {.known = false, .ask = true, .mac = {}, .ask_at = {}};
        }
    }
    refused_.fetch_add(1, std::memory_order_relaxed);
    return {};
}

// A free place, or that of a question without an answer, or of what was not used for long, the oldest first.
NeighbourTable::Slot* NeighbourTable::make_room(std::uint64_t high, std::uint64_t low, CoarseTime now) {
    const std::size_t first = first_place(high, low);
    Slot* best = nullptr;
    std::uint32_t best_age = 0;
    for (std::uint32_t n = 0; n < window; ++n) {
        Slot& slot = slots_[(first + n) & (slots_.size() - 1)];
        const std::uint64_t link = slot.link.load(std::memory_order_relaxed);
        if (link == 0) return &slot;
        const std::uint64_t stamps = slot.stamps.load(std::memory_order_relaxed);
        const bool known = link >> 16U != 0;
        const std::uint32_t age = known ? now - confirmed_of(stamps) : since_asked(stamps, now);
        // What is in use is confirmed every `reachable_`.
        if (age <= (known ? 2 * reachable_ : kept_unanswered_) || age <= best_age) continue;
        best = &slot;
        best_age = age;
    }
    return best;
}

void NeighbourTable::enter(Slot& slot, std::uint64_t high, std::uint64_t low, std::uint64_t mac,
                           std::uint64_t stamps) {
    slot.link.store(0, std::memory_order_relaxed);
    slot.high.store(high, std::memory_order_release);
    slot.low.store(low, std::memory_order_release);
    slot.stamps.store(stamps, std::memory_order_release);
    owners_ = owners_ % 0xffffU + 1;  // never 0
    slot.link.store(mac | owners_, std::memory_order_release);
}

void NeighbourTable::hear(const net::Address& address, const Mac& mac, Hint hint, CoarseTime now) {
    const std::uint64_t word = word_of(mac);
    if (word == 0) return;
    const Guard guard(lock_);
    const Place place = find_place(address);
    if (place.slot == nullptr) {
        if (hint != Hint::question) return;
        const Words words = words_of(address);
        Slot* slot = make_room(words.high, words.low, now);
        if (slot == nullptr) {
            refused_.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        return enter(*slot, words.high, words.low, word, pack(now, now, 0));
    }
    const bool same = (place.link & ~0xffffULL) == word;
    if (same && hint != Hint::answer) return;  // shows nothing about the way there
    // What nobody had asked for is believed, and checked at the next use.
    const bool sure = hint == Hint::answer || place.link >> 16U == 0;
    place.slot->stamps.store(pack(sure ? now : now - reachable_ - 1, now, 0), std::memory_order_release);
    if (!same) place.slot->link.store(word | (place.link & 0xffffU), std::memory_order_release);
}

std::size_t NeighbourTable::size() const {
    return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) {
        return slot.link.load(std::memory_order_relaxed) != 0;
    }));
}

}  // namespace sluice::dataplane::attach
