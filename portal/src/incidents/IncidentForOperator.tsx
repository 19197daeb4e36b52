// One incident with everything that an operator may want to check.
import { Button, TextArea } from "@carbon/react";
import { useState, type FormEvent } from "react";
import { Link, useParams } from "wouter";
import { useFalsePositive, useIncident, useIncidentNote, useMitigation } from "../api/queries";
import type { Finding, FlowSample, Incident, MitigationSummary } from "../api/types";
import { duration } from "../format/time";
import { bitRate, packetRate, shortCount, times } from "../format/units";
import { mitigationTitle, plural, vectorTitle } from "../format/words";
import { hostText } from "../logic/posture";
import { flagsText, protocolText } from "../logic/packets";
import { aboutSample } from "../logic/questions";
import { Async } from "../parts/Async";
import { Confirm } from "../parts/Confirm";
import { Empty } from "../parts/Empty";
import { ExplainLink } from "../parts/ExplainLink";
import { Facts } from "../parts/Facts";
import { failureText } from "../parts/Failure";
import { Panel } from "../parts/Panel";
import { Rows } from "../parts/Rows";
import { ShareBar } from "../parts/Share";
import { IncidentStateTag } from "../parts/State";
import { When } from "../parts/When";
import { useNow } from "../shell/now";
import { Page } from "../shell/Page";
import { useSession } from "../shell/session";
import { useToast } from "../shell/toasts";
import "../styles/form.scss";
import { CounterTotals, ReasonRows, StageRows } from "./Counters";
import { IncidentChart } from "./IncidentChart";
import { MitigationCard } from "./MitigationCard";
import { Timeline } from "./Timeline";

export default function IncidentForOperator() {
  const { id = "" } = useParams<{ id: string }>();
  const query = useIncident(id);
  const summary = query.data?.summary;
  const { mayChange } = useSession();
  const [denying, setDenying] = useState(false);
  return (
    <Page
      title={summary?.title ?? "Incident"}
      up={{ href: "/incidents", label: "Incidents" }}
      lead={
        summary && (
          <span className="inline">
            <IncidentStateTag state={summary.state} falsePositive={summary.false_positive} />
            <Link href={`/customers/${summary.tenant_id}`}>{summary.tenant_name}</Link>
            <span className="quiet mono">{summary.id}</span>
          </span>
        )
      }
      actions={
        summary &&
        mayChange &&
        !summary.false_positive && (
          <Button kind="ghost" size="sm" onClick={() => setDenying(true)}>
            This is no attack
          </Button>
        )
      }
    >
      <Async query={query} lines={14}>
        {(incident) => <Story incident={incident} />}
      </Async>
      {denying && summary && <FalsePositive id={summary.id} onClose={() => setDenying(false)} />}
    </Page>
  );
}

function FalsePositive({ id, onClose }: { id: string; onClose: () => void }) {
  const mark = useFalsePositive(id);
  const tell = useToast();
  return (
    <Confirm
      heading="Is this no attack?"
      action="Mark and undo"
      danger
      reason="needed"
      reasonLabel="What was it? (kept in the timeline and the audit trail)"
      onClose={onClose}
      onConfirm={async (reason) => {
        await mark.mutateAsync(reason.trim());
        tell({ kind: "success", title: "Marked.", text: "Everything that was in force for this incident is withdrawn." });
      }}
    >
      <p>The incident is marked as a false alarm, and what is in force for it is withdrawn at once.</p>
    </Confirm>
  );
}

function Story({ incident }: { incident: Incident }) {
  const main = incident.mitigations.find((m) => m.state !== "withdrawn") ?? incident.mitigations[0];
  return (
    <>
      <IncidentFacts incident={incident} />
      <div className="split">
        <div className="split__main">
          <IncidentChart incident={incident} />
        </div>
        <div className="split__side">
          <Mitigations incident={incident} />
        </div>
      </div>
      {main && <GatewayCounters mitigation={main} />}
      <div className="split">
        <div className="split__main">
          <Evidence incident={incident} />
        </div>
        <div className="split__side">
          <Panel title="Timeline" note="Times since the first evidence.">
            <Timeline entries={incident.timeline} />
            <Note id={incident.summary.id} />
          </Panel>
        </div>
      </div>
      <Samples tenantId={incident.summary.tenant_id} findings={incident.findings} />
    </>
  );
}

