// The operator's first screen, made to hang on a wall: who is under attack, what is done, is the platform well.
import { Search } from "@carbon/react";
import { lazy, Suspense, useRef, useState } from "react";
import { Link } from "wouter";
import { useEvents, useOverview, useTenants } from "../api/queries";
import { useRecentTraffic } from "../api/traffic";
import type { Attack, Event, Overview as OverviewData, Tenant } from "../api/types";
import { bitRate, packetRate, share } from "../format/units";
import { kinds, plural, sentence } from "../format/words";
import { grouped, steadyUrgency, withBoard, type Group, type History } from "../logic/board";
import { hostText, overviewHeadline, overviewSentence, type Urgency } from "../logic/posture";
import { Async } from "../parts/Async";
import { Empty } from "../parts/Empty";
import { Panel } from "../parts/Panel";
import { PassBar } from "../parts/Share";
import { Spark } from "../parts/Spark";
import { UrgencyState } from "../parts/State";
import { Waiting } from "../parts/Waiting";
import { When } from "../parts/When";
import { Page } from "../shell/Page";
import "../styles/form.scss";

const AttackRows = lazy(() => import("./AttackRows"));
const OutwardAttackers = lazy(() => import("./OutwardAttackers"));

const sparkSeconds = 300;
const cards = 12; // more attacks than these are lines instead

export default function Overview() {
  const overview = useOverview();
  const board = overview.data;
  const attacked = (board?.tenants_under_attack ?? 0) > 0;
  const history = useHistory(board, overview.dataUpdatedAt);
  return (
    <Page
      title={board ? overviewHeadline(board) : "Under attack"}
      heading={board ? <span className={attacked ? "headline headline--alarm" : "headline"}>{overviewHeadline(board)}</span> : undefined}
      lead={board && overviewSentence(board, (attack) => steadyUrgency(attack, history))}
    >
      <Async query={overview} lines={8}>
        {(data) => (
          <>
            <Totals data={data} />
            <div className="board">
              <div className="board__main">
                <Attacks attacks={data.attacks} history={history} />
                {data.attackers_now > 0 && (
                  <Suspense fallback={<Waiting lines={3} />}>
                    <OutwardAttackers attackers={data.attackers} count={data.attackers_now} />
                  </Suspense>
                )}
                <Customers groups={grouped(data.attacks, history)} count={data.tenants} />
              </div>
              <aside className="board__side" aria-label="Platform">
                <Platform data={data} />
                <Latest />
              </aside>
            </div>
          </>
        )}
      </Async>
    </Page>
  );
}

// Of as long as this screen is open.
function useHistory(board: OverviewData | undefined, at: number): History {
  const kept = useRef<{ at: number; history: History }>({ at: 0, history: new Map() });
  if (board && at !== kept.current.at) kept.current = { at, history: withBoard(kept.current.history, board, at) };
  return kept.current.history;
}

function Attacks({ attacks, history }: { attacks: readonly Attack[]; history: History }) {
  const groups = grouped(attacks, history);
  if (attacks.length === 0) return null;
  if (attacks.length > cards) {
    return (
      <Suspense fallback={<Waiting lines={12} />}>
        <AttackRows groups={groups} history={history} />
      </Suspense>
    );
  }
  return (
    <ul className="attacks" aria-label="Attacks, most urgent first">
      {groups.flatMap((group) => group.attacks.map((attack) => <AttackCard key={attack.incident.id} attack={attack} urgency={group.urgency} />))}
    </ul>
  );
}

