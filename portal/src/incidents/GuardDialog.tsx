// For operators: pins the guard's level or lets it move by itself, and tells stages only to watch.
import { Checkbox, CheckboxGroup, Select, SelectItem } from "@carbon/react";
import { useState } from "react";
import { useMitigationAction } from "../api/queries";
import type { GuardChoice, MitigationGuard, MitigationSummary, WatchedStage } from "../api/types";
import { guardSentence, guardTitle, stageSentence, stageTitle } from "../format/words";
import { hostText } from "../logic/posture";
import { Confirm } from "../parts/Confirm";
import { useToast } from "../shell/toasts";
import "../styles/form.scss";

const levels: readonly GuardChoice[] = ["auto", "analysis", "basic", "strong"];
const stages: readonly WatchedStage[] = ["reflection", "verify", "anomaly", "protocol", "rate"];

export default function GuardDialog({ mitigation, guard, onClose }: { mitigation: MitigationSummary; guard: MitigationGuard; onClose: () => void }) {
  const act = useMitigationAction();
  const tell = useToast();
  const [level, setLevel] = useState<GuardChoice>(guard.pinned ? guard.level : "auto");
  const [watch, setWatch] = useState<readonly WatchedStage[]>(guard.watch);
  const host = hostText(mitigation.target);
  return (
    <Confirm
      heading={`How far does the guard of ${host} go?`}
      action="Set"
      onClose={onClose}
      onConfirm={async (reason) => {
        await act.mutateAsync({ kind: "guard", id: mitigation.id, reason, level, watch: [...watch] });
        tell({ kind: "success", title: "Set.", text: `The gateways of ${host} get it now. It holds until this mitigation ends.` });
      }}
    >
      <Select
        id="guard-level"
        data-modal-primary-focus
        labelText="Level"
        value={level}
        helperText={level === "auto" ? `It rises while an attack comes through, and falls when it is over. Now: ${guardTitle(guard.level)}.` : guardSentence(level)}
        onChange={(event) => setLevel(levels.find((l) => l === event.target.value) ?? "auto")}
      >
        {levels.map((value) => (
          <SelectItem key={value} value={value} text={value === "auto" ? "By itself" : guardTitle(value)} />
        ))}
      </Select>
      <CheckboxGroup legendText="Stages that only watch: they count what they would drop, and drop nothing">
        {stages.map((stage) => (
          <Checkbox
            key={stage}
            id={`watch-${stage}`}
            labelText={
              <>
                {stageTitle(stage)} <span className="quiet">{stageSentence(stage)}</span>
              </>
            }
            checked={watch.includes(stage)}
            onChange={(_, { checked }) => setWatch(checked ? [...watch, stage] : watch.filter((s) => s !== stage))}
          />
        ))}
      </CheckboxGroup>
    </Confirm>
  );
}
