// Built on yaml-cpp's event stream instead of its node tree: events come in order and with their marks, so
// repeated keys are seen, limits hold while reading, and an alias never becomes more than it is written for.
#include "policy/yaml_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <streambuf>
#include <unordered_map>

namespace sluice::policy::detail {
namespace {

using base::Error;
using base::ErrorCode;

// Leaves the parser in the middle; caught in read_yaml.
struct Stop {};

// Reads without copying.
class ViewBuffer final : public std::streambuf {
  public:
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());
        setg(begin, begin, begin + text.size());
    }
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

// YAML 1.2.2 section 10.3.2 (core schema) for plain scalars, without the numbers that readers disagree on.
void resolve_plain(TreeNode& node) {
    const std::string_view text = node.text;
    node.kind = NodeKind::text;
    if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
        node.kind = NodeKind::null;
        return;
    }
    if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
        node.kind = NodeKind::boolean;
        node.boolean = text[0] == 't' || text[0] == 'T';
        return;
    }
    const std::string_view digits = text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
    if (digits.empty() || digits[0] < '0' || digits[0] > '9') return;
    if (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') return;
    const std::string_view from = text[0] == '+' ? digits : text;
    const char* end = from.data() + from.size();
    if (const auto [at, error] = std::from_chars(from.data(), end, node.integer);
        error == std::errc{} && at == end) {
        node.kind = NodeKind::integer;
        node.number = static_cast<double>(node.integer);
        return;
    }
    if (const auto [at, error] = std::from_chars(from.data(), end, node.number);
        error == std::errc{} && at == end) {
        node.kind = NodeKind::number;
    }
}

class TreeBuilder final : public YAML::EventHandler {
  public:
    TreeBuilder(std::string_view name, const DocumentLimits& limits, Problems& problems)
        : tree_(std::make_shared<Tree>()), limits_(limits), problems_(problems) {
        tree_->name = name;
    }

