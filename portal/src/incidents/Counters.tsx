// What the gateways do with the diverted traffic: the stages in the order in which a packet meets them, and each reason
// for a drop with its sentence.
import type { MitigationCounters, MitigationSummary, StageCounters } from "../api/types";
import { byteCount, exactCount, packetRate, share, shortCount } from "../format/units";
import { stageSentence, stageTitle } from "../format/words";
import { aboutReason } from "../logic/questions";
import { ExplainLink } from "../parts/ExplainLink";
import { Rows } from "../parts/Rows";
import { PassBar } from "../parts/Share";
import { When } from "../parts/When";

const count = (n: number) => <span title={exactCount(n)}>{shortCount(n)}</span>;

export function CounterTotals({ counters }: { counters: MitigationCounters }) {
  const { received, passed, dropped, answered } = counters;
  // A packet that was answered was turned round: it went no further, as little as a dropped one.
  const stopped = dropped.packets + answered.packets;
  const figures: [string, string, number, number, number][] = [
    ["Received", "plain", received.packets, received.bytes, counters.received_rate.packets_per_s],
    ["Passed", "passed", passed.packets, passed.bytes, counters.passed_rate.packets_per_s],
    ["Dropped", "dropped", dropped.packets, dropped.bytes, counters.dropped_rate.packets_per_s],
    ["Answered", "plain", answered.packets, answered.bytes, counters.answered_rate.packets_per_s],
  ];
  return (
    <>
      <dl className="counts">
        {figures.map(([label, look, packets, bytes, rate]) => (
          <div key={label} className={`counts__${look}`}>
            <dt>{label}</dt>
            <dd>
              <b title={`${exactCount(packets)} packets`}>{shortCount(packets)}</b>
              <span className="quiet">
                {" "}
                packets · {byteCount(bytes)} · {packetRate(rate)} now
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <PassBar
        passed={passed.packets}
        dropped={stopped}
        label={`${share(passed.packets, passed.packets + stopped)} passed, ${share(stopped, passed.packets + stopped)} stopped`}
      />
      <p className="quiet">
        {share(stopped, passed.packets + stopped)} of the packets went no further.{" "}
        {answered.packets > 0 && `${shortCount(answered.packets)} were answered to check their sender; ${exactCount(counters.verified_sources)} senders proved to be real. `}
        {counters.spliced_connections > 0 && `${exactCount(counters.spliced_connections)} connections were joined with their server at the first attempt. `}
        {counters.repeated_syns > 0 && `Their servers were asked again ${exactCount(counters.repeated_syns)} times, as they did not answer. `}
        Counted until <When at={counters.at} />.
      </p>
    </>
  );
}

export function StageRows({ counters }: { counters: MitigationCounters }) {
  return (
    <Rows
      label="Stages"
      items={counters.stages}
      id={(s) => s.stage}
      columns={[
        {
          head: "Stage, and what it asks",
          wrap: true,
          cell: (s) => (
            <>
              <strong>{stageTitle(s.stage)}</strong>
              <span className="under">{stageSentence(s.stage)}</span>
            </>
          ),
        },
        { head: "In", cell: (s) => count(s.received.packets), number: true },
        { head: "Passed", cell: (s) => <span className="is-passed">{count(s.passed.packets)}</span>, number: true },
        { head: "Dropped", cell: (s) => <span className={s.dropped.packets > 0 ? "is-dropped" : "quiet"}>{count(s.dropped.packets)}</span>, number: true },
        ...(counters.stages.some((s) => s.watched.packets > 0)
          ? [{ head: "Watched", cell: (s: StageCounters) => <span title="Would have been dropped, had the stage not only watched">{count(s.watched.packets)}</span>, number: true }]
          : []),
        { head: "Share", cell: (s) => <PassBar passed={s.passed.packets} dropped={s.received.packets - s.passed.packets} />, width: "6rem" },
      ]}
    />
  );
}

interface ReasonRowsProps {
  mitigation: MitigationSummary;
  counters: MitigationCounters;
  plain?: boolean;
}

export function ReasonRows({ mitigation, counters, plain = false }: ReasonRowsProps) {
  const { tenant_id, target, vectors } = mitigation;
  const all = counters.dropped.packets;
  if (counters.reasons.length === 0) return <p className="quiet">Nothing was dropped so far.</p>;
  return (
    <Rows
      label="Reasons for drops"
      items={counters.reasons}
      id={(r) => r.reason}
      columns={[
        {
          head: "Why",
          wrap: true,
          cell: (r) => (
            <>
              {r.sentence}
              {!plain && (
                <span className="under">
                  {stageTitle(r.stage)} · <code>{r.reason}</code>
                </span>
              )}
            </>
          ),
        },
        { head: "Packets", cell: (r) => count(r.packets), number: true },
        { head: "Of all drops", cell: (r) => share(r.packets, all), number: true },
        { head: "Such a packet", cell: (r) => <ExplainLink tenantId={tenant_id} question={aboutReason(r.reason, target, vectors)} about={`: ${r.sentence}`} /> },
      ]}
    />
  );
}
