#include "rpc/link_server.hpp"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <utility>

#include "rpc/binding_store.hpp"
#include "rpc/channel.hpp"
#include "rpc/convert_collector.hpp"
#include "rpc/convert_gateway.hpp"
#include "rpc/dispatcher.hpp"
#include "rpc/peer_session.hpp"
#include "rpc/program_store.hpp"
#include "sluice_link.grpc.pb.h"

namespace sluice::rpc {
namespace {

using link::v1::CollectorDown;
using link::v1::CollectorUp;
using link::v1::GatewayDown;
using link::v1::GatewayUp;

constexpr std::size_t memory_bytes = 512U << 20U;  // of all links together
constexpr int max_threads = 32;
constexpr auto shutdown_patience = std::chrono::milliseconds(200);

// The newest policies as a message, shared by all sessions. Thread-safe.
class PolicyStore {
  public:
    void set(const std::vector<model::DetectionPolicy>& policies, std::uint64_t version) {
        auto message = std::make_shared<CollectorDown>();
        to_message(policies, version, *message->mutable_policies());
        const std::lock_guard lock(mutex_);
        newest_ = std::move(message);
    }
    [[nodiscard]] std::shared_ptr<const CollectorDown> newest() const {
        const std::lock_guard lock(mutex_);
        return newest_;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const CollectorDown> newest_;
};

class CollectorSession final : public PeerSession<CollectorUp, CollectorDown> {
  public:
    CollectorSession(PeerRoster& roster, Dispatcher& dispatcher, grpc::CallbackServerContext& context,
                     LinkServerHandler& handler, PolicyStore& policies)
        : PeerSession(roster, dispatcher, context), handler_(handler), policies_(policies) {}

  private:
    base::Status receive(const std::string& name, const CollectorUp& message) override {
        if (message.has_finding()) {
            const auto finding = to_model(message.finding());
            if (!finding) return std::unexpected(finding.error());
            handler_.on_finding(name, *finding);
        } else if (message.has_report()) {
            const auto report = to_model(message.report(), name);
            if (!report) return std::unexpected(report.error());
            handler_.on_collector_report(*report);
        }
        return {};
    }
    std::shared_ptr<const CollectorDown> next_for_attached() override {
        auto policies = policies_.newest();
        if (policies == sent_) return nullptr;
        sent_ = policies;
        return policies;
    }

    LinkServerHandler& handler_;
    PolicyStore& policies_;
    std::shared_ptr<const CollectorDown> sent_;
};

class GatewaySession final : public PeerSession<GatewayUp, GatewayDown> {
  public:
    GatewaySession(PeerRoster& roster, Dispatcher& dispatcher, grpc::CallbackServerContext& context,
                   LinkServerHandler& handler, ProgramStore& programs, BindingStore& bindings)
        : PeerSession(roster, dispatcher, context),
          handler_(handler),
          programs_(programs),
          bindings_(bindings) {}

  private:
    base::Status receive(const std::string& name, const GatewayUp& message) override {
        if (!message.has_report()) return {};
        auto report = to_model(message.report(), name);
        if (!report) return std::unexpected(report.error());
        report->generation = acknowledged(report->generation);
        handler_.on_gateway_report(*report);
        wake();
        return {};
    }
    // A gateway that begins needs its programs most; later log-ins wait for none that is slow to compile.
    std::shared_ptr<const GatewayDown> next_for_attached() override {
        if (sent_.epoch != 0 && waiting_.empty()) {
            if (auto message = next_binding()) return message;
        }
        if (auto message = next_program()) return message;
        return waiting_.empty() ? next_binding() : nullptr;
    }
    std::shared_ptr<const GatewayDown> next_binding() {
        if (waiting_bindings_.empty()) {
            auto missing = bindings_.missing(sent_bindings_);
            waiting_bindings_.assign(missing.begin(), missing.end());
        }
        return take_first(waiting_bindings_);
    }
    std::shared_ptr<const GatewayDown> next_program() {
        if (waiting_.empty()) {
            const auto now = std::chrono::steady_clock::now();
            std::erase_if(unacknowledged_, [&](const Update& update) {
                return update.generation <= acknowledged_ || now - update.sent_at > acknowledge_patience;
            });
            if (unacknowledged_.size() >= max_unacknowledged) return nullptr;
            auto missing = programs_.missing(sent_);
            waiting_.assign(missing.begin(), missing.end());
            if (!missing.empty()) {
                unacknowledged_.push_back({sent_.generation, now});
                note_sent(sent_.generation);
            }
        }
        return take_first(waiting_);
    }
    static std::shared_ptr<const GatewayDown> take_first(
        std::deque<std::shared_ptr<const GatewayDown>>& waiting) {
        if (waiting.empty()) return nullptr;
        auto message = std::move(waiting.front());
        waiting.pop_front();
        return message;
    }

