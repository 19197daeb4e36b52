#include "policy/rule_words.hpp"

#include <algorithm>

namespace sluice::policy::detail {
namespace {

using model::RulePolicy;
using Texts = std::vector<std::string>;

struct Verb {
    const char* base;
    const char* third;  // "allows"
    const char* doing;
};
Verb verb_of(model::RuleAction action) {
    constexpr Verb verbs[] = {
        {"allow", "allows", "allowing"}, {"drop", "drops", "dropping"}, {"reject", "rejects", "rejecting"}};
    return verbs[static_cast<std::size_t>(action)];
}

// What stands in `list` and not in `other`.
Texts only_in(const Texts& list, const Texts& other) {
    Texts only;
    for (const auto& text : list) {
        if (std::find(other.begin(), other.end(), text) == other.end()) only.push_back(text);
    }
    return only;
}

Texts services_in_words(const Texts& references) {
    Texts words;
    for (const auto& reference : references) words.push_back(service_words(reference));
    return words;
}

// " from internet to dmz"
std::string between(const RulePolicy& rule) {
    std::string text;
    if (!rule.from.empty()) text += " from " + and_list(rule.from);
    if (!rule.to.empty()) text += " to " + and_list(rule.to);
    return text;
}

// One list of a rule whose absence means "any".
struct Aspect {
    Texts RulePolicy::*list;
    const char* also;  // before what is added: "now also applies to source "
    const char* gone;
    const char* only;  // it was any
    const char* any;   // it is any now
};
constexpr Aspect aspects[] = {
    {&RulePolicy::from, "now also applies from zone ", "no longer applies from zone ",
     "now applies only from zone ", "now applies from every zone"},
    {&RulePolicy::to, "now also applies to zone ", "no longer applies to zone ", "now applies only to zone ",
     "now applies to every zone"},
    {&RulePolicy::source, "now also applies to source ", "no longer applies to source ",
     "now applies only to source ", "now applies to any source"},
    {&RulePolicy::destination, "now also applies to destination ", "no longer applies to destination ",
     "now applies only to destination ", "now applies to any destination"},
    {&RulePolicy::users, "now also applies to user ", "no longer applies to user ",
     "now applies only to user ", "now applies to everybody"},
    {&RulePolicy::schedule, "is now also in force during ", "is no longer in force during ",
     "is now in force only during ", "is now in force at any time"},
};

void change_of(const Aspect& aspect, const RulePolicy& before, const RulePolicy& after, Texts& phrases) {
    const Texts& old_list = before.*aspect.list;
    const Texts& new_list = after.*aspect.list;
    if (old_list == new_list) return;
    if (new_list.empty()) {
        phrases.emplace_back(aspect.any);
        return;
    }
    if (old_list.empty()) {
        phrases.push_back(aspect.only + and_list(new_list));
        return;
    }
    if (const auto added = only_in(new_list, old_list); !added.empty())
        phrases.push_back(aspect.also + and_list(added));
    if (const auto gone = only_in(old_list, new_list); !gone.empty())
        phrases.push_back(aspect.gone + and_list(gone));
}

void change_of_services(const RulePolicy& before, const RulePolicy& after, Texts& phrases) {
    if (before.service == after.service) return;
    const std::string verb = verb_of(after.action).third;
    const std::string where = between(after);
    if (after.service.empty()) {
        phrases.push_back("now " + verb + " every service" + where);
        return;
    }
    if (before.service.empty()) {
        phrases.push_back("now " + verb + " only " + and_list(services_in_words(after.service)) + where);
        return;
    }
    if (const auto added = only_in(after.service, before.service); !added.empty())
        phrases.push_back("now also " + verb + " " + and_list(services_in_words(added)) + where);
    if (const auto gone = only_in(before.service, after.service); !gone.empty())
        phrases.push_back("no longer " + verb + " " + and_list(services_in_words(gone)) + where);
}

}  // namespace

std::string and_list(const Texts& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
        text += words[i];
    }
    return text;
}

std::string service_words(const std::string& reference) {
    std::string words = reference;
    if (const std::size_t slash = words.find('/'); slash != std::string::npos) words[slash] = ' ';
    return words;
}

std::string rule_text(const RulePolicy& rule) {
    std::string text = verb_of(rule.action).base;
    text += rule.service.empty() ? " everything" : " " + and_list(services_in_words(rule.service));
    text += between(rule);
    if (!rule.source.empty()) text += ", source " + and_list(rule.source);
    if (!rule.destination.empty()) text += ", destination " + and_list(rule.destination);
    if (!rule.users.empty()) text += ", users " + and_list(rule.users);
    if (!rule.schedule.empty()) text += ", during " + and_list(rule.schedule);
    if (rule.log) text += ", logged";
    if (rule.disabled) text += ", switched off";
    return text;
}

std::string rule_change(const RulePolicy& before, const RulePolicy& after) {
    Texts phrases;
    if (before.disabled != after.disabled)
        phrases.emplace_back(after.disabled ? "is switched off" : "is switched on");
    if (before.action != after.action)
        phrases.push_back(std::string("now ") + verb_of(after.action).third + " instead of " +
                          verb_of(before.action).doing);
    change_of_services(before, after, phrases);
    for (const auto& aspect : aspects) change_of(aspect, before, after, phrases);
    if (before.log != after.log) phrases.emplace_back(after.log ? "is now logged" : "is no longer logged");
    std::string text;
    for (const auto& phrase : phrases) text += (text.empty() ? "" : "; ") + phrase;
    // The same in another order.
    return text.empty() && before != after ? "is written in another order" : text;
}

}  // namespace sluice::policy::detail
