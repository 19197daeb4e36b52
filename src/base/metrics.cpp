#include "base/metrics.hpp"

#include <fmt/format.h>

namespace sluice::base {
namespace {

std::string render(const MetricLabels& labels) {
    if (labels.empty()) return {};
    std::string text = "{";
    for (const auto& [name, value] : labels) {
        if (text.size() > 1) text += ',';
        text += name + "=\"";
        for (const char c : value) {
            if (c == '\n') {
                text += "\\n";
                continue;
            }
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    return text + "}";
}

}  // namespace

template <class T>
T& MetricRegistry::find(std::map<std::string, Family<T>, std::less<>>& families, std::string_view name,
                        std::string_view help, const MetricLabels& labels) {
    const std::lock_guard lock(mutex_);
    Family<T>& family = families[std::string(name)];
    if (family.help.empty()) family.help = help;
    T*& series = family.series[render(labels)];
    if (series == nullptr) series = &family.storage.emplace_back();
    return *series;
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help, MetricLabels labels) {
    return find(counters_, name, help, labels);
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
    return find(gauges_, name, help, labels);
}

std::string MetricRegistry::prometheus_text() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    const auto write = [&text](const auto& families, std::string_view type) {
        for (const auto& [name, family] : families) {
            text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, type);
            for (const auto& [labels, series] : family.series) {
                text += fmt::format("{}{} {}\n", name, labels, series->value());
            }
        }
    };
    write(counters_, "counter");
    write(gauges_, "gauge");
    return text;
}

}  // namespace sluice::base
