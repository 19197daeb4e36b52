#include "telemetry/exporter_table.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::telemetry {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t mix(std::uint64_t seed, const net::Address& address) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.bytes().data(), 8);
    std::memcpy(&low, address.bytes().data() + 8, 8);
    return mix(seed ^ high, (seed << 1U) ^ low ^ 0x9e3779b97f4a7c15ULL);
}

auto place_of(std::vector<std::unique_ptr<Template>>& templates, std::uint16_t id) {
    return std::lower_bound(templates.begin(), templates.end(), id,
                            [](const auto& entry, std::uint16_t wanted) { return entry->id < wanted; });
}

}  // namespace

Template* Domain::find_template(std::uint16_t id) {
    const auto at = place_of(templates, id);
    return at != templates.end() && (*at)->id == id ? at->get() : nullptr;
}

Stream& Domain::stream(std::uint16_t port, base::Instant now) {
    auto at =
        std::find_if(streams.begin(), streams.end(), [port](const Stream& s) { return s.port == port; });
    if (at == streams.end()) {
        if (streams.size() < max_streams) {
            at = streams.insert(streams.end(), Stream{});
        } else {
            at = std::min_element(streams.begin(), streams.end(),
                                  [](const Stream& a, const Stream& b) { return a.last_seen < b.last_seen; });
            missing_of_old_streams += at->sequence.missing();
            *at = Stream{};
        }
        at->port = port;
    }
    at->last_seen = now;
    return *at;
}

std::uint64_t Domain::missing() const {
    std::uint64_t sum = missing_of_old_streams;
    for (const Stream& stream : streams) sum += stream.sequence.missing();
    return sum;
}

std::uint32_t Domain::rate() const {
    const ExporterSetting* setting = exporter->setting;
    if (setting != nullptr && setting->override_sampling != 0) return setting->override_sampling;
    if (const std::uint32_t told = sampling.common(); told != 0) return told;
    return setting != nullptr ? setting->default_sampling : 1;
}

std::size_t ExporterTable::Hash::operator()(const DomainKey& key) const noexcept {
    const std::uint64_t rest =
        static_cast<std::uint64_t>(key.domain) << 8U | static_cast<std::uint64_t>(key.protocol);
    return mix(mix(seed, key.exporter) ^ rest, mix(~seed, key.agent) | 1U);
}

std::size_t ExporterTable::Hash::operator()(const net::Address& address) const noexcept {
    return mix(seed, address);
}

ExporterTable::ExporterTable(const DecoderConfig& config, DecoderStatistics& statistics, std::uint64_t seed)
    : config_(config), statistics_(statistics), exporters_(16, Hash{seed}), domains_(16, Hash{seed}) {
    for (const ExporterSetting& setting : config_.exporters) settings_.insert(setting.from, &setting);
}

Domain* ExporterTable::enter(const DomainKey& key, base::Instant now) {
    if (recent_ == nullptr || recent_->key != key) {
        const auto at = domains_.find(key);
        recent_ = at != domains_.end() ? at->second.get() : create(key);
        if (recent_ == nullptr) return nullptr;
    }
    recent_->last_seen = now;
    ++recent_->datagrams;
    return recent_;
}

Domain* ExporterTable::create(const DomainKey& key) {
    auto at = exporters_.find(key.exporter);
    if (at == exporters_.end()) {
        const auto* const found = settings_.find(key.exporter);
        if (found == nullptr && !config_.accept_unlisted) {
            statistics_.lose(LossReason::exporter_not_listed);
            return nullptr;
        }
        if (exporters_.size() >= config_.max_exporters) {
            statistics_.lose(LossReason::exporter_limit);
            return nullptr;
        }
        at = exporters_.emplace(key.exporter, Exporter{found != nullptr ? *found : nullptr, 0}).first;
    }
    Exporter& exporter = at->second;
    if (exporter.domains >= config_.max_domains_per_exporter) {
        statistics_.lose(LossReason::domain_limit);
        return nullptr;
    }
    ++exporter.domains;
    auto domain = std::make_unique<Domain>(key, exporter, config_.max_samplers_per_domain);
    Domain* const made = domains_.emplace(key, std::move(domain)).first->second.get();
    statistics_.exporters.set(exporters_.size());
    statistics_.domains.set(domains_.size());
    return made;
}

void ExporterTable::forget_waiting(const WaitingSet& set) {
    --waiting_sets_;
    waiting_bytes_ -= set.bytes.size();
}

void ExporterTable::expire_domain(Domain& domain, base::Instant now) {
    const auto lifetime = std::chrono::seconds(config_.template_lifetime_s);
    const auto old = [&](const auto& entry) { return now - entry->last_seen > lifetime; };
    if (const auto gone = std::erase_if(domain.templates, old); gone > 0) {
        statistics_.templates_expired.add(gone);
        statistics_.templates.subtract(gone);
    }
    const auto patience = std::chrono::milliseconds(config_.data_wait_ms);
    while (!domain.waiting.empty() && now - domain.waiting.front().since > patience) {
        forget_waiting(domain.waiting.front());
        domain.waiting.pop_front();
        statistics_.lose(LossReason::data_without_template);
    }
}

void ExporterTable::expire(base::Instant now) {
    recent_ = nullptr;
    const auto idle = std::chrono::seconds(config_.exporter_idle_s);
    for (auto at = domains_.begin(); at != domains_.end();) {
        Domain& domain = *at->second;
        expire_domain(domain, now);
        if (now - domain.last_seen <= idle) {
            ++at;
            continue;
        }
        for (const WaitingSet& set : domain.waiting) forget_waiting(set);
        statistics_.lose(LossReason::data_without_template, domain.waiting.size());
        statistics_.templates.subtract(domain.templates.size());
        --domain.exporter->domains;
        at = domains_.erase(at);
    }
    std::erase_if(exporters_, [](const auto& entry) { return entry.second.domains == 0; });
    statistics_.exporters.set(exporters_.size());
    statistics_.domains.set(domains_.size());
}

void ExporterTable::wait(Domain& domain, WaitingSet set) {
    if (waiting_sets_ >= config_.max_waiting_sets ||
        waiting_bytes_ + set.bytes.size() > config_.max_waiting_bytes ||
        domain.waiting.size() >= config_.max_waiting_sets_per_domain) {
        statistics_.lose(LossReason::data_waiting_limit);
        return;
    }
    ++waiting_sets_;
    waiting_bytes_ += set.bytes.size();
    domain.waiting.push_back(std::move(set));
}

std::vector<WaitingSet> ExporterTable::take_waiting(Domain& domain, std::uint16_t id) {
    std::vector<WaitingSet> taken;
    for (auto at = domain.waiting.begin(); at != domain.waiting.end();) {
        if (at->id != id) {
            ++at;
            continue;
        }
        forget_waiting(*at);
        taken.push_back(std::move(*at));
        at = domain.waiting.erase(at);
    }
    return taken;
}

void ExporterTable::drop_template(Domain& domain, std::uint16_t id) {
    const auto at = place_of(domain.templates, id);
    if (at == domain.templates.end() || (*at)->id != id) return;
    domain.templates.erase(at);
    statistics_.templates.subtract(1);
    statistics_.templates_withdrawn.add();
}

void ExporterTable::drop_templates(Domain& domain, bool options) {
    const auto gone =
        std::erase_if(domain.templates, [&](const auto& entry) { return entry->options == options; });
    statistics_.templates.subtract(gone);
    statistics_.templates_withdrawn.add(gone);
}

}  // namespace sluice::telemetry
