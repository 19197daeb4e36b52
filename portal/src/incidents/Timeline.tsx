// What happened, in order, with the time since the first evidence: the figure that everybody asks for.
import type { TimelineEntry } from "../api/types";
import { clock, full, offset } from "../format/time";
import { sentence } from "../format/words";

const tones: Record<string, string> = {
  "first-evidence": "alarm",
  detected: "alarm",
  "attack-resumed": "alarm",
  "mitigation-proposed": "notice",
  "mitigation-refused": "alarm",
  "mitigation-activated": "working",
  "mitigation-announced": "working",
  "clean-traffic": "working",
  "mitigation-lost": "alarm",
  "mitigation-resumed": "working",
  "mitigation-extended": "working",
  "mitigation-cooling": "notice",
  "mitigation-guard-changed": "notice",
  "attack-ended": "calm",
  "mitigation-withdrawn": "calm",
  note: "note",
  "false-positive": "note",
};

export function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  const start = entries[0] ? Date.parse(entries[0].at) : 0;
  return (
    <ol className="timeline">
      {entries.map((entry, i) => {
        const at = Date.parse(entry.at);
        return (
          <li key={i} className={`timeline__entry timeline__entry--${tones[entry.kind] ?? "other"}`}>
            <span className="timeline__offset number">{i === 0 ? clock(at).slice(0, 8) : offset(at, start)}</span>
            <span className="timeline__dot" aria-hidden="true" />
            <span>
              {sentence(entry.text)} <time className="quiet timeline__clock" dateTime={entry.at} title={full(at)}>{clock(at)}</time>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