function Totals({ data }: { data: OverviewData }) {
  const { passed, dropped } = data;
  const scrubbed = passed.packets_per_s + dropped.packets_per_s;
  return (
    <dl className="totals">
      <div>
        <dt>Arriving at the edge</dt>
        <dd>
          <b>{bitRate(data.inbound.bits_per_s)}</b> <span className="quiet">{packetRate(data.inbound.packets_per_s)}</span>
        </dd>
      </div>
      <div className="totals__passed">
        <dt>
          <span className="swatch swatch--passed" aria-hidden="true" /> Passed by the gateways
        </dt>
        <dd>
          <b>{bitRate(passed.bits_per_s)}</b> <span className="quiet">{packetRate(passed.packets_per_s)}</span>
        </dd>
      </div>
      <div className="totals__dropped">
        <dt>
          <span className="swatch swatch--dropped" aria-hidden="true" /> Dropped by the gateways
        </dt>
        <dd>
          <b>{bitRate(dropped.bits_per_s)}</b> <span className="quiet">{packetRate(dropped.packets_per_s)}</span>
        </dd>
      </div>
      <div>
        <dt>Of diverted packets dropped</dt>
        <dd>
          <b>{share(dropped.packets_per_s, scrubbed)}</b>
        </dd>
      </div>
    </dl>
  );
}

function AttackCard({ attack, urgency }: { attack: Attack; urgency: Urgency }) {
  const { incident, passed, dropped } = attack;
  const traffic = useRecentTraffic(incident.tenant_id, sparkSeconds);
  const diverted = urgency === "cleaning" || urgency === "cooling";
  return (
    <li className={`attack attack--${urgency}`}>
      <div className="attack__who">
        <Link href={`/incidents/${incident.id}`} data-row className="attack__link">
          {incident.tenant_name}
        </Link>
        <span className="attack__what">
          {kinds(incident.vectors)} on <span className="number">{hostText(incident.target)}</span>
        </span>
        <span className="attack__since quiet">
          since <When at={incident.started_at} />
        </span>
      </div>
      <div className="attack__state">
        <UrgencyState urgency={urgency} />
        <span className="quiet">
          {bitRate(incident.current.bits_per_s)} now, peak {bitRate(incident.peak.bits_per_s)}
        </span>
      </div>
      <div className="attack__picture">
        <Spark
          series={traffic.data}
          unit="packets_per_s"
          label={
            diverted
              ? `Last 5 minutes at ${incident.tenant_name}: passed ${packetRate(passed.packets_per_s)}, dropped ${packetRate(dropped.packets_per_s)} now`
              : `Last 5 minutes at ${incident.tenant_name}: ${packetRate(incident.current.packets_per_s)} arriving now, nothing is dropped`
          }
        />
      </div>
      <dl className="attack__figures">
        {diverted ? (
          <>
            <div>
              <dt>Passed</dt>
              <dd className="is-passed">{packetRate(passed.packets_per_s)}</dd>
            </div>
            <div>
              <dt>Dropped</dt>
              <dd className="is-dropped">{packetRate(dropped.packets_per_s)}</dd>
            </div>
            <div className="attack__bar">
              <PassBar passed={passed.packets_per_s} dropped={dropped.packets_per_s} />
            </div>
          </>
        ) : (
          <>
            <div>
              <dt>Arriving</dt>
              <dd>
                <strong>{packetRate(incident.current.packets_per_s)}</strong>
              </dd>
            </div>
            <div>
              <dt>Dropped</dt>
              <dd>nothing</dd>
            </div>
          </>
        )}
      </dl>
    </li>
  );
}

// Every customer, quiet ones too, as small as they can be read: a thousand fit.
function Customers({ groups, count }: { groups: readonly Group[]; count: number }) {
  const tenants = useTenants();
  const [wanted, setWanted] = useState("");
  const worst = new Map(groups.flatMap(({ urgency, attacks }) => attacks.map((a): [string, Urgency] => [a.incident.tenant_id, urgency])).reverse());
  return (
    <Panel
      title="All customers"
      note={count === 0 ? undefined : `${plural(count, "customer")}, ${worst.size === 0 ? "none" : worst.size} under attack`}
      actions={
        <Search size="sm" labelText="Search customers" placeholder="Search ( / )" value={wanted} onChange={(event) => setWanted(event.target.value)} closeButtonLabelText="Clear the search" />
      }
    >
      <Async query={tenants} lines={4}>
        {(all) => <CustomerGrid tenants={matching(all, wanted)} worst={worst} wanted={wanted} />}
      </Async>
    </Panel>
  );
}

