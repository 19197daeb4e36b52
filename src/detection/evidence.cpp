#include "detection/evidence.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "net/protocol.hpp"

namespace sluice::detection {
namespace {

constexpr double half_life_s = 1;
constexpr std::size_t most_samples = 8;
constexpr std::size_t most_vectors = 8;
constexpr float least_source_share = 0.005F;
constexpr float least_port_share = 0.5F;
// Single hosts are named when together they explain this much; else their networks are, if those do.
constexpr float telling_share = 0.2F;
// A server has some ports and many clients, a scanner's victim the other way round. A flood to random ports
// comes from more sources than this, because they are forged.
constexpr double most_scanners = 16;
constexpr double least_ports_scanned = 100;

net::Prefix network_of(const net::Address& address) {
    return net::Prefix::of(address, address.is_v4() ? 24 : 48);
}

std::uint64_t hash_of(const base::SipKey& key, const net::Address& address) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.bytes().data(), 8);
    std::memcpy(&low, address.bytes().data() + 8, 8);
    return base::siphash13(key, high, low);
}

model::TrafficRate share_of(float share, Rate attack) {
    return {static_cast<std::uint64_t>(std::llround(share * attack.packets)),
            static_cast<std::uint64_t>(std::llround(share * attack.bytes * 8))};
}

bool asks_for_connection(const model::FlowRecord& record) {
    return record.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) &&
           (record.tcp_flags & (net::tcp_flag::syn | net::tcp_flag::ack)) == net::tcp_flag::syn;
}

template <class Entries>
float sum_of_shares(const Entries& entries, float total) {
    float sum = 0;
    for (const auto& entry : entries) sum += entry.sure() / total;
    return sum;
}

}  // namespace

void Evidence::add_source(const model::FlowRecord& record, Weight weight) {
    bool taken = false;
    auto& entry = sources_.add(record.source, weight, taken);
    PortOf& port = ports_[sources_.position(entry)];
    if (taken) {
        port = {record.source, record.source_port, false};
    } else if (port.port != record.source_port) {
        port.many = true;
    }
    networks_.add(network_of(record.source), weight);
    distinct_.add(hash_of(key_, record.source));
}

void Evidence::keep_sample(const model::FlowRecord& record) {
    ++seen_;
    if (samples_.size() < most_samples) {
        samples_.push_back(record);
    } else if (std::has_single_bit(seen_)) {
        // Now and then a newer record takes the place of an older one.
        samples_[static_cast<std::size_t>(std::countr_zero(seen_)) % most_samples] = record;
    }
}

void Evidence::add(const model::FlowRecord& record, std::uint32_t weight) {
    const float scale = static_cast<float>(weight) * static_cast<float>(record.sampling);
    const Weight amount{static_cast<float>(record.packets) * scale, static_cast<float>(record.bytes) * scale};
    add_source(record, amount);
    ingress_.add({record.exporter, record.input_interface}, amount);
    destination_ports_.add(record.destination_port, amount);
    if (asks_for_connection(record)) {
        ports_asked_.add(base::siphash13(key_, std::uint64_t{record.destination_port}));
    }
    keep_sample(record);
}

void Evidence::age(base::Duration elapsed) {
    const auto factor = static_cast<float>(std::exp2(-RateFilter::seconds(elapsed) / half_life_s));
    sources_.decay(factor);
    networks_.decay(factor);
    ingress_.decay(factor);
    destination_ports_.decay(factor);
}

bool Evidence::looks_like_scan() const {
    return ports_asked_.estimate() >= least_ports_scanned && distinct_.estimate() <= most_scanners;
}

float Evidence::concentration() const {
    return empty() ? 0 : sum_of_shares(sources_.strongest(4, 0), sources_.total());
}

void Evidence::describe_sources(model::Finding& finding, Rate attack) const {
    finding.sources.clear();
    const auto hosts = sources_.strongest(16, least_source_share);
    const auto networks = networks_.strongest(16, least_source_share);
    const float total = sources_.total();
    if (sum_of_shares(hosts, total) < telling_share && sum_of_shares(networks, total) >= telling_share) {
        for (const auto& entry : networks) {
            finding.sources.push_back({entry.key, 0, share_of(entry.sure() / total, attack)});
        }
        return;
    }
    for (const auto& entry : hosts) {
        std::uint16_t port = 0;
        for (const PortOf& known : ports_) {
            if (known.source == entry.key && !known.many) port = known.port;
        }
        finding.sources.push_back(
            {net::Prefix::host(entry.key), port, share_of(entry.sure() / total, attack)});
    }
}

// A scan is counted as the SYNs that it consists of; who they come from and where they go tells it from a
// flood.
void Evidence::name_scan(std::vector<model::VectorShare>& vectors) const {
    const auto find = [&](model::AttackVector vector) {
        return std::find_if(vectors.begin(), vectors.end(),
                            [&](const auto& share) { return share.vector == vector; });
    };
    const auto syn = find(model::AttackVector::tcp_syn);
    const bool named = find(model::AttackVector::port_scan) != vectors.end();
    if (syn == vectors.end() || named || !looks_like_scan()) return;
    const model::VectorShare scan{model::AttackVector::port_scan, syn->rate};
    vectors.insert(syn, scan);
    if (vectors.size() > most_vectors) vectors.pop_back();
}

void Evidence::describe(model::Finding& finding, Rate attack) const {
    if (empty()) return;
    describe_sources(finding, attack);
    finding.distinct_sources = static_cast<std::uint32_t>(std::llround(distinct_.estimate()));
    finding.ingress.clear();
    for (const auto& entry : ingress_.strongest(8, 0.01F)) {
        finding.ingress.push_back(
            {entry.key.exporter, entry.key.interface, share_of(entry.sure() / ingress_.total(), attack)});
    }
    finding.samples = samples_;
    name_scan(finding.vectors);
    const auto ports = destination_ports_.strongest(1, least_port_share);
    finding.destination_port = ports.empty() ? 0 : ports.front().key;
}

}  // namespace sluice::detection
