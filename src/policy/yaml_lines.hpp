// Writing YAML line by line, so that a document reads as a person would write it. Internal to policy/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/rate_limit.hpp"

namespace sluice::policy::detail {

// Plain where every YAML reader takes it for the same text, else in double quotes.
[[nodiscard]] std::string quoted(const std::string& text);
// "[a, b]"; the items as they are.
[[nodiscard]] std::string flow_list(const std::vector<std::string>& items);
// "{packets: 5 kpps, bits: 50 Mbps}"
[[nodiscard]] std::string rate_map(const model::RateLimit& limit);

// Collects lines "key: value" at an indentation; a list item's first key carries the dash.
class Lines {
  public:
    void put(const std::string& key, const std::string& value) { line(key + ": " + value); }
    void line(const std::string& text) {
        out_ += std::string(indent_, ' ');
        if (item_) out_.replace(out_.size() - 2, 2, "- ");
        item_ = false;
        out_ += text + "\n";
    }
    void open(const std::string& key) {
        line(key + ":");
        indent_ += 2;
    }
    void close() { indent_ -= 2; }
    void begin_item() {
        indent_ += 2;
        item_ = true;
    }
    void end_item() {
        indent_ -= 2;
        item_ = false;
    }
    [[nodiscard]] std::string text() && { return std::move(out_); }

  private:
    std::string out_;
    std::size_t indent_ = 0;
    bool item_ = false;
};

}  // namespace sluice::policy::detail
