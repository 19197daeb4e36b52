#include "telemetry/udp_source.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace sluice::telemetry {
namespace {

std::string endpoint(const UdpSocket::Options& options) {
    return fmt::format("udp port {} on {}", options.port, options.address);
}

std::unexpected<base::Error> refused(const UdpSocket::Options& options, const char* call, int error) {
    const char* hint = "see the error; nothing was opened";
    if (error == EADDRINUSE) hint = "another program receives on this port: stop it, or choose another port";
    if (error == EACCES) hint = "ports below 1024 need CAP_NET_BIND_SERVICE";
    if (error == EADDRNOTAVAIL) hint = "no interface of this machine has the address; \"::\" listens on all";
    return base::fail(base::ErrorCode::io, fmt::format("{}: {}", call, std::strerror(error)),
                      endpoint(options), hint);
}

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::optional<SocketAddress> socket_address(const UdpSocket::Options& options) {
    SocketAddress result;
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
    if (inet_pton(AF_INET6, options.address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(options.port);
        result.length = sizeof(sockaddr_in6);
        return result;
    }
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
    if (inet_pton(AF_INET, options.address.c_str(), &v4->sin_addr) != 1) return std::nullopt;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(options.port);
    result.length = sizeof(sockaddr_in);
    return result;
}

bool set_option(int descriptor, int level, int name, int value) {
    return setsockopt(descriptor, level, name, &value, sizeof(value)) == 0;
}

void set_buffer(int descriptor, std::size_t bytes) {
    const int wanted = static_cast<int>(std::min<std::size_t>(bytes, 1U << 30U));
    // The first needs CAP_NET_ADMIN and passes net.core.rmem_max; the second is cut to it.
    if (!set_option(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, wanted)) {
        set_option(descriptor, SOL_SOCKET, SO_RCVBUF, wanted);
    }
}

}  // namespace

base::Result<UdpSocket> UdpSocket::open(const Options& options) {
    const auto address = socket_address(options);
    if (!address) {
        return base::fail(base::ErrorCode::invalid_argument, "not an IP address", endpoint(options),
                          "write a numeric address, or \"::\" for all");
    }
    UdpSocket made(::socket(address->storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int descriptor = made.descriptor_;
    if (descriptor < 0) return refused(options, "socket", errno);
    if (address->storage.ss_family == AF_INET6) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (options.share_port && !set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) {
        return refused(options, "SO_REUSEPORT", errno);
    }
    if (!set_option(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1))
        return refused(options, "SO_TIMESTAMPNS", errno);
    set_buffer(descriptor, options.receive_buffer_bytes);
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address->storage), address->length) != 0) {
        return refused(options, "bind", errno);
    }
    return made;
}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}
UdpSocket::~UdpSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint16_t UdpSocket::port() const {
    sockaddr_storage storage{};
    socklen_t length = sizeof(storage);
    if (getsockname(descriptor_, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
    return storage.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port)
                                         : ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

std::size_t UdpSocket::buffer_bytes() const {
    int bytes = 0;
    socklen_t length = sizeof(bytes);
    getsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, &length);
    return static_cast<std::size_t>(bytes);
}

std::uint32_t UdpSocket::drops() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t length = sizeof(memory);
    getsockopt(descriptor_, SOL_SOCKET, SO_MEMINFO, memory.data(), &length);
    return memory[SK_MEMINFO_DROPS];
}

base::Status UdpSocket::spread_by_sender(unsigned sockets) const {
    // Loads relative to the network header; the program's result is the number of the socket.
    constexpr auto network = static_cast<std::uint32_t>(SKF_NET_OFF);
    constexpr std::uint32_t golden = 0x9e3779b1;
    std::array<sock_filter, 19> code{{
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, network),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 12),  // IPv4 source
        BPF_STMT(BPF_JMP | BPF_JA, 10),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 8),  // IPv6 source, four words
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 12),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 16),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 20),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, golden),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sockets),
        BPF_STMT(BPF_RET | BPF_A, 0),
    }};
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (setsockopt(descriptor_, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) != 0) {
        return base::fail(base::ErrorCode::io,
                          fmt::format("SO_ATTACH_REUSEPORT_CBPF: {}", std::strerror(errno)),
                          fmt::format("udp port {}", port()),
                          "the kernel cannot spread senders over threads: set threads to 1");
    }
    return {};
}

