// What a request can carry into the handlers: JSON bodies, paths, ids, tags, URLs.
#include <cstdint>
#include <string>
#include <vector>

#include "api/body_reader.hpp"
#include "api/etag.hpp"
#include "api/http/client.hpp"
#include "api/http/endpoint.hpp"
#include "api/router.hpp"
#include "api/tenants/tenant_json.hpp"
#include "model/ids.hpp"

namespace {

using namespace sluice;

void read_body(const std::string& text) {
    api::http::Request request;
    request.body = text;
    auto body = api::BodyReader::parse(request);
    if (!body) {
        (void)api::to_response(body.error());
        return;
    }
    (void)body->text("name", 1, 20);
    (void)body->optional_number("line_rate_bps", 1, 1U << 30U);
    (void)body->optional_boolean("disabled");
    (void)body->optional_time("expires_at");
    (void)body->nullable_id<model::TenantId>("tenant_id");
    (void)body->text_list("kinds", 4, 8);
    if (const auto done = body->finish(); !done) (void)api::to_response(done.error());
}

void match_path(const std::string& path) {
    static const api::Router router = [] {
        api::Router made;
        for (const auto* pattern :
             {"/tenants", "/tenants/{tenant_id}", "/tenants/{tenant_id}/status", "/prefixes/{prefix_id}"}) {
            made.add({api::http::Method::get, pattern, pattern, {}, api::BodyKind::none, {}, nullptr});
        }
        return made;
    }();
    const auto match = router.match(api::http::Method::get, path);
    for (const auto& [name, value] : match.parameters) {
        (void)model::TenantId::parse(value);
        if (const auto prefix = api::tenants::parse_prefix_id(value)) {
            if (api::tenants::prefix_id(*prefix) != value) __builtin_trap();  // an id has one spelling only
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    read_body(text);
    match_path(text);
    (void)api::matches_etag(text, "\"7\"");
    (void)api::http::parse_url(text);
    (void)api::http::parse_endpoint(text, "listen");
    return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
    std::vector<std::vector<std::uint8_t>> seeds;
    for (
        const char* text :
        {R"({"name":"Acme","line_rate_bps":5,"disabled":true,"expires_at":"2026-11-21T09:44:15Z","tenant_id":null,"kinds":["a"]})",
         R"({"name":"Acme","name":"\u0000","tenant_id":"tenant-1","unknown":[[[{}]]]})",
         "/tenants/tenant-1/status", "/prefixes/192.0.2.0-24", "/prefixes/2001:db8::-48", "\"1\", W/\"7\", *",
         "https://[2001:db8::1]:8443/a?b", "127.0.0.1:8080"}) {
        const std::string seed(text);
        seeds.emplace_back(seed.begin(), seed.end());
    }
    return seeds;
}