    // A gateway that is slow to compile programs gets the newest state next, and no backlog in its socket.
    static constexpr std::size_t max_unacknowledged = 4;
    static constexpr auto acknowledge_patience = std::chrono::milliseconds(500);
    struct Update {
        std::uint64_t generation;
        std::chrono::steady_clock::time_point sent_at;
    };

    // Only what was sent on this stream can be acknowledged on it: a gateway that still has the programs of
    // an earlier life of the controller, or that makes generations up, acknowledges nothing.
    std::uint64_t acknowledged(std::uint64_t reported) {
        const std::lock_guard lock(sent_mutex_);
        const auto it = std::ranges::find(sent_generations_, reported);
        if (it != sent_generations_.end()) {
            acknowledged_ = reported;
            sent_generations_.erase(sent_generations_.begin(), it);
        }
        return std::min(reported, acknowledged_.load());
    }
    void note_sent(std::uint64_t generation) {
        const std::lock_guard lock(sent_mutex_);
        sent_generations_.push_back(generation);
        if (sent_generations_.size() > max_sent_generations) sent_generations_.pop_front();
    }
    static constexpr std::size_t max_sent_generations = 1024;

    LinkServerHandler& handler_;
    ProgramStore& programs_;
    BindingStore& bindings_;
    std::mutex sent_mutex_;
    std::deque<std::uint64_t> sent_generations_;  // the acknowledged one first
    std::atomic<std::uint64_t> acknowledged_{0};
    // Under the session's lock:
    ProgramStore::Sent sent_;
    std::vector<Update> unacknowledged_;
    std::deque<std::shared_ptr<const GatewayDown>> waiting_;  // the rest of one update
    BindingStore::Sent sent_bindings_;
    std::deque<std::shared_ptr<const GatewayDown>> waiting_bindings_;
};

}  // namespace

class LinkServer::Impl {
  public:
    Impl(LinkServerConfig config, Dependencies dependencies)
        : config_(std::move(config)),
          handler_(dependencies.handler),
          log_(dependencies.log.named("link")),
          programs_(config_.max_message_bytes),
          bindings_(config_.max_message_bytes),
          collectors_("collector", config_.max_collectors, log_, dependencies.metrics,
                      [this](const std::string& name, bool up) { handler_.on_collector(name, up); }),
          gateways_("gateway", config_.max_gateways, log_, dependencies.metrics,
                    [this](const std::string& name, bool up) { handler_.on_gateway(name, up); }),
          collector_service_(*this),
          gateway_service_(*this) {}

    base::Status start();
    void stop();
    std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

    void set_policies(const std::vector<model::DetectionPolicy>& policies, std::uint64_t version) {
        policies_.set(policies, version);
        collectors_.wake();
    }
    // Changes the programs and tells the gateways.
    template <class Change>
    void change_programs(Change change) {
        change(programs_);
        gateways_.wake();
    }
    template <class Change>
    void change_bindings(Change change) {
        change(bindings_);
        gateways_.wake();
    }

  private:
    class CollectorService final : public link::v1::CollectorLink::CallbackService {
      public:
        explicit CollectorService(Impl& server) : server_(server) {}
        grpc::ServerBidiReactor<CollectorUp, CollectorDown>* Attach(
            grpc::CallbackServerContext* context) override {
            return server_.open(*context, std::make_shared<CollectorSession>(
                                              server_.collectors_, server_.collector_dispatcher_, *context,
                                              server_.handler_, server_.policies_));
        }

      private:
        Impl& server_;
    };
    class GatewayService final : public link::v1::GatewayLink::CallbackService {
      public:
        explicit GatewayService(Impl& server) : server_(server) {}
        grpc::ServerBidiReactor<GatewayUp, GatewayDown>* Attach(
            grpc::CallbackServerContext* context) override {
            return server_.open(*context, std::make_shared<GatewaySession>(
                                              server_.gateways_, server_.gateway_dispatcher_, *context,
                                              server_.handler_, server_.programs_, server_.bindings_));
        }

      private:
        Impl& server_;
    };

