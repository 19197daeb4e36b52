#include "packet/device.hpp"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace sluice::packet {
namespace {

using base::ErrorCode;

constexpr std::uint16_t most_queues = 64;

// A thread registers once, however many queues it serves.
thread_local unsigned ports_of_thread = 0;
thread_local bool registered_here = false;

// One queue of the device, both ways.
class DeviceQueue final : public Port {
  public:
    // `shared`: by which several queues of ours leave; nullptr: nobody else does.
    DeviceQueue(std::uint16_t port, std::optional<std::uint16_t> in, std::uint16_t out, rte_mempool* pool,
                std::atomic_flag* shared)
        : port_(port), in_(in), queue_(out), pool_(pool), shared_(shared) {}

    std::size_t receive(std::span<Frame> into) override {
        if (!in_) return 0;
        rte_mbuf* buffers[max_burst];
        const auto most = static_cast<std::uint16_t>(std::min(into.size(), max_burst));
        const std::uint16_t count = rte_eth_rx_burst(port_, *in_, buffers, most);
        std::size_t kept = 0;
        for (std::uint16_t i = 0; i < count; ++i) {
            rte_mbuf* buffer = buffers[i];
            rte_prefetch0(rte_pktmbuf_mtod(buffer, void*));
            if (__builtin_expect(buffer->nb_segs != 1, 0)) {
                rte_pktmbuf_free(buffer);
                segmented_.store(segmented_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
                continue;
            }
            // A driver that takes the tag off (af_packet) has it put back: one place for a tag, in the frame.
            if (__builtin_expect((buffer->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0, 0) &&
                rte_vlan_insert(&buffer) != 0) {
                rte_pktmbuf_free(buffer);
                continue;
            }
            into[kept++] = {rte_pktmbuf_mtod(buffer, std::uint8_t*), buffer->data_len,
                            static_cast<std::uint32_t>(buffer->buf_len - buffer->data_off), buffer};
        }
        return kept;
    }

    std::size_t transmit(std::span<const Frame> frames) override {
        rte_mbuf* buffers[max_burst];
        const std::size_t count = std::min(frames.size(), max_burst);
        for (std::size_t i = 0; i < count; ++i) {
            auto* buffer = static_cast<rte_mbuf*>(frames[i].handle);
            // Who frees it looks at its second line.
            rte_mbuf_prefetch_part2(buffer);
            buffer->data_off =
                static_cast<std::uint16_t>(frames[i].data - static_cast<std::uint8_t*>(buffer->buf_addr));
            buffer->data_len = static_cast<std::uint16_t>(frames[i].length);
            buffer->pkt_len = frames[i].length;
            buffers[i] = buffer;
        }
        if (shared_ == nullptr)
            return rte_eth_tx_burst(port_, queue_, buffers, static_cast<std::uint16_t>(count));
        for (unsigned spins = 1; shared_->test_and_set(std::memory_order_acquire); ++spins) {
            if (spins % 64 == 0) std::this_thread::yield();
        }
        const std::size_t sent = rte_eth_tx_burst(port_, queue_, buffers, static_cast<std::uint16_t>(count));
        shared_->clear(std::memory_order_release);
        return sent;
    }

    void release(std::span<const Frame> frames) override {
        rte_mbuf* buffers[max_burst];
        while (!frames.empty()) {
            const std::size_t count = std::min(frames.size(), max_burst);
            for (std::size_t i = 0; i < count; ++i) buffers[i] = static_cast<rte_mbuf*>(frames[i].handle);
            rte_pktmbuf_free_bulk(buffers, static_cast<unsigned>(count));
            frames = frames.subspan(count);
        }
    }

    Frame make_frame(std::uint32_t bytes) override {
        rte_mbuf* buffer = rte_pktmbuf_alloc(pool_);
        if (buffer == nullptr) return {};
        const auto room = static_cast<std::uint32_t>(buffer->buf_len - buffer->data_off);
        if (bytes > room) {
            rte_pktmbuf_free(buffer);
            return {};
        }
        return {rte_pktmbuf_mtod(buffer, std::uint8_t*), bytes, room, buffer};
    }

    void enter_thread() override {
        if (ports_of_thread++ == 0) registered_here = Eal::register_thread();
    }
    void leave_thread() override {
        if (--ports_of_thread == 0 && registered_here) Eal::unregister_thread();
    }

    [[nodiscard]] std::uint64_t segmented() const { return segmented_.load(std::memory_order_relaxed); }

  private:
    std::uint16_t port_;
    std::optional<std::uint16_t> in_;
    std::uint16_t queue_;  // by which frames leave
    rte_mempool* pool_;
    std::atomic_flag* shared_;
    std::atomic<std::uint64_t> segmented_{0};
};

std::string name_of(const std::string& device) {
    return device.substr(0, device.find(','));
}

// Without hugepages DPDK begins each buffer at a page of its own, so that none crosses two pages that lie
// apart for a card, and the headers of all buffers then fall into the same few lines of the first-level
// cache: 14 ns a packet. A device that copies its frames (af_packet, pcap, null) does not need that; AF_XDP
// lets the kernel write into them.
bool buffers_may_cross_pages(const std::string& device) {
    return rte_eal_has_hugepages() == 0 && !device.starts_with("net_af_xdp");
}

// rte_pktmbuf_pool_create(), with flags.
rte_mempool* create_pool(const std::string& name, std::uint32_t buffers, int socket, unsigned flags) {
    constexpr unsigned bytes = sizeof(rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE;
    constexpr unsigned cached = 256;  // by each thread
    rte_mempool* pool = rte_mempool_create_empty(name.c_str(), buffers, bytes, cached,
                                                 sizeof(rte_pktmbuf_pool_private), socket, flags);
    if (pool == nullptr) return nullptr;
    rte_pktmbuf_pool_private settings{};
    settings.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE;
    if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr) == 0) {
        rte_pktmbuf_pool_init(pool, &settings);
        if (rte_mempool_populate_default(pool) >= 0) {
            rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
            return pool;
        }
    }
    rte_mempool_free(pool);
    return nullptr;
}

std::unexpected<base::Error> refuse(const std::string& device, std::string what, int code,
                                    ErrorCode kind = ErrorCode::unavailable) {
    return base::fail(kind, fmt::format("{}: {}", what, rte_strerror(code < 0 ? -code : code)), device);
}

}  // namespace

struct Device::State {
    std::string device;
    std::uint16_t port = RTE_MAX_ETHPORTS;
    bool started = false;
    rte_mempool* pool = nullptr;
    std::vector<std::unique_ptr<DeviceQueue>> queues;
    std::uint16_t in_count = 0;
    std::uint16_t out_count = 0;
    std::unique_ptr<std::atomic_flag[]> locks;  // of queues by which several of ours leave

