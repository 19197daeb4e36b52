// What the observer is to be told, in order, by whoever delivers next: nobody is told while a lock is held,
// and Announcements, which must not wait, only posts. What waits by then is told together, so that the store
// behind it is written once.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "mitigation/ports.hpp"

namespace sluice::mitigation {

// Thread-safe.
class Notices {
  public:
    using Audit = std::function<void(std::span<const AutomaticAction>)>;
    Notices(MitigationObserver& observer, Audit audit) : observer_(observer), audit_(std::move(audit)) {}

    void change(const model::Mitigation& mitigation, MitigationChange change, std::string text,
                base::Timestamp at);
    // What was done by itself, after it took effect.
    void audit(AutomaticAction action);
    void refusal(model::TenantId tenant, model::IncidentId incident, std::string text, base::Timestamp at);
    // Posted only when it is news: raised while it is not, or cleared while it is.
    void alarm(const Alarm& alarm, base::Timestamp at);
    void gateway(const std::string& name, bool healthy, base::Timestamp at);

    // Tells all that is posted, also what is posted meanwhile. When another thread is at it, that one tells
    // the rest.
    void deliver();

  private:
    // What was posted between two messages of another kind.
    struct Turn {
        std::vector<MitigationNews> news;
        std::vector<AutomaticAction> actions;
        std::function<void()> message;  // the one that ends it, or none yet
    };

    void post(std::function<void()> message);
    [[nodiscard]] Turn& open_turn();  // with outbox_mutex_ held
    void tell(const Turn& turn);

    MitigationObserver& observer_;
    const Audit audit_;
    std::mutex outbox_mutex_;
    std::vector<Turn> outbox_;
    bool delivering_ = false;
    std::mutex raised_mutex_;
    std::map<std::string, Alarm> raised_;  // by code and subject
};

}  // namespace sluice::mitigation