    [[nodiscard]] std::shared_ptr<const Tree> tree() const { return tree_; }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, "?", anchor, {}); }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        scalar(mark, tag, anchor, value);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end() || !found->second.complete)
            stop(mark, "an alias stands inside of what it repeats", "write the value out");
        if (wants_key()) {
            add_key(mark, tree_->nodes[found->second.node]);
            return;
        }
        place(copy(mark, found->second.node), mark);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        start(mark, tag, anchor, NodeKind::list);
    }
    void OnSequenceEnd() override { finish(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        start(mark, tag, anchor, NodeKind::map);
    }
    void OnMapEnd() override { finish(); }

    [[noreturn]] void stop(const YAML::Mark& mark, std::string what, std::string hint) {
        problem(mark, std::move(what), std::move(hint));
        throw Stop{};
    }
    void problem(const YAML::Mark& mark, std::string what, std::string hint) {
        problems_.add(Error{ErrorCode::invalid_argument, std::move(what),
                            fmt::format("{}:{}", tree_->name, mark.line + 1), std::move(hint)});
        if (problems_.full()) throw Stop{};
    }

  private:
    struct Open {
        std::uint32_t node;
        YAML::anchor_t anchor;
        bool has_key;
    };
    struct Anchored {
        std::uint32_t node;
        bool complete;
    };

    [[nodiscard]] bool wants_key() const {
        return !open_.empty() && tree_->nodes[open_.back().node].kind == NodeKind::map &&
               !open_.back().has_key;
    }

    std::uint32_t make(const YAML::Mark& mark) {
        if (tree_->nodes.size() >= limits_.max_nodes)
            stop(mark,
                 fmt::format("the document has more than {} values, aliases written out", limits_.max_nodes),
                 "split it into several files");
        tree_->nodes.emplace_back().line = mark.line + 1;
        return static_cast<std::uint32_t>(tree_->nodes.size() - 1);
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!")
            problem(mark, fmt::format("tags such as '{}' are not taken", tag.substr(0, 40)),
                    "write the value without a tag; quotes make it a text");
    }

    void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, std::string value) {
        check_tag(mark, tag);
        if (value.size() > limits_.max_text_bytes)
            stop(mark, fmt::format("a text has {} bytes", value.size()),
                 fmt::format("write at most {}", limits_.max_text_bytes));
        if (std::any_of(value.begin(), value.end(), [](char c) {
                return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
            }))
            problem(mark, "a text holds control characters", "remove them");
        if (wants_key()) {
            TreeNode key;
            key.text = std::move(value);
            key.kind = NodeKind::text;
            if (tag == "?") resolve_plain(key);
            add_key(mark, key);
            return;
        }
        const std::uint32_t node = make(mark);
        tree_->nodes[node].text = std::move(value);
        if (tag == "!")
            tree_->nodes[node].kind = NodeKind::text;
        else
            resolve_plain(tree_->nodes[node]);
        if (anchor != 0) anchors_[anchor] = {node, true};
        place(node, mark);
    }

    void start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, NodeKind kind) {
        check_tag(mark, tag);
        if (open_.size() >= limits_.max_depth)
            stop(mark, fmt::format("values are nested deeper than {} levels", limits_.max_depth),
                 "check the indentation");
        if (wants_key()) stop(mark, "a key is a list or a map", "write a text as key");
        const std::uint32_t node = make(mark);
        tree_->nodes[node].kind = kind;
        if (anchor != 0) anchors_[anchor] = {node, false};
        place(node, mark);
        open_.push_back({node, anchor, false});
    }

    void finish() {
        if (open_.back().anchor != 0) anchors_[open_.back().anchor].complete = true;
        open_.pop_back();
    }

    void add_key(const YAML::Mark& mark, const TreeNode& key) {
        if (key.kind == NodeKind::list || key.kind == NodeKind::map || key.kind == NodeKind::null)
            stop(mark, "a key is no text", "write 'key: value'");
        if (key.text == "<<") stop(mark, "merge keys ('<<') are not taken", "write the keys out");
        auto& entries = tree_->nodes[open_.back().node].entries;
        if (const int first = line_of_key(entries, key.text); first != 0)
            problem(mark,
                    fmt::format("key '{}' stands twice, first in line {}", key.text.substr(0, 60), first),
                    "keep one of them");
        entries.push_back({key.text, mark.line + 1, 0});
        open_.back().has_key = true;
    }

    // 0 when the open map has no such key. Most maps are so small that looking through them is fastest.
    int line_of_key(const std::vector<TreeEntry>& entries, const std::string& key) {
        constexpr std::size_t small = 16;
        if (entries.size() < small) {
            for (const auto& entry : entries) {
                if (entry.key == key) return entry.line;
            }
            return 0;
        }
        auto& keys = keys_[open_.back().node];
        for (std::size_t i = keys.size(); i < entries.size(); ++i)
            keys.emplace(entries[i].key, entries[i].line);
        const auto found = keys.find(key);
        return found == keys.end() ? 0 : found->second;
    }

    // Puts a finished or just opened node into what is open.
    void place(std::uint32_t node, const YAML::Mark&) {
        if (open_.empty()) return;
        Open& parent = open_.back();
        TreeNode& into = tree_->nodes[parent.node];
        if (into.kind == NodeKind::list) {
            into.items.push_back(node);
            return;
        }
        into.entries.back().value = node;
        parent.has_key = false;
    }

    // An alias written out. The copy keeps the lines of the anchor: that is where a person mends it. Its
    // depth counts on top of where it stands.
    std::uint32_t copy(const YAML::Mark& mark, std::uint32_t from, std::size_t depth = 0) {
        if (open_.size() + depth >= limits_.max_depth)
            stop(mark, fmt::format("values are nested deeper than {} levels", limits_.max_depth),
                 "write fewer aliases into one another");
        const std::uint32_t to = make(mark);
        tree_->nodes[to] = tree_->nodes[from];
        for (std::size_t i = 0; i < tree_->nodes[to].items.size(); ++i) {
            const std::uint32_t child = copy(mark, tree_->nodes[to].items[i], depth + 1);
            tree_->nodes[to].items[i] = child;
        }
        for (std::size_t i = 0; i < tree_->nodes[to].entries.size(); ++i) {
            const std::uint32_t child = copy(mark, tree_->nodes[to].entries[i].value, depth + 1);
            tree_->nodes[to].entries[i].value = child;
        }
        return to;
    }

    std::shared_ptr<Tree> tree_;
    const DocumentLimits& limits_;
    Problems& problems_;
    std::vector<Open> open_;
    std::unordered_map<YAML::anchor_t, Anchored> anchors_;
    std::unordered_map<std::uint32_t, std::unordered_map<std::string, int>> keys_;  // of large maps
};

