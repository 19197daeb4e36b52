// All that is wrong with a document, found in one reading, so that a person mends it in one go.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sluice::policy {

class Problems {
  public:
    explicit Problems(std::size_t limit = 50) : limit_(limit) {}

    void add(base::Error error) {
        if (errors_.size() < limit_)
            errors_.push_back(std::move(error));
        else
            ++left_off_;
    }
    [[nodiscard]] bool empty() const { return errors_.empty(); }
    [[nodiscard]] bool full() const { return errors_.size() >= limit_; }
    // In the order of the document's lines; each has where = "FILE:LINE".
    [[nodiscard]] const std::vector<base::Error>& errors() const { return errors_; }
    // How many more there were than the limit.
    [[nodiscard]] std::size_t left_off() const { return left_off_; }
    // One line each.
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const auto& error : errors_) {
            if (!all.empty()) all += '\n';
            all += error.message();
        }
        if (left_off_ > 0) all += "\nand " + std::to_string(left_off_) + " more";
        return all;
    }
    // For callers that carry one error only: a single problem as it is, several as one text.
    [[nodiscard]] base::Error to_error() const {
        if (errors_.size() == 1 && left_off_ == 0) return errors_.front();
        return base::Error{base::ErrorCode::invalid_argument, text(), {}, {}};
    }

  private:
    std::size_t limit_;
    std::vector<base::Error> errors_;
    std::size_t left_off_ = 0;
};

}  // namespace sluice::policy
