#include "packet/capture_reader.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <utility>

namespace sluice::packet {

using base::ErrorCode;

struct CaptureReader::State {
    std::string name;
    std::FILE* file = nullptr;  // owned by `pcap`
    pcap_t* pcap = nullptr;
    CaptureLink link = CaptureLink::ethernet;
    std::uint64_t total = 0;
    std::uint64_t oversized = 0;

    ~State() {
        if (pcap != nullptr) pcap_close(pcap);
    }
};

namespace {

constexpr std::array<std::pair<int, CaptureLink>, 9> links{{
    {DLT_EN10MB, CaptureLink::ethernet},
    {DLT_RAW, CaptureLink::raw_ip},
    {101, CaptureLink::raw_ip},  // LINKTYPE_RAW
    {DLT_IPV4, CaptureLink::raw_ip},
    {DLT_IPV6, CaptureLink::raw_ip},
    {DLT_LINUX_SLL, CaptureLink::linux_sll},
    {DLT_LINUX_SLL2, CaptureLink::linux_sll2},
    {DLT_PPP, CaptureLink::ppp},
    {DLT_NULL, CaptureLink::null_loopback},
}};

}  // namespace

CaptureReader::CaptureReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
CaptureReader::~CaptureReader() = default;
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;
CaptureReader& CaptureReader::operator=(CaptureReader&&) noexcept = default;

base::Result<CaptureReader> CaptureReader::open(const std::filesystem::path& file) {
    auto state = std::make_unique<State>();
    state->name = file.string();
    std::FILE* handle = std::fopen(file.c_str(), "rb");
    if (handle == nullptr) {
        return base::fail(ErrorCode::io, "the capture cannot be opened", state->name,
                          "check the path and its permissions");
    }
    std::array<char, PCAP_ERRBUF_SIZE> problem{};
    state->pcap =
        pcap_fopen_offline_with_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO, problem.data());
    if (state->pcap == nullptr) {
        std::fclose(handle);
        return base::fail(ErrorCode::corrupt, fmt::format("this is no capture: {}", problem.data()),
                          state->name, "give a pcap or pcapng file");
    }
    state->file = handle;
    std::error_code ignored;
    state->total = std::filesystem::file_size(file, ignored);
    const int type = pcap_datalink(state->pcap);
    for (const auto& [number, link] : links) {
        if (number == type) {
            state->link = link;
            return CaptureReader(std::move(state));
        }
    }
    return base::fail(ErrorCode::invalid_argument, fmt::format("link layer {} is not supported", type),
                      state->name,
                      "capture on an Ethernet or IP interface, or convert the file with editcap");
}

CaptureLink CaptureReader::link() const {
    return state_->link;
}
std::uint64_t CaptureReader::bytes_total() const {
    return state_->total;
}
std::uint64_t CaptureReader::oversized() const {
    return state_->oversized;
}

std::uint64_t CaptureReader::bytes_read() const {
    const long at = std::ftell(state_->file);
    return at < 0 ? 0 : static_cast<std::uint64_t>(at);
}

base::Result<std::optional<CapturedFrame>> CaptureReader::next() {
    for (;;) {
        pcap_pkthdr* header = nullptr;
        const u_char* bytes = nullptr;
        const int got = pcap_next_ex(state_->pcap, &header, &bytes);
        if (got == PCAP_ERROR_BREAK) return std::nullopt;
        if (got != 1) {
            return base::fail(ErrorCode::corrupt,
                              fmt::format("the capture is damaged: {}", pcap_geterr(state_->pcap)),
                              state_->name);
        }
        if (header->caplen > max_packet_bytes) {
            ++state_->oversized;
            continue;
        }
        // With nanosecond precision asked for, tv_usec holds nanoseconds.
        const auto at =
            base::Timestamp{std::chrono::seconds{header->ts.tv_sec}} + base::Duration{header->ts.tv_usec};
        return CapturedFrame{.bytes = {bytes, header->caplen}, .wire_length = header->len, .at = at};
    }
}

}  // namespace sluice::packet
