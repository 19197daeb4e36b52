// The lines of a packet case (testdata/README.md) as values, the same for IPv4 and IPv6: hosts are still
// names.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dataplane/cases/attribute_case.hpp"
#include "dataplane/cases/case_words.hpp"
#include "dataplane/cases/firewall_case.hpp"
#include "dataplane/cases/scrub_case.hpp"
#include "model/gateway_report.hpp"
#include "model/verdict.hpp"

namespace sluice::dataplane::cases {

struct Only {
    bool ipv6 = false;
};
struct OneWorker {};
// Lines of the program, by whoever reads them.
struct ScrubLine {
    bool other_tenant = false;
    Words words;
};
struct FirewallLine {
    bool other_tenant = false;
    Words words;
};
struct AttributeLine {
    Words words;
};
struct Reload {
    bool without_targets = false;
};
struct After {
    std::chrono::milliseconds time{0};
};
struct Payload {
    std::string name;  // "$name"
    std::string digits;
};
struct CounterIs {
    // Of a target of the first tenant; all targets together give the number.
    std::function<std::uint64_t(const model::TargetCounters&)> of_target;
    std::optional<model::DropReason> unattributed;  // then of the whole gateway
    std::uint64_t number = 0;
};
struct Named {
    std::string host;  // empty: nobody
    std::string conduct;
    std::string action;
};

// What becomes of one packet; what is empty is not looked at.
struct Expected {
    Words verdict;        // "pass", "answer", "drop REASON", "drop REASON by RULE"
    std::string network;  // that it leaves towards
    Words frame;          // as it goes out, or the reset that the target of a drop is sent
    bool sends = false;   // of a drop: there is a frame
    Words also;           // the second frame, to where the packet came from
};
struct Packet {
    std::string network;  // that it comes from; empty: the internet
    Words words;
    Expected expected;
    // Of a repeated one: how often, and how many of them come to which verdict.
    std::size_t times = 1;
    std::vector<std::pair<std::size_t, Words>> verdicts;

    [[nodiscard]] bool repeated() const { return !verdicts.empty(); }
};

// What the gateway has sent by itself until now: one frame, or how many came to which verdict, or nothing.
struct Repeats {
    std::optional<Expected> expected;
    std::vector<std::pair<std::size_t, Words>> verdicts;
};

using Statement = std::variant<Only, OneWorker, ScrubLine, FirewallLine, AttributeLine, Reload, After,
                               Payload, CounterIs, Named, Packet, Repeats>;

// Reads one line; throws CaseError.
class StatementReader {
  public:
    [[nodiscard]] static Statement read(const Words& words) {
        if (words.at(0) == "repeats") return repeats(words);
        if (std::ranges::find(words, "=>") != words.end()) return packet(words);
        const bool other = words.at(0).starts_with("other-");
        Words own = words;
        if (other) own[0] = own[0].substr(6);
        if (ScrubCase::is_about(own[0])) return ScrubLine{other, own};
        if (FirewallCase::is_about(own[0])) return FirewallLine{other, own};
        if (AttributeCase::is_about(words[0])) return AttributeLine{words};
        WordReader line(words);
        Statement statement = by_itself(line);
        line.expect_end();
        return statement;
    }

  private:
    static Statement by_itself(WordReader& line) {
        const std::string& verb = line.take("word");
        if (verb == "only") return Only{line.choice<bool>("family", {{"ipv4", false}, {"ipv6", true}})};
        if (verb == "one-worker") return OneWorker{};
        if (verb == "reload") return Reload{};
        if (verb == "untarget") return Reload{.without_targets = true};
        if (verb == "after") return after(line);
        if (verb == "bytes" || verb == "text") return payload(verb == "text", line);
        if (verb == "count") return count(line);
        if (verb == "named") return named(line);
        throw CaseError("'" + verb + "' is no word of the language, and a packet wants '=>'");
    }

    static After after(WordReader& line) {
        const std::chrono::milliseconds number(line.number("time"));
        return {number * line.choice<int>("unit", {{"ms", 1}, {"s", 1000}})};
    }

    static Payload payload(bool text, WordReader& line) {
        Payload out{line.take("name"), {}};
        if (!out.name.starts_with('$')) throw CaseError("a payload's name begins with $");
        const Words rest = line.take_rest();
        if (text) {
            out.digits = digits_of_text(join(rest));
        } else {
            for (const std::string& digits : rest) out.digits += digits;
            (void)bytes_of(out.digits);
        }
        return out;
    }
    // \r and \n stand for the ends of lines.
    static std::string digits_of_text(const std::string& text) {
        std::string out;
        const auto put = [&out](unsigned char byte) {
            constexpr const char* digits = "0123456789abcdef";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        };
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool escape = text[i] == '\\' && i + 1 < text.size();
            put(static_cast<unsigned char>(!escape ? text[i] : text[++i] == 'r' ? '\r' : '\n'));
        }
        return out;
    }

    static model::DropReason reason(const std::string& name) {
        for (const auto& row : model::drop_reasons()) {
            if (row.name == name) return row.reason;
        }
        throw CaseError("no reason '" + name + "'");
    }

