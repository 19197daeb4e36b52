// The rules in the order in which they count, and how each is used.
import { CheckmarkFilled, MisuseOutline, Reply } from "@carbon/icons-react";
import { Button } from "@carbon/react";
import { useEffect, useState } from "react";
import type { FirewallRule } from "../api/types";
import { exactCount } from "../format/units";
import { plural } from "../format/words";
import { ExplainLink } from "../parts/ExplainLink";
import { Rows } from "../parts/Rows";
import { When } from "../parts/When";

const atFirst = 100;

// After a week, not after a minute: a rule for the month's end is no mistake.
const longMs = 7 * 24 * 3600_000;
const idleLong = (rule: FirewallRule) => rule.enabled && rule.hits === 0 && rule.counted_since !== null && Date.now() - Date.parse(rule.counted_since) > longMs;

const actions = {
  allow: { icon: CheckmarkFilled, word: "Allows" },
  drop: { icon: MisuseOutline, word: "Drops" },
  reject: { icon: Reply, word: "Refuses" },
} as const;

// The rule that the address of the page names: "#rule-web-in".
const named = (): string | null => (location.hash.startsWith("#rule-") ? decodeURIComponent(location.hash.slice(6)) : null);

export function RuleList({ tenantId, rules }: { tenantId: string; rules: readonly FirewallRule[] }) {
  const [here, setHere] = useState(named);
  const [all, showAll] = useState(() => rules.findIndex((rule) => rule.name === here) >= atFirst);
  const idle = rules.filter(idleLong);
  useEffect(() => {
    const go = () => setHere(named());
    addEventListener("hashchange", go);
    return () => removeEventListener("hashchange", go);
  }, []);
  useEffect(() => {
    if (here !== null) document.getElementById(`rule-${here}`)?.scrollIntoView({ block: "center" });
  }, [here]);
  const shown = all ? rules : rules.slice(0, atFirst);
  return (
    <>
      {idle.length > 0 && (
        <p className="rules__idle">
          {plural(idle.length, "rule has", "rules have")} not matched for more than a week. A rule that is not needed is a door that nobody watches: think about removing it.
        </p>
      )}
      <Rows<FirewallRule>
        label="Rules"
        items={shown}
        id={(rule) => rule.name}
        rowClass={(rule) => [rule.enabled ? "" : "row--off", rule.name === here ? "row--here" : ""].join(" ")}
        columns={[
          { head: "Place", cell: (rule) => rules.indexOf(rule) + 1, number: true, width: "3.5rem", minor: true },
          { head: "Does", cell: (rule) => <Action rule={rule} /> },
          {
            head: "Rule",
            wrap: true,
            cell: (rule) => (
              <span id={`rule-${rule.name}`} className="rules__rule">
                <strong>{rule.name}</strong>
                <span className="under">{rule.sentence}</span>
                {rule.asks.map((ask) => (
                  <span key={ask.object} className="under">
                    {ask.object}: {ask.sentence}
                  </span>
                ))}
              </span>
            ),
          },
          { head: "Times matched", cell: (rule) => (rule.hits === null ? "–" : exactCount(rule.hits)), number: true },
          { head: "Last time", cell: (rule) => <LastTime rule={rule} /> },
          {
            head: "Such a packet",
            cell: (rule) => rule.enabled && rule.example && <ExplainLink tenantId={tenantId} question={{ packet: rule.example }} about={`rule ${rule.name}`} />,
          },
        ]}
      />
      {!all && rules.length > atFirst && (
        <Button kind="ghost" size="sm" onClick={() => showAll(true)}>
          Show all {exactCount(rules.length)} rules
        </Button>
      )}
    </>
  );
}

function Action({ rule }: { rule: FirewallRule }) {
  const { icon: Icon, word } = actions[rule.action];
  return (
    <span className={`rules__action rules__action--${rule.action}`}>
      <Icon size={16} aria-hidden />
      <span className="rules__word">{word}</span>
    </span>
  );
}

function LastTime({ rule }: { rule: FirewallRule }) {
  if (!rule.enabled) return <span className="quiet">switched off</span>;
  if (rule.last_hit_at) return <When at={rule.last_hit_at} show="relative" />;
  if (rule.counted_since === null) return <span className="quiet">not known yet</span>;
  return (
    <span>
      <span className="quiet">never, since</span> <When at={rule.counted_since} show="absolute" />
    </span>
  );
}
