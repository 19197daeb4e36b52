// What the sessions of collectors and gateways share: the hello, the peer's name, and its place among its
// kind.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "rpc/field_reader.hpp"
#include "rpc/link_session.hpp"

namespace sluice::rpc {

// The attached peers of one kind, by name. A name that attaches again takes the place of its older stream,
// which is most likely dead. Thread-safe.
template <class Session>
class Roster {
  public:
    // `on_attached` is told of each name that comes and goes, in order for one name.
    Roster(std::string kind, std::size_t limit, base::Logger log, base::MetricRegistry& metrics,
           std::function<void(const std::string&, bool)> on_attached)
        : on_attached_(std::move(on_attached)),
          kind_(std::move(kind)),
          limit_(limit),
          log_(std::move(log)),
          attached_(metrics.gauge("sluice_link_attached", "Peers that are attached", {{"kind", kind_}})),
          received_(metrics.counter("sluice_link_messages_total", "Messages received", {{"kind", kind_}})),
          refused_messages_(metrics.counter("sluice_link_refused_messages_total",
                                            "Messages with values that make no sense", {{"kind", kind_}})),
          refused_peers_(metrics.counter("sluice_link_refused_peers_total",
                                         "Peers without the token, with a bad name, or over the limit",
                                         {{"kind", kind_}})) {}

    // The session that it took the place of, or exhausted.
    base::Result<std::shared_ptr<Session>> add(const std::string& name, std::shared_ptr<Session> session) {
        const std::lock_guard lock(mutex_);
        if (!sessions_.contains(name) && sessions_.size() >= limit_) {
            return base::fail(base::ErrorCode::exhausted,
                              std::to_string(limit_) + " " + kind_ + "s are attached already");
        }
        auto before = std::exchange(sessions_[name], std::move(session));
        attached_.set(static_cast<double>(sessions_.size()));
        return before;
    }
    // False when another stream has its name by now.
    bool remove(const std::string& name, const void* session) {
        const std::lock_guard lock(mutex_);
        const auto it = sessions_.find(name);
        if (it == sessions_.end() || it->second.get() != session) return false;
        sessions_.erase(it);
        attached_.set(static_cast<double>(sessions_.size()));
        return true;
    }
    [[nodiscard]] std::vector<std::shared_ptr<Session>> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::shared_ptr<Session>> result;
        for (const auto& [name, session] : sessions_) result.push_back(session);
        return result;
    }
    void wake() const {
        for (const auto& session : all()) session->wake();
    }
    void cut(const grpc::Status& status) const {
        for (const auto& session : all()) session->cut(status);
    }

    void count_received() { received_.add(); }
    void refuse_message(const std::string& name, const base::Error& error) {
        refused_messages_.add();
        if (worth_a_line(refused_messages_))
            log_.warning("a message of a " + kind_ + " was refused",
                         {{"name", name}, {"why", error.message()}});
    }
    void refuse_peer(const std::string& peer, const std::string& why) {
        refused_peers_.add();
        if (worth_a_line(refused_peers_))
            log_.warning("a " + kind_ + " was refused", {{"peer", peer}, {"why", why}});
    }
    void tell(const std::string& name, const std::string& peer, bool attached) {
        log_.info(kind_ + (attached ? " attached" : " detached"), {{"name", name}, {"peer", peer}});
        on_attached_(name, attached);
    }

  private:
    // A peer that is refused again and again must not fill the log.
    [[nodiscard]] static bool worth_a_line(const base::Counter& counter) {
        return counter.value() <= 20 || counter.value() % 1000 == 0;
    }

    const std::function<void(const std::string&, bool)> on_attached_;
    const std::string kind_;
    const std::size_t limit_;
    const base::Logger log_;
    base::Gauge& attached_;
    base::Counter& received_;
    base::Counter& refused_messages_;
    base::Counter& refused_peers_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Session>> sessions_;
};

template <class Up, class Down>
class PeerSession : public LinkSession<Up, Down> {
  public:
    using PeerRoster = Roster<PeerSession>;

    PeerSession(PeerRoster& roster, Dispatcher& dispatcher, grpc::CallbackServerContext& context)
        : LinkSession<Up, Down>(dispatcher, context), roster_(roster), peer_(context.peer()) {}

    void refuse(const grpc::Status& status) {
        roster_.refuse_peer(peer_, status.error_message());
        this->finish(status);
    }

  protected:
    // An error is counted and logged; the link stays.
    virtual base::Status receive(const std::string& name, const Up& message) = 0;
    // As LinkSession::next, but only once the peer has its name.
    virtual std::shared_ptr<const Down> next_for_attached() = 0;

  private:
    grpc::Status handle(const Up& message) final {
        roster_.count_received();
        if (message.has_hello()) {
            const grpc::Status status = attach(message.hello().name());
            if (!status.ok()) roster_.refuse_peer(peer_, status.error_message());
            return status;
        }
        if (name_.empty()) return {grpc::StatusCode::FAILED_PRECONDITION, "hello comes first"};
        if (const auto status = receive(name_, message); !status) {
            roster_.refuse_message(name_, status.error());
        }
        return grpc::Status::OK;
    }

    grpc::Status attach(const std::string& given) {
        if (!name_.empty()) return {grpc::StatusCode::FAILED_PRECONDITION, "hello comes once"};
        FieldReader read("hello");
        const std::string name = read.name(given, "name");
        if (!read.ok()) return {grpc::StatusCode::INVALID_ARGUMENT, read.error().message()};
        const auto self = std::static_pointer_cast<PeerSession>(this->shared_from_this());
        const auto before = roster_.add(name, self);
        if (!before) return {grpc::StatusCode::RESOURCE_EXHAUSTED, before.error().what};
        if (*before) (*before)->cut({grpc::StatusCode::ABORTED, "another stream took this name"});
        name_ = name;
        roster_.tell(name_, peer_, true);
        attached_ = true;
        this->wake();
        return grpc::Status::OK;
    }

    void ended() final {
        if (!name_.empty() && roster_.remove(name_, this)) roster_.tell(name_, peer_, false);
    }

    std::shared_ptr<const Down> next() final { return attached_ ? next_for_attached() : nullptr; }

    PeerRoster& roster_;
    const std::string peer_;
    std::string name_;  // dispatcher's thread
    std::atomic<bool> attached_{false};
};

}  // namespace sluice::rpc
