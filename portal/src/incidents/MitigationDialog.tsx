// Asks before a mitigation is approved, undone, refused or extended, and says what will happen.
import { Select, SelectItem } from "@carbon/react";
import { useState } from "react";
import { useMitigationAction } from "../api/queries";
import type { MitigationSummary } from "../api/types";
import { mitigationPlain } from "../format/words";
import { hostText } from "../logic/posture";
import { Confirm } from "../parts/Confirm";
import { When } from "../parts/When";
import { useToast } from "../shell/toasts";
import "../styles/form.scss";

const hours: [number, string][] = [
  [900, "15 minutes"],
  [3600, "1 hour"],
  [4 * 3600, "4 hours"],
  [24 * 3600, "1 day"],
];

export default function MitigationDialog({ dialog, mitigation, onClose }: { dialog: "approve" | "withdraw" | "extend"; mitigation: MitigationSummary; onClose: () => void }) {
  const act = useMitigationAction();
  const tell = useToast();
  const [seconds, setSeconds] = useState(3600);
  const { id, kind, target, state } = mitigation;
  const host = hostText(target);
  const done = (title: string, text: string) => tell({ kind: "success", title, text });
  if (dialog === "approve") {
    return (
      <Confirm
        heading={`Approve for ${host}?`}
        action="Approve"
        onClose={onClose}
        onConfirm={async (reason) => {
          await act.mutateAsync({ kind: "approve", id, reason });
          done("Approved.", `It is on its way to the routers for ${host}.`);
        }}
      >
        <p>{mitigationPlain(kind)}</p>
        <p>It begins at once, ends by itself, and can be undone at any time.</p>
      </Confirm>
    );
  }
  if (dialog === "extend") {
    return (
      <Confirm
        heading={`Extend for ${host}?`}
        action="Extend"
        onClose={onClose}
        onConfirm={async (reason) => {
          await act.mutateAsync({ kind: "extend", id, reason, by_s: seconds });
          done("Extended.", `It stays in force for ${host} longer.`);
        }}
      >
        <p>
          Now it ends <When at={mitigation.expires_at} />.
        </p>
        <Select id="extend-by" labelText="Longer by" value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
          {hours.map(([value, text]) => (
            <SelectItem key={value} value={value} text={text} />
          ))}
        </Select>
      </Confirm>
    );
  }
  const proposed = state === "proposed";
  return (
    <Confirm
      heading={proposed ? `Refuse for ${host}?` : `Undo for ${host}?`}
      action={proposed ? "Refuse" : "Undo"}
      danger
      onClose={onClose}
      onConfirm={async (reason) => {
        await act.mutateAsync({ kind: "withdraw", id, reason });
        done(proposed ? "Refused." : "Undone.", proposed ? `Nothing is done for ${host}.` : `Traffic to ${host} goes its usual way again.`);
      }}
    >
      <p>
        {proposed
          ? "Nothing will be done against this attack. You can still change the consent of these addresses later."
          : "The route is withdrawn at once and traffic goes its usual way. If the attack is still going on, all of it arrives."}
      </p>
    </Confirm>
  );
}
