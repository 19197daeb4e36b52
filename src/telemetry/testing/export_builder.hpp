// Builds export datagrams for tests, fuzz seeds and benchmarks. Not linked into any program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "net/address.hpp"
#include "telemetry/datagram.hpp"
#include "telemetry/record_sink.hpp"

namespace sluice::telemetry::testing {

using Bytes = std::vector<std::uint8_t>;

// Appends big-endian values.
class Writer {
  public:
    Writer& u8(std::uint64_t value) { return number(value, 1); }
    Writer& u16(std::uint64_t value) { return number(value, 2); }
    Writer& u32(std::uint64_t value) { return number(value, 4); }
    Writer& u64(std::uint64_t value) { return number(value, 8); }
    Writer& number(std::uint64_t value, std::size_t width) {
        for (std::size_t i = width; i-- > 0;) bytes_.push_back(static_cast<std::uint8_t>(value >> (8U * i)));
        return *this;
    }
    // In the family's own length.
    Writer& address(std::string_view text) {
        const net::Address parsed = net::Address::parse(text).value();
        const auto wire = parsed.wire();
        return append(wire);
    }
    Writer& append(std::span<const std::uint8_t> more) {
        bytes_.insert(bytes_.end(), more.begin(), more.end());
        return *this;
    }
    Writer& text(std::string_view more) {
        bytes_.insert(bytes_.end(), more.begin(), more.end());
        return *this;
    }
    Writer& zeros(std::size_t n) {
        bytes_.resize(bytes_.size() + n);
        return *this;
    }
    void set_u16(std::size_t at, std::uint64_t value) {
        bytes_[at] = static_cast<std::uint8_t>(value >> 8U);
        bytes_[at + 1] = static_cast<std::uint8_t>(value);
    }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

  private:
    Bytes bytes_;
};

struct Field {
    std::uint16_t element;
    std::uint16_t length;
    std::uint32_t enterprise = 0;
};

// A v9 or IPFIX message, set by set.
class Message {
  public:
    static constexpr std::uint32_t export_seconds = 1'700'000'000;
    static constexpr std::uint32_t uptime_ms = 3'600'000;

    static Message v9(std::uint32_t sequence, std::uint32_t source_id, std::uint32_t uptime = uptime_ms) {
        Message message(9);
        message.writer_.u16(9).u16(0).u32(uptime).u32(export_seconds).u32(sequence).u32(source_id);
        return message;
    }
    static Message ipfix(std::uint32_t sequence, std::uint32_t domain) {
        Message message(10);
        message.writer_.u16(10).u16(0).u32(export_seconds).u32(sequence).u32(domain);
        return message;
    }

    Message& templates(std::uint16_t id, std::initializer_list<Field> fields) {
        Writer set;
        set.u16(id).u16(fields.size());
        write_fields(set, fields);
        return this->set(version_ == 9 ? 0 : 2, set.bytes());
    }
    Message& options_templates(std::uint16_t id, std::initializer_list<Field> scope,
                               std::initializer_list<Field> fields) {
        Writer set;
        set.u16(id);
        if (version_ == 9) {
            set.u16(scope.size() * 4).u16(fields.size() * 4);
        } else {
            set.u16(scope.size() + fields.size()).u16(scope.size());
        }
        write_fields(set, scope);
        write_fields(set, fields);
        return this->set(version_ == 9 ? 1 : 3, set.bytes());
    }
    Message& set(std::uint16_t id, const Bytes& content) {
        writer_.u16(id).u16(content.size() + 4).append(content);
        return *this;
    }
    [[nodiscard]] Bytes bytes() const {
        Writer whole = writer_;
        if (version_ == 10) whole.set_u16(2, whole.size());
        return whole.bytes();
    }

  private:
    explicit Message(std::uint16_t version) : version_(version) {}
    void write_fields(Writer& set, std::initializer_list<Field> fields) const {
        for (const Field& field : fields) {
            set.u16(field.enterprise != 0 ? field.element | 0x8000U : field.element).u16(field.length);
            if (field.enterprise != 0) set.u32(field.enterprise);
        }
    }

    std::uint16_t version_;
    Writer writer_;
};

struct V5Header {
    std::uint16_t count = 1;
    std::uint32_t sequence = 0;
    std::uint16_t engine = 0;
    std::uint16_t sampling = 0;
    std::uint32_t uptime = Message::uptime_ms;
};

inline Writer v5_header(const V5Header& header) {
    Writer writer;
    writer.u16(5).u16(header.count).u32(header.uptime).u32(Message::export_seconds).u32(500'000'000);
    writer.u32(header.sequence).u16(header.engine).u16(header.sampling);
    return writer;
}

// From 192.0.2.1:1000 to 198.51.100.`host`:443, TCP, 10 packets of 1,000 bytes in all.
inline void add_v5_record(Writer& writer, std::uint8_t host) {
    writer.address("192.0.2.1").u32(0xc6336400U | host).address("203.0.113.9").u16(3).u16(4);
    writer.u32(10).u32(1000).u32(Message::uptime_ms - 2000).u32(Message::uptime_ms - 1000);
    writer.u16(1000).u16(443).u8(0).u8(0x12).u8(6).u8(0x20).u16(64500).u16(64501).u8(24).u8(25).u16(0);
}

// What softflowd and most routers send for IPv4 over v9.
inline const std::initializer_list<Field> usual_fields = {
    {8, 4},  {12, 4}, {15, 4}, {10, 4}, {14, 4}, {2, 4},  {1, 4}, {22, 4}, {21, 4}, {7, 2},
    {11, 2}, {6, 1},  {4, 1},  {5, 1},  {16, 4}, {17, 4}, {9, 1}, {13, 1}, {61, 1}};

inline void add_usual_record(Writer& writer, std::uint32_t destination) {
    writer.address("192.0.2.1").u32(destination).address("203.0.113.9").u32(3).u32(4).u32(10).u32(1000);
    writer.u32(Message::uptime_ms - 2000).u32(Message::uptime_ms - 1000).u16(1000).u16(443);
    writer.u8(0x12).u8(6).u8(0x20).u32(64500).u32(64501).u8(24).u8(25).u8(0);
}

// Keeps everything that it is given.
class KeepingSink final : public RecordSink {
  public:
    void on_records(std::span<const model::FlowRecord> batch) override {
        records.insert(records.end(), batch.begin(), batch.end());
        ++batches;
    }
    void on_counters(const InterfaceCounters& one) override { counters.push_back(one); }

    std::vector<model::FlowRecord> records;
    std::vector<InterfaceCounters> counters;
    std::size_t batches = 0;
};

inline Datagram datagram_of(std::span<const std::uint8_t> payload, std::string_view exporter = "10.0.0.1",
                            base::Instant now = base::Instant{std::chrono::hours(1)}) {
    Datagram datagram;
    datagram.payload = payload;
    datagram.exporter = net::Address::parse(exporter).value();
    datagram.exporter_port = 50000;
    datagram.received_at = base::Timestamp{std::chrono::seconds(Message::export_seconds + 1)};
    datagram.now = now;
    return datagram;
}

}  // namespace sluice::telemetry::testing
