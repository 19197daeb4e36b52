#include "rpc/gobgp_announcer.hpp"

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "gobgp.grpc.pb.h"
#include "rpc/channel.hpp"
#include "rpc/gobgp_route.hpp"

namespace sluice::rpc {
namespace {

constexpr std::size_t max_message_bytes = 16U << 20U;
constexpr std::uint32_t no_keepalive_ms = 600'000;  // a Go server ends connections that ping more often
constexpr std::size_t max_listed = 100'000;

base::Error error_of(const grpc::Status& status, std::string where) {
    // gobgpd answers UNKNOWN to what it does not like; everything of the transport is worth another try.
    const bool refused = status.error_code() == grpc::StatusCode::UNKNOWN ||
                         status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
                         status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
    return {refused ? base::ErrorCode::invalid_argument : base::ErrorCode::unavailable,
            status.error_message(),
            std::move(where),
            {}};
}

base::Status not_started() {
    return base::fail(base::ErrorCode::unavailable, "the announcer is not started");
}

}  // namespace

base::Status validate(const GobgpAnnouncerConfig& config) {
    const auto refuse = [](const char* where, const char* what, const char* hint) -> base::Status {
        return base::fail(base::ErrorCode::invalid_argument, what, where, hint);
    };
    if (config.server.find(':') == std::string::npos) {
        return refuse("server", "has no port", "write HOST:PORT, 127.0.0.1:50051 for gobgpd's default");
    }
    const auto v4 = net::Address::parse(config.blackhole_next_hop);
    if (!v4 || !v4->is_v4()) return refuse("blackhole_next_hop", "is no IPv4 address", "192.0.2.1 is usual");
    const auto v6 = net::Address::parse(config.blackhole_next_hop6);
    if (!v6 || v6->is_v4()) return refuse("blackhole_next_hop6", "is no IPv6 address", "100::1 is usual");
    if (config.mark_community == 0) {
        return refuse("mark_community", "is not set", "choose one that nobody else uses");
    }
    if (config.deadline_ms < 50 || config.deadline_ms > 900) {
        return refuse("deadline_ms", "is not between 50 and 900", "leave it out for 500");
    }
    if (config.poll_ms < 20 || config.poll_ms > 1000) {
        return refuse("poll_ms", "is not between 20 and 1000", "leave it out for 200");
    }
    if (config.check_ms < 100 || config.check_ms > 60'000) {
        return refuse("check_ms", "is not between 100 and 60000", "leave it out for 1000");
    }
    return {};
}

class GobgpAnnouncer::Impl {
  public:
    Impl(GobgpAnnouncerConfig config, const Dependencies& dependencies)
        : config_(std::move(config)),
          log_(dependencies.log.named("gobgp")),
          connected_gauge_(dependencies.metrics.gauge("sluice_gobgp_connected", "1 while gobgpd answers")),
          peers_gauge_(dependencies.metrics.gauge("sluice_bgp_peers_established",
                                                  "Neighbours with an established session")) {}

    base::Status start();
    void stop();
    std::vector<base::Status> announce(const std::vector<model::Route>& routes);
    std::vector<base::Status> withdraw(const std::vector<model::Route>& routes);
    base::Result<std::vector<model::Route>> announced();
    mitigation::SpeakerState state() const {
        const std::lock_guard lock(mutex_);
        return state_;
    }
    void on_state_change(std::function<void()> wake) {
        const std::lock_guard lock(mutex_);
        wake_ = std::move(wake);
    }

  private:
    // The stream of neighbours' events. That it ends says at once that gobgpd is gone; that it begins says
    // that a new session has.
    class Watch final : public grpc::ClientReadReactor<apipb::WatchEventResponse> {
      public:
        explicit Watch(Impl& announcer) : announcer_(announcer) {}
        void begin() {
            apipb::WatchEventRequest request;
            request.mutable_peer();
            request_ = request;
            announcer_.stub_->async()->WatchEvent(&context_, &request_, this);
            StartRead(&event_);
            StartCall();
        }
        void cancel() { context_.TryCancel(); }
        bool done = false;     // with the announcer's mutex
        bool changed = false;  // with the announcer's mutex

