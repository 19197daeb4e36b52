// Many attacks at once: one line each, in groups of what is done about them, what harms most at the top.
import { Button } from "@carbon/react";
import { useState } from "react";
import { Link } from "wouter";
import type { Attack } from "../api/types";
import { bitRate, packetRate } from "../format/units";
import { kinds, lossText, plural } from "../format/words";
import { pictureOf, worstLoss, type Group, type History } from "../logic/board";
import { hostText, urgencyWords } from "../logic/posture";
import { Rows, type Column } from "../parts/Rows";
import { Spark } from "../parts/Spark";
import { UrgencyState } from "../parts/State";
import { When } from "../parts/When";
import "../styles/board.scss";

// What waits for a person is shown whole; what is being done by itself, as much as fits a screen.
const atFirst = { decide: 40, open: 40, diverting: 20, cleaning: 20, cooling: 10 } as const;

export default function AttackRows({ groups, history }: { groups: readonly Group[]; history: History }) {
  return (
    <div className="many">
      {groups.map((group) => (
        <AttackGroup key={group.urgency} group={group} history={history} />
      ))}
    </div>
  );
}

function AttackGroup({ group: { urgency, attacks }, history }: { group: Group; history: History }) {
  const [all, showAll] = useState(false);
  const most = atFirst[urgency];
  const shown = all ? attacks : attacks.slice(0, most);
  const arriving = attacks.reduce((sum, attack) => sum + attack.incident.current.bits_per_s, 0);
  return (
    <section className={`many__group many__group--${urgency}`} aria-labelledby={`many-${urgency}`}>
      <h2 id={`many-${urgency}`} className="many__head">
        <UrgencyState urgency={urgency} />
        <span className="quiet">
          {plural(attacks.length, "attack")}, {bitRate(arriving)} arriving
        </span>
      </h2>
      <Rows<Attack> label={`Attacks: ${urgencyWords[urgency].toLowerCase()}`} items={shown} id={(attack) => attack.incident.id} columns={columns(urgency === "decide" || urgency === "open", history)} />
      {attacks.length > most && (
        <Button kind="ghost" size="sm" aria-expanded={all} onClick={() => showAll(!all)}>
          {all ? `Show the ${most} that harm most` : `Show all ${attacks.length}`}
        </Button>
      )}
    </section>
  );
}

const diverted = (attack: Attack) => attack.passed.packets_per_s + attack.dropped.packets_per_s > 0;

function columns(untouched: boolean, history: History): Column<Attack>[] {
  return [
    {
      head: "Customer",
      width: "22%",
      cell: ({ incident }) => (
        <Link href={`/incidents/${incident.id}`} data-row title={incident.tenant_name}>
          {incident.tenant_name}
        </Link>
      ),
    },
    {
      head: "Attack",
      width: "28%",
      cell: ({ incident }) => (
        <span title={`${kinds(incident.vectors)} on ${hostText(incident.target)}`}>
          <span className="number">{hostText(incident.target)}</span> <span className="quiet">{kinds(incident.vectors)}</span>
        </span>
      ),
    },
    { head: "Began", width: "5.5rem", minor: true, cell: ({ incident }) => <When at={incident.started_at} show="absolute" /> },
    { head: "Arriving", width: "6rem", number: true, minor: !untouched, cell: ({ incident }) => bitRate(incident.current.bits_per_s) },
    { head: "Passed", width: "6rem", number: true, minor: untouched, cell: (attack) => (diverted(attack) ? <span className="is-passed">{packetRate(attack.passed.packets_per_s)}</span> : "–") },
    { head: "Dropped", width: "6rem", number: true, minor: untouched, cell: (attack) => (diverted(attack) ? <span className="is-dropped">{packetRate(attack.dropped.packets_per_s)}</span> : "nothing") },
    {
      head: "Visitors lost",
      width: "6rem",
      number: true,
      minor: true,
      cell: (attack) => {
        const loss = worstLoss(attack);
        return <span className={loss > 0.001 ? "is-dropped" : "quiet"}>{attack.mitigations.some((one) => one.legitimate_loss !== null) ? lossText(loss) : "–"}</span>;
      },
    },
    {
      head: "Last 2 minutes",
      width: "8rem",
      minor: true,
      cell: ({ incident }) => <Spark series={pictureOf(history.get(incident.id) ?? [])} unit="packets_per_s" />,
    },
  ];
}
