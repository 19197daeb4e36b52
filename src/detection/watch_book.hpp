// The suspects: subjects whose records are looked at, at most so many. A watch begins at half of a limit and
// ends when nobody has asked for it for some seconds.
//
// Detector thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "detection/evidence.hpp"
#include "detection/subject.hpp"

namespace sluice::detection {

struct Watch {
    Subject subject;
    Evidence evidence;
    ClassMask classes = all_classes;  // of the attack: only these records are evidence
    base::Instant exceeded_since{};   // some limit; the epoch when none is
    base::Instant wanted_last{};
    base::Instant aged_last{};
};

class WatchBook {
  public:
    WatchBook(std::uint32_t limit, const base::SipKey& key) : limit_(limit), key_(key) {}

    // Index + 1, as subjects keep it; 0 when the limit is reached, which is counted.
    [[nodiscard]] std::uint32_t begin(const Subject& subject, base::Instant now);
    [[nodiscard]] Watch& operator[](std::uint32_t number) { return *watches_[number - 1]; }
    [[nodiscard]] const Watch& operator[](std::uint32_t number) const { return *watches_[number - 1]; }
    void end(std::uint32_t number);

    // Calls visit(number, Watch&) for each.
    template <class Visit>
    void for_each(Visit visit) {
        for (std::size_t i = 0; i < watches_.size(); ++i) {
            if (watches_[i] != nullptr) visit(static_cast<std::uint32_t>(i + 1), *watches_[i]);
        }
    }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    std::uint32_t limit_;
    base::SipKey key_;
    std::vector<std::unique_ptr<Watch>> watches_;
    std::size_t size_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace sluice::detection
