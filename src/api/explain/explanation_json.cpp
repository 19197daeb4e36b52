#include "api/explain/explanation_json.hpp"

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

}  // namespace sluice::api::explain
