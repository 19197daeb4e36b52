#include "dataplane/nat/binding_export.hpp"

#include <array>

namespace sluice::dataplane::nat {
namespace {

using Bytes = std::vector<std::uint8_t>;
using model::NatBindingKind;

constexpr std::uint16_t template_set = 2;
constexpr std::uint16_t template4 = 256;
constexpr std::uint16_t template6 = 257;

struct Field {
    std::uint16_t element;
    std::uint16_t bytes;
};
constexpr std::array<Field, 10> fields4{
    {{323, 8}, {230, 1}, {234, 4}, {4, 1}, {8, 4}, {9, 1}, {7, 2}, {225, 4}, {361, 2}, {362, 2}}};
constexpr std::array<Field, 10> fields6{
    {{323, 8}, {230, 1}, {234, 4}, {4, 1}, {27, 16}, {29, 1}, {7, 2}, {281, 16}, {361, 2}, {362, 2}}};

template <std::size_t N>
constexpr std::size_t record_bytes(const std::array<Field, N>& fields) {
    std::size_t sum = 0;
    for (const Field& field : fields) sum += field.bytes;
    return sum;
}
static_assert(record_bytes(fields4) == 29 && record_bytes(fields6) == 53);

constexpr std::size_t header_bytes = 16;
constexpr std::size_t set_header_bytes = 4;

// natEvent (https://www.iana.org/assignments/ipfix): what happened to what.
std::uint8_t event_of(const model::NatBinding& binding) {
    const bool whole_address = binding.protocol == 0;
    switch (binding.kind) {
        case NatBindingKind::block_taken:
            return 16;  // port block allocation
        case NatBindingKind::block_released:
            return 17;
        case NatBindingKind::static_added:
            return whole_address ? 14 : 8;  // address binding create; NAT44 BIB create
        case NatBindingKind::static_removed:
            return whole_address ? 15 : 9;
    }
    return 0;
}

void put(Bytes& out, std::uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put(Bytes& out, const net::Address& address) {
    const auto wire = address.wire();
    out.insert(out.end(), wire.begin(), wire.end());
}
void set_length(Bytes& out, std::size_t at, std::size_t length) {
    out[at] = static_cast<std::uint8_t>(length >> 8U);
    out[at + 1] = static_cast<std::uint8_t>(length);
}

template <std::size_t N>
void put_template(Bytes& out, std::uint16_t id, const std::array<Field, N>& fields) {
    put(out, template_set, 2);
    put(out, set_header_bytes + 4 + N * 4, 2);
    put(out, id, 2);
    put(out, N, 2);
    for (const Field& field : fields) {
        put(out, field.element, 2);
        put(out, field.bytes, 2);
    }
}

void put_record(Bytes& out, const model::NatBinding& binding) {
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(binding.at.time_since_epoch());
    put(out, static_cast<std::uint64_t>(since.count()), 8);
    put(out, event_of(binding), 1);
    put(out, binding.tenant.value(), 4);
    put(out, binding.protocol, 1);
    put(out, binding.inside.address());
    put(out, binding.inside.length(), 1);
    put(out, binding.inside_port, 2);
    put(out, binding.outside.address());
    put(out, binding.first_port, 2);
    put(out, binding.last_port, 2);
}

Bytes begin_message(base::Timestamp now, std::uint32_t sequence, std::uint32_t domain) {
    Bytes out;
    put(out, 10, 2);
    put(out, 0, 2);
    put(out,
        static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count()),
        4);
    put(out, sequence, 4);
    put(out, domain, 4);
    return out;
}

}  // namespace

std::vector<Bytes> BindingExport::encode(std::span<const model::NatBinding> bindings, base::Timestamp now) {
    std::vector<Bytes> messages;
    for (std::size_t i = 0; i < bindings.size();) {
        Bytes message = begin_message(now, sequence_, config_.observation_domain);
        if (!templates_sent_ || now - templates_at_ >= config_.template_interval) {
            put_template(message, template4, fields4);
            put_template(message, template6, fields6);
            templates_sent_ = true;
            templates_at_ = now;
        }
        const std::size_t first = i;
        std::size_t set_at = 0;
        // A set for each run of one family: the order of events is kept.
        for (; i < bindings.size(); ++i) {
            const bool ipv4 = bindings[i].inside.is_v4();
            const bool same_set = set_at != 0 && ipv4 == bindings[i - 1].inside.is_v4();
            const std::size_t needed = record_bytes(fields6) + set_header_bytes;
            if (i != first && message.size() + needed > config_.message_bytes) break;
            if (!same_set) {
                set_at = message.size();
                put(message, ipv4 ? template4 : template6, 2);
                put(message, 0, 2);
            }
            put_record(message, bindings[i]);
            set_length(message, set_at + 2, message.size() - set_at);
        }
        sequence_ += static_cast<std::uint32_t>(i - first);
        set_length(message, 2, message.size());
        messages.push_back(std::move(message));
    }
    return messages;
}

}  // namespace sluice::dataplane::nat
