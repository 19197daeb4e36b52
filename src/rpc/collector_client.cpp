#include "rpc/collector_client.hpp"

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "rpc/convert_basic.hpp"
#include "rpc/convert_collector.hpp"
#include "rpc/link_stream.hpp"
#include "sluice_link.grpc.pb.h"

namespace sluice::rpc {
namespace {

using link::v1::CollectorDown;
using link::v1::CollectorUp;

constexpr std::size_t max_waiting_reports = 8;
// A closed finding is sent again on a new stream for so long, in case the controller died before it had
// stored it.
constexpr auto closed_kept = std::chrono::seconds(60);

}  // namespace

class CollectorClient::Impl final : public LinkStream<CollectorUp, CollectorDown> {
  public:
    Impl(LinkClientConfig config, const Dependencies& dependencies)
        : LinkStream(std::move(config), dependencies.log.named("link"), dependencies.metrics),
          handler_(dependencies.handler),
          clock_(dependencies.clock),
          started_at_(dependencies.clock.wall()),
          findings_lost_(dependencies.metrics.counter("sluice_link_findings_lost_total",
                                                      "Findings that found no room while the link was down")),
          reports_lost_(dependencies.metrics.counter("sluice_link_reports_lost_total",
                                                     "Reports that were dropped: link down or slow")) {}

    void send(const model::Finding& finding) {
        const std::lock_guard lock(mutex());
        forget_old();
        const auto it = findings_.find(finding.key);
        if (it == findings_.end() && findings_.size() >= config().queue_limit) {
            findings_lost_.add();
            return;
        }
        auto& entry = findings_[finding.key];
        entry.finding = finding;
        entry.at = clock_.now();
        enqueue(finding.key, entry);
        wake_locked();
    }

    void send(const model::CollectorReport& report) {
        const std::lock_guard lock(mutex());
        if (reports_.size() >= max_waiting_reports) {
            reports_.pop_front();
            reports_lost_.add();
        }
        reports_.push_back(report);
        wake_locked();
    }

  private:
    struct Entry {
        model::Finding finding;
        base::Instant at{};
        bool waiting = false;
    };

    void enqueue(const std::string& key, Entry& entry) {
        if (entry.waiting) return;  // its newest state will be sent
        entry.waiting = true;
        waiting_.push_back(key);
    }
    void forget_old() {
        if (findings_.size() < config().queue_limit / 2 && clock_.now() < next_clean_up_) return;
        next_clean_up_ = clock_.now() + closed_kept;
        std::erase_if(findings_, [&](const auto& item) {
            const Entry& entry = item.second;
            return !entry.waiting && entry.finding.state == model::FindingState::closed &&
                   clock_.now() - entry.at > closed_kept;
        });
    }

    void open(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
              grpc::ClientBidiReactor<CollectorUp, CollectorDown>& reactor) override {
        if (!stub_) stub_ = link::v1::CollectorLink::NewStub(channel);
        stub_->async()->Attach(&context, &reactor);
    }
    base::Status receive(const CollectorDown& message) override {
        if (!message.has_policies()) return {};
        auto received = to_model(message.policies());
        if (!received) return std::unexpected(received.error());
        handler_.on_policies(std::move(received->policies), received->version);
        return {};
    }
    void link_changed(bool up) override { handler_.on_link(up); }

    void stream_started() override {
        hello_sent_ = false;
        reports_lost_.add(reports_.size());
        reports_.clear();
        forget_old();
        for (auto& [key, entry] : findings_) enqueue(key, entry);
    }
    bool next(CollectorUp& message) override {
        if (!std::exchange(hello_sent_, true)) {
            message.mutable_hello()->set_name(config().name);
            message.mutable_hello()->set_started_at(to_ns(started_at_));
            return true;
        }
        if (!waiting_.empty()) {
            const auto it = findings_.find(waiting_.front());
            waiting_.pop_front();
            it->second.waiting = false;  // entries that wait are never forgotten
            to_message(it->second.finding, *message.mutable_finding());
            return true;
        }
        if (!reports_.empty()) {
            to_message(reports_.front(), *message.mutable_report());
            reports_.pop_front();
            return true;
        }
        return false;
    }

    CollectorClientHandler& handler_;
    const base::Clock& clock_;
    const base::Timestamp started_at_;
    base::Counter& findings_lost_;
    base::Counter& reports_lost_;
    std::unique_ptr<link::v1::CollectorLink::Stub> stub_;
    // Under mutex():
    bool hello_sent_ = false;
    std::map<std::string, Entry> findings_;  // by key: open ones, and closed ones for a while
    std::deque<std::string> waiting_;
    std::deque<model::CollectorReport> reports_;
    base::Instant next_clean_up_{};
};

CollectorClient::CollectorClient(LinkClientConfig config, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(config), dependencies)) {}

CollectorClient::~CollectorClient() {
    stop();
}

base::Status CollectorClient::start() {
    return impl_->start();
}

void CollectorClient::stop() {
    impl_->stop();
}

void CollectorClient::send(const model::Finding& finding) {
    impl_->send(finding);
}

void CollectorClient::send(const model::CollectorReport& report) {
    impl_->send(report);
}

bool CollectorClient::connected() const {
    return impl_->up();
}

}  // namespace sluice::rpc
