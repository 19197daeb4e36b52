#include "rpc/gateway_client.hpp"

#include <optional>
#include <utility>

#include "rpc/convert_basic.hpp"
#include "rpc/convert_gateway.hpp"
#include "rpc/convert_users.hpp"
#include "rpc/link_stream.hpp"
#include "sluice_link.grpc.pb.h"

namespace sluice::rpc {
namespace {

using link::v1::GatewayDown;
using link::v1::GatewayUp;

constexpr std::size_t max_programs = 65'536;  // of one update, over all its messages

}  // namespace

class GatewayClient::Impl final : public LinkStream<GatewayUp, GatewayDown> {
  public:
    Impl(LinkClientConfig config, const Dependencies& dependencies)
        : LinkStream(std::move(config), dependencies.log.named("link"), dependencies.metrics),
          handler_(dependencies.handler),
          started_at_(dependencies.clock.wall()) {}

    void send(const model::GatewayReport& report) {
        const std::lock_guard lock(mutex());
        newest_ = report;
        wake_locked();
    }

  private:
    void open(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
              grpc::ClientBidiReactor<GatewayUp, GatewayDown>& reactor) override {
        if (!stub_) stub_ = link::v1::GatewayLink::NewStub(channel);
        stub_->async()->Attach(&context, &reactor);
        partial_.reset();
        partial_bindings_.reset();
    }

    base::Status receive(const GatewayDown& message) override {
        if (message.has_bindings()) return receive(message.bindings());
        if (!message.has_programs()) return {};
        auto update = to_model(message.programs());
        if (!update) {
            partial_.reset();
            return std::unexpected(update.error());
        }
        if (partial_) {
            if (partial_->programs.size() + update->programs.size() > max_programs) {
                partial_.reset();
                return base::fail(base::ErrorCode::exhausted, "an update names too many tenants");
            }
            auto& programs = partial_->programs;
            programs.insert(programs.end(), std::make_move_iterator(update->programs.begin()),
                            std::make_move_iterator(update->programs.end()));
            partial_->removed = std::move(update->removed);
            partial_->generation = update->generation;
        } else {
            partial_ = std::move(*update);
        }
        if (message.programs().more()) return {};
        handler_.on_programs(std::move(*std::exchange(partial_, std::nullopt)));
        return {};
    }
    base::Status receive(const link::v1::UserBindingUpdate& message) {
        auto update = to_model(message);
        if (!update) {
            partial_bindings_.reset();
            return std::unexpected(update.error());
        }
        if (partial_bindings_) {
            auto& bindings = partial_bindings_->bindings;
            if (bindings.size() + update->bindings.size() > model::UserBindingLimits::of_all) {
                partial_bindings_.reset();
                return base::fail(base::ErrorCode::exhausted, "an update names too many bindings");
            }
            bindings.insert(bindings.end(), std::make_move_iterator(update->bindings.begin()),
                            std::make_move_iterator(update->bindings.end()));
            auto& ended = partial_bindings_->ended;
            ended.insert(ended.end(), update->ended.begin(), update->ended.end());
        } else {
            partial_bindings_ = std::move(*update);
        }
        if (message.more()) return {};
        handler_.on_bindings(std::move(*std::exchange(partial_bindings_, std::nullopt)));
        return {};
    }
    void link_changed(bool up) override { handler_.on_link(up); }

    void stream_started() override { hello_sent_ = false; }
    bool next(GatewayUp& message) override {
        if (!std::exchange(hello_sent_, true)) {
            message.mutable_hello()->set_name(config().name);
            message.mutable_hello()->set_started_at(to_ns(started_at_));
            return true;
        }
        if (!newest_) return false;
        to_message(*newest_, *message.mutable_report());
        newest_.reset();
        return true;
    }

    GatewayClientHandler& handler_;
    const base::Timestamp started_at_;
    std::unique_ptr<link::v1::GatewayLink::Stub> stub_;
    std::optional<ProgramUpdate> partial_;  // link's thread
    std::optional<model::UserBindingUpdate> partial_bindings_;
    // Under mutex():
    bool hello_sent_ = false;
    std::optional<model::GatewayReport> newest_;
};

GatewayClient::GatewayClient(LinkClientConfig config, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(config), dependencies)) {}

GatewayClient::~GatewayClient() {
    stop();
}

base::Status GatewayClient::start() {
    return impl_->start();
}

void GatewayClient::stop() {
    impl_->stop();
}

void GatewayClient::send(const model::GatewayReport& report) {
    impl_->send(report);
}

bool GatewayClient::connected() const {
    return impl_->up();
}

}  // namespace sluice::rpc
