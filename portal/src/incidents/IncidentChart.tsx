// The traffic of the attacked customer around the incident, with the steps of the story marked on it.
import { ContentSwitcher, Switch } from "@carbon/react";
import { useMemo, useState } from "react";
import { useIncidentTraffic } from "../api/traffic";
import type { Incident } from "../api/types";
import type { Unit } from "../logic/series";
import { Async } from "../parts/Async";
import { Panel } from "../parts/Panel";
import "../styles/form.scss";
import type { ChartMark } from "../parts/chart";
import { RateChart } from "../parts/RateChart";

const marked: Record<string, string> = {
  "first-evidence": "first packets",
  detected: "detected",
  "mitigation-announced": "route announced",
  "clean-traffic": "being cleaned",
  "mitigation-lost": "route lost",
  "attack-resumed": "attack is back",
  "attack-ended": "attack over",
  "mitigation-withdrawn": "undone",
};

export function chartMarks(incident: Incident): ChartMark[] {
  return incident.timeline.flatMap((entry) => {
    const label = marked[entry.kind];
    return label ? [{ at: Date.parse(entry.at) / 1000, label }] : [];
  });
}

interface IncidentChartProps {
  incident: Incident;
  plain?: boolean;
}

export function IncidentChart({ incident, plain = false }: IncidentChartProps) {
  const { tenant_id, started_at, ended_at, tenant_name } = incident.summary;
  const [unit, setUnit] = useState<Unit>(plain ? "bits_per_s" : "packets_per_s");
  const traffic = useIncidentTraffic(tenant_id, started_at, ended_at);
  const marks = useMemo(() => chartMarks(incident), [incident]);
  return (
    <Panel
      className="panel--chart"
      title={plain ? "What happened to your traffic" : "Traffic"}
      note={plain ? "Blue reached you. Hatched orange is what we dropped." : `All diverted traffic of ${tenant_name}, and what arrives for it at the edge.`}
      actions={
        plain ? undefined : (
          <ContentSwitcher size="sm" selectedIndex={0} onChange={({ name }) => setUnit(name as Unit)} aria-label="Unit">
            <Switch name="packets_per_s" text="Packets" />
            <Switch name="bits_per_s" text="Bits" />
          </ContentSwitcher>
        )
      }
    >
      <Async query={traffic} lines={6}>
        {(series) => (
          <RateChart
            label={`Traffic of ${tenant_name} around the incident`}
            at={series.at}
            unit={unit}
            marks={marks}
            height={240}
            lines={[
              { label: plain ? "Sent to you" : "Arriving at the edge", values: series.inbound[unit], look: "line" },
              { label: plain ? "Cleaned and passed to you" : "Passed", values: series.passed[unit], look: "passed" },
              { label: "Dropped", values: series.dropped[unit], look: "dropped" },
            ]}
          />
        )}
      </Async>
    </Panel>
  );
}
