// The product's vocabulary in plain sentences, for people who do not run networks.

export type ConsentMode = "off" | "ask" | "auto";

export const consentModes: readonly { mode: ConsentMode; title: string; sentence: string; effect: string }[] = [
  {
    mode: "off",
    title: "Only watch",
    sentence: "We tell you about an attack and change nothing. Your service may become slow or unreachable until the attack ends.",
    effect: "From now on we will not touch traffic to these addresses, also not during an attack.",
  },
  {
    mode: "ask",
    title: "Ask me first",
    sentence: "We tell you about an attack and propose what to do. Nothing happens until you, or our staff on your word, approve it.",
    effect: "From now on we wait for your approval, so protection starts only when somebody has read our message.",
  },
  {
    mode: "auto",
    title: "Protect at once",
    sentence: "We send the attacked address's traffic through our cleaning system within seconds, tell you, and undo it when the attack is over.",
    effect: "From now on we act without asking. Each step is shown here and you can undo it at any time.",
  },
];

export function consentTitle(mode: ConsentMode): string {
  return consentModes.find((c) => c.mode === mode)?.title ?? mode;
}

interface VectorWords {
  title: string; // for operators
  plain: string; // completes "Somebody is sending your server …"
}

const reflection = (service: string): VectorWords => ({
  title: `${service} reflection`,
  plain: `answers from other people's ${service} servers that you never asked for`,
});

const vectors: Record<string, VectorWords> = {
  total: { title: "Total traffic", plain: "far more traffic than usual" },
  "tcp-syn": { title: "TCP SYN flood", plain: "a flood of connection requests that are never meant to be finished" },
  "tcp-syn-ack": { title: "TCP SYN-ACK reflection", plain: "answers to connections that you never opened" },
  "tcp-ack": { title: "TCP ACK flood", plain: "a flood of packets that belong to no connection" },
  "tcp-rst-fin": { title: "TCP RST/FIN flood", plain: "a flood of packets that pretend to end connections" },
  "tcp-null": { title: "TCP flood with impossible flags", plain: "a flood of packets that no honest program sends" },
  udp: { title: "UDP flood", plain: "a flood of meaningless data" },
  icmp: { title: "ICMP flood", plain: "a flood of “ping” packets" },
  fragment: { title: "IP fragment flood", plain: "a flood of broken pieces of packets" },
  "other-protocol": { title: "Flood of another IP protocol", plain: "a flood of packets of an unusual kind" },
  dns: reflection("DNS"),
  ntp: reflection("NTP"),
  ssdp: reflection("SSDP"),
  cldap: reflection("CLDAP"),
  memcached: reflection("memcached"),
  chargen: reflection("CHARGEN"),
  snmp: reflection("SNMP"),
  "ws-discovery": reflection("WS-Discovery"),
  isakmp: reflection("ISAKMP"),
  bacnet: reflection("BACnet"),
  rpcbind: reflection("rpcbind"),
  mdns: reflection("mDNS"),
  netbios: reflection("NetBIOS"),
  coap: reflection("CoAP"),
  qotd: reflection("QOTD"),
  steam: reflection("Steam"),
  dhcpdiscover: reflection("DVR discovery"),
  "port-scan": { title: "Port scan", plain: "probes for open doors" },
};

// A vector that this portal does not know yet is shown by its name, never hidden.
export const vectorTitle = (name: string): string => vectors[name]?.title ?? name;
export const vectorPlain = (name: string): string => vectors[name]?.plain ?? `an attack of the kind “${name}”`;

