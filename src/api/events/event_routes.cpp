#include "api/events/event_routes.hpp"

#include <charconv>

#include "api/events/event_json.hpp"
#include "api/events/event_stream.hpp"
#include "api/page_json.hpp"
#include "incident/event_hub.hpp"
#include "incident/event_repository.hpp"

namespace sluice::api::events {
namespace {

constexpr std::size_t most_replayed = 1000;

std::optional<std::uint64_t> parse_sequence(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    std::uint64_t before = 0;
    if (!page->cursor.empty()) {
        const auto sequence = parse_sequence(page->cursor);
        if (!sequence || *sequence == 0) {
            return std::unexpected(
                Problem::invalid("query:cursor", "is no cursor of this list; take next_cursor"));
        }
        before = *sequence;
    }
    const auto events = services.event_store.list(call.scope(), *tenant, before, page->limit + 1);
    if (!events) return std::unexpected(Problem::from(events.error()));
    return page_response(
        *events, *page, [](const auto& event) { return to_json(event); },
        [](const auto& event) { return std::to_string(event.sequence); });
}

Reply stream(const Services& services, const Call& call) {
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    std::optional<std::uint64_t> after;
    std::string greeting = "retry: 1000\n\n";
    if (const auto* last = call.request().header("last-event-id")) {
        after = parse_sequence(*last);
        if (!after) return std::unexpected(Problem::invalid("header:Last-Event-ID", "must be a number"));
        const auto missed = services.event_store.after(call.scope(), *after, most_replayed + 1);
        if (!missed) return std::unexpected(Problem::from(missed.error()));
        if (missed->size() > most_replayed) {
            after.reset();
            greeting += "event: reset\ndata: {}\n\n";
        }
    }
    auto subscription = services.events.subscribe(call.scope(), after);
    if (!subscription) {
        if (subscription.error().code == base::ErrorCode::exhausted) {
            Problem problem(503, "unavailable", "This does not work for now.",
                            "Too many streams are open; close one or try again later.");
            problem.headers.emplace_back("Retry-After", "10");
            return std::unexpected(std::move(problem));
        }
        return std::unexpected(Problem::from(subscription.error()));
    }
    http::Response response;
    response.content_type = "text/event-stream";
    response.with("Cache-Control", "no-store");
    response.stream = std::make_shared<EventStream>(services, std::move(*subscription), call.scope(), *tenant,
                                                    std::move(greeting));
    return response;
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/events",
                "listEvents",
                everyone,
                BodyKind::none,
                {"tenant_id", "cursor", "limit"},
                bind(services, list)});
    router.add({Method::get,
                "/events/stream",
                "streamEvents",
                everyone,
                BodyKind::none,
                {"tenant_id"},
                bind(services, stream)});
}

}  // namespace sluice::api::events
