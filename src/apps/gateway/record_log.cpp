#include "apps/gateway/record_log.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/time_text.hpp"
#include "dataplane/flow_log.hpp"
#include "dataplane/nat/binding_log.hpp"
#include "net/address.hpp"

namespace sluice::apps::gateway {
namespace {

// A disk that fails is tried again so often; what comes up meanwhile is lost at once, not kept in memory.
constexpr base::Duration try_again_after = std::chrono::seconds(1);

base::MetricLabels of_log(const char* name) {
    return {{"log", name}};
}

}  // namespace

// One of the files, with what went wrong with it.
class RecordLog::Lines {
  public:
    Lines(const char* name, LogFile::Config config, const Dependencies& deps)
        : name_(name),
          file_(std::move(config), deps.clock),
          clock_(deps.clock),
          log_(deps.log),
          written_(deps.metrics.counter("sluice_gateway_log_lines_total", "Lines written", of_log(name))),
          lost_(deps.metrics.counter("sluice_gateway_log_lines_lost_total",
                                     "Lines that the disk did not take", of_log(name))),
          failing_(deps.metrics.gauge("sluice_gateway_log_failing", "1: the log can not be written now",
                                      of_log(name))) {}

    base::Status begin(const std::string& gateway) {
        return file_.append(
            fmt::format("{{\"time\":\"{}\",\"event\":\"gateway-started\",\"gateway\":\"{}\"}}\n",
                        base::to_rfc3339(clock_.wall()), gateway));
    }
    void add(const std::string& line) {
        lines_ += line;
        lines_ += '\n';
        ++count_;
    }
    void write() {
        if (failed_) return try_again();
        if (count_ == 0) return note(file_.sync());
        put(lines_);
    }
    [[nodiscard]] std::string trouble() const {
        const std::lock_guard lock(mutex_);
        return trouble_;
    }

  private:
    // What was lost is said where it would have been: by that the disk is tried, too.
    void try_again() {
        if (clock_.now() - failed_at_ < try_again_after) return lose();
        put(fmt::format("{{\"time\":\"{}\",\"event\":\"lines-lost\",\"lines\":{}}}\n",
                        base::to_rfc3339(clock_.wall()), lost_in_a_row_) +
            lines_);
    }
    void put(const std::string& text) {
        const auto status = file_.append(text);
        if (!status) {
            lose();
        } else {
            written_.add(count_);
            lines_.clear();
            count_ = 0;
        }
        note(status);
    }
    void lose() {
        lost_.add(count_);
        lost_in_a_row_ += count_;
        lines_.clear();
        count_ = 0;
    }
    void note(const base::Status& status) {
        if (status && !failed_) return;
        failing_.set(status ? 0 : 1);
        const std::lock_guard lock(mutex_);
        if (status) {
            log_.info(fmt::format("the {} log is written again", name_),
                      {{"lost", std::to_string(lost_in_a_row_)}});
            failed_ = false;
            lost_in_a_row_ = 0;
            trouble_.clear();
            return;
        }
        failed_at_ = clock_.now();
        if (!std::exchange(failed_, true))
            log_.error(fmt::format("the {} log: {}", name_, status.error().message()));
        trouble_ = fmt::format("the {} log can not be written, its lines are lost: {}", name_,
                               status.error().message());
    }

