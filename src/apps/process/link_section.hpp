// What every process's section of a configuration file has in common: who it is, how it reaches the
// controller, how much it logs.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "policy/node.hpp"
#include "rpc/link_config.hpp"

namespace sluice::apps::process {

// Keys `name`, `controller`, `controller_token_file`, `controller_tls`. Reads the token's file.
[[nodiscard]] base::Result<rpc::LinkClientConfig> read_link_section(const policy::Node& section,
                                                                    std::string_view default_name);
// Key `log_level`.
[[nodiscard]] base::LogLevel read_log_level(const policy::Node& section);

}  // namespace sluice::apps::process
