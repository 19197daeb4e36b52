// The corpus of recordings, found at run time through SLUICE_CORPUS (default: shared/corpus beside the
// project); tests that need it say so when it is absent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "net/address.hpp"
#include "telemetry/testing/export_builder.hpp"

namespace sluice::telemetry::testing {

// The folder, or nothing when it is not there.
[[nodiscard]] std::optional<std::filesystem::path> corpus_folder(std::string_view name);
[[nodiscard]] Bytes read_bytes(const std::filesystem::path& file);

struct RecordedDatagram {
    Bytes payload;
    net::Address source;
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    base::Timestamp at{};
};

// All whole UDP datagrams of a capture.
[[nodiscard]] std::vector<RecordedDatagram> read_datagrams(const std::filesystem::path& capture);

}  // namespace sluice::telemetry::testing
