#include "apps/process/command_line.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace sluice::apps::process {

base::Result<std::filesystem::path> read_command_line(int argc, char** argv, std::string_view purpose) {
    const std::string program = std::filesystem::path(argv[0]).filename().string();
    const std::string usage = program + " --config FILE";
    if (argc == 2 && std::string_view(argv[1]) == "--help") {
        std::printf("%s\n\n%s\n", usage.c_str(), std::string(purpose).c_str());
        std::exit(EXIT_SUCCESS);
    }
    if (argc == 2 && std::string_view(argv[1]) == "--version") {
        std::printf("%s %s\n", program.c_str(), SLUICE_VERSION);
        std::exit(EXIT_SUCCESS);
    }
    if (argc != 3 || std::string_view(argv[1]) != "--config") {
        return base::fail(base::ErrorCode::invalid_argument,
                          "this program takes its configuration and nothing else", program,
                          "write: " + usage);
    }
    return std::filesystem::path(argv[2]);
}

std::string_view version() {
    return SLUICE_VERSION;
}

}  // namespace sluice::apps::process
