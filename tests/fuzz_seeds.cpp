// Writes a libFuzzer target's own seeds into a folder, so that a run starts from well-formed inputs:
//
//   flow_fuzz --write_seeds=FOLDER        then it ends
//
// libFuzzer leaves arguments with two dashes alone. Each file is named for its place in the list.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

std::vector<std::vector<std::uint8_t>> fuzz_seeds() __attribute__((weak));

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    constexpr std::string_view option = "--write_seeds=";
    for (int i = 1; i < *argc; ++i) {
        const std::string_view argument = (*argv)[i];
        if (!argument.starts_with(option)) continue;
        const std::string folder(argument.substr(option.size()));
        std::size_t written = 0;
        if (fuzz_seeds != nullptr) {
            for (const auto& seed : fuzz_seeds()) {
                std::ofstream out(folder + "/seed-" + std::to_string(written), std::ios::binary);
                out.write(reinterpret_cast<const char*>(seed.data()),
                          static_cast<std::streamsize>(seed.size()));
                if (!out.flush()) {
                    std::fprintf(stderr, "cannot write into %s\n", folder.c_str());
                    std::exit(1);
                }
                ++written;
            }
        }
        std::fprintf(stderr, "%zu seeds\n", written);
        std::exit(0);
    }
    return 0;
}