function IncidentFacts({ incident }: { incident: Incident }) {
  const now = useNow();
  const { summary } = incident;
  const started = Date.parse(summary.started_at);
  const length = (summary.ended_at ? Date.parse(summary.ended_at) : now) - started;
  return (
    <Facts
      items={[
        ["Began", <When key="b" at={summary.started_at} />],
        [summary.ended_at ? "Lasted" : "Lasts", duration(length)],
        ["Target", <span key="t" className="number">{hostText(summary.target)}</span>],
        ["Now", summary.state === "open" ? `${packetRate(summary.current.packets_per_s)} · ${bitRate(summary.current.bits_per_s)}` : "over"],
        ["Peak", `${packetRate(summary.peak.packets_per_s)} · ${bitRate(summary.peak.bits_per_s)}`],
        ["Detected after", duration(incident.time_to_detect_ms)],
        ["In force after", incident.time_to_mitigate_ms === null ? "–" : duration(incident.time_to_mitigate_ms)],
        ["Senders", `about ${shortCount(incident.distinct_sources)}`],
      ]}
    />
  );
}

function Mitigations({ incident }: { incident: Incident }) {
  return (
    <Panel title="What is done">
      {incident.mitigations.length === 0 ? (
        <Empty title="Nothing is done." action={{ href: `/customers/${incident.summary.tenant_id}`, label: "See the customer's consent" }}>
          Either the customer's consent for this prefix is “only watch”, or a limit was reached; the timeline says which.
        </Empty>
      ) : (
        incident.mitigations.map((m) => <MitigationCard key={m.id} mitigation={m} />)
      )}
    </Panel>
  );
}

function GatewayCounters({ mitigation }: { mitigation: MitigationSummary }) {
  const query = useMitigation(mitigation.id, mitigation.state !== "withdrawn");
  return (
    <Panel title="At the gateways" note={`${mitigationTitle(mitigation.kind)} ${hostText(mitigation.target)}, since it began.`}>
      <Async query={query} lines={8}>
        {({ counters }) =>
          counters === null ? (
            <Empty title="No gateway has counted anything yet.">
              {mitigation.state === "proposed"
                ? "Counting begins when the mitigation is approved."
                : "Counting begins when the first diverted packet arrives. If this stays, see Health: does a gateway run, and is BGP up?"}
            </Empty>
          ) : (
            <>
              <CounterTotals counters={counters} />
              <div className="pair pair--wide">
                <div>
                  <h3>By stage, in the order in which a packet meets them</h3>
                  <StageRows counters={counters} />
                </div>
                <div>
                  <h3>Dropped, by reason</h3>
                  <ReasonRows mitigation={mitigation} counters={counters} />
                </div>
              </div>
            </>
          )
        }
      </Async>
    </Panel>
  );
}

function Evidence({ incident }: { incident: Incident }) {
  const strongest = (items: readonly { rate: { packets_per_s: number } }[]) => items.reduce((most, i) => Math.max(most, i.rate.packets_per_s), 0);
  const { vectors, sources, ingress } = incident;
  return (
    <Panel title="Evidence" note="From the routers' reports, scaled by their sampling.">
      {incident.findings.map((finding) => (
        <Rule key={finding.key} finding={finding} />
      ))}
      <div className="pair">
        <div>
          <h3>Vectors</h3>
          <Rows
            label="Vectors"
            items={vectors}
            id={(v) => v.vector}
            columns={[
              { head: "Kind", cell: (v) => v.title || vectorTitle(v.vector) },
              { head: "Packets", cell: (v) => packetRate(v.rate.packets_per_s), number: true },
              { head: "Bits", cell: (v) => bitRate(v.rate.bits_per_s), number: true },
              { head: "Share", cell: (v) => <ShareBar part={v.rate.packets_per_s} whole={strongest(vectors)} />, width: "6rem" },
            ]}
          />
          <h3>Where it comes in</h3>
          <Rows
            label="Ingress"
            items={ingress}
            id={(i) => `${i.exporter} ${i.interface}`}
            columns={[
              { head: "Router", cell: (i) => i.exporter },
              { head: "Interface", cell: (i) => i.interface, number: true },
              { head: "Packets", cell: (i) => packetRate(i.rate.packets_per_s), number: true },
              { head: "Share", cell: (i) => <ShareBar part={i.rate.packets_per_s} whole={strongest(ingress)} />, width: "6rem" },
            ]}
          />
        </div>
        <div>
          <h3>Strongest senders, of about {shortCount(incident.distinct_sources)}</h3>
          <Rows
            label="Strongest senders"
            items={sources}
            id={(s) => `${s.source} ${s.source_port ?? "many"}`}
            columns={[
              { head: "Sender", cell: (s) => hostText(s.source) },
              { head: "Port", cell: (s) => s.source_port ?? "many", number: true },
              { head: "Packets", cell: (s) => packetRate(s.rate.packets_per_s), number: true },
              { head: "Bits", cell: (s) => bitRate(s.rate.bits_per_s), number: true },
              { head: "Share", cell: (s) => <ShareBar part={s.rate.packets_per_s} whole={strongest(sources)} />, width: "6rem" },
            ]}
          />
        </div>
      </div>
    </Panel>
  );
}