      private:
        void OnReadDone(bool ok) override {
            if (!ok) return;
            announcer_.note([this] { changed = true; });
            StartRead(&event_);
        }
        void OnDone(const grpc::Status& /*status*/) override {
            announcer_.note([this] { done = true; });
        }

        Impl& announcer_;
        grpc::ClientContext context_;
        apipb::WatchEventRequest request_;
        apipb::WatchEventResponse event_;
    };

    template <class Request, class Response>
    class Calls;

    template <class Change>
    void note(Change change) {
        const std::lock_guard lock(mutex_);
        change();
        changed_.notify_all();
    }
    void set_deadline(grpc::ClientContext& context) const {
        context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::milliseconds(config_.deadline_ms));
    }

    void run();
    void serve();
    [[nodiscard]] base::Status check_bgp();
    [[nodiscard]] base::Status count_peers(mitigation::SpeakerState& state);
    void publish(const mitigation::SpeakerState& state);
    base::Status list(bool v4, bool flowspec, std::vector<model::Route>& routes);
    bool pause(std::uint32_t ms) {
        std::unique_lock lock(mutex_);
        return !changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
    }

    const GobgpAnnouncerConfig config_;
    const base::Logger log_;
    base::Gauge& connected_gauge_;
    base::Gauge& peers_gauge_;
    GobgpRouteStyle style_;
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<apipb::GobgpApi::Stub> stub_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    mitigation::SpeakerState state_;
    std::function<void()> wake_;
    bool stopping_ = false;
    std::thread thread_;
};

base::Status GobgpAnnouncer::Impl::start() {
    if (auto status = validate(config_); !status) return status;
    auto credentials = channel_credentials(config_.tls);
    if (!credentials) return std::unexpected(credentials.error());
    style_ = {config_.mark_community, config_.communities, *net::Address::parse(config_.blackhole_next_hop),
              *net::Address::parse(config_.blackhole_next_hop6)};
    channel_ = grpc::CreateCustomChannel(
        config_.server, *credentials, channel_arguments(config_.poll_ms, no_keepalive_ms, max_message_bytes));
    stub_ = apipb::GobgpApi::NewStub(channel_);
    stopping_ = false;
    state_.detail = "not connected yet";
    thread_ = std::thread([this] { run(); });
    return {};
}

void GobgpAnnouncer::Impl::stop() {
    note([this] { stopping_ = true; });
    if (thread_.joinable()) thread_.join();
}

void GobgpAnnouncer::Impl::run() {
    do {
        auto state = this->state();
        if (const auto status = check_bgp(); !status) {
            state.connected = false;
            state.peers_established = 0;
            state.detail = status.error().what;
            publish(state);
            continue;
        }
        serve();
    } while (pause(config_.poll_ms));
}

// While gobgpd answers.
void GobgpAnnouncer::Impl::serve() {
    Watch watch(*this);
    watch.begin();
    auto state = this->state();
    state.connected = true;
    ++state.session;
    if (const auto counted = count_peers(state); !counted) state.detail = counted.error().what;
    log_.info("connected", {{"server", config_.server}, {"peers", std::to_string(state.peers)}});
    publish(state);
    std::unique_lock lock(mutex_);
    while (!stopping_ && !watch.done) {
        changed_.wait_for(lock, std::chrono::milliseconds(config_.check_ms),
                          [&] { return stopping_ || watch.done || watch.changed; });
        if (stopping_ || watch.done) break;
        watch.changed = false;
        lock.unlock();
        const auto counted = count_peers(state);
        if (counted) publish(state);
        lock.lock();
        if (counted) continue;
        state_.detail = counted.error().what;
        break;  // it does not answer: gone, or hung
    }
    lock.unlock();
    watch.cancel();
    lock.lock();
    changed_.wait(lock, [&] { return watch.done; });
    state = state_;
    const bool stopping = stopping_;
    lock.unlock();
    if (stopping) return;
    state.connected = false;
    state.peers_established = 0;
    state.detail = "the connection to gobgpd at " + config_.server + " broke";
    log_.warning("disconnected", {{"server", config_.server}});
    publish(state);
}

