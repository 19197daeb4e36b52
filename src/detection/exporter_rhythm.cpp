#include "detection/exporter_rhythm.hpp"

#include <algorithm>
#include <functional>

namespace sluice::detection {
namespace {

using std::chrono::milliseconds;
// Datagrams of one burst follow each other faster than this; two bursts are further apart.
constexpr base::Duration burst_pause = milliseconds(50);
// A burst that goes on for longer is a steady stream.
constexpr base::Duration longest_burst = milliseconds(50);
constexpr base::Duration longest_gap = milliseconds(2000);
// An exporter that was silent for longer may make room for another.
constexpr base::Duration forgotten_after = std::chrono::seconds(60);

}  // namespace

ExporterRhythm::Entry* ExporterRhythm::find(const net::Address& exporter, base::Instant now) {
    const std::size_t home = std::hash<net::Address>{}(exporter) % capacity;
    Entry* room = nullptr;
    for (std::size_t i = 0; i < 8; ++i) {
        Entry& entry = entries_[(home + i) % capacity];
        if (entry.in_use && entry.exporter == exporter) return &entry;
        if (room == nullptr && (!entry.in_use || now - entry.last > forgotten_after)) room = &entry;
    }
    // Nobody knows how long the first burst of a new exporter took to gather.
    const auto unknown = std::chrono::duration_cast<milliseconds>(longest_gap);
    if (room != nullptr) *room = Entry{exporter, now, now, static_cast<std::uint16_t>(unknown.count()), true};
    return room;
}

std::uint16_t ExporterRhythm::covered_ms(const net::Address& exporter, base::Instant now) {
    if (latest_ == nullptr || latest_->exporter != exporter) {
        latest_ = find(exporter, now);
        if (latest_ == nullptr) return 0;
    }
    Entry& entry = *latest_;
    const base::Duration silence = now - entry.last;
    const bool was_burst = entry.last - entry.burst_began <= longest_burst;
    entry.last = now;
    if (silence > burst_pause) {
        // From burst to burst; after a steady stream, from its end.
        const base::Duration covered = was_burst ? now - entry.burst_began : silence;
        entry.burst_began = now;
        const auto gap = std::chrono::duration_cast<milliseconds>(std::min(covered, longest_gap));
        entry.gap_ms = static_cast<std::uint16_t>(gap.count());
    } else if (now - entry.burst_began > longest_burst) {
        entry.gap_ms = 0;
    }
    return entry.gap_ms;
}

}  // namespace sluice::detection
