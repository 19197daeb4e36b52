#include "packet/capture_writer.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace sluice::packet {

struct CaptureWriter::State {
    std::string name;
    pcap_t* pcap = nullptr;
    pcap_dumper_t* dumper = nullptr;

    ~State() {
        if (dumper != nullptr) pcap_dump_close(dumper);
        if (pcap != nullptr) pcap_close(pcap);
    }
};

CaptureWriter::CaptureWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
CaptureWriter::~CaptureWriter() = default;
CaptureWriter::CaptureWriter(CaptureWriter&&) noexcept = default;
CaptureWriter& CaptureWriter::operator=(CaptureWriter&&) noexcept = default;

base::Result<CaptureWriter> CaptureWriter::create(const std::filesystem::path& file) {
    auto state = std::make_unique<State>();
    state->name = file.string();
    state->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262'144, PCAP_TSTAMP_PRECISION_NANO);
    state->dumper = state->pcap == nullptr ? nullptr : pcap_dump_open(state->pcap, file.c_str());
    if (state->dumper == nullptr) {
        const char* why = state->pcap == nullptr ? "no memory" : pcap_geterr(state->pcap);
        return base::fail(base::ErrorCode::io, fmt::format("the capture cannot be written: {}", why),
                          state->name, "check the folder and its permissions");
    }
    return CaptureWriter(std::move(state));
}

void CaptureWriter::write(base::Timestamp at, std::span<const std::uint8_t> frame) {
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    pcap_pkthdr header{};
    header.ts.tv_sec = second.time_since_epoch().count();
    header.ts.tv_usec = (at - second).count();  // nanoseconds, as the file's precision says
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    pcap_dump(reinterpret_cast<u_char*>(state_->dumper), &header, frame.data());
}

base::Status CaptureWriter::finish() {
    const bool flushed =
        pcap_dump_flush(state_->dumper) == 0 && std::ferror(pcap_dump_file(state_->dumper)) == 0;
    if (flushed) return {};
    return base::fail(base::ErrorCode::io, fmt::format("the capture is incomplete: {}", std::strerror(errno)),
                      state_->name, "make room on the disk and run again");
}

}  // namespace sluice::packet