base::Status GobgpAnnouncer::Impl::check_bgp() {
    grpc::ClientContext context;
    set_deadline(context);
    context.set_wait_for_ready(true);
    apipb::GetBgpResponse response;
    const auto status = stub_->GetBgp(&context, {}, &response);
    if (!status.ok()) {
        return base::fail(base::ErrorCode::unavailable,
                          "gobgpd at " + config_.server + " does not answer: " + status.error_message());
    }
    if (response.global().asn() == 0) {
        return base::fail(base::ErrorCode::unavailable,
                          "gobgpd at " + config_.server + " runs without a configuration");
    }
    return {};
}

base::Status GobgpAnnouncer::Impl::count_peers(mitigation::SpeakerState& state) {
    grpc::ClientContext context;
    set_deadline(context);
    const auto reader = stub_->ListPeer(&context, {});
    apipb::ListPeerResponse response;
    state.peers = 0;
    state.peers_established = 0;
    std::string down;
    while (reader->Read(&response)) {
        ++state.peers;
        const auto& peer = response.peer();
        if (peer.state().session_state() == apipb::PeerState::ESTABLISHED) {
            ++state.peers_established;
        } else if (down.size() < 200) {
            down += (down.empty() ? "" : ", ") + peer.conf().neighbor_address();
        }
    }
    if (const auto status = reader->Finish(); !status.ok()) {
        return std::unexpected(error_of(status, config_.server));
    }
    state.detail = state.peers == 0 ? "gobgpd has no neighbours"
                   : down.empty()   ? ""
                                    : "no session with " + down;
    return {};
}

void GobgpAnnouncer::Impl::publish(const mitigation::SpeakerState& state) {
    std::function<void()> wake;
    {
        const std::lock_guard lock(mutex_);
        const bool same = state_.connected == state.connected && state_.session == state.session &&
                          state_.peers == state.peers &&
                          state_.peers_established == state.peers_established &&
                          state_.detail == state.detail;
        if (same) return;
        state_ = state;
        wake = wake_;
    }
    connected_gauge_.set(state.connected ? 1 : 0);
    peers_gauge_.set(state.connected ? state.peers_established : 0);
    if (wake) wake();
}

// Many unary calls at the same time: gobgpd has no call that takes many paths and answers for each.
template <class Request, class Response>
class GobgpAnnouncer::Impl::Calls {
  public:
    using Start = std::function<void(grpc::ClientContext&, const Request&, Response&,
                                     std::function<void(grpc::Status)>)>;

    Calls(const Impl& announcer, std::size_t count) : announcer_(announcer), calls_(count), answers_(count) {}

    Request& request(std::size_t index) { return calls_[index].request; }
    void refuse(std::size_t index, const base::Error& error) {
        answers_[index] = std::unexpected(error);
        calls_[index].skip = true;
    }
    std::vector<base::Status> run(const std::vector<model::Route>& routes, const Start& start) {
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            auto& call = calls_[i];
            if (call.skip) continue;
            announcer_.set_deadline(call.context);
            {
                const std::lock_guard lock(mutex_);
                ++open_;
            }
            start(call.context, call.request, call.response, [this, i, &routes](const grpc::Status& status) {
                const std::lock_guard lock(mutex_);
                if (!status.ok()) answers_[i] = std::unexpected(error_of(status, routes[i].key()));
                if (--open_ == 0) done_.notify_all();
            });
        }
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return open_ == 0; });  // each call has a deadline
        return std::move(answers_);
    }

  private:
    struct Call {
        grpc::ClientContext context;
        Request request;
        Response response;
        bool skip = false;
    };
    const Impl& announcer_;
    std::deque<Call> calls_;
    std::vector<base::Status> answers_;
    std::mutex mutex_;
    std::condition_variable done_;
    std::size_t open_ = 0;
};

std::vector<base::Status> GobgpAnnouncer::Impl::announce(const std::vector<model::Route>& routes) {
    if (!stub_) return std::vector<base::Status>(routes.size(), not_started());
    Calls<apipb::AddPathRequest, apipb::AddPathResponse> calls(*this, routes.size());
    for (std::size_t i = 0; i < routes.size(); ++i) {
        auto path = to_path(routes[i], style_);
        if (!path) {
            calls.refuse(i, path.error());
            continue;
        }
        calls.request(i).set_table_type(apipb::GLOBAL);
        *calls.request(i).mutable_path() = std::move(*path);
    }
    return calls.run(routes, [this](auto& context, const auto& request, auto& response, auto answer) {
        stub_->async()->AddPath(&context, &request, &response, std::move(answer));
    });
}

