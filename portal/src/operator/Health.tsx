// Is the platform well? Alarms first, then each part with what it says of itself.
import { useAlarms, useCollectors, useGateways, useSpeakers } from "../api/queries";
import type { Alarm, Collector, Gateway, Speaker } from "../api/types";
import { exactCount, packetRate, shortCount } from "../format/units";
import { sentence } from "../format/words";
import { Async } from "../parts/Async";
import { Empty } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { Rows } from "../parts/Rows";
import { State, UpState } from "../parts/State";
import { When } from "../parts/When";
import { CheckmarkOutline } from "@carbon/icons-react";
import { Page } from "../shell/Page";

export default function Health() {
  return (
    <Page title="Health" lead="Gateways, collectors and BGP speakers as they report themselves.">
      <Alarms />
      <Gateways />
      <Collectors />
      <Speakers />
    </Page>
  );
}

function Alarms() {
  const alarms = useAlarms();
  return (
    <Panel title="Alarms">
      <Async query={alarms} lines={2}>
        {({ items }) => {
          const active = items.filter((a) => a.cleared_at === null);
          const cleared = items.filter((a) => a.cleared_at !== null);
          return (
            <>
              {active.length === 0 && (
                <p>
                  <State tone="calm" icon={CheckmarkOutline}>
                    No alarms
                  </State>
                </p>
              )}
              {active.map((alarm) => (
                <ActiveAlarm key={`${alarm.code} ${alarm.subject}`} alarm={alarm} />
              ))}
              {cleared.length > 0 && (
                <details>
                  <summary>{cleared.length} cleared in the last 24 hours</summary>
                  <Rows<Alarm>
                    label="Cleared alarms"
                    items={cleared}
                    id={(a, i) => `${i} ${a.code}`}
                    columns={[
                      { head: "Raised", cell: (a) => <When at={a.raised_at} /> },
                      { head: "Cleared", cell: (a) => a.cleared_at && <When at={a.cleared_at} /> },
                      { head: "What it was", cell: (a) => a.sentence, wrap: true },
                    ]}
                  />
                </details>
              )}
            </>
          );
        }}
      </Async>
    </Panel>
  );
}

function ActiveAlarm({ alarm }: { alarm: Alarm }) {
  return (
    <div className={`alarm alarm--${alarm.severity}`}>
      <strong>{sentence(alarm.sentence)}</strong>
      <p>{alarm.what_to_do}</p>
      <p className="quiet">
        {alarm.severity === "critical" ? "Critical" : "Warning"}, since <When at={alarm.raised_at} />
      </p>
    </div>
  );
}

// Whether what was sent is in force; the numbers themselves say little, and stand in the title.
const inForce = (now: number, wanted: number) => (
  <span title={`${now} in force, ${wanted} wanted`} className={now === wanted ? undefined : "is-dropped"}>
    {now === wanted ? "the newest" : "older than wanted"}
  </span>
);

function Gateways() {
  const gateways = useGateways();
  return (
    <Panel title="Gateways">
      <Async query={gateways} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No gateway has reported.">Nothing can be diverted without one. Start sluice-gateway and let it reach this controller's link port.</Empty>
          ) : (
            <Rows<Gateway>
              label="Gateways"
              items={items}
              id={(g) => g.name}
              columns={[
                { head: "Name", cell: (g) => <strong>{g.name}</strong> },
                { head: "State", cell: (g) => <UpState up={g.up} /> },
                { head: "Heard", cell: (g) => <When at={g.last_seen_at} show="relative" /> },
                { head: "Next hop", cell: (g) => [g.diversion_next_hop, g.diversion_next_hop6].filter(Boolean).join(", ") || "–" },
                { head: "Targets", cell: (g) => g.targets, number: true },
                { head: "Programs in force", cell: (g) => inForce(g.generation, g.wanted_generation) },
                { head: "In", cell: (g) => packetRate(g.received_rate.packets_per_s), number: true },
                { head: "Passed", cell: (g) => <span className="is-passed">{packetRate(g.passed_rate.packets_per_s)}</span>, number: true },
                { head: "Dropped", cell: (g) => <span className="is-dropped">{packetRate(g.dropped_rate.packets_per_s)}</span>, number: true },
                { head: "Running since", cell: (g) => <When at={g.started_at} /> },
              ]}
            />
          )
        }
      </Async>
    </Panel>
  );
}

function Collectors() {
  const collectors = useCollectors();
  return (
    <Panel title="Collectors">
      <Async query={collectors} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No collector has reported.">No attack can be seen without one. Start sluice-collector, and let the routers send their flow exports to it.</Empty>
          ) : (
            <Rows<Collector>
              label="Collectors"
              items={items}
              id={(c) => c.name}
              columns={[
                { head: "Name", cell: (c) => <strong>{c.name}</strong> },
                { head: "State", cell: (c) => <UpState up={c.up} /> },
                { head: "Heard", cell: (c) => <When at={c.last_seen_at} show="relative" /> },
                { head: "Thresholds in force", cell: (c) => inForce(c.policy_version, c.wanted_policy_version) },
                { head: "Records", cell: (c) => <span title={exactCount(c.records)}>{shortCount(c.records)}</span>, number: true },
                {
                  head: "Lost, by reason",
                  cell: (c) => (c.losses.length === 0 ? <span className="quiet">none</span> : c.losses.map((l) => `${l.reason} ${shortCount(l.count)}`).join(", ")),
                  wrap: true,
                },
                { head: "Running since", cell: (c) => <When at={c.started_at} /> },
              ]}
            />
          )
        }
      </Async>
    </Panel>
  );
}

function Speakers() {
  const speakers = useSpeakers();
  return (
    <Panel title="BGP speakers">
      <Async query={speakers} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No BGP speaker is configured.">Diversions can not reach the routers without one. Name it in the controller's configuration (“announcers:”).</Empty>
          ) : (
            <Rows<Speaker>
              label="BGP speakers"
              items={items}
              id={(s) => s.name}
              columns={[
                { head: "Speaker", cell: (s) => <strong>{s.name}</strong> },
                { head: "State", cell: (s) => <UpState up={s.up} downWord="Down" /> },
                { head: "Routes announced", cell: (s) => s.routes, number: true },
                {
                  head: "Sessions up",
                  cell: (s) => <span className={s.peers_established < s.peers ? "is-dropped" : undefined}>{`${s.peers_established} of ${s.peers}`}</span>,
                  number: true,
                },
                {
                  head: "What it says",
                  cell: (s) => (s.detail && sentence(s.detail)) ?? <span className="quiet">nothing to say</span>,
                  wrap: true,
                },
              ]}
            />
          )
        }
      </Async>
    </Panel>
  );
}