    ~State() {
        if (port == RTE_MAX_ETHPORTS) return;
        if (started) (void)rte_eth_dev_stop(port);
        rte_eth_dev_info info{};
        const bool known = rte_eth_dev_info_get(port, &info) == 0;
        (void)rte_eth_dev_close(port);
        if (known && info.device != nullptr) (void)rte_dev_remove(info.device);
        rte_mempool_free(pool);
    }

    [[nodiscard]] base::Status configure(const Config& config);
    [[nodiscard]] base::Status set_up_queues(const Config& config, const rte_eth_dev_info& info);
};

base::Status Device::State::configure(const Config& config) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(port, &info); code != 0)
        return refuse(device, "no answer", code);
    if (config.queues == 0 || config.queues > most_queues || info.max_rx_queues == 0 ||
        info.max_tx_queues == 0) {
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("{} workers on a device of {} receive and {} transmit queues",
                                      config.queues, info.max_rx_queues, info.max_tx_queues),
                          device, fmt::format("run 1 to {} workers", most_queues));
    }
    in_count = std::min(config.queues, info.max_rx_queues);
    out_count = std::min(config.queues, info.max_tx_queues);
    locks = std::make_unique<std::atomic_flag[]>(out_count);
    rte_eth_conf conf{};
    // By addresses only, and the same in both directions: all of a source's packets to a target, fragments
    // too, meet on one worker.
    conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP & info.flow_type_rss_offloads;
    const bool spread = in_count > 1 && conf.rx_adv_conf.rss_conf.rss_hf != 0;
    conf.rxmode.mq_mode = spread ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE;
    if (const int code = rte_eth_dev_configure(port, in_count, out_count, &conf); code != 0) {
        return refuse(device, "cannot be configured", code);
    }
    return set_up_queues(config, info);
}

