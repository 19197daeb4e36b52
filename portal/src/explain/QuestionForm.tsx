// One packet in fields, and all packets in lines: the lines count, the fields write the line that the cursor is in.
import { Button, Checkbox, CheckboxGroup, Select, SelectItem, TextArea, TextInput } from "@carbon/react";
import { useRef, useState, type ChangeEvent, type FormEvent } from "react";
import type { FirewallNetwork } from "../api/types";
import { plural } from "../format/words";
import { CaptureError, mostFrames, readCapture, type Capture } from "../logic/capture";
import { answerTo, hasPorts, hasType, readLine, tcpFlags, withProtocol, writeLine, type PacketFields } from "../logic/packetLine";

export interface Asked {
  lines: string;
  capture: (Capture & { name: string }) | null; // counts instead of the lines
  from: string; // "": by the source address
  at: string; // of an <input type="datetime-local">; "": now
}

interface QuestionFormProps {
  asked: Asked;
  change: (asked: Asked) => void;
  ask: () => void;
  busy: boolean;
  faults: { line: string | null; from: string | null } | null;
  networks: readonly FirewallNetwork[];
}

export const linesOf = (asked: Asked): string[] => asked.lines.split("\n").map((line) => line.trim()).filter((line) => line !== "");

const protocols: readonly [value: string, text: string][] = [
  ["tcp", "TCP"],
  ["udp", "UDP"],
  ["icmp", "ICMP (ping)"],
  ["icmpv6", "ICMPv6 (ping)"],
  ["protocol 47", "GRE (47)"],
  ["protocol 50", "ESP (50)"],
];

const emptyFields: PacketFields = { protocol: "tcp", source: "", sourcePort: "", destination: "", destinationPort: "", flags: ["syn"], type: "", rest: "" };

export function QuestionForm({ asked, change, ask, busy, faults, networks }: QuestionFormProps) {
  const [cursor, setCursor] = useState(0); // which line
  const rows = asked.lines.split("\n");
  const here = Math.min(cursor, rows.length - 1);
  const line = rows[here] ?? "";
  const write = (text: string, at = here) => change({ ...asked, lines: rows.map((row, i) => (i === at ? text : row)).join("\n") });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) ask();
  };
  const answer = answerTo(line);
  const nothing = asked.capture === null && linesOf(asked).length === 0;
  return (
    <form className="question" onSubmit={submit} noValidate>
      {asked.capture === null ? (
        <>
          <Fields line={line} number={rows.length > 1 ? here + 1 : null} write={write} />
          <TextArea
            id="question-lines"
            className="question__lines"
            labelText="In one line"
            helperText="As “sluice explain” takes it. More lines are more packets of the same talk, in their order."
            rows={Math.min(8, Math.max(1, rows.length))}
            value={asked.lines}
            spellCheck={false}
            placeholder="tcp 198.51.100.7:40000 > 203.0.113.9:443 syn"
            invalid={Boolean(faults?.line)}
            invalidText={faults?.line ?? ""}
            onSelect={(event) => setCursor(lineOfCursor(event.currentTarget as HTMLTextAreaElement))}
            onKeyDown={(event) => {
              // Enter asks; Shift and Enter begin a new line.
              if (event.key === "Enter" && !event.shiftKey) submit(event);
            }}
            onChange={(event) => change({ ...asked, lines: event.target.value })}
          />
        </>
      ) : (
        <p className="question__capture">
          <strong>{asked.capture.name}</strong>
          <span>{captureText(asked.capture)}</span>
          <Button kind="ghost" size="sm" onClick={() => change({ ...asked, capture: null })}>
            Put it away
          </Button>
        </p>
      )}
      <div className="question__more">
        <Select
          id="question-from"
          labelText="Comes in from"
          value={asked.from}
          invalid={Boolean(faults?.from)}
          invalidText={faults?.from ?? ""}
          onChange={(event) => change({ ...asked, from: event.target.value })}
        >
          <SelectItem value="" text="Where its source address belongs" />
          <SelectItem value="internet" text="The internet" />
          {networks.map((network) => (
            <SelectItem key={network.name} value={network.name} text={`${network.name} (zone ${network.zone})`} />
          ))}
        </Select>
        <TextInput
          id="question-at"
          type="datetime-local"
          labelText="When (empty: now)"
          value={asked.at}
          onChange={(event) => change({ ...asked, at: event.target.value })}
        />
      </div>
      <div className="question__actions">
        <Button type="submit" size="md" disabled={busy || nothing}>
          {busy ? "Asking…" : "Explain"}
        </Button>
        {asked.capture === null && answer !== null && (
          <Button
            kind="ghost"
            size="md"
            onClick={() => {
              change({ ...asked, lines: [...rows.slice(0, here + 1), answer, ...rows.slice(here + 1)].join("\n") });
              setCursor(here + 1);
            }}
          >
            Add its answer
          </Button>
        )}
        <CaptureButton take={(capture) => change({ ...asked, capture })} />
      </div>
    </form>
  );
}

