#include "policy/nearest.hpp"

#include <algorithm>
#include <vector>

namespace sluice::policy {
namespace {

// Damerau-Levenshtein (optimal string alignment): a swapped pair of letters counts once.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string plain(std::string_view word) {
    std::string text;
    for (const char c : word.substr(0, 64)) {
        if (c != '_' && c != '-' && c != ' ') text += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return text;
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string> known) {
    const std::string wanted = plain(word);
    std::string_view best;
    std::size_t least = 0;
    for (const auto& candidate : known) {
        const std::string other = plain(candidate);
        const std::size_t far = distance(wanted, other);
        const bool begins = wanted.size() >= 3 && (other.starts_with(wanted) || wanted.starts_with(other));
        if (!begins && far * 3 > std::max(wanted.size(), other.size())) continue;
        if (best.empty() || far < least) {
            best = candidate;
            least = far;
        }
    }
    return best;
}

std::string one_of(std::span<const std::string> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

}  // namespace sluice::policy
