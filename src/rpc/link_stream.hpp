// A client's end of a link: keeps one stream to the controller alive. One thread opens it, hands on what
// comes down, and opens it again when it has broken; sending only marks that there is something to write.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "rpc/channel.hpp"
#include "rpc/link_config.hpp"

namespace sluice::rpc {

template <class Up, class Down>
class LinkStream {
  public:
    virtual ~LinkStream() = default;  // after stop()

    base::Status start() {
        if (auto status = validate(config_); !status) return status;
        auto credentials = channel_credentials(config_.tls);
        if (!credentials) return std::unexpected(credentials.error());
        silence_protobuf();
        channel_ = grpc::CreateCustomChannel(
            config_.server, *credentials,
            channel_arguments(config_.reconnect_ms, config_.keepalive_ms, config_.max_message_bytes));
        stopping_ = false;
        thread_ = std::thread([this] { run(); });
        return {};
    }
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] bool up() const {
        const std::lock_guard lock(mutex_);
        return up_;
    }

  protected:
    LinkStream(LinkClientConfig config, base::Logger log, base::MetricRegistry& metrics)
        : config_(std::move(config)),
          log_(std::move(log)),
          connects_(metrics.counter("sluice_link_connects_total", "Times that the link came up")),
          refused_(metrics.counter("sluice_link_refused_messages_total",
                                   "Messages with values that make no sense")),
          link_up_(metrics.gauge("sluice_link_up", "1 while the controller answers")) {}

    // Opens the call on the reactor.
    virtual void open(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
                      grpc::ClientBidiReactor<Up, Down>& reactor) = 0;
    // On the link's thread, without a lock: what came down. An error is counted and logged.
    virtual base::Status receive(const Down& message) = 0;
    virtual void link_changed(bool up) = 0;
    // With mutex() held: a new stream starts; what is the next message to write.
    virtual void stream_started() = 0;
    virtual bool next(Up& message) = 0;

    // Guards what next() reads.
    [[nodiscard]] std::mutex& mutex() const { return mutex_; }
    // With mutex() held: there may be something to write.
    void wake_locked() {
        if (reactor_) reactor_->write_next();
    }
    [[nodiscard]] const LinkClientConfig& config() const { return config_; }

  private:
    class Reactor final : public grpc::ClientBidiReactor<Up, Down> {
      public:
        explicit Reactor(LinkStream& link) : link_(link) {
            context_.set_wait_for_ready(true);
            if (!link.config_.token.empty()) context_.AddMetadata(token_key, link.config_.token);
        }
        void begin() {
            link_.open(link_.channel_, context_, *this);
            this->AddHold();  // writes are started from other threads too
            this->StartRead(&incoming_);
            this->StartCall();
        }
        void cancel() { context_.TryCancel(); }
        // The rest with the link's mutex held.
        void allow_writes() {
            begun_ = true;
            write_next();
        }
        void write_next() {
            if (!begun_ || writing_ || broken_) return;
            outgoing_.Clear();
            if (!link_.next(outgoing_)) return;
            writing_ = true;
            this->StartWrite(&outgoing_);
        }
        void read_next() {
            has_incoming_ = false;
            if (!broken_) this->StartRead(&incoming_);
        }
        [[nodiscard]] bool has_incoming() const { return has_incoming_; }
        [[nodiscard]] const Down& incoming() const { return incoming_; }
        [[nodiscard]] bool done() const { return done_; }
        [[nodiscard]] const grpc::Status& status() const { return status_; }

      private:
        void OnReadDone(bool ok) override {
            const std::lock_guard lock(link_.mutex_);
            if (!ok) {
                broken_ = true;
                this->RemoveHold();
                return;
            }
            has_incoming_ = true;
            link_.changed_.notify_all();
        }
        void OnWriteDone(bool ok) override {
            const std::lock_guard lock(link_.mutex_);
            writing_ = false;
            if (ok) write_next();
        }
        void OnDone(const grpc::Status& status) override {
            const std::lock_guard lock(link_.mutex_);
            status_ = status;
            done_ = true;
            link_.changed_.notify_all();  // from here on the link may delete this object
        }

        LinkStream& link_;
        grpc::ClientContext context_;
        Up outgoing_;
        Down incoming_;
        grpc::Status status_;
        bool begun_ = false;
        bool writing_ = false;
        bool broken_ = false;
        bool has_incoming_ = false;
        bool done_ = false;
    };

    void run() {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            reactor_ = std::make_unique<Reactor>(*this);
            stream_started();
            lock.unlock();
            reactor_->begin();
            lock.lock();
            reactor_->allow_writes();
            serve(lock);
            const grpc::Status status = reactor_->status();
            reactor_.reset();
            if (stopping_) break;
            lock.unlock();
            report(status);
            lock.lock();
            // Who refused the other will not change his mind at once.
            const bool refused = std::exchange(refused_last_, false) ||
                                 status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
                                 status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
                                 status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
            const auto pause = std::chrono::milliseconds(refused ? 2000 : 50);
            changed_.wait_for(lock, pause, [this] { return stopping_; });
        }
    }

    // Until the stream has ended.
    void serve(std::unique_lock<std::mutex>& lock) {
        bool cancelled = false;
        while (!reactor_->done()) {
            if (stopping_ && !cancelled) {
                cancelled = true;
                lock.unlock();
                reactor_->cancel();
                lock.lock();
                continue;
            }
            if (reactor_->has_incoming()) {
                // Also when stopping: the stream's end shows in a read.
                stopping_ ? reactor_->read_next() : hand_on(lock);
                continue;
            }
            changed_.wait(lock, [&] {
                return reactor_->done() || reactor_->has_incoming() || (stopping_ && !cancelled);
            });
        }
        if (std::exchange(up_, false)) {
            lock.unlock();
            link_up_.set(0);
            link_changed(false);
            lock.lock();
        }
    }

    void hand_on(std::unique_lock<std::mutex>& lock) {
        const bool came_up = !std::exchange(up_, true);
        lock.unlock();
        if (came_up) {
            connects_.add();
            link_up_.set(1);
            log_.info("attached to the controller", {{"server", config_.server}});
            link_changed(true);
        }
        if (const auto status = receive(reactor_->incoming()); !status) {
            refused_.add();
            log_.error("the controller sent what makes no sense; the link starts again",
                       {{"why", status.error().message()}});
            reactor_->cancel();  // what was refused is missing here: only a full update mends that
            refused_last_ = true;
        }
        lock.lock();
        reactor_->read_next();
    }

    void report(const grpc::Status& status) {
        const auto now = std::chrono::steady_clock::now();
        if (now < quiet_until_) return;
        quiet_until_ = now + std::chrono::seconds(10);
        log_.warning("the link to the controller broke; trying again",
                     {{"server", config_.server}, {"why", status.error_message()}});
    }

    const LinkClientConfig config_;
    const base::Logger log_;
    base::Counter& connects_;
    base::Counter& refused_;
    base::Gauge& link_up_;
    std::shared_ptr<grpc::Channel> channel_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<Reactor> reactor_;
    bool stopping_ = false;
    bool up_ = false;
    bool refused_last_ = false;  // link's thread
    std::chrono::steady_clock::time_point quiet_until_{};
    std::thread thread_;
};

}  // namespace sluice::rpc
