#include "api/explain/explanation_json.hpp"

#include "base/time_text.hpp"

namespace sluice::api::explain {

Json to_json(const dataplane::explain::Explanation& explanation) {
    const bool reason = explanation.reason != model::DropReason::none;
    Json path = Json::array();
    for (const auto& step : explanation.path) {
        path.push_back(Json{{"stage", step.stage},
                            {"verdict", model::to_string(step.verdict)},
                            {"rule", text_or_null(step.rule)},
                            {"text", step.text}});
    }
    return Json{{"packet", explanation.packet},
                {"from", explanation.from},
                {"verdict", model::to_string(explanation.verdict)},
                {"reason", reason ? Json(model::info(explanation.reason).name) : Json(nullptr)},
                {"rule", text_or_null(explanation.rule)},
                {"user", text_or_null(explanation.user)},
                {"sentence", explanation.sentence},
                {"path", std::move(path)},
                {"to", text_or_null(explanation.to)},
                {"sent", text_or_null(explanation.sent)},
                {"changes", explanation.changes}};
}

Json to_json(const std::vector<TableUse>& tables) {
    Json list = Json::array();
    for (const TableUse& one : tables) {
        list.push_back(Json{{"name", one.name},
                            {"edition", one.edition ? Json(base::to_rfc3339(*one.edition)) : Json(nullptr)},
                            {"sentence", one.sentence}});
    }
    return list;
}

}  // namespace sluice::api::explain
