// A baseline file is ours, but it lies on a disk: whatever stands in it is read or refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "detection/baselines.hpp"

using sluice::detection::Baselines;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Baselines baselines(16);
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (!baselines.from_json(text)) return 0;
    // What was taken is written and taken again.
    Baselines again(16);
    if (!again.from_json(baselines.to_json())) std::abort();
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    const std::string seed =
        R"({"version":1,"began":[[1,1700000000]],"baselines":[{"tenant":1,"scope":1,"direction":0,)"
        R"("vector":"total","target":"192.0.2.0/24","hours":[[0,1,100,10,50000,5000],[167,4,1,1,1,1]]}]})";
    return {{seed.begin(), seed.end()}};
}
