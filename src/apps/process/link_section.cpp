#include "apps/process/link_section.hpp"

#include <array>
#include <fstream>
#include <string>
#include <utility>

namespace sluice::apps::process {
namespace {

constexpr std::array<std::pair<std::string_view, base::LogLevel>, 4> levels{{
    {"debug", base::LogLevel::debug},
    {"info", base::LogLevel::info},
    {"warning", base::LogLevel::warning},
    {"error", base::LogLevel::error},
}};

}  // namespace

base::Result<rpc::LinkClientConfig> read_link_section(const policy::Node& section,
                                                      std::string_view default_name) {
    rpc::LinkClientConfig link;
    link.name = section.get<std::string>("name", std::string(default_name));
    link.server = section.get<std::string>("controller", link.server);
    const policy::Node tls = section.at("controller_tls");
    link.tls.ca = tls.get<std::string>("ca", {});
    link.tls.certificate = tls.get<std::string>("certificate", {});
    link.tls.key = tls.get<std::string>("key", {});
    if (const policy::Node token = section.at("controller_token_file")) {
        std::ifstream in(token.as<std::string>());
        if (!std::getline(in, link.token) || link.token.empty()) {
            return std::unexpected(
                token.error("the token cannot be read", "a file with the token in its first line"));
        }
    }
    if (auto status = rpc::validate(link); !status) return std::unexpected(status.error());
    return link;
}

base::LogLevel read_log_level(const policy::Node& section) {
    const auto wanted = section.get<std::string>("log_level", "info");
    for (const auto& [name, level] : levels) {
        if (name == wanted) return level;
    }
    return base::LogLevel::info;
}

}  // namespace sluice::apps::process
