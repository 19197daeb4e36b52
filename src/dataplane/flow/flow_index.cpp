#include "dataplane/flow/flow_index.hpp"

namespace sluice::dataplane::flow {

bool FlowIndex::make_room(std::size_t at) {
    Bucket& bucket = buckets_[at];
    for (std::size_t way = 0; way < ways; ++way) {
        const std::size_t elsewhere = other(at, bucket.tags[way]);
        Bucket& target = buckets_[elsewhere];
        const std::size_t room = target.room();
        if (elsewhere == at || room == ways) continue;
        const bool was_guest = bucket.guest(way);
        target.put(room, bucket.tags[way], bucket.numbers[way], !was_guest);
        bucket.put(way, 0, 0, false);
        if (was_guest) {
            came_home(target);
        } else {
            went_away(bucket);
        }
        return true;
    }
    return false;
}

bool FlowIndex::insert(std::uint64_t hash, std::uint32_t number) {
    const std::uint16_t tag = tag_of(hash);
    const std::size_t at = first(hash);
    const std::size_t elsewhere = other(at, tag);
    if (const std::size_t way = buckets_[at].room(); way != ways) {
        buckets_[at].put(way, tag, number, false);
        return true;
    }
    if (const std::size_t way = buckets_[elsewhere].room(); way != ways) {
        buckets_[elsewhere].put(way, tag, number, true);
        went_away(buckets_[at]);
        return true;
    }
    if (make_room(at)) {
        buckets_[at].put(buckets_[at].room(), tag, number, false);
        return true;
    }
    if (elsewhere != at && make_room(elsewhere)) {
        buckets_[elsewhere].put(buckets_[elsewhere].room(), tag, number, true);
        went_away(buckets_[at]);
        return true;
    }
    return false;
}

bool FlowIndex::erase(std::uint64_t hash, std::uint32_t number) {
    const std::uint16_t tag = tag_of(hash);
    const std::size_t home = first(hash);
    for (const std::size_t at : {home, other(home, tag)}) {
        Bucket& bucket = buckets_[at];
        for (std::size_t way = 0; way < ways; ++way) {
            if (bucket.tags[way] != tag || bucket.numbers[way] != number) continue;
            if (bucket.guest(way)) came_home(buckets_[home]);
            bucket.put(way, 0, 0, false);
            return true;
        }
    }
    return false;
}

}  // namespace sluice::dataplane::flow
