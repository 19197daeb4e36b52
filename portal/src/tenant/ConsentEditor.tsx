// Consent per prefix: three sentences to choose from, a confirmation that says the effect, a reason for the record.
import { Button, RadioTile, TileGroup } from "@carbon/react";
import { useState } from "react";
import { useConsentChange } from "../api/queries";
import type { ConsentMode, Prefix } from "../api/types";
import { consentModes, consentTitle } from "../format/words";
import { Confirm } from "../parts/Confirm";
import { useSession } from "../shell/session";
import { useToast } from "../shell/toasts";

interface ConsentEditorProps {
  prefix: Prefix;
  siteName: string | null;
  level: 2 | 3; // of its heading
}

export function ConsentEditor({ prefix, siteName, level }: ConsentEditorProps) {
  const { mayChange } = useSession();
  const [choosing, setChoosing] = useState(false);
  const Heading = `h${level}` as const;
  const mode = consentModes.find((c) => c.mode === prefix.consent);
  return (
    <li className="consent">
      <div>
        <Heading className="number">{prefix.prefix}</Heading>
        {siteName && <p className="quiet">{siteName}</p>}
      </div>
      <div className={`consent__mode consent__mode--${prefix.consent}`}>
        <strong>{mode?.title}</strong>
        <p className="quiet">{mode?.sentence}</p>
      </div>
      {mayChange && (
        <Button kind="tertiary" size="sm" onClick={() => setChoosing(true)} aria-label={`Change consent for ${prefix.prefix}`}>
          Change
        </Button>
      )}
      {choosing && <ConsentDialog prefix={prefix} onClose={() => setChoosing(false)} />}
    </li>
  );
}

function ConsentDialog({ prefix, onClose }: { prefix: Prefix; onClose: () => void }) {
  // What was on the screen when the dialog opened is what the person decides about.
  const [seen] = useState(prefix.consent);
  const [chosen, setChosen] = useState<ConsentMode>(prefix.consent);
  const change = useConsentChange();
  const tell = useToast();
  const changed = chosen !== seen;
  return (
    <Confirm
      heading={`What may we do for ${prefix.prefix}?`}
      action={changed ? `Change to “${consentTitle(chosen)}”` : "Choose another first"}
      reason={changed ? "needed" : "none"}
      blocked={!changed}
      danger={chosen === "off" && changed}
      onClose={onClose}
      onConfirm={async (reason) => {
        await change.mutateAsync({ id: prefix.id, consent: chosen, reason: reason.trim(), seen });
        tell({ kind: "success", title: "Changed.", text: `For ${prefix.prefix}: ${consentTitle(chosen).toLowerCase()}.` });
      }}
    >
      <TileGroup legend="When these addresses are attacked" name="consent" valueSelected={chosen} onChange={(value) => setChosen(value as ConsentMode)}>
        {consentModes.map((c) => (
          <RadioTile key={c.mode} id={`consent-${c.mode}`} value={c.mode}>
            <strong>
              {c.title}
              {c.mode === seen && " (now)"}
            </strong>
            <span className="tile__text">{c.sentence}</span>
          </RadioTile>
        ))}
      </TileGroup>
      {changed && (
        <p className="effect" role="status">
          {consentModes.find((c) => c.mode === chosen)?.effect}
          {chosen === "off" && " What is in force on them now is undone at once."}
        </p>
      )}
    </Confirm>
  );
}
