#include "policy/schema.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "policy/embedded_schemas.hpp"
#include "policy/node.hpp"

namespace sluice::policy::detail {
namespace {

using nlohmann::json;

// A schema is our own file: what is wrong with it is a defect, found by the tests.
struct Defect {
    std::string what;
};

std::uint8_t bit(NodeKind kind) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
}

std::uint8_t type_bits(const std::string& type) {
    if (type == "null") return bit(NodeKind::null);
    if (type == "boolean") return bit(NodeKind::boolean);
    if (type == "integer") return bit(NodeKind::integer);
    if (type == "number") return bit(NodeKind::integer) | bit(NodeKind::number);
    if (type == "string") return bit(NodeKind::text);
    if (type == "array") return bit(NodeKind::list);
    if (type == "object") return bit(NodeKind::map);
    throw Defect{"unknown type " + type};
}

class Compiler {
  public:
    Compiler(const json& root) : root_(root) {}

    Schema compile() {
        (void)compile(root_, "#");
        return std::move(schema_);
    }

  private:
    using Keyword = void (Compiler::*)(Rule&, const json&, const std::string&);

    static const std::map<std::string_view, Keyword>& keywords() {
        static const std::map<std::string_view, Keyword> table = {
            {"$schema", nullptr},
            {"$id", nullptr},
            {"$comment", nullptr},
            {"$defs", nullptr},
            {"title", nullptr},
            {"default", nullptr},
            {"required", nullptr},  // with properties
            {"description", &Compiler::description},
            {"examples", &Compiler::examples},
            {"type", &Compiler::type},
            {"enum", &Compiler::choices},
            {"const", &Compiler::constant},
            {"minimum", &Compiler::minimum},
            {"maximum", &Compiler::maximum},
            {"exclusiveMinimum", &Compiler::above},
            {"minLength", &Compiler::min_length},
            {"maxLength", &Compiler::max_length},
            {"pattern", &Compiler::pattern},
            {"format", &Compiler::format},
            {"properties", &Compiler::properties},
            {"additionalProperties", &Compiler::additional},
            {"minProperties", &Compiler::min_entries},
            {"items", &Compiler::items},
            {"minItems", &Compiler::min_items},
            {"maxItems", &Compiler::max_items},
            {"uniqueItems", &Compiler::unique_items},
            {"anyOf", &Compiler::any_of},
            {"$ref", &Compiler::reference},
        };
        return table;
    }

    std::uint32_t compile(const json& source, const std::string& path) {
        const auto [known, fresh] = compiled_.emplace(path, static_cast<std::uint32_t>(schema_.rules.size()));
        if (!fresh) return known->second;
        const std::uint32_t index = known->second;
        schema_.rules.emplace_back();
        if (!source.is_object()) throw Defect{path + " is no object"};
        Rule rule;
        for (const auto& [key, value] : source.items()) {
            const auto found = keywords().find(key);
            if (found == keywords().end())
                throw Defect{fmt::format("{}: keyword '{}' is not known", path, key)};
            if (found->second != nullptr) (this->*found->second)(rule, value, path);
        }
        if (source.contains("required")) mark_required(rule, source.at("required"), path);
        schema_.rules[index] = std::move(rule);
        return index;
    }

    void mark_required(Rule& rule, const json& names, const std::string& path) {
        for (const auto& name : names) {
            bool found = false;
            for (auto& property : rule.properties) {
                if (property.name == name.get<std::string>()) found = property.required = true;
            }
            if (!found)
                throw Defect{fmt::format("{}: required '{}' is no property", path, name.get<std::string>())};
        }
    }

