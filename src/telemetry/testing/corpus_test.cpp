#include "telemetry/testing/corpus.hpp"

#include <pcap/pcap.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include <gtest/gtest.h>

#include "base/byte_cursor.hpp"

namespace sluice::telemetry::testing {

std::optional<std::filesystem::path> corpus_folder(std::string_view name) {
    std::filesystem::path root;
    if (const char* set = std::getenv("SLUICE_CORPUS"); set != nullptr && *set != '\0') {
        root = set;
    } else if (const char* source = std::getenv("SLUICE_SOURCE"); source != nullptr) {
        root = std::filesystem::path(source) / "../shared/corpus";
    }
    const auto folder = root / name;
    return std::filesystem::is_directory(folder) ? std::optional(folder) : std::nullopt;
}

Bytes read_bytes(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

namespace {

// Behind the link layer; nothing when it is none that the corpus uses.
std::optional<base::ByteCursor> network_layer(int link, base::ByteCursor frame) {
    switch (link) {
        case DLT_EN10MB: {
            frame.skip(12);
            std::uint16_t type = frame.u16();
            while (type == 0x8100 || type == 0x88a8) {
                frame.skip(2);
                type = frame.u16();
            }
            return frame;
        }
        case DLT_LINUX_SLL:
            frame.skip(16);
            return frame;
        case DLT_LINUX_SLL2:
            frame.skip(20);
            return frame;
        case DLT_NULL:
            frame.skip(4);
            return frame;
        case DLT_RAW:
            return frame;
        default:
            return std::nullopt;
    }
}

std::optional<RecordedDatagram> udp_of(base::ByteCursor ip) {
    if (ip.remaining() < 28) return std::nullopt;
    RecordedDatagram datagram;
    const auto header = ip.rest();
    if (header[0] >> 4U == 4) {
        const bool fragment = ((header[6] & 0x3fU) | header[7]) != 0;
        if (header[9] != 17 || fragment) return std::nullopt;
        datagram.source = net::Address::v4_from(&header[12]);
        ip.skip((header[0] & 0x0fU) * 4U);
    } else {
        if (ip.remaining() < 48 || header[6] != 17) return std::nullopt;
        datagram.source = net::Address::v6_from(&header[8]);
        ip.skip(40);
    }
    datagram.source_port = ip.u16();
    datagram.destination_port = ip.u16();
    const std::uint16_t length = ip.u16();
    ip.skip(2);
    if (!ip.ok() || length < 8) return std::nullopt;
    const auto payload = ip.take(length - 8U);
    if (!ip.ok()) return std::nullopt;
    datagram.payload.assign(payload.begin(), payload.end());
    return datagram;
}

}  // namespace

std::vector<RecordedDatagram> read_datagrams(const std::filesystem::path& capture) {
    std::vector<RecordedDatagram> all;
    char error[PCAP_ERRBUF_SIZE];
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_offline(capture.c_str(), error),
                                                                pcap_close);
    if (!handle) {
        ADD_FAILURE() << capture << ": " << error;
        return all;
    }
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (pcap_next_ex(handle.get(), &header, &data) == 1) {
        const auto network =
            network_layer(pcap_datalink(handle.get()), base::ByteCursor({data, header->caplen}));
        auto datagram = network ? udp_of(*network) : std::nullopt;
        if (!datagram) continue;
        datagram->at = base::Timestamp{std::chrono::seconds(header->ts.tv_sec) +
                                       std::chrono::microseconds(header->ts.tv_usec)};
        all.push_back(std::move(*datagram));
    }
    return all;
}

// A capture built here: the reader of the corpus is itself read by a test that needs no corpus.
TEST(Corpus, ReadsDatagramsOfACapture) {
    const auto file =
        std::filesystem::temp_directory_path() / ("sluice-corpus-" + std::to_string(::getpid()) + ".pcap");
    Writer frame;
    frame.zeros(12).u16(0x8100).u16(7).u16(0x0800);
    frame.u8(0x45).u8(0).u16(31).u16(1).u16(0).u8(64).u8(17).u16(0).address("192.0.2.1").address("192.0.2.2");
    frame.u16(1000).u16(2055).u16(11).u16(0).text("abc").zeros(15);
    {
        const std::unique_ptr<pcap_t, decltype(&pcap_close)> dead(pcap_open_dead(DLT_EN10MB, 65535),
                                                                  pcap_close);
        const std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)> dump(
            pcap_dump_open(dead.get(), file.c_str()), pcap_dump_close);
        ASSERT_TRUE(dump);
        const auto length = static_cast<bpf_u_int32>(frame.size());
        const pcap_pkthdr header{{1'700'000'000, 5}, length, length};
        pcap_dump(reinterpret_cast<u_char*>(dump.get()), &header, frame.bytes().data());
    }
    const auto datagrams = read_datagrams(file);
    std::filesystem::remove(file);
    ASSERT_EQ(datagrams.size(), 1U);
    EXPECT_EQ(datagrams[0].payload, (Bytes{'a', 'b', 'c'}));
    EXPECT_EQ(datagrams[0].source.to_string(), "192.0.2.1");
    EXPECT_EQ(datagrams[0].source_port, 1000);
    EXPECT_EQ(datagrams[0].destination_port, 2055);
}

}  // namespace sluice::telemetry::testing
