// Prints the routes that the controller serves, one a line: "METHOD PATH OPERATION ROLE,ROLE QUERY,QUERY".
#include <fmt/format.h>
#include <unistd.h>
#include <cstdio>
#include <filesystem>

#include "apps/controller/controller.hpp"

int main() {
    using namespace sluice;
    const base::SystemClock clock;
    base::SystemRandom random;
    apps::controller::ControllerConfig config;
    const auto directory =
        std::filesystem::temp_directory_path() / fmt::format("sluice-routes-{}", ::getpid());
    config.data_directory = directory;
    config.rest.http.listen = "127.0.0.1:0";
    config.link.listen = "127.0.0.1:0";
    int status = 1;
    {
        apps::controller::Controller controller(
            config, {clock, random, base::Logger(base::null_sink(), clock, "routes"), "test"});
        const auto started = controller.start();
        if (started) {
            status = 0;
            for (const auto& route : controller.routes()) {
                std::string roles;
                for (const auto role : {model::Role::operator_admin, model::Role::operator_viewer,
                                        model::Role::tenant_admin, model::Role::tenant_viewer}) {
                    if (route.roles.contains(role))
                        roles += fmt::format("{}{}", roles.empty() ? "" : ",", to_string(role));
                }
                std::string query;
                for (const auto name : route.query)
                    query += fmt::format("{}{}", query.empty() ? "" : ",", name);
                fmt::print("{} {} {} {} {}\n", api::http::to_string(route.method), route.pattern,
                           route.operation, roles.empty() ? "-" : roles, query.empty() ? "-" : query);
            }
        } else {
            fmt::print(stderr, "{}\n", started.error().message());
        }
    }
    std::filesystem::remove_all(directory);
    return status;
}
