// The command line of a process that takes nothing but its configuration.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace sluice::apps::process {

// `PROGRAM --config FILE`. `--help` and `--version` print and end the process with status 0.
[[nodiscard]] base::Result<std::filesystem::path> read_command_line(int argc, char** argv,
                                                                    std::string_view purpose);

// Of the software: "0.1.0".
[[nodiscard]] std::string_view version();

}  // namespace sluice::apps::process
