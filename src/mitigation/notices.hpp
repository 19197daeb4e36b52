// What the observer is to be told, in order, by whoever delivers next: nobody is told while a lock is held,
// and Announcements, which must not wait, only posts.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/outbox.hpp"
#include "mitigation/ports.hpp"

namespace sluice::mitigation {

// Thread-safe.
class Notices {
  public:
    explicit Notices(MitigationObserver& observer) : observer_(observer) {}

    void change(const model::Mitigation& mitigation, MitigationChange change, std::string text,
                base::Timestamp at);
    void refusal(model::TenantId tenant, model::IncidentId incident, std::string text, base::Timestamp at);
    // Posted only when it is news: raised while it is not, or cleared while it is.
    void alarm(const Alarm& alarm, base::Timestamp at);
    void gateway(const std::string& name, bool healthy, base::Timestamp at);

    // Work that is to be done in its turn, without a lock.
    void then(std::function<void()> work) { outbox_.add(std::move(work)); }

    // Tells all that is posted. When another thread is at it, that one tells the rest.
    void deliver() { outbox_.deliver(); }

  private:
    MitigationObserver& observer_;
    base::Outbox outbox_;
    std::mutex mutex_;
    std::map<std::string, Alarm> raised_;  // by code and subject
};

}  // namespace sluice::mitigation
