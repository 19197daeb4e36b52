// Names for the numbers in flow records.
const protocols: Record<number, string> = { 1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 41: "IPv6 in IP", 47: "GRE", 50: "ESP", 58: "ICMPv6", 89: "OSPF", 132: "SCTP" };

export const protocolText = (protocol: number): string => protocols[protocol] ?? `IP ${protocol}`;

// In the order of the header's bits, from the lowest: RFC 9293, section 3.1.
const flags = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

export function flagsText(value: number): string {
  const set = flags.filter((_, bit) => value & (1 << bit));
  return set.length > 0 ? set.join(" ") : "none";
}
