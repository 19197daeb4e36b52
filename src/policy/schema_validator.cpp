#include "policy/schema_validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "policy/nearest.hpp"

namespace sluice::policy::detail {
namespace {

using base::ErrorCode;

// std::regex recurses a frame a character; longer texts are refused before they reach it.
constexpr std::size_t longest_for_pattern = 1024;

std::string shown(std::string_view text) {
    if (text.size() <= 60) return fmt::format("'{}'", text);
    std::size_t cut = 57;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80) --cut;
    return fmt::format("'{}...'", text.substr(0, cut));
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

std::string kind_in_words(const TreeNode& node) {
    switch (node.kind) {
        case NodeKind::null:
            return "nothing";
        case NodeKind::boolean:
            return node.text;
        case NodeKind::integer:
        case NodeKind::number:
            return "the number " + node.text;
        case NodeKind::text:
            return "the text " + shown(node.text);
        case NodeKind::list:
            return "a list";
        case NodeKind::map:
            return "a map";
    }
    return "nothing";
}

std::string types_in_words(std::uint8_t types) {
    constexpr std::string_view words[] = {"nothing", "true or false", "a whole number", "a number",
                                          "a text",  "a list",        "a map"};
    std::vector<std::string> names;
    for (unsigned kind = 0; kind < std::size(words); ++kind) {
        if ((types >> kind & 1U) == 0) continue;
        if (kind == static_cast<unsigned>(NodeKind::integer) &&
            (types >> static_cast<unsigned>(NodeKind::number) & 1U) != 0)
            continue;
        names.emplace_back(words[kind]);
    }
    return one_of(names);
}

class Validator {
  public:
    Validator(const Tree& tree, const Schema& schema, Problems& problems)
        : tree_(tree), schema_(schema), problems_(problems) {}

    // `path` is how people name the place: "tenants[2].prefixes[0].consent"; `line` that of its key.
    void check(std::uint32_t index, std::uint32_t rule_index, const std::string& path, int line) {
        if (problems_.full()) return;
        const TreeNode& node = tree_.nodes[index];
        const Rule& rule = schema_.rules[rule_index];
        if (rule.same_as) check(index, *rule.same_as, path, line);
        if ((rule.types >> static_cast<unsigned>(node.kind) & 1U) == 0) {
            wrong_type(node, rule, path, line);
            return;
        }
        switch (node.kind) {
            case NodeKind::integer:
            case NodeKind::number:
                check_number(node, rule, path);
                break;
            case NodeKind::text:
                check_text(node, rule, path);
                break;
            case NodeKind::list:
                check_list(node, rule, path);
                break;
            case NodeKind::map:
                check_map(node, rule, path);
                break;
            default:
                break;
        }
        if (node.kind != NodeKind::text && !rule.choices.empty())
            add(node.line, fmt::format("{} is {}", path, kind_in_words(node)),
                "write " + one_of(rule.choices));
        if (!rule.any_of.empty()) check_any(index, rule, path, line);
    }

  private:
    void add(int line, std::string what, std::string hint) {
        problems_.add({ErrorCode::invalid_argument, std::move(what), fmt::format("{}:{}", tree_.name, line),
                       std::move(hint)});
    }

    static std::string name_of(const std::string& path) { return path.empty() ? "the document" : path; }
    static std::string last_part(const std::string& path) {
        const std::size_t dot = path.rfind('.');
        return dot == std::string::npos ? path : path.substr(dot + 1);
    }

    static std::string advice(const Rule& rule, const std::string& path) {
        if (!rule.choices.empty()) return "write " + one_of(rule.choices);
        if (!rule.example.empty()) {
            const std::string key = last_part(path);
            return key.empty() || key.ends_with(']')
                       ? fmt::format("write for example {}", rule.example)
                       : fmt::format("write for example '{}: {}'", key, rule.example);
        }
        return rule.description;
    }

    // The rule whose words help: that behind a $ref when this one has none.
    const Rule& speaking(const Rule& rule) const {
        return rule.same_as && rule.example.empty() && rule.description.empty() ? schema_.rules[*rule.same_as]
                                                                                : rule;
    }