function matching(tenants: readonly Tenant[], wanted: string): Tenant[] {
  const needle = wanted.trim().toLowerCase();
  const found = needle ? tenants.filter((t) => t.name.toLowerCase().includes(needle) || t.slug.includes(needle)) : [...tenants];
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

function CustomerGrid({ tenants, worst, wanted }: { tenants: Tenant[]; worst: Map<string, Urgency>; wanted: string }) {
  if (tenants.length === 0) {
    return wanted ? (
      <Empty title={`No customer is called “${wanted}”.`}>Search by a part of the name, or clear the search to see all.</Empty>
    ) : (
      <Empty title="There are no customers yet.">Describe them in a policy file and apply it with “sluice apply FILE”.</Empty>
    );
  }
  return (
    <ul className="customers">
      {tenants.map((tenant) => {
        const urgency = worst.get(tenant.id);
        return (
          <li key={tenant.id} className={urgency ? `customer customer--${urgency}` : "customer"}>
            <Link href={`/customers/${tenant.id}`}>{tenant.name}</Link>
            {urgency && <UrgencyState urgency={urgency} />}
          </li>
        );
      })}
    </ul>
  );
}

function Platform({ data }: { data: OverviewData }) {
  const lines: [string, number, number][] = [
    ["Gateways", data.gateways_up, data.gateways],
    ["Collectors", data.collectors_up, data.collectors],
    ["BGP speakers", data.speakers_up, data.speakers],
  ];
  return (
    <Panel title="Platform" actions={<Link href="/health">Health</Link>}>
      <dl className="updown">
        {lines.map(([label, up, all]) => (
          <div key={label} className={up < all ? "updown--bad" : all === 0 ? "updown--none" : undefined}>
            <dt>{label}</dt>
            <dd className="number">{all === 0 ? "none seen" : `${up} of ${all} up`}</dd>
          </div>
        ))}
      </dl>
      {data.alarms.map((alarm) => (
        <div key={`${alarm.code} ${alarm.subject}`} className={`alarm alarm--${alarm.severity}`}>
          <strong>{sentence(alarm.sentence)}</strong>
          <p>{alarm.what_to_do}</p>
        </div>
      ))}
      {data.alarms.length === 0 && <p className="quiet">No alarms.</p>}
    </Panel>
  );
}

// Whose it is stands first: two customers may have the same private addresses.
function Latest() {
  const events = useEvents(12);
  const tenants = useTenants();
  const nameOf = (event: Event) => tenants.data?.find((tenant) => tenant.id === event.tenant_id)?.name;
  const leadsTo = (event: Event) =>
    event.incident_id ? `/incidents/${event.incident_id}` : event.kind.startsWith("attacker.") && event.tenant_id ? `/customers/${event.tenant_id}/firewall` : null;
  return (
    <Panel title="Latest">
      <Async query={events} lines={5}>
        {(page) =>
          page.items.length === 0 ? (
            <p className="quiet">Nothing has happened yet. Incidents, mitigations and alarms appear here.</p>
          ) : (
            <ol className="events">
              {page.items.map((event) => (
                <li key={event.sequence}>
                  <When at={event.at} show="absolute" />
                  <span>
                    {nameOf(event) && <span className="quiet">{nameOf(event)}: </span>}
                    <MaybeLink href={leadsTo(event)}>{sentence(event.text)}</MaybeLink>
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Async>
    </Panel>
  );
}

function MaybeLink({ href, children }: { href: string | null; children: string }) {
  return href === null ? <>{children}</> : <Link href={href}>{children}</Link>;
}
