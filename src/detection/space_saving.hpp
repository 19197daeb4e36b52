// The heaviest keys of a stream in fixed space (Metwally, Agrawal, El Abbadi 2005): a key that takes more
// than 1/N of the weight is always among the N kept. Each entry knows how much of its weight it may owe to
// the key that it replaced.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace sluice::detection {

struct Weight {
    float packets = 0;
    float bytes = 0;
    // Small packets cost routers as much as large ones cost lines.
    [[nodiscard]] float rank() const { return packets * 100 + bytes; }
};

template <class Key, std::size_t N>
class SpaceSaving {
  public:
    struct Entry {
        Key key{};
        Weight weight;
        float error = 0;  // of the rank
        // What the key surely has.
        [[nodiscard]] float sure() const { return std::max(0.0F, weight.rank() - error); }
    };

    // The entry of the key; new or taken over when it had none (`taken`).
    Entry& add(const Key& key, Weight weight, bool& taken) {
        total_ += weight.rank();
        std::size_t least = 0;
        taken = false;
        for (std::size_t i = 0; i < size_; ++i) {
            if (entries_[i].key == key) {
                entries_[i].weight.packets += weight.packets;
                entries_[i].weight.bytes += weight.bytes;
                return entries_[i];
            }
            if (entries_[i].weight.rank() < entries_[least].weight.rank()) least = i;
        }
        taken = true;
        if (size_ < N) {
            entries_[size_] = {key, weight, 0};
            return entries_[size_++];
        }
        Entry& entry = entries_[least];
        entry.error = entry.weight.rank();
        entry.key = key;
        entry.weight.packets += weight.packets;
        entry.weight.bytes += weight.bytes;
        return entry;
    }
    Entry& add(const Key& key, Weight weight) {
        bool taken = false;
        return add(key, weight, taken);
    }

    // Of an entry that add() returned: 0 … N − 1.
    [[nodiscard]] std::size_t position(const Entry& entry) const {
        return static_cast<std::size_t>(&entry - entries_.data());
    }

    void decay(float factor) {
        total_ *= factor;
        for (std::size_t i = 0; i < size_; ++i) {
            entries_[i].weight.packets *= factor;
            entries_[i].weight.bytes *= factor;
            entries_[i].error *= factor;
        }
    }

    [[nodiscard]] float total() const { return total_; }
    // Those that surely have at least this share of the whole, strongest first.
    [[nodiscard]] std::vector<Entry> strongest(std::size_t limit, float least_share) const {
        std::vector<Entry> found;
        for (std::size_t i = 0; i < size_; ++i) {
            if (entries_[i].sure() > 0 && entries_[i].sure() >= least_share * total_) {
                found.push_back(entries_[i]);
            }
        }
        std::sort(found.begin(), found.end(),
                  [](const Entry& a, const Entry& b) { return a.sure() > b.sure(); });
        if (found.size() > limit) found.resize(limit);
        return found;
    }

  private:
    std::array<Entry, N> entries_{};
    std::size_t size_ = 0;
    float total_ = 0;
};

}  // namespace sluice::detection
