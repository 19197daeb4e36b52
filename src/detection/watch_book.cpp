#include "detection/watch_book.hpp"

#include <algorithm>

namespace sluice::detection {

std::uint32_t WatchBook::begin(const Subject& subject, base::Instant now) {
    if (size_ >= limit_) {
        ++refused_;
        return 0;
    }
    auto room = std::find(watches_.begin(), watches_.end(), nullptr);
    if (room == watches_.end()) {
        watches_.emplace_back();
        room = watches_.end() - 1;
    }
    *room = std::make_unique<Watch>(Watch{subject, Evidence(key_), all_classes, {}, now, now});
    ++size_;
    return static_cast<std::uint32_t>(room - watches_.begin()) + 1;
}

void WatchBook::end(std::uint32_t number) {
    watches_[number - 1].reset();
    --size_;
}

}  // namespace sluice::detection