// The rule that fired, as a sentence that a person can check.
function Rule({ finding }: { finding: Finding }) {
  const { rule } = finding;
  const text = rule.metric === "bits/s" ? bitRate : packetRate;
  const factor = rule.usual === null ? null : times(rule.observed, rule.usual);
  return (
    <p>
      The rule <strong>{rule.threshold}</strong> fired for the {finding.scope} <span className="number">{hostText(finding.target)}</span>: {text(rule.observed)} seen,{" "}
      {text(rule.limit)} allowed
      {rule.usual !== null && (
        <>
          , {text(rule.usual)} usual at this hour{factor && ` (${factor})`}
        </>
      )}
      .{finding.destination_port !== null && ` Most of it goes to port ${finding.destination_port}.`} Before the attack: {packetRate(finding.before.packets_per_s)}.
      {finding.hosts.length > 0 && ` Spread over many hosts, the most hit: ${finding.hosts.slice(0, 6).map(hostText).join(", ")}.`}
    </p>
  );
}

function Note({ id }: { id: string }) {
  const { mayChange } = useSession();
  const add = useIncidentNote(id);
  const [text, setText] = useState("");
  if (!mayChange) return null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    await add.mutateAsync(text.trim()).then(() => setText(""), () => undefined);
  };
  return (
    <form className="note" onSubmit={(event) => void submit(event)}>
      <TextArea id="note" labelText="Note for the timeline (the customer reads it too)" rows={2} maxLength={2000} value={text} onChange={(event) => setText(event.target.value)} />
      {add.isError && (
        <p className="confirm__error" role="alert">
          {failureText(add.error)}
        </p>
      )}
      <Button type="submit" size="sm" kind="tertiary" disabled={add.isPending || text.trim() === ""}>
        Add the note
      </Button>
    </form>
  );
}

function Samples({ tenantId, findings }: { tenantId: string; findings: readonly Finding[] }) {
  const samples = findings.flatMap((f) => f.samples).slice(0, 24);
  return (
    <Panel title="Sample records" note={samples.length > 0 ? `${plural(samples.length, "flow record")} as reported, before scaling.` : undefined}>
      {samples.length === 0 ? (
        <p className="quiet">The collector kept no samples of this incident.</p>
      ) : (
        <Rows<FlowSample>
          label="Sample records"
          items={samples}
          id={(s, i) => `${i} ${s.source}`}
          columns={[
            { head: "Time", cell: (s) => <When at={s.at} show="absolute" /> },
            { head: "From", cell: (s) => endpoint(s.source, s.source_port) },
            { head: "To", cell: (s) => endpoint(s.destination, s.destination_port) },
            { head: "Protocol", cell: (s) => protocolText(s.protocol) },
            { head: "Flags", cell: (s) => (s.protocol === 6 ? <span className="mono">{flagsText(s.tcp_flags)}</span> : "–") },
            { head: "Packets", cell: (s) => s.packets.toLocaleString("en"), number: true },
            { head: "Bytes", cell: (s) => s.bytes.toLocaleString("en"), number: true },
            { head: "Sampled", cell: (s) => (s.sampling === 1 ? "all" : `1 in ${s.sampling.toLocaleString("en")}`), number: true },
            { head: "Router", cell: (s) => `${s.exporter} #${s.input_interface}` },
            { head: "Such a packet", cell: (s) => <ExplainLink tenantId={tenantId} question={aboutSample(s)} about={`from ${endpoint(s.source, s.source_port)}`} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function endpoint(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
