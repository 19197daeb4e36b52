#include "telemetry/packet_meter.hpp"

namespace sluice::telemetry {

void PacketMeter::meter(const CapturedPacket& packet) {
    constexpr auto source = static_cast<std::size_t>(model::FlowSource::packet);
    statistics_.datagrams[source].add();
    statistics_.bytes.add(packet.bytes.size());
    model::FlowRecord& record = batch_.next(sink_);
    record = model::FlowRecord{};
    if (const auto reason = loss_of(read_packet_header(packet.link, packet.bytes, record))) {
        batch_.drop_last();
        statistics_.lose(*reason);
        return;
    }
    record.packets = 1;
    if (record.bytes == 0 || record.bytes > packet.wire_length) record.bytes = packet.wire_length;
    record.exporter = config_.exporter;
    record.sampling = config_.sampling;
    record.input_interface = packet.interface;
    record.reported_by = model::FlowSource::packet;
    record.first_at = record.last_at = packet.at;
    statistics_.records[source].add();
}

}  // namespace sluice::telemetry