    void description(Rule& rule, const json& value, const std::string&) {
        rule.description = value.get<std::string>();
    }
    void examples(Rule& rule, const json& value, const std::string&) {
        if (!value.empty())
            rule.example = value[0].is_string() ? value[0].get<std::string>() : value[0].dump();
    }
    void type(Rule& rule, const json& value, const std::string&) {
        rule.types = 0;
        if (value.is_string()) {
            rule.types = type_bits(value.get<std::string>());
            return;
        }
        for (const auto& one : value) rule.types |= type_bits(one.get<std::string>());
    }
    void choices(Rule& rule, const json& value, const std::string&) {
        for (const auto& one : value) rule.choices.push_back(one.get<std::string>());
    }
    void constant(Rule& rule, const json& value, const std::string&) {
        rule.choices = {value.get<std::string>()};
    }
    void minimum(Rule& rule, const json& value, const std::string&) { rule.minimum = value.get<double>(); }
    void maximum(Rule& rule, const json& value, const std::string&) { rule.maximum = value.get<double>(); }
    void above(Rule& rule, const json& value, const std::string&) { rule.above = value.get<double>(); }
    void min_length(Rule& rule, const json& value, const std::string&) {
        rule.min_length = value.get<std::size_t>();
    }
    void max_length(Rule& rule, const json& value, const std::string&) {
        rule.max_length = value.get<std::size_t>();
    }
    void min_entries(Rule& rule, const json& value, const std::string&) {
        rule.min_entries = value.get<std::size_t>();
    }
    void min_items(Rule& rule, const json& value, const std::string&) {
        rule.min_items = value.get<std::size_t>();
    }
    void max_items(Rule& rule, const json& value, const std::string&) {
        rule.max_items = value.get<std::size_t>();
    }
    void unique_items(Rule& rule, const json& value, const std::string&) {
        rule.unique_items = value.get<bool>();
    }
    void pattern(Rule& rule, const json& value, const std::string&) {
        rule.pattern_text = value.get<std::string>();
        rule.pattern = std::regex(rule.pattern_text, std::regex::ECMAScript);
    }
    void format(Rule& rule, const json& value, const std::string& path) {
        rule.format = find_format(value.get<std::string>());
        if (rule.format == nullptr)
            throw Defect{fmt::format("{}: format '{}' is not known", path, value.get<std::string>())};
    }
    void properties(Rule& rule, const json& value, const std::string& path) {
        for (const auto& [name, source] : value.items())
            rule.properties.push_back(
                {name, compile(source, fmt::format("{}/properties/{}", path, name)), false});
    }
    void additional(Rule& rule, const json& value, const std::string& path) {
        if (value.is_boolean())
            rule.closed = !value.get<bool>();
        else
            rule.other_rule = compile(value, path + "/additionalProperties");
    }
    void items(Rule& rule, const json& value, const std::string& path) {
        rule.item_rule = compile(value, path + "/items");
    }
    void any_of(Rule& rule, const json& value, const std::string& path) {
        for (std::size_t i = 0; i < value.size(); ++i)
            rule.any_of.push_back(compile(value[i], fmt::format("{}/anyOf/{}", path, i)));
    }
    void reference(Rule& rule, const json& value, const std::string& path) {
        const auto to = value.get<std::string>();
        if (!to.starts_with("#/")) throw Defect{fmt::format("{}: $ref '{}' is not local", path, to)};
        rule.same_as = compile(root_.at(json::json_pointer(to.substr(1))), to);
    }

    const json& root_;
    Schema schema_;
    std::map<std::string, std::uint32_t> compiled_;
};

}  // namespace

base::Result<Schema> compile_schema(std::string_view text, std::string_view name) {
    const auto refuse = [&](const std::string& what) {
        return base::fail(base::ErrorCode::internal, "the schema is wrong: " + what, std::string(name));
    };
    try {
        const json root = json::parse(text);
        return Compiler(root).compile();
    } catch (const Defect& defect) {
        return refuse(defect.what);
    } catch (const std::exception& error) {
        return refuse(error.what());
    }
}

base::Result<std::shared_ptr<const Schema>> find_schema(std::string_view name) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const Schema>, std::less<>> compiled;
    const std::lock_guard lock(mutex);
    if (const auto found = compiled.find(name); found != compiled.end()) return found->second;
    for (const auto& embedded : embedded_schemas()) {
        if (embedded.name != name) continue;
        auto schema = compile_schema(embedded.text, name);
        if (!schema) return std::unexpected(schema.error());
        return compiled.emplace(name, std::make_shared<const Schema>(std::move(*schema))).first->second;
    }
    return base::fail(base::ErrorCode::internal, fmt::format("there is no schema '{}'", name));
}

}  // namespace sluice::policy::detail