    void wrong_type(const TreeNode& node, const Rule& rule, const std::string& path, int line) {
        std::string hint = advice(speaking(rule), path);
        const auto allows = [&](NodeKind kind) {
            return (rule.types >> static_cast<unsigned>(kind) & 1U) != 0;
        };
        if (allows(NodeKind::boolean) && node.kind == NodeKind::text)
            hint = "write true or false; 'yes', 'no', 'on' and 'off' are texts";
        else if (rule.types == 1U << static_cast<unsigned>(NodeKind::text) && rule.choices.empty() &&
                 rule.format == nullptr &&
                 (node.kind == NodeKind::integer || node.kind == NodeKind::number ||
                  node.kind == NodeKind::boolean))
            hint = fmt::format("put it in quotes: '{}'", node.text);
        else if (allows(NodeKind::list) && (node.kind == NodeKind::text || node.kind == NodeKind::map))
            hint = "write a list: each item on a line of its own that starts with '- '";
        add(node.kind == NodeKind::null && line > 0 ? line : node.line,
            fmt::format("{} must be {}, not {}", name_of(path), types_in_words(rule.types),
                        kind_in_words(node)),
            hint);
    }

    void check_number(const TreeNode& node, const Rule& rule, const std::string& path) {
        const std::string range = rule.minimum && rule.maximum
                                      ? fmt::format("write {} to {}", *rule.minimum, *rule.maximum)
                                  : rule.minimum ? fmt::format("write at least {}", *rule.minimum)
                                  : rule.maximum ? fmt::format("write at most {}", *rule.maximum)
                                                 : fmt::format("write more than {}", rule.above.value_or(0));
        if (rule.minimum && node.number < *rule.minimum)
            add(node.line, fmt::format("{} is {}, which is too small", path, node.text), range);
        else if (rule.maximum && node.number > *rule.maximum)
            add(node.line, fmt::format("{} is {}, which is too large", path, node.text), range);
        else if (rule.above && node.number <= *rule.above)
            add(node.line, fmt::format("{} is {}, which is too small", path, node.text),
                fmt::format("write more than {}", *rule.above));
    }

    void check_text(const TreeNode& node, const Rule& rule, const std::string& path) {
        if (!rule.choices.empty() &&
            std::find(rule.choices.begin(), rule.choices.end(), node.text) == rule.choices.end()) {
            const std::string_view near = nearest(node.text, rule.choices);
            add(node.line,
                fmt::format("{} is {}, which is none of {}", path, shown(node.text), one_of(rule.choices)),
                near.empty() ? "write one of them" : fmt::format("did you mean '{}'?", near));
            return;
        }
        const std::size_t length = characters(node.text);
        if (rule.min_length && length < *rule.min_length) {
            add(node.line, fmt::format("{} has {} characters", path, length),
                fmt::format("write at least {}", *rule.min_length));
            return;
        }
        if (rule.max_length && length > *rule.max_length) {
            add(node.line, fmt::format("{} has {} characters", path, length),
                fmt::format("write at most {}", *rule.max_length));
            return;
        }
        if (rule.pattern &&
            (node.text.size() > longest_for_pattern || !std::regex_search(node.text, *rule.pattern))) {
            std::string hint = advice(rule, path);
            if (hint.empty()) hint = "it must match " + rule.pattern_text;
            add(node.line, fmt::format("{} is {}, which has not the form it needs", path, shown(node.text)),
                hint);
            return;
        }
        if (rule.format == nullptr) return;
        if (node.text.size() > longest_for_pattern) {
            add(node.line, fmt::format("{} has {} bytes", path, node.text.size()), advice(rule, path));
            return;
        }
        if (const auto checked = rule.format(node.text); !checked)
            add(node.line, fmt::format("{}: {}", path, checked.error().what), checked.error().hint);
    }