    const char* name_;
    LogFile file_;
    const base::Clock& clock_;
    base::Logger log_;
    base::Counter& written_;
    base::Counter& lost_;
    base::Gauge& failing_;
    std::string lines_;
    std::size_t count_ = 0;
    bool failed_ = false;
    base::Instant failed_at_{};
    std::uint64_t lost_in_a_row_ = 0;
    mutable std::mutex mutex_;
    std::string trouble_;
};

// IPFIX over UDP (RFC 7011 section 10.3): nobody says whether it arrived.
class RecordLog::Sender {
  public:
    Sender(Ipfix config, const Dependencies& deps)
        : config_(std::move(config)),
          export_(config_.format),
          clock_(deps.clock),
          sent_(deps.metrics.counter("sluice_gateway_ipfix_messages_total", "IPFIX messages sent")),
          lost_(deps.metrics.counter("sluice_gateway_ipfix_messages_lost_total",
                                     "IPFIX messages that the system did not take")) {}
    ~Sender() {
        if (socket_ >= 0) ::close(socket_);
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    base::Status open() {
        const auto refuse = [&](const std::string& what) {
            return base::fail(base::ErrorCode::invalid_argument, what, "nat_log.ipfix " + config_.collector,
                              "an address and a port, as 192.0.2.50:4739 or [2001:db8::50]:4739");
        };
        const auto colon = config_.collector.rfind(':');
        if (colon == std::string::npos) return refuse("there is no port");
        std::string host = config_.collector.substr(0, colon);
        if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
        const auto address = net::Address::parse(host);
        const std::string number = config_.collector.substr(colon + 1);
        std::uint16_t port = 0;
        const auto read = std::from_chars(number.data(), number.data() + number.size(), port);
        if (!address || read.ec != std::errc{} || read.ptr != number.data() + number.size() || port == 0)
            return refuse("that is no collector");
        return connect(*address, port);
    }
    void send(const std::vector<model::NatBinding>& bindings) {
        for (const auto& message : export_.encode(bindings, clock_.wall())) {
            const bool sent = ::send(socket_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                              static_cast<ssize_t>(message.size());
            (sent ? sent_ : lost_).add();
        }
    }

  private:
    base::Status connect(const net::Address& address, std::uint16_t port) {
        sockaddr_storage to{};
        socklen_t length = 0;
        const auto wire = address.wire();
        if (address.is_v4()) {
            auto& v4 = reinterpret_cast<sockaddr_in&>(to);
            v4.sin_family = AF_INET;
            v4.sin_port = htons(port);
            std::memcpy(&v4.sin_addr, wire.data(), wire.size());
            length = sizeof v4;
        } else {
            auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(port);
            std::memcpy(&v6.sin6_addr, wire.data(), wire.size());
            length = sizeof v6;
        }
        socket_ = ::socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (socket_ < 0 || ::connect(socket_, reinterpret_cast<sockaddr*>(&to), length) != 0) {
            return base::fail(base::ErrorCode::io,
                              std::string("no way to the collector: ") + std::strerror(errno),
                              "nat_log.ipfix " + config_.collector);
        }
        return {};
    }

    Ipfix config_;
    dataplane::nat::BindingExport export_;
    const base::Clock& clock_;
    base::Counter& sent_;
    base::Counter& lost_;
    int socket_ = -1;
};

RecordLog::RecordLog(Config config, Dependencies dependencies)
    : config_(std::move(config)),
      deps_(std::move(dependencies)),
      lost_bindings_(deps_.metrics.counter("sluice_gateway_bindings_lost_total",
                                           "NAT bindings that nobody took from the data plane in time")),
      lost_flows_(deps_.metrics.counter("sluice_gateway_flow_records_lost_total",
                                        "Records of flows that nobody took from the data plane in time")),
      unlogged_(deps_.metrics.counter("sluice_gateway_refusals_unlogged_total",
                                      "Refused packets beyond what is noted a second")) {}

RecordLog::~RecordLog() {
    stop();
}

base::Status RecordLog::start() {
    if (config_.nat) {
        nat_ = std::make_unique<Lines>("nat", *config_.nat, deps_);
        if (auto begun = nat_->begin(config_.gateway); !begun) return begun;
    }
    if (config_.rules) {
        rules_ = std::make_unique<Lines>("rules", *config_.rules, deps_);
        if (auto begun = rules_->begin(config_.gateway); !begun) return begun;
    }
    if (config_.ipfix) {
        ipfix_ = std::make_unique<Sender>(*config_.ipfix, deps_);
        if (auto opened = ipfix_->open(); !opened) return opened;
    }
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
    return {};
}

void RecordLog::stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    thread_.join();
}

void RecordLog::run() {
    while (!stopping_) {
        drain();
        std::this_thread::sleep_for(std::chrono::milliseconds(config_.interval_ms));
    }
    drain();
}

// Also where nothing is kept: the queues would only count what nobody wants as lost.
void RecordLog::drain() {
    const dataplane::LogRecords records = deps_.gateway.take_records();
    if (nat_) {
        for (const auto& binding : records.bindings) nat_->add(dataplane::nat::to_json(binding));
        nat_->write();
    }
    if (rules_) {
        for (const auto& flow : records.flows) rules_->add(dataplane::to_json(flow));
        rules_->write();
    }
    if (ipfix_) ipfix_->send(records.bindings);
    publish_losses();
}

void RecordLog::publish_losses() {
    const dataplane::RecordLosses losses = deps_.gateway.record_losses();
    lost_bindings_.set(losses.bindings);
    lost_flows_.set(losses.flows);
    unlogged_.set(losses.refusals);
}

std::string RecordLog::trouble() const {
    std::string all;
    for (const Lines* lines : {nat_.get(), rules_.get()}) {
        if (lines == nullptr) continue;
        const std::string one = lines->trouble();
        if (!one.empty()) all += (all.empty() ? "" : "; ") + one;
    }
    return all;
}

}  // namespace sluice::apps::gateway
