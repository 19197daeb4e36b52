// What the controller said of each packet: the verdict in words, the way as a picture, the stages as sentences.
import { CheckmarkFilled, CircleDash, MisuseOutline, Reply } from "@carbon/icons-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Explained, Explanation, Firewall } from "../api/types";
import { plural, placeTitle } from "../format/words";
import { wayOf, type StationState } from "../logic/way";
import { Panel } from "../parts/Panel";
import { When } from "../parts/When";
import { useSession } from "../shell/session";

// What comes on top of the verdict when the sender attacks others.
function verdictWord({ verdict, attacker }: Explanation): string {
  if (verdict !== "pass" || attacker === null || attacker.action === "watch") return verdicts[verdict].word;
  return attacker.action === "block" ? "The rules let it pass, but its sender is blocked now" : "The rules let it pass, but its sender is held back now";
}
const isHeld = ({ verdict, attacker }: Explanation) => verdict === "pass" && attacker !== null && attacker.action !== "watch";

const verdicts = {
  pass: { word: "It passes", short: "passes", icon: CheckmarkFilled },
  drop: { word: "It is dropped", short: "is dropped", icon: MisuseOutline },
  answer: { word: "The gateway answers it", short: "is answered", icon: Reply },
} as const;

interface AnswerProps {
  tenantId: string;
  explained: Explained;
  firewall: Firewall | undefined;
}

export function Answer({ tenantId, explained, firewall }: AnswerProps) {
  const { packets } = explained;
  // An answer to another question begins at its first packet that does not pass: that is what is asked about.
  const [chosen, choose] = useState<{ of: Explained; index: number } | null>(null);
  const stopped = packets.findIndex((packet) => packet.verdict !== "pass");
  const index = chosen !== null && chosen.of === explained ? chosen.index : Math.max(0, stopped);
  const shown = packets[index];
  if (shown === undefined) return null;
  return (
    <Panel title="The answer" note={<>By the rules in force at <When at={explained.at} show="absolute" />. No connection is open and no sender is known, but what these packets themselves bring about.</>}>
      {packets.length > 1 && (
        <ol className="asked" aria-label={plural(packets.length, "packet")}>
          {packets.map((packet, i) => (
            <li key={i}>
              <button type="button" className={`asked__one asked__one--${packet.verdict}`} aria-pressed={i === index} onClick={() => choose({ of: explained, index: i })}>
                <VerdictIcon verdict={packet.verdict} size={16} />
                <span className="mono">{packet.packet}</span>
                <span className="asked__verdict">{verdicts[packet.verdict].short}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
      <One tenantId={tenantId} explanation={shown} firewall={firewall} />
      {explained.tables.map((table) => (
        <p key={table.name} className="quiet">
          {table.sentence}
        </p>
      ))}
    </Panel>
  );
}

function VerdictIcon({ verdict, size }: { verdict: Explanation["verdict"]; size: number }) {
  const Icon = verdicts[verdict].icon;
  return <Icon size={size} aria-hidden />;
}

function One({ tenantId, explanation, firewall }: { tenantId: string; explanation: Explanation; firewall: Firewall | undefined }) {
  const { isOperator } = useSession();
  const { verdict, sentence, rule, reason, user, sent, changes, packet, from, to } = explanation;
  return (
    <>
      <div className={`verdict verdict--${isHeld(explanation) ? "drop" : verdict}`}>
        <VerdictIcon verdict={isHeld(explanation) ? "drop" : verdict} size={32} />
        <div>
          <h3>{verdictWord(explanation)}</h3>
          <p>{sentence}</p>
          <p className="quiet">
            <span className="mono">{packet}</span>
            {rule && (
              <>
                {" "}
                · decided by <RuleName tenantId={tenantId} name={rule} firewall={firewall} />
              </>
            )}
            {user && (
              <>
                {" "}
                · <strong>{user}</strong> is logged in at the sender
              </>
            )}
            {isOperator && reason && (
              <>
                {" "}
                · <code className="mono">{reason}</code>
              </>
            )}
          </p>
        </div>
      </div>
      <Way explanation={explanation} />
      <div className="pair pair--wide explained">
        <div>
          {verdict === "pass" ? (
            <>
              <h3>As it leaves</h3>
              <p>From {placeText(from)}, to {placeText(to)}:</p>
            </>
          ) : (
            <>
              <h3>What would change it</h3>
              {changes.length > 0 ? (
                <ul className="changes">
                  {changes.map((change) => (
                    <li key={change}>{change}</li>
                  ))}
                </ul>
              ) : (
                <p>Nothing that could be tried lets this packet through: neither a changed rule nor an earlier packet.</p>
              )}
              {changes.length > 0 && <p className="quiet">Each of these was tried before it is said here.</p>}
              {sent && <h3>What its sender gets</h3>}
            </>
          )}
          {sent && <p className="mono explained__sent">{sent}</p>}
        </div>
        <div>
          <h3>Step by step</h3>
          <ol className="steps">
            {explanation.path.map((step, i) => (
              <li key={i} className={`step step--${step.verdict}`}>
                <span className="step__mark">
                  <VerdictIcon verdict={step.verdict} size={16} />
                </span>
                <span>
                  <strong>{placeTitle(step.stage)}</strong>
                  <span className="step__text">{step.text}</span>
                  {step.rule && !step.text.includes(`'${step.rule}'`) && (
                    <span className="step__text">
                      Decided by <RuleName tenantId={tenantId} name={step.rule} firewall={firewall} />.
                    </span>
                  )}
                </span>
              </li>
            ))}
          </ol>
        </div>
      </div>
    </>
  );
}

const placeText = (place: string | null): string => (place === null ? "nowhere" : place === "internet" || place === "customer" ? `the ${place}` : `the network ${place}`);

// A rule of the firewall or of NAT leads to where it stands; a filter has no place of its own.
function RuleName({ tenantId, name, firewall }: { tenantId: string; name: string; firewall: Firewall | undefined }) {
  const { isOperator } = useSession();
  const screen = isOperator ? `/customers/${tenantId}/firewall` : "/firewall";
  const kind = firewall?.rules.some((rule) => rule.name === name) ? "rule" : firewall?.nat.some((nat) => nat.name === name) ? "nat" : null;
  if (kind === null) return <strong>{name}</strong>;
  return <Link href={`${screen}#${kind}-${encodeURIComponent(name)}`}>{name}</Link>;
}

const stateWords: Record<StationState, string> = { passed: "", stopped: "dropped", answered: "answered", asleep: "not asked", unreached: "not reached" };

// For the eye; the steps tell the same.
function Way({ explanation }: { explanation: Explanation }) {
  return (
    <div className="way" aria-hidden="true">
      {wayOf(explanation).map((station) => (
        <div key={station.name} className={`way__station way__station--${station.state}`}>
          <span className="way__mark">{station.state === "passed" ? <CheckmarkFilled size={20} /> : station.state === "stopped" ? <MisuseOutline size={20} /> : station.state === "answered" ? <Reply size={20} /> : <CircleDash size={20} />}</span>
          <span className="way__name">{station.name}</span>
          <span className="way__asks">{station.name === "In" ? `from ${explanation.from}` : station.name === "Out" && explanation.to ? `to ${explanation.to}` : station.asks}</span>
          {stateWords[station.state] && <span className="way__word">{stateWords[station.state]}</span>}
        </div>
      ))}
    </div>
  );
}