function lineOfCursor(area: HTMLTextAreaElement): number {
  return area.value.slice(0, area.selectionStart).split("\n").length - 1;
}

function captureText({ frames, total, tooLong }: Capture): string {
  const left = total - tooLong - frames.length;
  const parts = [`${plural(total, "packet")} in the file.`];
  if (left > 0) parts.push(`The first ${mostFrames} are asked about.`);
  if (tooLong > 0) parts.push(`${plural(tooLong, "packet is", "packets are")} longer than 2,045 bytes and left out.`);
  return parts.join(" ");
}

// Of the line that the cursor is in.
function Fields({ line, number, write }: { line: string; number: number | null; write: (line: string) => void }) {
  const read = readLine(line);
  const foreign = line.trim() !== "" && read === null;
  const fields = read ?? emptyFields;
  const set = (part: Partial<PacketFields>) => write(writeLine({ ...fields, ...part }));
  const shown = (text: string) => (text === "?" ? "" : text);
  const known = protocols.some(([value]) => value === fields.protocol);
  if (foreign) return <p className="quiet question__foreign">This line says it in words that the form has no fields for. The line is what counts; empty it to use the form.</p>;
  return (
    <fieldset className="question__fields">
      <legend className={number === null ? "hidden" : ""}>{number === null ? "The packet" : `Packet ${number}, where the cursor is`}</legend>
      <Select id="question-protocol" labelText="Protocol" value={fields.protocol} onChange={(event) => write(writeLine(withProtocol(fields, event.target.value)))}>
        {protocols.map(([value, text]) => (
          <SelectItem key={value} value={value} text={text} />
        ))}
        {!known && <SelectItem value={fields.protocol} text={fields.protocol} />}
      </Select>
      <TextInput id="question-source" labelText="From address" placeholder="198.51.100.7" value={shown(fields.source)} onChange={(event) => set({ source: event.target.value.trim() })} />
      {hasPorts(fields.protocol) && (
        <TextInput id="question-source-port" labelText="From port" inputMode="numeric" placeholder="40000" value={shown(fields.sourcePort)} onChange={(event) => set({ sourcePort: event.target.value.trim() })} />
      )}
      <TextInput id="question-destination" labelText="To address" placeholder="203.0.113.9" value={shown(fields.destination)} onChange={(event) => set({ destination: event.target.value.trim() })} />
      {hasPorts(fields.protocol) && (
        <TextInput id="question-destination-port" labelText="To port" inputMode="numeric" placeholder="443" value={shown(fields.destinationPort)} onChange={(event) => set({ destinationPort: event.target.value.trim() })} />
      )}
      {hasType(fields.protocol) && (
        <TextInput id="question-type" labelText="Type" inputMode="numeric" value={fields.type} onChange={(event) => set({ type: event.target.value.trim() })} />
      )}
      {fields.protocol === "tcp" && (
        <CheckboxGroup legendText="Flags (SYN alone begins a connection)" className="question__flags">
          {tcpFlags.map((flag) => (
            <Checkbox
              key={flag}
              id={`question-${flag}`}
              labelText={flag.toUpperCase()}
              checked={fields.flags.includes(flag)}
              onChange={(_, { checked }) => set({ flags: checked ? [...fields.flags, flag] : fields.flags.filter((one) => one !== flag) })}
            />
          ))}
        </CheckboxGroup>
      )}
    </fieldset>
  );
}

function CaptureButton({ take }: { take: (capture: Capture & { name: string }) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<string | null>(null);
  const read = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = ""; // the same file may be chosen again
    if (!file) return;
    try {
      if (file.size > 16_000_000) throw new CaptureError("The file is larger than 16 MB. Cut out the packets that you mean.");
      take({ ...readCapture(new Uint8Array(await file.arrayBuffer())), name: file.name });
      setFault(null);
    } catch (error) {
      setFault(error instanceof CaptureError ? error.message : "The file could not be read.");
    }
  };
  return (
    <>
      <input ref={input} type="file" hidden accept=".pcap,.pcapng,.cap" aria-label="Capture file" onChange={(event) => void read(event)} />
      <Button kind="ghost" size="md" onClick={() => input.current?.click()}>
        Read a capture…
      </Button>
      {fault !== null && (
        <p className="confirm__error" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}