base::Status Device::State::set_up_queues(const Config& config, const rte_eth_dev_info& info) {
    std::uint16_t in = config.descriptors;
    std::uint16_t out = config.descriptors;
    if (const int code = rte_eth_dev_adjust_nb_rx_tx_desc(port, &in, &out); code != 0) {
        return refuse(device, fmt::format("refuses {} descriptors", config.descriptors), code);
    }
    const int socket = rte_eth_dev_socket_id(port);
    pool = create_pool(fmt::format("frames-{}", port), config.buffers, socket,
                       buffers_may_cross_pages(device) ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0);
    if (pool == nullptr) {
        return base::fail(ErrorCode::exhausted, fmt::format("no memory for {} buffers", config.buffers),
                          device, "raise memory_mb, or lower buffers");
    }
    rte_eth_txconf out_conf = info.default_txconf;
    for (std::uint16_t i = 0; i < in_count; ++i) {
        if (const int code = rte_eth_rx_queue_setup(port, i, in, socket, nullptr, pool); code != 0) {
            return refuse(device, fmt::format("receive queue {}", i), code);
        }
    }
    for (std::uint16_t i = 0; i < out_count; ++i) {
        if (const int code = rte_eth_tx_queue_setup(port, i, out, socket, &out_conf); code != 0) {
            return refuse(device, fmt::format("transmit queue {}", i), code);
        }
    }
    for (std::uint16_t i = 0; i < config.queues; ++i) {
        const std::optional<std::uint16_t> queue_in = i < in_count ? std::optional(i) : std::nullopt;
        const auto queue_out = static_cast<std::uint16_t>(i % out_count);
        queues.push_back(std::make_unique<DeviceQueue>(
            port, queue_in, queue_out, pool, out_count < config.queues ? &locks[queue_out] : nullptr));
    }
    if (const int code = rte_eth_dev_start(port); code != 0) return refuse(device, "does not start", code);
    started = true;
    if (config.promiscuous) (void)rte_eth_promiscuous_enable(port);  // not every driver can
    return {};
}

Device::Device(std::unique_ptr<State> state) : state_(std::move(state)) {}
Device::~Device() = default;

base::Result<std::unique_ptr<Device>> Device::open(const Eal&, const Config& config) {
    auto state = std::make_unique<State>();
    state->device = config.device;
    if (const int code = rte_dev_probe(config.device.c_str()); code != 0) {
        return refuse(config.device, "no such device, or its driver refuses it", code,
                      ErrorCode::invalid_argument);
    }
    if (const int code = rte_eth_dev_get_port_by_name(name_of(config.device).c_str(), &state->port);
        code != 0) {
        state->port = RTE_MAX_ETHPORTS;
        return refuse(config.device, "is no network device", code, ErrorCode::invalid_argument);
    }
    if (auto status = state->configure(config); !status) return std::unexpected(status.error());
    return std::unique_ptr<Device>(new Device(std::move(state)));
}

Port& Device::queue(std::uint16_t index) {
    return *state_->queues.at(index);
}

std::uint16_t Device::receive_queues() const {
    return state_->in_count;
}

std::array<std::uint8_t, 6> Device::mac() const {
    rte_ether_addr address{};
    std::array<std::uint8_t, 6> out{};
    if (rte_eth_macaddr_get(state_->port, &address) == 0) {
        std::copy(std::begin(address.addr_bytes), std::end(address.addr_bytes), out.begin());
    }
    return out;
}

DeviceCounters Device::counters() const {
    DeviceCounters out;
    rte_eth_stats stats{};
    if (rte_eth_stats_get(state_->port, &stats) == 0) {
        out = {
            stats.ipackets, stats.opackets, stats.imissed, stats.rx_nombuf, stats.ierrors, stats.oerrors, 0};
    }
    for (const auto& queue : state_->queues) out.segmented += queue->segmented();
    return out;
}

bool is_pci(const std::string& device) {
    return device.find(':') != std::string::npos && !device.starts_with("net_");
}

}  // namespace sluice::packet
