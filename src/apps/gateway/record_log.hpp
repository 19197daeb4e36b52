// The logs that a gateway keeps: NAT bindings as JSON lines and as IPFIX to a collector, and flows of rules
// that want a log as JSON lines. A thread of its own takes the records from the data plane, which never waits
// for it: what it can not keep is counted, and said as trouble, and as a line
// {"time":…,"event":"lines-lost","lines":N} where it goes on.
//
// A log begins with a line {"time":…,"event":"gateway-started","gateway":NAME}: no binding from before it, of
// that gateway, is in force any more.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apps/gateway/log_file.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "dataplane/gateway.hpp"
#include "dataplane/nat/binding_export.hpp"

namespace sluice::apps::gateway {

class RecordLog {
  public:
    struct Ipfix {
        std::string collector;  // "192.0.2.50:4739"
        dataplane::nat::BindingExport::Config format;
    };
    struct Config {
        std::string gateway = "gateway";       // its name, in the first line
        std::optional<LogFile::Config> nat;    // none: not kept
        std::optional<Ipfix> ipfix;            // none: not sent
        std::optional<LogFile::Config> rules;  // none: not kept
        std::uint32_t interval_ms = 20;        // in which the data plane's queues are emptied
    };
    struct Dependencies {
        dataplane::Gateway& gateway;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    RecordLog(Config config, Dependencies dependencies);
    ~RecordLog();  // stops

    // Fails where a file cannot be written or the collector's address is none: at the start somebody is
    // looking.
    [[nodiscard]] base::Status start();
    void stop();  // what the data plane has noted until now is kept

    // For people; empty: all that is to be kept is kept. Any thread.
    [[nodiscard]] std::string trouble() const;

  private:
    class Lines;
    class Sender;

    void run();
    void drain();
    void publish_losses();

    Config config_;
    Dependencies deps_;
    std::unique_ptr<Lines> nat_;
    std::unique_ptr<Lines> rules_;
    std::unique_ptr<Sender> ipfix_;
    base::Counter& lost_bindings_;
    base::Counter& lost_flows_;
    base::Counter& unlogged_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace sluice::apps::gateway