    void check_list(const TreeNode& node, const Rule& rule, const std::string& path) {
        const std::size_t size = node.items.size();
        if (rule.min_items && size < *rule.min_items)
            add(node.line, fmt::format("{} has {} items", name_of(path), size),
                fmt::format("write at least {}", *rule.min_items));
        if (rule.max_items && size > *rule.max_items) {
            add(node.line, fmt::format("{} has {} items", name_of(path), size),
                fmt::format("write at most {}", *rule.max_items));
            return;
        }
        std::set<std::string_view> seen;
        for (std::size_t i = 0; i < size; ++i) {
            const TreeNode& item = tree_.nodes[node.items[i]];
            if (rule.unique_items && !seen.insert(item.text).second)
                add(item.line, fmt::format("{} holds {} twice", name_of(path), shown(item.text)),
                    "keep one of them");
            if (rule.item_rule)
                check(node.items[i], *rule.item_rule, fmt::format("{}[{}]", path, i), item.line);
        }
    }

    void check_map(const TreeNode& node, const Rule& rule, const std::string& path) {
        if (rule.min_entries && node.entries.size() < *rule.min_entries)
            add(node.line, fmt::format("{} has no keys", name_of(path)), rule.description);
        for (const auto& entry : node.entries) {
            const auto property =
                std::find_if(rule.properties.begin(), rule.properties.end(),
                             [&](const Property& known) { return known.name == entry.key; });
            const std::string inner = path.empty() ? entry.key : path + "." + entry.key;
            if (property != rule.properties.end())
                check(entry.value, property->rule, inner, entry.line);
            else if (rule.other_rule)
                check(entry.value, *rule.other_rule, inner, entry.line);
            else if (rule.closed)
                unknown_key(entry, rule, path);
        }
        for (const auto& property : rule.properties) {
            if (!property.required) continue;
            const bool there =
                std::any_of(node.entries.begin(), node.entries.end(),
                            [&](const TreeEntry& entry) { return entry.key == property.name; });
            if (there) continue;
            const std::string inner = path.empty() ? property.name : path + "." + property.name;
            add(node.line, fmt::format("'{}' is missing in {}", property.name, name_of(path)),
                advice(speaking(schema_.rules[property.rule]), inner));
        }
    }

    void unknown_key(const TreeEntry& entry, const Rule& rule, const std::string& path) {
        std::vector<std::string> known;
        for (const auto& property : rule.properties) known.push_back(property.name);
        const std::string_view near = nearest(entry.key, known);
        add(entry.line, fmt::format("unknown key {} in {}", shown(entry.key), name_of(path)),
            !near.empty()   ? fmt::format("did you mean '{}'?", near)
            : known.empty() ? "there are no keys here"
                            : "known keys: " + one_of(known));
    }

    // When no branch fits: the problems of the branch that fits the value's kind, if there is exactly one.
    void check_any(std::uint32_t index, const Rule& rule, const std::string& path, int line) {
        const TreeNode& node = tree_.nodes[index];
        std::vector<Problems> tried;
        std::vector<std::size_t> same_kind;
        std::vector<std::string> words;
        for (std::size_t i = 0; i < rule.any_of.size(); ++i) {
            Problems inner(8);
            Validator(tree_, schema_, inner).check(index, rule.any_of[i], path, line);
            if (inner.empty()) return;
            const Rule& branch = speaking(schema_.rules[rule.any_of[i]]);
            if ((branch.types >> static_cast<unsigned>(node.kind) & 1U) != 0) same_kind.push_back(i);
            words.push_back(!branch.description.empty() ? branch.description : types_in_words(branch.types));
            tried.push_back(std::move(inner));
        }
        if (same_kind.size() == 1) {
            for (const auto& error : tried[same_kind[0]].errors()) problems_.add(error);
            return;
        }
        add(node.line, fmt::format("{} is {}", name_of(path), kind_in_words(node)), "write " + one_of(words));
    }

    const Tree& tree_;
    const Schema& schema_;
    Problems& problems_;
};

}  // namespace

void validate(const Tree& tree, const Schema& schema, Problems& problems) {
    Validator(tree, schema, problems).check(0, 0, "", tree.nodes[0].line);
}

}  // namespace sluice::policy::detail