const stages: Record<string, { title: string; sentence: string }> = {
  parse: { title: "Readable", sentence: "Is it a whole, well-formed packet?" },
  tenant: { title: "Addressed", sentence: "Is it for a customer of this gateway?" },
  invalid: { title: "Possible", sentence: "Could an honest sender have made it?" },
  filter: { title: "Filters", sentence: "Does a rule of the policy, or one made for this attack, forbid it?" },
  reflection: { title: "Reflection", sentence: "Is it an answer to a question that nobody asked?" },
  verify: { title: "Verification", sentence: "Has the sender shown that its address is real?" },
  anomaly: { title: "Anomaly", sentence: "Does it behave like the usual senders?" },
  protocol: { title: "Protocol", sentence: "Does it keep to the rules of its protocol?" },
  rate: { title: "Rates", sentence: "Is it within the sender's and the target's share?" },
  flow: { title: "Flow", sentence: "Does it belong to a connection, or may it begin one?" },
  firewall: { title: "Firewall", sentence: "Do the customer's rules allow the connection?" },
  nat: { title: "NAT", sentence: "Can the connection be given its translated address and port?" },
};

// On a packet's way, where people see them side by side with the picture.
const places: Record<string, string> = { parse: "In", tenant: "Network", flow: "Connection", output: "Out" };
export const placeTitle = (stage: string): string => places[stage] ?? stageTitle(stage);

export const stageTitle = (name: string): string => stages[name]?.title ?? name;
export const stageSentence = (name: string): string => stages[name]?.sentence ?? "";

const mitigationKinds: Record<string, { title: string; sentence: string; plain: string }> = {
  divert: {
    title: "Divert and scrub",
    sentence: "Route the target through a gateway, drop the attack there, hand the rest back.",
    plain: "We lead this address's traffic through our cleaning system: the attack is dropped, your visitors get through.",
  },
  blackhole: {
    title: "Blackhole",
    sentence: "Drop everything to the target at the edge, to save the other addresses (RFC 7999).",
    plain: "We drop everything that is sent to this address, good and bad, so that your other addresses keep working.",
  },
  flowspec: {
    title: "FlowSpec rule",
    sentence: "A filter on the provider's own routers (RFC 8955).",
    plain: "We block this kind of traffic on our own routers before it comes near you.",
  },
};

export const mitigationTitle = (kind: string): string => mitigationKinds[kind]?.title ?? kind;
export const mitigationSentence = (kind: string): string => mitigationKinds[kind]?.sentence ?? "";
export const mitigationPlain = (kind: string): string => mitigationKinds[kind]?.plain ?? "";

const guardLevels: Record<string, { title: string; sentence: string; plain: string }> = {
  analysis: {
    title: "Analysis",
    sentence: "The stages count what they would drop; only what is invalid or filtered is dropped.",
    plain: "We only measure: what no honest program sends is dropped, everything else reaches you.",
  },
  basic: {
    title: "Basic",
    sentence: "Senders show that they are real, reflected answers are dropped, shares are generous.",
    plain: "Senders have to show that they are real before they reach you.",
  },
  strong: {
    title: "Strong",
    sentence: "Payloads must be what their port says, what is unlike quiet times is filtered, shares are tight.",
    plain: "We check very closely, because much of the attack still came through. A visitor may notice it.",
  },
};

export const guardTitle = (level: string): string => guardLevels[level]?.title ?? level;
export const guardSentence = (level: string): string => guardLevels[level]?.sentence ?? "";
export const guardPlain = (level: string): string => guardLevels[level]?.plain ?? "";

// The share of what verified senders sent that was dropped; finer than other shares, as one in a thousand is much here.
export function lossText(share: number): string {
  if (share <= 0) return "0 %";
  if (share < 0.0001) return "< 0.01 %";
  return `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
}

// "a, b and c"
export function listed(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

// Text from the platform as a sentence: "consent is auto" becomes "Consent is auto."
export function sentence(text: string): string {
  if (text === "") return "";
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…:]$/.test(whole) ? whole : `${whole}.`;
}

// "TCP SYN flood", or "TCP SYN flood and 2 more": the strongest kind first, the rest counted.
export function kinds(vectors: readonly string[]): string {
  const [first, ...rest] = vectors;
  if (first === undefined) return "Unusual traffic";
  return rest.length === 0 ? vectorTitle(first) : `${vectorTitle(first)} and ${rest.length} more`;
}
