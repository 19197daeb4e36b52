// Reads files of packet cases (testdata/README.md). A line that is wrong is named with its file, its number
// and what is wrong with it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "dataplane/cases/case_words.hpp"
#include "dataplane/cases/statement.hpp"

namespace sluice::dataplane::cases {

struct Line {
    std::string where;  // "file:line: text"
    Statement statement;
};

struct Case {
    std::string name;
    std::vector<Line> lines;
};

inline base::Result<std::vector<Case>> read_cases(std::istream& in, const std::filesystem::path& path) {
    std::vector<Case> cases;
    std::vector<Line> common;  // before the file's first case: of all its cases
    int number = 0;
    for (std::string text; std::getline(in, text);) {
        ++number;
        text = text.substr(0, text.find(" #"));
        const Words words = split(text);
        if (words.empty() || words[0].starts_with('#')) continue;
        const std::string where = path.filename().string() + ":" + std::to_string(number) + ": " + text;
        if (text.starts_with("case ")) {
            cases.push_back({path.stem().string() + ": " + text.substr(5), common});
            continue;
        }
        try {
            (cases.empty() ? common : cases.back().lines).push_back({where, StatementReader::read(words)});
        } catch (const CaseError& error) {
            return base::fail(base::ErrorCode::invalid_argument, error.what(), where);
        }
    }
    if (cases.empty())
        return base::fail(base::ErrorCode::invalid_argument, "there is no case in it", path.string());
    return cases;
}

// Of all *.cases in the folder, by name.
inline base::Result<std::vector<Case>> read_folder(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".cases") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<Case> all;
    for (const auto& path : files) {
        std::ifstream in(path);
        auto cases = read_cases(in, path);
        if (!cases) return std::unexpected(cases.error());
        std::ranges::move(*cases, std::back_inserter(all));
    }
    return all;
}

}  // namespace sluice::dataplane::cases
