// The rules in the order in which they count, and how each is used.
import { Button } from "@carbon/react";
import { useState } from "react";
import type { FirewallRule } from "../api/types";
import { exactCount } from "../format/units";
import { plural } from "../format/words";
import { Rows } from "../parts/Rows";
import { When } from "../parts/When";

const atFirst = 100;

const neverMatched = (rule: FirewallRule) => rule.enabled && rule.hits === 0;

export function RuleList({ rules }: { rules: readonly FirewallRule[] }) {
  const [all, showAll] = useState(false);
  const idle = rules.filter(neverMatched);
  const shown = all ? rules : rules.slice(0, atFirst);
  return (
    <>
      {idle.length > 0 && (
        <p className="rules__idle">
          {plural(idle.length, "rule has", "rules have")} never matched since {idle.length === 1 ? "it is" : "they are"} counted. A rule that is not needed is a door that nobody watches:
          think about removing it.
        </p>
      )}
      <Rows<FirewallRule>
        label="Rules"
        items={shown}
        id={(rule) => rule.name}
        rowClass={(rule) => (rule.enabled ? undefined : "row--off")}
        columns={[
          { head: "Place", cell: (rule) => rules.indexOf(rule) + 1, number: true, width: "4rem" },
          {
            head: "Rule",
            wrap: true,
            cell: (rule) => (
              <span id={`rule-${rule.name}`} className="rules__rule">
                <strong>{rule.name}</strong>
                <span className="under">{rule.sentence}</span>
              </span>
            ),
          },
          { head: "Matched", cell: (rule) => (rule.hits === null ? "–" : exactCount(rule.hits)), number: true },
          { head: "Last time", cell: (rule) => <LastTime rule={rule} /> },
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

function LastTime({ rule }: { rule: FirewallRule }) {
  if (!rule.enabled) return <span className="quiet">switched off</span>;
  if (rule.last_hit_at) return <When at={rule.last_hit_at} show="relative" />;
  if (rule.counted_since === null) return <span className="quiet">not known yet</span>;
  return (
    <span>
      never, since <When at={rule.counted_since} show="absolute" />
    </span>
  );
}