struct SyntaxHint {
    std::string_view message;  // yaml-cpp's, from its start
    std::string_view what;
    std::string_view hint;
};
constexpr SyntaxHint syntax_hints[] = {
    {"illegal map value", "a value stands where none is expected",
     "put texts that hold ': ' in quotes and check the indentation"},
    {"illegal tab", "a tab is used to indent", "indent with spaces"},
    {"end of map not found", "the indentation does not fit the lines above",
     "indent keys of one map equally; write 'key: value'"},
    {"end of sequence not found", "the indentation does not fit the list above", "indent all '- ' equally"},
    {"end of map flow", "a '{' is never closed", "write the closing '}'"},
    {"end of sequence flow", "a '[' is never closed", "write the closing ']'"},
    {"illegal EOF in scalar", "a quoted text never ends", "write the closing quote"},
    {"illegal block entry", "a '- ' stands where no list item is expected", "check the indentation"},
    {"illegal map key", "a key stands where none is expected", "check the indentation"},
    {"bad file", "values are nested too deep", "check the brackets"},
    {"unknown token", "a character stands where no value can start", "put the text in quotes"},
    {"unknown escape", "an unknown escape stands in a text in double quotes",
     "write \\\\ for a backslash, or use single quotes"},
    {"the referenced anchor", "an alias ('*name') has no anchor ('&name') before it", "write the value out"},
};

Error syntax_error(const YAML::Exception& error, std::string_view name) {
    const std::string where = fmt::format("{}:{}", name, error.mark.is_null() ? 1 : error.mark.line + 1);
    for (const auto& known : syntax_hints) {
        if (error.msg.starts_with(known.message))
            return {ErrorCode::invalid_argument, std::string(known.what), where, std::string(known.hint)};
    }
    return {ErrorCode::invalid_argument, "this is no YAML: " + error.msg.substr(0, 200), where,
            "check indentation, quotes and brackets"};
}

// The line of the first byte that is no UTF-8 (RFC 3629 section 4), or 0.
int line_of_bad_utf8(std::string_view text) {
    int line = 1;
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '\n') ++line;
        const std::size_t length = byte < 0x80                   ? 1
                                   : byte >= 0xc2 && byte < 0xe0 ? 2
                                   : (byte & 0xf0U) == 0xe0      ? 3
                                   : byte >= 0xf0 && byte < 0xf5 ? 4
                                                                 : 0;
        if (length == 0 || i + length > text.size()) return line;
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80) return line;
        }
        const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
        if ((byte == 0xe0 && second < 0xa0) || (byte == 0xed && second >= 0xa0) ||
            (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second >= 0x90))
            return line;
        i += length;
    }
    return 0;
}

}  // namespace

std::shared_ptr<const Tree> read_yaml(std::string_view text, std::string_view name,
                                      const DocumentLimits& limits, Problems& problems) {
    const auto refuse = [&](int line, std::string what, std::string hint) {
        problems.add(Error{ErrorCode::invalid_argument, std::move(what), fmt::format("{}:{}", name, line),
                           std::move(hint)});
        return nullptr;
    };
    if (text.size() > limits.max_bytes)
        return refuse(1, fmt::format("the document has {} bytes", text.size()),
                      fmt::format("write at most {}, or split it", limits.max_bytes));
    if (text.find('\0') != std::string_view::npos)
        return refuse(1, "the document holds a zero byte", "write it as UTF-8 text");
    if (const int line = line_of_bad_utf8(text); line != 0)
        return refuse(line, "a character is no UTF-8", "save the file as UTF-8");
    TreeBuilder builder(name, limits, problems);
    try {
        ViewBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder) || builder.tree()->nodes.empty())
            return refuse(1, "the document is empty", "write the keys of its schema");
        if (parser) {
            problems.add(Error{ErrorCode::invalid_argument, "the file holds more than one document ('---')",
                               std::string(name), "keep one document a file"});
            return nullptr;
        }
    } catch (const Stop&) {
        return nullptr;
    } catch (const YAML::Exception& error) {
        problems.add(syntax_error(error, name));
        return nullptr;
    } catch (const std::exception& error) {
        return refuse(1, std::string("the document cannot be read: ") + error.what(), "check its syntax");
    }
    return problems.empty() ? builder.tree() : nullptr;
}

}  // namespace sluice::policy::detail
