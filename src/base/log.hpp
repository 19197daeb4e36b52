// Structured log lines for operators: time, level, component, sentence, fields. One line a call, to a sink
// that the application gives (standard error under systemd). Not for the packet path.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"

namespace sluice::base {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

using LogField = std::pair<std::string_view, std::string>;

// Thread-safe.
class LogSink {
  public:
    virtual ~LogSink() = default;
    virtual void write(LogLevel level, const std::string& line) = 0;
};

// To standard error; lines below `least` are not written.
[[nodiscard]] std::shared_ptr<LogSink> stderr_sink(LogLevel least = LogLevel::info);
// Nowhere; for tests that do not look at the log.
[[nodiscard]] std::shared_ptr<LogSink> null_sink();

// Cheap to copy; each part gets one with its own component name.
class Logger {
  public:
    Logger(std::shared_ptr<LogSink> sink, const Clock& clock, std::string component);
    [[nodiscard]] Logger named(std::string component) const;

    void debug(std::string_view text, std::initializer_list<LogField> fields = {}) const;
    void info(std::string_view text, std::initializer_list<LogField> fields = {}) const;
    void warning(std::string_view text, std::initializer_list<LogField> fields = {}) const;
    void error(std::string_view text, std::initializer_list<LogField> fields = {}) const;

  private:
    void write(LogLevel level, std::string_view text, std::initializer_list<LogField> fields) const;

    std::shared_ptr<LogSink> sink_;
    const Clock* clock_;
    std::string component_;
};

}  // namespace sluice::base
