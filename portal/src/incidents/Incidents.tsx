// The list of incidents, for operators and for customers (who see their own).
import { Button, Select, SelectItem } from "@carbon/react";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { useIncidents, useTenants } from "../api/queries";
import type { IncidentState, IncidentSummary } from "../api/types";
import { duration } from "../format/time";
import { bitRate, packetRate } from "../format/units";
import { kinds } from "../format/words";
import { hostText, incidentStory } from "../logic/posture";
import { Async } from "../parts/Async";
import { Empty } from "../parts/Empty";
import { Rows, type Column } from "../parts/Rows";
import { IncidentStateTag, MitigationStateTag } from "../parts/State";
import { When } from "../parts/When";
import { useNow } from "../shell/now";
import { Page } from "../shell/Page";
import { useSession } from "../shell/session";
import "../styles/form.scss";

const states: [IncidentState | "", string][] = [
  ["", "All"],
  ["open", "Under attack"],
  ["ended", "Cooling down"],
  ["closed", "Over"],
];

export default function Incidents() {
  const { isOperator } = useSession();
  const [params, setParams] = useSearchParams();
  const state = (states.find(([value]) => value === params.get("state"))?.[0] ?? "") as IncidentState | "";
  const tenantId = params.get("customer") ?? "";
  const [pages, setPages] = useState(1);
  const incidents = useIncidents({ state: state || undefined, tenantId: tenantId || undefined }, pages);
  const tenants = useTenants(isOperator);
  const set = (name: string, value: string) => {
    setPages(1);
    const next = new URLSearchParams(params);
    if (value) next.set(name, value);
    else next.delete(name);
    setParams(next, { replace: true });
  };
  return (
    <Page
      title={isOperator ? "Incidents" : "Attacks"}
      lead={isOperator ? "Newest first." : "Every attack on your addresses, newest first, and what was done."}
      actions={
        <div className="controls">
          {isOperator && (
            <Select id="incidents-customer" labelText="Customer" size="sm" value={tenantId} onChange={(event) => set("customer", event.target.value)}>
              <SelectItem value="" text="All customers" />
              {[...(tenants.data ?? [])]
                .sort((a, b) => a.name.localeCompare(b.name))
                .map((t) => (
                  <SelectItem key={t.id} value={t.id} text={t.name} />
                ))}
            </Select>
          )}
          <Select id="incidents-state" labelText="State" size="sm" value={state} onChange={(event) => set("state", event.target.value)}>
            {states.map(([value, text]) => (
              <SelectItem key={value} value={value} text={text} />
            ))}
          </Select>
        </div>
      }
    >
      <Async query={incidents} lines={12}>
        {(page) =>
          page.items.length === 0 ? (
            <Nothing filtered={state !== "" || tenantId !== ""} isOperator={isOperator} />
          ) : (
            <>
              {isOperator ? <OperatorRows items={page.items} /> : <TenantList items={page.items} />}
              {page.next_cursor && pages < 4 && (
                <Button kind="ghost" size="sm" onClick={() => setPages(pages + 1)}>
                  Show older ones
                </Button>
              )}
              {page.next_cursor && pages >= 4 && (
                <p className="quiet">These are the newest {page.items.length}. Choose a state or a customer to see older ones, or ask GET /api/v1/incidents.</p>
              )}
            </>
          )
        }
      </Async>
    </Page>
  );
}

function Nothing({ filtered, isOperator }: { filtered: boolean; isOperator: boolean }) {
  if (filtered) return <Empty title="No incident is like this.">Choose “All” to see every incident.</Empty>;
  return isOperator ? (
    <Empty title="There have been no incidents." action={{ href: "/health", label: "See whether the collectors hear the routers" }}>
      An attack appears here within seconds of its first packet, when a collector hears the router that carries it.
    </Empty>
  ) : (
    <Empty title="You have not been attacked." action={{ href: "/addresses", label: "See what we may do if it happens" }}>
      When it happens you read here what it was, how long it lasted, and what was done.
    </Empty>
  );
}

function useLength(): (incident: IncidentSummary) => string {
  const now = useNow();
  return (incident) => duration((incident.ended_at ? Date.parse(incident.ended_at) : now) - Date.parse(incident.started_at));
}

function OperatorRows({ items }: { items: readonly IncidentSummary[] }) {
  const length = useLength();
  const columns: Column<IncidentSummary>[] = [
    { head: "Began", cell: (i) => <When at={i.started_at} />, width: "13rem" },
    {
      head: "Customer",
      cell: (i) => (
        <Link href={`/incidents/${i.id}`} data-row>
          {i.tenant_name}
        </Link>
      ),
    },
    { head: "Target", cell: (i) => hostText(i.target) },
    { head: "Kind", cell: (i) => kinds(i.vectors) },
    { head: "State", cell: (i) => <IncidentStateTag state={i.state} falsePositive={i.false_positive} /> },
    { head: "Response", cell: (i) => (i.mitigation_state ? <MitigationStateTag state={i.mitigation_state} /> : <span className="quiet">nothing</span>) },
    { head: "Lasted", cell: (i) => length(i), number: true },
    { head: "Peak", cell: (i) => bitRate(i.peak.bits_per_s), number: true },
    { head: "Peak packets", cell: (i) => packetRate(i.peak.packets_per_s), number: true },
  ];
  return <Rows label="Incidents" columns={columns} items={items} id={(i) => i.id} rowClass={(i) => (i.state === "open" ? "row--open" : undefined)} />;
}

function TenantList({ items }: { items: readonly IncidentSummary[] }) {
  const length = useLength();
  return (
    <ul className="stories">
      {items.map((incident) => (
        <li key={incident.id} className={`story story--${incident.state}`}>
          <div>
            <IncidentStateTag state={incident.state} falsePositive={incident.false_positive} />
            <p className="story__text">
              <Link href={`/incidents/${incident.id}`} data-row>
                {incidentStory(incident)}
              </Link>
            </p>
            <p className="quiet">
              <When at={incident.started_at} />, {incident.state === "open" ? "for" : "lasted"} {length(incident)}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
