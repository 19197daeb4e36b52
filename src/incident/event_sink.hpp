// Where events go as they happen. EventHub is the one that keeps and hands them on.
#pragma once

#include "model/event.hpp"

namespace sluice::incident {

// Thread-safe. Must return soon.
class EventSink {
  public:
    virtual ~EventSink() = default;
    virtual void publish(model::Event event) = 0;  // its sequence is given by the sink
};

}  // namespace sluice::incident