    template <class Session>
    Session* open(const grpc::CallbackServerContext& context, std::shared_ptr<Session> session) {
        if (!authenticated(context)) {
            session->hold();
            session->refuse({grpc::StatusCode::UNAUTHENTICATED, "the token is missing or wrong"});
        } else {
            session->begin();
        }
        return session.get();  // it keeps itself alive
    }
    bool authenticated(const grpc::CallbackServerContext& context) const {
        if (config_.token.empty()) return true;
        const auto [first, last] = context.client_metadata().equal_range(token_key);
        return first != last && std::next(first) == last &&
               same_token(config_.token, {first->second.data(), first->second.size()});
    }

    const LinkServerConfig config_;
    LinkServerHandler& handler_;
    const base::Logger log_;
    PolicyStore policies_;
    ProgramStore programs_;
    BindingStore bindings_;
    CollectorSession::PeerRoster collectors_;
    GatewaySession::PeerRoster gateways_;
    // One thread a kind: a collector's finding that waits for the disk does not delay a gateway's heartbeat.
    Dispatcher collector_dispatcher_;
    Dispatcher gateway_dispatcher_;
    CollectorService collector_service_;
    GatewayService gateway_service_;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

base::Status LinkServer::Impl::start() {
    if (auto status = validate(config_); !status) return status;
    auto credentials = server_credentials(config_.tls);
    if (!credentials) return std::unexpected(credentials.error());
    silence_protobuf();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(config_.listen, *credentials, &port_);
    builder.RegisterService(&collector_service_);
    builder.RegisterService(&gateway_service_);
    builder.SetMaxReceiveMessageSize(static_cast<int>(config_.max_message_bytes));
    builder.SetMaxSendMessageSize(static_cast<int>(config_.max_message_bytes));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(config_.keepalive_ms));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(config_.keepalive_ms));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a taken address is to be an error
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4);
    grpc::ResourceQuota quota("links");
    quota.Resize(memory_bytes);
    quota.SetMaxThreads(max_threads);
    builder.SetResourceQuota(quota);
    collector_dispatcher_.start();
    gateway_dispatcher_.start();
    server_ = builder.BuildAndStart();
    if (!server_ || port_ == 0) {
        stop();
        return base::fail(base::ErrorCode::unavailable, "cannot listen there", config_.listen,
                          "is another controller running, or is the certificate bad?");
    }
    log_.info("listening for collectors and gateways",
              {{"address", config_.listen}, {"tls", config_.tls.empty() ? "off" : "on"}});
    return {};
}

void LinkServer::Impl::stop() {
    if (server_) {
        const grpc::Status goodbye(grpc::StatusCode::UNAVAILABLE, "the controller stops");
        collectors_.cut(goodbye);
        gateways_.cut(goodbye);
        server_->Shutdown(std::chrono::system_clock::now() + shutdown_patience);
        server_->Wait();
        server_.reset();
    }
    collector_dispatcher_.stop();
    gateway_dispatcher_.stop();
}

LinkServer::LinkServer(LinkServerConfig config, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(dependencies))) {}

LinkServer::~LinkServer() {
    stop();
}

base::Status LinkServer::start() {
    return impl_->start();
}

void LinkServer::stop() {
    impl_->stop();
}

std::uint16_t LinkServer::port() const {
    return impl_->port();
}

void LinkServer::set_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version) {
    impl_->set_policies(policies, version);
}

void LinkServer::set_programs(std::vector<model::TenantProgram> programs) {
    impl_->change_programs([&](ProgramStore& store) { store.set_all(programs); });
}

void LinkServer::set_program(model::TenantProgram program) {
    impl_->change_programs([&](ProgramStore& store) { store.set(program); });
}

void LinkServer::remove_program(model::TenantId tenant, std::uint64_t generation) {
    impl_->change_programs([&](ProgramStore& store) { store.remove(tenant, generation); });
}

void LinkServer::set_bindings(const std::vector<model::UserBinding>& bindings) {
    impl_->change_bindings([&](BindingStore& store) { store.set_all(bindings); });
}

void LinkServer::set_binding(const model::UserBinding& binding) {
    impl_->change_bindings([&](BindingStore& store) { store.set(binding); });
}

void LinkServer::remove_bindings(const std::vector<model::UserBindingKey>& ended) {
    impl_->change_bindings([&](BindingStore& store) {
        for (const auto& key : ended) store.remove(key);
    });
}

void LinkServer::remove_bindings_of(model::TenantId tenant) {
    impl_->change_bindings([&](BindingStore& store) { store.remove_all_of(tenant); });
}

}  // namespace sluice::rpc