    // count NAME N, count REASON N, count STAGE in|passed|dropped|watched N, count unattributed REASON N
    static CounterIs count(WordReader& line) {
        using Of = std::uint64_t (*)(const model::TargetCounters&);
        static constexpr std::pair<std::string_view, Of> names[] = {
            {"in", [](const auto& of) { return of.in.packets; }},
            {"passed", [](const auto& of) { return of.passed.packets; }},
            {"dropped", [](const auto& of) { return of.dropped.packets; }},
            {"answered", [](const auto& of) { return of.answered.packets; }},
            {"verified", [](const auto& of) { return of.verified_sources; }},
            {"verified-in", [](const auto& of) { return of.verified_in.packets; }},
            {"verified-dropped", [](const auto& of) { return of.verified_dropped.packets; }},
            {"spliced", [](const auto& of) { return of.spliced; }},
            {"repeated", [](const auto& of) { return of.syns_repeated; }},
        };
        CounterIs out;
        const std::string& name = line.take("counter");
        if (name == "unattributed") {
            out.unattributed = reason(line.take("reason"));
        } else if (const auto known =
                       std::ranges::find(names, name, [](const auto& row) { return row.first; });
                   known != std::end(names)) {
            out.of_target = known->second;
        } else if (line.number_follows()) {
            const auto number = static_cast<std::size_t>(reason(name));
            out.of_target = [number](const auto& of) { return of.reasons[number].packets; };
        } else {
            out.of_target = of_stage(name, line);
        }
        out.number = line.number<std::uint64_t>("number");
        return out;
    }
    static std::function<std::uint64_t(const model::TargetCounters&)> of_stage(const std::string& name,
                                                                               WordReader& line) {
        using Of = model::PacketCount (*)(const model::TargetCounters&, std::size_t);
        const std::size_t stage = ScrubCase::stage_named(name);
        const Of counter = line.choice<Of>(
            "counter of a stage", {{"in", [](const auto& of, auto at) { return of.stages[at].in; }},
                                   {"passed", [](const auto& of, auto at) { return of.stages[at].passed; }},
                                   {"dropped", [](const auto& of, auto at) { return of.stages[at].dropped; }},
                                   {"watched", [](const auto& of, auto at) { return of.monitored[at]; }}});
        return [counter, stage](const auto& target) { return counter(target, stage).packets; };
    }

    // "named pc tcp-flood limit", "named nobody"
    static Named named(WordReader& line) {
        Named out;
        if (line.take_if("nobody")) return out;
        out.host = line.take("host");
        out.conduct = line.take("conduct");
        out.action = line.take("action");
        return out;
    }

    // [N ×] [@NETWORK] PACKET => …
    static Packet packet(const Words& words) {
        const auto arrow = std::ranges::find(words, "=>");
        Packet out;
        const bool repeated = arrow - words.begin() > 2 && words[1] == "×";
        auto at = words.begin();
        if (repeated) {
            out.times = WordReader::number_in<std::size_t>(words[0], "number of packets");
            at += 2;
        }
        if (at != arrow && at->starts_with('@')) out.network = (at++)->substr(1);
        out.words.assign(at, arrow);
        if (out.words.empty()) throw CaseError("there is no packet before '=>'");
        const Words rest(arrow + 1, words.end());
        if (repeated) {
            out.verdicts = verdicts(rest);
        } else {
            out.expected = expected(rest);
        }
        return out;
    }

    // "repeats => pass @dmz tcp …", "repeats => 2 pass", "repeats => nothing"
    static Repeats repeats(const Words& words) {
        if (words.size() < 3 || words[1] != "=>") throw CaseError("'repeats' wants '=>' and what is sent");
        const Words rest(words.begin() + 2, words.end());
        Repeats out;
        if (rest[0][0] >= '0' && rest[0][0] <= '9') {
            out.verdicts = verdicts(rest);
        } else if (rest != Words{"nothing"}) {
            out.expected = expected(rest);
        }
        return out;
    }

    // "32 pass, 68 drop source-rate"
    static std::vector<std::pair<std::size_t, Words>> verdicts(const Words& words) {
        std::vector<std::pair<std::size_t, Words>> out;
        for (const std::string& part : split(join(words), ',')) {
            const Words of = split(part);
            WordReader line(of);
            const auto number = line.number<std::size_t>("number of packets");
            out.emplace_back(number, verdict(line));
            line.expect_end();
        }
        if (out.empty()) throw CaseError("nothing is expected behind '=>'");
        return out;
    }
    // "pass", "answer", "drop REASON", "drop REASON by RULE"; a rule's name is all words up to "sends".
    static Words verdict(WordReader& line) {
        const std::string& verdict = line.take("verdict");
        Words out{verdict};
        if (verdict == "pass" || verdict == "answer") return out;
        if (verdict != "drop") throw CaseError("no verdict '" + verdict + "'; there are: pass, answer, drop");
        out.push_back(line.take("reason"));
        (void)reason(out.back());
        if (!line.take_if("by")) return out;
        out.emplace_back("by");
        out.push_back(line.take("rule"));
        while (!line.done() && line.next() != "sends") out.push_back(line.take("rule"));
        return out;
    }

    // VERDICT [@NETWORK] [FRAME] [also FRAME], drop … [sends FRAME]
    static Expected expected(const Words& words) {
        const auto also = std::ranges::find(words, "also");
        const Words first(words.begin(), also);
        WordReader line(first);
        Expected out;
        out.verdict = verdict(line);
        if (out.verdict[0] == "drop") {
            out.sends = line.take_if("sends");
            if (out.sends) out.frame = line.take_rest();
            line.expect_end();
            if (out.sends && out.frame.empty()) throw CaseError("'sends' wants a packet");
        } else {
            out.frame = line.take_rest();
        }
        if (out.verdict[0] == "pass" && !out.frame.empty() && out.frame[0].starts_with('@')) {
            out.network = out.frame[0].substr(1);
            out.frame.erase(out.frame.begin());
        }
        if (also != words.end()) {
            out.also.assign(also + 1, words.end());
            if (out.also.empty()) throw CaseError("'also' wants a packet");
        }
        return out;
    }
};

}  // namespace sluice::dataplane::cases
