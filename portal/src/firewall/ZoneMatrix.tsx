// Who gets from where to where. Every field is a button; what it means stands below as a sentence, with the rules that
// make it so.
import { CheckmarkFilled, CircleDash, Incomplete } from "@carbon/icons-react";
import { useState } from "react";
import type { FirewallNetwork, FirewallZonePair } from "../api/types";
import { aboutZones } from "../logic/questions";
import { ExplainLink } from "../parts/ExplainLink";

const looks = {
  allowed: { icon: CheckmarkFilled, word: "Everything", tone: "allowed" },
  partly: { icon: Incomplete, word: "In part", tone: "partly" },
  denied: { icon: CircleDash, word: "Nothing", tone: "denied" },
} as const;

const keyOf = (pair: FirewallZonePair) => `${pair.from}>${pair.to}`;

interface ZoneMatrixProps {
  tenantId: string;
  zones: readonly string[];
  pairs: readonly FirewallZonePair[];
  networks: readonly FirewallNetwork[];
}

export function ZoneMatrix({ tenantId, zones, pairs, networks }: ZoneMatrixProps) {
  const [chosen, choose] = useState<string | null>(null);
  const byKey = new Map(pairs.map((pair) => [keyOf(pair), pair]));
  const shown = (chosen !== null && byKey.get(chosen)) || pairs[0];
  const question = shown ? aboutZones(shown.from, shown.to, networks) : null;
  return (
    <>
      <div className="zones" role="group" aria-label="Zones, scrolls sideways" tabIndex={0}>
        <table aria-label="Who gets where">
          <thead>
            <tr>
              <td>
                <span className="quiet">from ↓ to →</span>
              </td>
              {zones.map((zone) => (
                <th key={zone} scope="col">
                  {zone}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {zones.map((from) => (
              <tr key={from}>
                <th scope="row">{from}</th>
                {zones.map((to) => {
                  const pair = byKey.get(`${from}>${to}`);
                  return <td key={to}>{pair && <Field pair={pair} on={pair === shown} choose={() => choose(keyOf(pair))} />}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className="zones__legend" aria-hidden="true">
        {Object.values(looks).map(({ icon: Icon, word, tone }) => (
          <li key={word} className={`zones__field--${tone}`}>
            <Icon size={16} /> {word}
          </li>
        ))}
      </ul>
      {shown && (
        <div className="zones__meaning" role="status">
          <p>
            <strong>{shown.sentence}</strong>
          </p>
          {shown.rules.length + shown.except.length > 0 && (
            <p className="quiet">
              Decided by{" "}
              {[...shown.rules, ...shown.except].map((name, i) => (
                <span key={name}>
                  {i > 0 && ", "}
                  <a href={`#rule-${encodeURIComponent(name)}`}>{name}</a>
                </span>
              ))}
              .
            </p>
          )}
          {question && (
            <p>
              <ExplainLink tenantId={tenantId} question={question} about="">
                Try a packet from {shown.from} to {shown.to}
              </ExplainLink>
            </p>
          )}
        </div>
      )}
    </>
  );
}

function Field({ pair, on, choose }: { pair: FirewallZonePair; on: boolean; choose: () => void }) {
  const look = looks[pair.verdict];
  const Icon = look.icon;
  return (
    <button type="button" className={`zones__field zones__field--${look.tone}`} aria-pressed={on} aria-label={`From ${pair.from} to ${pair.to}: ${look.word.toLowerCase()}`} onClick={choose}>
      <Icon size={16} aria-hidden />
      <span className="zones__word">{look.word}</span>
    </button>
  );
}