struct UdpSource::Buffers {
    static constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(timespec));

    Buffers(unsigned batch, std::size_t datagram_bytes)
        // Not touched, so that only what datagrams really use becomes resident.
        : bytes(std::make_unique_for_overwrite<std::uint8_t[]>(batch * datagram_bytes)),
          control(batch * control_bytes),
          senders(batch),
          vectors(batch),
          messages(batch),
          datagrams(batch) {
        for (std::size_t i = 0; i < batch; ++i) {
            vectors[i] = iovec{bytes.get() + i * datagram_bytes, datagram_bytes};
            msghdr& header = messages[i].msg_hdr;
            header = msghdr{};
            header.msg_name = &senders[i];
            header.msg_iov = &vectors[i];
            header.msg_iovlen = 1;
            header.msg_control = control.data() + i * control_bytes;
        }
    }
    // The kernel writes the lengths; they are set again before each call.
    void prepare() {
        for (mmsghdr& message : messages) {
            message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
            message.msg_hdr.msg_controllen = control_bytes;
        }
    }

    std::unique_ptr<std::uint8_t[]> bytes;
    std::vector<std::uint8_t> control;
    std::vector<sockaddr_storage> senders;
    std::vector<iovec> vectors;
    std::vector<mmsghdr> messages;
    std::vector<Datagram> datagrams;
};

namespace {

void note_sender(const sockaddr_storage& sender, Datagram& datagram) {
    if (sender.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(sender);
        datagram.exporter = net::Address::v6_from(v6.sin6_addr.s6_addr);
        datagram.exporter_port = ntohs(v6.sin6_port);
    } else {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(sender);
        datagram.exporter = net::Address::v4(ntohl(v4.sin_addr.s_addr));
        datagram.exporter_port = ntohs(v4.sin_port);
    }
}

base::Timestamp received_at(msghdr& header) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec time{};
        std::memcpy(&time, CMSG_DATA(control), sizeof(time));
        return base::Timestamp{std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)};
    }
    return {};
}

}  // namespace

UdpSource::UdpSource(std::vector<UdpSocket> sockets, const base::Clock& clock, unsigned batch,
                     std::size_t max_datagram_bytes)
    : sockets_(std::move(sockets)),
      last_drops_(sockets_.size()),
      clock_(clock),
      buffers_(std::make_unique<Buffers>(batch, max_datagram_bytes)) {
    for (const UdpSocket& socket : sockets_) statistics_.buffer_bytes += socket.buffer_bytes();
}
UdpSource::~UdpSource() = default;

std::span<const Datagram> UdpSource::receive_from(const UdpSocket& socket) {
    Buffers& buffers = *buffers_;
    buffers.prepare();
    const int got = recvmmsg(socket.descriptor(), buffers.messages.data(),
                             static_cast<unsigned>(buffers.messages.size()), MSG_DONTWAIT, nullptr);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) ++statistics_.errors;
        return {};
    }
    const base::Instant now = clock_.now();
    std::size_t count = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
        mmsghdr& message = buffers.messages[i];
        if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
            ++statistics_.cut;
            continue;
        }
        Datagram& datagram = buffers.datagrams[count++];
        datagram.payload = {static_cast<const std::uint8_t*>(buffers.vectors[i].iov_base), message.msg_len};
        note_sender(buffers.senders[i], datagram);
        datagram.received_at = received_at(message.msg_hdr);
        datagram.now = now;
        statistics_.bytes += message.msg_len;
    }
    statistics_.datagrams += count;
    return {buffers.datagrams.data(), count};
}

std::span<const Datagram> UdpSource::receive_any() {
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        turn_ = (turn_ + 1) % sockets_.size();
        if (const auto got = receive_from(sockets_[turn_]); !got.empty()) return got;
    }
    return {};
}

std::span<const Datagram> UdpSource::receive(base::Duration patience) {
    if (const auto got = receive_any(); !got.empty()) return got;
    std::array<pollfd, 16> waiting{};
    const std::size_t count = std::min(sockets_.size(), waiting.size());
    for (std::size_t i = 0; i < count; ++i) waiting[i] = pollfd{sockets_[i].descriptor(), POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
    if (::poll(waiting.data(), count, static_cast<int>(left)) <= 0) return {};
    return receive_any();
}

SourceStatistics UdpSource::statistics() {
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        const std::uint32_t drops = sockets_[i].drops();
        statistics_.socket_full += drops - last_drops_[i];
        last_drops_[i] = drops;
    }
    return statistics_;
}

}  // namespace sluice::telemetry