std::vector<base::Status> GobgpAnnouncer::Impl::withdraw(const std::vector<model::Route>& routes) {
    if (!stub_) return std::vector<base::Status>(routes.size(), not_started());
    Calls<apipb::DeletePathRequest, google::protobuf::Empty> calls(*this, routes.size());
    for (std::size_t i = 0; i < routes.size(); ++i) {
        auto path = to_path(routes[i], style_);
        if (!path) {
            calls.refuse(i, path.error());
            continue;
        }
        // Always with its path: without one gobgpd deletes everything that it originates.
        calls.request(i).set_table_type(apipb::GLOBAL);
        *calls.request(i).mutable_family() = path->family();
        *calls.request(i).mutable_path() = std::move(*path);
    }
    return calls.run(routes, [this](auto& context, const auto& request, auto& response, auto answer) {
        stub_->async()->DeletePath(&context, &request, &response, std::move(answer));
    });
}

base::Result<std::vector<model::Route>> GobgpAnnouncer::Impl::announced() {
    if (!stub_) return std::unexpected(not_started().error());
    std::vector<model::Route> routes;
    for (const bool v4 : {true, false}) {
        for (const bool flowspec : {false, true}) {
            if (auto status = list(v4, flowspec, routes); !status) return std::unexpected(status.error());
        }
    }
    return routes;
}

base::Status GobgpAnnouncer::Impl::list(bool v4, bool flowspec, std::vector<model::Route>& routes) {
    apipb::ListPathRequest request;
    request.set_table_type(apipb::GLOBAL);
    request.mutable_family()->set_afi(v4 ? apipb::Family::AFI_IP : apipb::Family::AFI_IP6);
    request.mutable_family()->set_safi(flowspec ? apipb::Family::SAFI_FLOW_SPEC_UNICAST
                                                : apipb::Family::SAFI_UNICAST);
    grpc::ClientContext context;
    set_deadline(context);
    const auto reader = stub_->ListPath(&context, request);
    apipb::ListPathResponse response;
    while (reader->Read(&response)) {
        for (const auto& path : response.destination().paths()) {
            // Learned ones may carry the mark, too, when a neighbour sends ours back.
            if (path.neighbor_ip() != "<nil>" && !path.neighbor_ip().empty()) continue;
            if (auto route = to_route(path, style_)) routes.push_back(std::move(*route));
        }
        if (routes.size() > max_listed) {
            context.TryCancel();
            (void)reader->Finish();
            return base::fail(base::ErrorCode::exhausted, "gobgpd has more routes of ours than can be",
                              config_.server);
        }
    }
    const auto status = reader->Finish();
    // A family that is not configured in gobgpd has no routes.
    if (!status.ok() && status.error_code() == grpc::StatusCode::UNKNOWN &&
        status.error_message().find("not supported") != std::string::npos) {
        return {};
    }
    if (!status.ok()) return std::unexpected(error_of(status, config_.server));
    return {};
}

GobgpAnnouncer::GobgpAnnouncer(GobgpAnnouncerConfig config, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(config), dependencies)) {}

GobgpAnnouncer::~GobgpAnnouncer() {
    stop();
}

base::Status GobgpAnnouncer::start() {
    return impl_->start();
}

void GobgpAnnouncer::stop() {
    impl_->stop();
}

base::Status GobgpAnnouncer::announce(const model::Route& route) {
    return impl_->announce(std::vector{route}).at(0);
}

base::Status GobgpAnnouncer::withdraw(const model::Route& route) {
    return impl_->withdraw(std::vector{route}).at(0);
}

std::vector<base::Status> GobgpAnnouncer::announce_all(const std::vector<model::Route>& routes) {
    return impl_->announce(routes);
}

std::vector<base::Status> GobgpAnnouncer::withdraw_all(const std::vector<model::Route>& routes) {
    return impl_->withdraw(routes);
}

base::Result<std::vector<model::Route>> GobgpAnnouncer::announced() {
    return impl_->announced();
}

mitigation::SpeakerState GobgpAnnouncer::state() const {
    return impl_->state();
}

void GobgpAnnouncer::on_state_change(std::function<void()> wake) {
    impl_->on_state_change(std::move(wake));
}

}  // namespace sluice::rpc
