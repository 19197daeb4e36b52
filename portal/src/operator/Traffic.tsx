// Live traffic: what arrives at the edge, and what the gateways make of it.
import { ContentSwitcher, Select, SelectItem, Switch } from "@carbon/react";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { useTenants } from "../api/queries";
import { useLiveTraffic } from "../api/traffic";
import type { TrafficSeries } from "../api/types";
import { share } from "../format/units";
import { latest, type Unit } from "../logic/series";
import { Async } from "../parts/Async";
import { Panel } from "../parts/Panel";
import { RateChart } from "../parts/RateChart";
import { Page } from "../shell/Page";
import "../styles/form.scss";

const windows: [string, number][] = [
  ["5 minutes", 300],
  ["15 minutes", 900],
  ["1 hour", 3600],
  ["24 hours", 86_400],
];

export default function Traffic() {
  const [params, setParams] = useSearchParams();
  const tenantId = params.get("customer");
  const [seconds, setSeconds] = useState(300);
  const [unit, setUnit] = useState<Unit>("bits_per_s");
  const tenants = useTenants();
  const traffic = useLiveTraffic(tenantId, seconds);
  const who = tenants.data?.find((t) => t.id === tenantId)?.name ?? "all customers";
  return (
    <Page
      title="Traffic"
      lead={`Of ${who}, as it happens.`}
      actions={
        <div className="controls">
          <Select
            id="traffic-customer"
            labelText="Customer"
            size="sm"
            value={tenantId ?? ""}
            onChange={(event) => setParams(event.target.value ? { customer: event.target.value } : {}, { replace: true })}
          >
            <SelectItem value="" text="All customers" />
            {[...(tenants.data ?? [])]
              .sort((a, b) => a.name.localeCompare(b.name))
              .map((t) => (
                <SelectItem key={t.id} value={t.id} text={t.name} />
              ))}
          </Select>
          <Select id="traffic-window" labelText="Window" size="sm" value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
            {windows.map(([text, value]) => (
              <SelectItem key={value} value={value} text={text} />
            ))}
          </Select>
          <ContentSwitcher size="sm" selectedIndex={0} onChange={({ name }) => setUnit(name as Unit)} aria-label="Unit">
            <Switch name="bits_per_s" text="Bits" />
            <Switch name="packets_per_s" text="Packets" />
          </ContentSwitcher>
        </div>
      }
    >
      <Async query={traffic} lines={10}>
        {(series) => (
          <>
            <Panel title="At the edge" note="What the routers report, scaled by their sampling.">
              <RateChart
                label={`Traffic of ${who} at the edge`}
                at={series.at}
                unit={unit}
                syncKey="traffic"
                lines={[
                  { label: "Towards customers", values: series.inbound[unit], look: "passed" },
                  { label: "From customers", values: series.outbound[unit], look: "line" },
                ]}
              />
            </Panel>
            <Panel title="At the gateways" note={gatewayNote(series)}>
              <RateChart
                label={`Diverted traffic of ${who}`}
                at={series.at}
                unit={unit}
                syncKey="traffic"
                lines={[
                  { label: "Passed", values: series.passed[unit], look: "passed" },
                  { label: "Dropped", values: series.dropped[unit], look: "dropped" },
                ]}
              />
            </Panel>
          </>
        )}
      </Async>
    </Page>
  );
}

function gatewayNote(series: TrafficSeries): string {
  const passed = latest(series.passed.packets_per_s) ?? 0;
  const dropped = latest(series.dropped.packets_per_s) ?? 0;
  if (passed + dropped === 0) return "Nothing is diverted now: no traffic goes through a gateway.";
  return `Diverted traffic only. ${share(dropped, passed + dropped)} of its packets are dropped now.`;
}
