// A packet in one line, as `sluice explain` takes it, to the fields of a form and back. The line is what counts: words
// that the form has no field for stay as they are. What is right and wrong is the controller's to say.

export const tcpFlags = ["syn", "ack", "fin", "rst", "psh", "urg"] as const;
export type TcpFlag = (typeof tcpFlags)[number];

export interface PacketFields {
  protocol: string; // "tcp", "udp", "icmp", "icmpv6" or "protocol 47"
  source: string;
  sourcePort: string;
  destination: string;
  destinationPort: string;
  flags: readonly TcpFlag[];
  type: string; // of ICMP
  rest: string; // further words, as they were
}

export const hasPorts = (protocol: string): boolean => protocol === "tcp" || protocol === "udp";
export const hasType = (protocol: string): boolean => protocol === "icmp" || protocol === "icmpv6";

const isFlag = (word: string): word is TcpFlag => (tcpFlags as readonly string[]).includes(word);

// Null for what has no such form: `hex …`, a line that is not finished.
export function readLine(line: string): PacketFields | null {
  const words = line.trim().split(/\s+/);
  let protocol = (words.shift() ?? "").toLowerCase();
  if (protocol === "protocol") protocol = `protocol ${words.shift() ?? ""}`;
  else if (!hasPorts(protocol) && !hasType(protocol)) return null;
  const [from, arrow, to] = words.splice(0, 3);
  if (from === undefined || arrow !== ">" || to === undefined) return null;
  const [source, sourcePort] = readEnd(from, protocol);
  const [destination, destinationPort] = readEnd(to, protocol);
  const flags: TcpFlag[] = [];
  let type = "";
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    // What an ICMP error quotes is a packet of its own.
    if (word === "about") {
      rest.push(...words.slice(i));
      break;
    }
    if (protocol === "tcp" && isFlag(word.toLowerCase())) flags.push(word.toLowerCase() as TcpFlag);
    else if (protocol === "tcp" && word.toLowerCase() === "none") continue;
    else if (hasType(protocol) && word === "type") type = words[++i] ?? "";
    else rest.push(word);
  }
  return { protocol, source, sourcePort, destination, destinationPort, flags, type, rest: rest.join(" ") };
}

function readEnd(text: string, protocol: string): [address: string, port: string] {
  if (!hasPorts(protocol)) return [text, ""];
  const bracketed = /^\[(.*)\](?::(.*))?$/.exec(text);
  if (bracketed) return [bracketed[1] ?? "", bracketed[2] ?? ""];
  const [address = "", port = "", ...more] = text.split(":");
  return more.length > 0 ? [text, ""] : [address, port];
}

export function writeLine(fields: PacketFields): string {
  const { protocol, source, sourcePort, destination, destinationPort, flags, type, rest } = fields;
  const end = (address: string, port: string) => {
    if (!hasPorts(protocol)) return address || "?";
    return address.includes(":") ? `[${address}]:${port || "?"}` : `${address || "?"}:${port || "?"}`;
  };
  const words = [protocol, end(source, sourcePort), ">", end(destination, destinationPort)];
  if (protocol === "tcp") words.push(...(flags.length > 0 ? tcpFlags.filter((flag) => flags.includes(flag)) : ["none"]));
  if (hasType(protocol) && type !== "") words.push("type", type);
  if (rest !== "") words.push(rest);
  return words.join(" ");
}

const usualPorts: Record<string, string> = { tcp: "443", udp: "53" };

// Another protocol keeps the addresses and takes what is usual with it.
export function withProtocol(fields: PacketFields, protocol: string): PacketFields {
  const ports = hasPorts(protocol);
  return {
    ...fields,
    protocol,
    sourcePort: ports ? fields.sourcePort || "40000" : "",
    destinationPort: ports ? fields.destinationPort || (usualPorts[protocol] ?? "") : "",
    flags: protocol === "tcp" ? ["syn"] : [],
    type: protocol === "icmp" ? "8" : protocol === "icmpv6" ? "128" : "",
    rest: "",
  };
}

// What the other side sends back; null where that is not plain.
export function answerTo(line: string): string | null {
  const fields = readLine(line);
  if (fields === null || fields.rest !== "") return null;
  const { protocol, source, sourcePort, destination, destinationPort, flags, type } = fields;
  const back = { ...fields, source: destination, sourcePort: destinationPort, destination: source, destinationPort: sourcePort };
  if (protocol === "tcp") {
    if (flags.includes("rst")) return null;
    return writeLine({ ...back, flags: flags.includes("syn") && !flags.includes("ack") ? ["syn", "ack"] : ["ack"] });
  }
  const answers: Record<string, string> = { "icmp 8": "0", "icmp ": "0", "icmpv6 128": "129", "icmpv6 ": "129" };
  if (hasType(protocol)) {
    const answer = answers[`${protocol} ${type}`];
    return answer === undefined ? null : writeLine({ ...back, type: answer });
  }
  return writeLine(back);
}
