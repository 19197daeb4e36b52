#include "dataplane/firewall/user_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice::dataplane::firewall {
namespace {

// Stands where a binding has ended: who searches goes on behind it.
const KnownUser nobody{};

constexpr std::size_t least_places = 8;

// Both families share 128 bits; the length is in those.
net::Prefix cut(const net::Address& address, unsigned bits) {
    return net::Prefix::of(address, address.is_v4() ? bits - 96 : bits);
}

}  // namespace

UserTable::UserTable(const base::SipKey& key) : key_(key), places_(std::make_unique<Places>(least_places)) {
    shown_.store(places_.get(), std::memory_order_release);
}

UserTable::~UserTable() {
    for (const auto& place : places_->at) {
        const KnownUser* known = place.load(std::memory_order_relaxed);
        if (known != &nobody) delete known;
    }
}

std::size_t UserTable::begin_of(const net::Prefix& prefix) const {
    std::uint64_t words[2];
    std::memcpy(words, prefix.address().bytes().data(), 16);
    return base::siphash24(key_, words[0], words[1], std::uint64_t{prefix.bits()});
}

const KnownUser* UserTable::find(const Places& places, const net::Prefix& prefix) const {
    for (std::size_t at = begin_of(prefix);; ++at) {
        const KnownUser* known = places.at[at & places.mask].load(std::memory_order_acquire);
        if (known == nullptr) return nullptr;
        if (known != &nobody && known->prefix == prefix) return known;
    }
}

const KnownUser* UserTable::find(const net::Address& address) const {
    const Places& places = *shown_.load(std::memory_order_acquire);
    const unsigned shortest = address.is_v4() ? 97 : 1;
    for (int word = 1; word >= 0; --word) {
        std::uint64_t lengths = lengths_[static_cast<std::size_t>(word)].load(std::memory_order_acquire);
        while (lengths != 0) {
            const auto top = static_cast<unsigned>(std::bit_width(lengths)) - 1;
            lengths &= ~(std::uint64_t{1} << top);
            const unsigned bits = static_cast<unsigned>(word) * 64 + top + 1;
            if (bits < shortest) return nullptr;
            if (const KnownUser* known = find(places, cut(address, bits))) return known;
        }
    }
    return nullptr;
}

void UserTable::count_length(const net::Prefix& prefix, bool more) {
    const unsigned at = prefix.bits() - 1;
    auto& word = lengths_[at / 64];
    const std::uint64_t bit = std::uint64_t{1} << at % 64;
    if (more) {
        if (of_length_[at]++ == 0) word.fetch_or(bit, std::memory_order_release);
    } else if (--of_length_[at] == 0) {
        word.fetch_and(~bit, std::memory_order_release);
    }
}

// Beside the workers: they go on in the old places, which stay until they have come by.
void UserTable::grow() {
    auto next = std::make_unique<Places>(std::max(least_places, std::bit_ceil((size_ + 1) * 4)));
    for (const auto& place : places_->at) {
        const KnownUser* known = place.load(std::memory_order_relaxed);
        if (known == nullptr || known == &nobody) continue;
        std::size_t at = begin_of(known->prefix);
        while (next->at[at & next->mask].load(std::memory_order_relaxed) != nullptr) ++at;
        next->at[at & next->mask].store(known, std::memory_order_relaxed);
    }
    used_ = size_;
    shown_.store(next.get(), std::memory_order_release);
    outgrown_.push_back(std::move(places_));
    places_ = std::move(next);
}

void UserTable::put(const model::UserBinding& binding) {
    if (binding.prefix.bits() == 0) return;  // everybody is nobody
    auto known = std::make_unique<KnownUser>();
    known->prefix = binding.prefix;
    known->user = binding.user;
    known->ids.push_back(user_id(binding.user));
    for (const std::string& group : binding.groups) known->ids.push_back(user_id(group));
    if ((used_ + 1) * 2 > places_->at.size()) grow();
    std::atomic<const KnownUser*>* room = nullptr;
    for (std::size_t at = begin_of(binding.prefix);; ++at) {
        auto& place = places_->at[at & places_->mask];
        const KnownUser* there = place.load(std::memory_order_relaxed);
        if (there == nullptr) {
            if (room == nullptr) {
                room = &place;
                ++used_;
            }
            break;
        }
        if (there == &nobody) {
            if (room == nullptr) room = &place;
        } else if (there->prefix == binding.prefix) {
            if (there->user == known->user && there->ids == known->ids) return;
            place.store(known.release(), std::memory_order_release);
            ended_.emplace_back(there);
            return changed();
        }
    }
    room->store(known.release(), std::memory_order_release);
    ++size_;
    count_length(binding.prefix, true);
    changed();
}

void UserTable::remove(const net::Prefix& prefix) {
    if (prefix.bits() == 0) return;
    for (std::size_t at = begin_of(prefix);; ++at) {
        auto& place = places_->at[at & places_->mask];
        const KnownUser* there = place.load(std::memory_order_relaxed);
        if (there == nullptr) return;
        if (there == &nobody || there->prefix != prefix) continue;
        place.store(&nobody, std::memory_order_release);
        ended_.emplace_back(there);
        --size_;
        count_length(prefix, false);
        return changed();
    }
}

void UserTable::forget() {
    ended_.clear();
    outgrown_.clear();
}

}  // namespace sluice::dataplane::firewall
