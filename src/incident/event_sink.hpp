// Where events go as they happen. EventHub is the one that keeps and hands them on.
#pragma once

#include <utility>
#include <vector>

#include "model/event.hpp"

namespace sluice::incident {

// Thread-safe. Must return soon.
class EventSink {
  public:
    virtual ~EventSink() = default;
    virtual void publish(model::Event event) = 0;  // its sequence is given by the sink
    // In this order, and stored at once where the sink can.
    virtual void publish_all(std::vector<model::Event> events) {
        for (auto& event : events) publish(std::move(event));
    }
};

}  // namespace sluice::incident
