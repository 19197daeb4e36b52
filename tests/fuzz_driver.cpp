// Runs a fuzz target without libFuzzer, so that every build and every `./dev test` exercises it: each seed
// that the target gives (LLVMFuzzerSeeds), then a fixed number of mutations of them. The seed of the
// mutations is printed and can be given as the first argument, the number of rounds as the second.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// A target may define this to offer well-formed inputs to start from; mutation of nonsense finds little.
std::vector<std::vector<std::uint8_t>> fuzz_seeds() __attribute__((weak));

namespace {
using Bytes = std::vector<std::uint8_t>;

Bytes mutate(Bytes input, std::mt19937_64& random) {
    const int edits = 1 + static_cast<int>(random() % 6);
    for (int i = 0; i < edits; ++i) {
        const std::size_t at = input.empty() ? 0 : random() % input.size();
        switch (random() % 5) {
            case 0:
                if (!input.empty()) input[at] = static_cast<std::uint8_t>(random());
                break;
            case 1:
                if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1U << (random() % 8));
                break;
            case 2:
                input.resize(at);
                break;
            case 3:
                input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), random() % 8, 0xff);
                break;
            default:
                if (at + 1 < input.size()) {
                    input[at] = 0xff;
                    input[at + 1] = static_cast<std::uint8_t>(random());
                }
        }
    }
    if (input.size() > 65535) input.resize(65535);
    return input;
}
}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20261121;
    const std::uint64_t rounds = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20000;
    std::vector<Bytes> seeds = fuzz_seeds != nullptr ? fuzz_seeds() : std::vector<Bytes>{};
    if (seeds.empty()) seeds.emplace_back(64, 0);
    std::mt19937_64 random(seed);
    for (const auto& input : seeds) LLVMFuzzerTestOneInput(input.data(), input.size());
    for (std::uint64_t i = 0; i < rounds; ++i) {
        const Bytes input = mutate(seeds[random() % seeds.size()], random);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("seed %llu: %zu seeds and %llu mutations, no crash\n", static_cast<unsigned long long>(seed),
                seeds.size(), static_cast<unsigned long long>(rounds));
    return 0;
}
