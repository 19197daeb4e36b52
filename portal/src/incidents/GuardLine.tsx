// How far the guard of a diversion goes, since when, and whom it turned away although he had shown himself.
import { Button } from "@carbon/react";
import { lazy, Suspense, useState } from "react";
import type { MitigationSummary } from "../api/types";
import { guardPlain, guardSentence, guardTitle, listed, lossText, stageTitle } from "../format/words";
import { When } from "../parts/When";
import { useSession } from "../shell/session";

const GuardDialog = lazy(() => import("./GuardDialog"));

export function GuardLine({ mitigation, plain = false }: { mitigation: MitigationSummary; plain?: boolean }) {
  const { isOperator, mayChange } = useSession();
  const [open, setOpen] = useState(false);
  const { guard, legitimate_loss: loss, state } = mitigation;
  if (guard === null || state === "proposed") return null;
  const over = state === "withdrawn";
  return (
    <div className="guard">
      {!over && (
        <p>
          <strong>{plain ? "How closely we check" : "Guard"}: {guardTitle(guard.level)}</strong> since <When at={guard.since} />
          {guard.pinned && !plain && ", set by a person"}. <span className="quiet">{plain ? guardPlain(guard.level) : guardSentence(guard.level)}</span>
        </p>
      )}
      {!over && !plain && guard.watch.length > 0 && <p className="quiet">Only watched: {listed(guard.watch.map(stageTitle))}.</p>}
      {loss !== null && (
        <p className={loss > 0.001 ? "is-dropped" : "quiet"}>
          {plain
            ? `${lossText(loss)} of what visitors sent who had shown themselves was turned away.`
            : `Legitimate loss: ${lossText(loss)} of the packets of verified senders.`}
        </p>
      )}
      {!over && isOperator && mayChange && (
        <Button size="sm" kind="ghost" onClick={() => setOpen(true)}>
          Change the guard
        </Button>
      )}
      {open && (
        <Suspense fallback={null}>
          <GuardDialog mitigation={mitigation} guard={guard} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
