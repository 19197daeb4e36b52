// One attached peer, as the server sees it: reads one message at a time, hands it to a dispatcher, reads the
// next when it has been handled; writes one message at a time, asking for the newest state whenever it may
// write.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <utility>

#include "rpc/dispatcher.hpp"

namespace sluice::rpc {

template <class Up, class Down>
class LinkSession : public grpc::ServerBidiReactor<Up, Down>,
                    public std::enable_shared_from_this<LinkSession<Up, Down>> {
  public:
    LinkSession(Dispatcher& dispatcher, grpc::CallbackServerContext& context)
        : dispatcher_(dispatcher), context_(context) {}
    ~LinkSession() override = default;

    // Keeps itself alive until gRPC is done with it.
    void hold() { self_ = this->shared_from_this(); }
    void begin() {
        hold();
        this->StartSendInitialMetadata();
        this->StartRead(&incoming_);
    }

    // There may be something to write.
    void wake() {
        const std::lock_guard lock(mutex_);
        write_next();
    }

    void finish(const grpc::Status& status) {
        const std::lock_guard lock(mutex_);
        finish_locked(status);
    }
    // For a peer that may not be there any more: does not wait for it.
    void cut(const grpc::Status& status) {
        const std::lock_guard lock(mutex_);
        if (finished_) return;
        context_.TryCancel();
        finish_locked(status);
    }

  protected:
    // On the dispatcher's thread. Not OK: the stream ends with this status.
    virtual grpc::Status handle(const Up& message) = 0;
    // On the dispatcher's thread, once, after the last message.
    virtual void ended() = 0;
    // The next message, or nothing. Called with the session locked: it must not call back.
    virtual std::shared_ptr<const Down> next() = 0;

  private:
    void OnReadDone(bool ok) final {
        if (!ok) {
            finish(grpc::Status::OK);
            return;
        }
        dispatcher_.post([self = this->shared_from_this()] { self->handle_incoming(); });
    }
    void OnWriteDone(bool ok) final {
        const std::lock_guard lock(mutex_);
        outgoing_.reset();
        if (ok) {
            write_next();
        } else {
            finish_locked(grpc::Status::CANCELLED);
        }
    }
    void OnCancel() final { finish(grpc::Status::CANCELLED); }
    void OnDone() final {
        dispatcher_.post([self = std::move(self_)] { self->ended(); });
    }

    void handle_incoming() {
        const grpc::Status status = handle(incoming_);
        incoming_.Clear();
        const std::lock_guard lock(mutex_);
        if (!status.ok()) {
            finish_locked(status);
        } else if (!finished_) {
            this->StartRead(&incoming_);
        }
    }
    void write_next() {
        if (finished_ || outgoing_) return;
        outgoing_ = next();
        if (outgoing_) this->StartWrite(outgoing_.get());
    }
    void finish_locked(const grpc::Status& status) {
        if (finished_) return;
        finished_ = true;
        this->Finish(status);
    }

    Dispatcher& dispatcher_;
    grpc::CallbackServerContext& context_;
    std::shared_ptr<LinkSession> self_;
    std::mutex mutex_;
    Up incoming_;
    std::shared_ptr<const Down> outgoing_;
    bool finished_ = false;
};

}  // namespace sluice::rpc
