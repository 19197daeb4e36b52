#include "packet/capture_port.hpp"

namespace sluice::packet {
namespace {
constexpr base::Duration longest_burst = std::chrono::milliseconds(1);
}

// True when `ahead_` holds a packet. Its bytes stay valid until the next call.
bool CapturePort::read_ahead() {
    if (ahead_) return true;
    if (ended_ || from_ == nullptr) {
        ended_ = true;
        return false;
    }
    auto next = from_->next();
    if (!next) failure_ = next.error();
    if (!next || !*next) {
        ended_ = true;
        return false;
    }
    ahead_ = **next;
    return true;
}

std::size_t CapturePort::receive(std::span<Frame> into) {
    std::size_t count = 0;
    base::Timestamp first{};
    while (count < into.size() && read_ahead()) {
        if (count == 0) {
            first = ahead_->at;
        } else if (ahead_->at - first > longest_burst) {
            break;
        }
        const Frame frame = pool_.take(ahead_->bytes);
        ahead_.reset();
        if (frame.data == nullptr) {
            ++oversized_;
            continue;
        }
        into[count++] = frame;
    }
    if (count != 0) clock_.advance_to(first);
    return count;
}

std::size_t CapturePort::transmit(std::span<const Frame> frames) {
    for (const Frame& frame : frames) {
        if (to_ != nullptr) to_->write(clock_.wall(), frame.bytes());
        pool_.give_back(frame);
    }
    return frames.size();
}

void CapturePort::release(std::span<const Frame> frames) {
    for (const Frame& frame : frames) pool_.give_back(frame);
}

}  // namespace sluice::packet
