// One mitigation: what it is, in which state and why, until when, and the ways forward and back.
import { Button } from "@carbon/react";
import { lazy, Suspense, useState } from "react";
import type { MitigationSummary } from "../api/types";
import { mitigationPlain, mitigationSentence, mitigationTitle, sentence, vectorTitle } from "../format/words";
import { hostText } from "../logic/posture";
import { MitigationStateTag } from "../parts/State";
import { When } from "../parts/When";
import { useSession } from "../shell/session";
import { GuardLine } from "./GuardLine";

const MitigationDialog = lazy(() => import("./MitigationDialog"));

type Dialog = "approve" | "withdraw" | "extend" | null;

export function MitigationCard({ mitigation, plain = false }: { mitigation: MitigationSummary; plain?: boolean }) {
  const { mayChange } = useSession();
  const [dialog, setDialog] = useState<Dialog>(null);
  const { state, kind, target, reason, actor, created_at, expires_at, vectors } = mitigation;
  const over = state === "withdrawn";
  return (
    <article className={`mitigation mitigation--${state}`} aria-label={`${mitigationTitle(kind)}, ${hostText(target)}`}>
      <div className="mitigation__head">
        <h3>
          {mitigationTitle(kind)} <span className="number">{hostText(target)}</span>
        </h3>
        <MitigationStateTag state={state} />
      </div>
      <p className="quiet">{plain ? mitigationPlain(kind) : mitigationSentence(kind)}</p>
      {reason && <p>{sentence(reason)}</p>}
      <p className="quiet mitigation__facts">
        {vectors.length > 0 && <>Against {vectors.map(vectorTitle).join(", ")}. </>}
        By {actor === "auto" ? "Sluice itself" : actor || "nobody yet"}, <When at={created_at} />.
        {!over && (
          <>
            {" "}
            Ends by itself <When at={expires_at} />.
          </>
        )}
      </p>
      <GuardLine mitigation={mitigation} plain={plain} />
      {!over && mayChange && (
        <div className="mitigation__actions">
          {state === "proposed" && (
            <Button size="sm" onClick={() => setDialog("approve")}>
              Approve
            </Button>
          )}
          <Button size="sm" kind={state === "proposed" ? "tertiary" : "danger--tertiary"} onClick={() => setDialog("withdraw")}>
            {state === "proposed" ? "Refuse" : "Undo"}
          </Button>
          {state !== "proposed" && (
            <Button size="sm" kind="ghost" onClick={() => setDialog("extend")}>
              Extend
            </Button>
          )}
        </div>
      )}
      {!over && !mayChange && <p className="quiet">Your role may look and not change. Ask an administrator to approve or undo it.</p>}
      {dialog && (
        <Suspense fallback={null}>
          <MitigationDialog dialog={dialog} mitigation={mitigation} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </article>
  );
}
