#include "base/log.hpp"

#include <unistd.h>

#include "base/time_text.hpp"

namespace sluice::base {
namespace {

constexpr std::string_view level_names[] = {"debug", "info", "warning", "error"};

class StderrSink final : public LogSink {
  public:
    explicit StderrSink(LogLevel least) : least_(least) {}
    void write(LogLevel level, const std::string& line) override {
        if (level < least_) return;
        // One write(2) a line, so that lines of several threads do not mix.
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    }

  private:
    LogLevel least_;
};

class NullSink final : public LogSink {
  public:
    void write(LogLevel /*level*/, const std::string& /*line*/) override {}
};

// A value with spaces or quotes is quoted; line ends never survive, so no input can forge a line.
void append_value(std::string& line, std::string_view value) {
    const bool quote = value.empty() || value.find_first_of(" \"=\n\r\t") != std::string_view::npos;
    if (quote) line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') line += '\\';
        line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    if (quote) line += '"';
}

}  // namespace

std::shared_ptr<LogSink> stderr_sink(LogLevel least) {
    return std::make_shared<StderrSink>(least);
}
std::shared_ptr<LogSink> null_sink() {
    return std::make_shared<NullSink>();
}

Logger::Logger(std::shared_ptr<LogSink> sink, const Clock& clock, std::string component)
    : sink_(std::move(sink)), clock_(&clock), component_(std::move(component)) {}

Logger Logger::named(std::string component) const {
    return {sink_, *clock_, std::move(component)};
}

void Logger::write(LogLevel level, std::string_view text, std::initializer_list<LogField> fields) const {
    std::string line = to_rfc3339(clock_->wall());
    line += ' ';
    line += level_names[static_cast<std::size_t>(level)];
    line += ' ';
    line += component_;
    line += ": ";
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    for (const auto& [name, value] : fields) {
        line += ' ';
        line += name;
        line += '=';
        append_value(line, value);
    }
    line += '\n';
    sink_->write(level, line);
}

void Logger::debug(std::string_view text, std::initializer_list<LogField> fields) const {
    write(LogLevel::debug, text, fields);
}
void Logger::info(std::string_view text, std::initializer_list<LogField> fields) const {
    write(LogLevel::info, text, fields);
}
void Logger::warning(std::string_view text, std::initializer_list<LogField> fields) const {
    write(LogLevel::warning, text, fields);
}
void Logger::error(std::string_view text, std::initializer_list<LogField> fields) const {
    write(LogLevel::error, text, fields);
}

}  // namespace sluice::base
