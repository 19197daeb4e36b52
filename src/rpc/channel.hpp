// Channels and credentials, alike for every link.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "rpc/link_config.hpp"

namespace sluice::rpc {

inline constexpr const char* token_key = "sluice-token";

[[nodiscard]] base::Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const TlsFiles& tls);
[[nodiscard]] base::Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(
    const TlsFiles& tls);

// A channel that tries again every `reconnect_ms` and notices a dead peer after two `keepalive_ms`.
[[nodiscard]] grpc::ChannelArguments channel_arguments(std::uint32_t reconnect_ms, std::uint32_t keepalive_ms,
                                                       std::size_t max_message_bytes);

// libprotobuf writes a line for each malformed message, at a peer's will; refusals are counted instead.
void silence_protobuf();

// Takes as long for a wrong first character as for a wrong last one.
[[nodiscard]] bool same_token(std::string_view expected, std::string_view given);

}  // namespace sluice::rpc
