// The same incident in the customer's words: what is happening, what is done, what to decide.
import { Link, useParams } from "wouter";
import { useIncident, useMitigation } from "../api/queries";
import type { Incident, MitigationSummary } from "../api/types";
import { duration } from "../format/time";
import { bitRate, exactCount, share, shortCount } from "../format/units";
import { hostText, incidentStory, responseStory } from "../logic/posture";
import { aboutReason } from "../logic/questions";
import { Async } from "../parts/Async";
import { ExplainLink } from "../parts/ExplainLink";
import { Facts } from "../parts/Facts";
import { Panel } from "../parts/Panel";
import { PassBar } from "../parts/Share";
import { IncidentStateTag } from "../parts/State";
import { When } from "../parts/When";
import { useNow } from "../shell/now";
import { Page } from "../shell/Page";
import { ReasonRows } from "./Counters";
import { IncidentChart } from "./IncidentChart";
import { MitigationCard } from "./MitigationCard";
import { Timeline } from "./Timeline";

export default function IncidentForTenant() {
  const { id = "" } = useParams<{ id: string }>();
  const query = useIncident(id);
  const summary = query.data?.summary;
  return (
    <Page
      title={summary ? `Attack on ${hostText(summary.target)}` : "Attack"}
      up={{ href: "/incidents", label: "Attacks" }}
      width="reading"
      lead={summary && <IncidentStateTag state={summary.state} falsePositive={summary.false_positive} />}
    >
      <Async query={query} lines={12}>
        {(incident) => <Story incident={incident} />}
      </Async>
    </Page>
  );
}

function Story({ incident }: { incident: Incident }) {
  const now = useNow();
  const { summary, mitigations } = incident;
  const length = duration((summary.ended_at ? Date.parse(summary.ended_at) : now) - Date.parse(summary.started_at));
  const standing = mitigations.filter((m) => m.state !== "withdrawn");
  const main = standing[0] ?? mitigations[0];
  return (
    <>
      <div className="tale">
        <p>{incidentStory(summary)}</p>
        <p>{responseStory(summary.mitigation_state, summary)}</p>
      </div>
      <Facts
        items={[
          ["Began", <When key="b" at={summary.started_at} />],
          [summary.ended_at ? "Lasted" : "Lasts", length],
          ["Strongest", bitRate(summary.peak.bits_per_s)],
          ["We noticed it after", duration(incident.time_to_detect_ms)],
          ["Cleaning began after", incident.time_to_mitigate_ms === null ? "not yet" : duration(incident.time_to_mitigate_ms)],
          ["Senders", `about ${shortCount(incident.distinct_sources)}`],
        ]}
      />
      {standing.length > 0 && (
        <Panel title={standing.some((m) => m.state === "proposed") ? "We need your decision" : "What we do now"}>
          {standing.map((m) => (
            <MitigationCard key={m.id} mitigation={m} plain />
          ))}
        </Panel>
      )}
      {standing.length === 0 && summary.state === "open" && (
        <Panel title="What you can do">
          <p>
            For these addresses we may only watch, or somebody refused our proposal. If your service suffers, <Link href="/addresses">allow us to help</Link>, or call your
            provider and name this attack: <span className="mono">{summary.id}</span>.
          </p>
        </Panel>
      )}
      <IncidentChart incident={incident} plain />
      {main && <Cleaned mitigation={main} />}
      <Panel title="What happened, step by step">
        <Timeline entries={incident.timeline} />
      </Panel>
    </>
  );
}

function Cleaned({ mitigation }: { mitigation: MitigationSummary }) {
  const query = useMitigation(mitigation.id, mitigation.state !== "withdrawn");
  const counters = query.data?.counters;
  if (!counters || counters.received.packets === 0) return null;
  const { passed, dropped } = counters;
  return (
    <Panel title="What we dropped, and why">
      <p>
        Of {shortCount(counters.received.packets)} packets sent to this address we dropped <b className="is-dropped">{share(dropped.packets, counters.received.packets)}</b> and gave you{" "}
        <b className="is-passed">{shortCount(passed.packets)}</b>.
        {counters.verified_sources > 0 && ` ${exactCount(counters.verified_sources)} of your visitors showed that they are real.`}
      </p>
      <PassBar passed={passed.packets} dropped={dropped.packets} label={`${share(dropped.packets, passed.packets + dropped.packets)} dropped`} />
      <ReasonRows mitigation={mitigation} counters={counters} plain />
      <p className="quiet">
        Do you miss a visitor?{" "}
        <ExplainLink tenantId={mitigation.tenant_id} question={aboutReason("syn-unverified", mitigation.target, [])} about="">
          See what becomes of his packets
        </ExplainLink>
        , or tell your provider the time and the visitor's address; every drop has one of these reasons.
      </p>
    </Panel>
  );
}
