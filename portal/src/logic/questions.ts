// Packets to ask about, made from what a person is looking at: a rule, a reason for drops, a reported flow, two zones.
import type { FirewallNetwork, FlowSample } from "../api/types";
import { tcpFlags } from "./packetLine";

export interface Question {
  packet: string; // one line each
  from?: string | undefined; // "internet" or a network's name; left out: by the source address
}

// For documentation (RFC 5737, RFC 3849): somebody out there, unless the customer himself has the address.
const strangers4 = ["198.51.100.7", "203.0.113.7", "192.0.2.7"];
const stranger6 = "2001:db8:ffff::7";

const isV6 = (address: string) => address.includes(":");
const number4 = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

function contains4(prefix: string, address: string): boolean {
  const [network = "", length = "32"] = prefix.split("/");
  if (isV6(network)) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(number4(network) / size) === Math.floor(number4(address) / size);
}

export function stranger(own: readonly string[], v6 = false): string {
  if (v6) return stranger6;
  return strangers4.find((address) => !own.some((prefix) => contains4(prefix, address))) ?? strangers4[0]!;
}

// A host of the prefix that is likely none of its routers.
export function someHost(prefix: string): string {
  const [network = "", length] = prefix.split("/");
  const bits = length === undefined ? 0 : (isV6(network) ? 128 : 32) - Number(length);
  if (bits < 4) return network;
  if (isV6(network)) return network.endsWith("::") ? `${network}10` : network;
  const value = number4(network) + 10;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

const end = (address: string, port: number) => (isV6(address) ? `[${address}]:${port}` : `${address}:${port}`);

export function tcp(source: string, destination: string, port: number, flags = "syn"): string {
  return `tcp ${end(source, 40000)} > ${end(destination, port)} ${flags}`;
}

const reflectors: Record<string, number> = {
  dns: 53, ntp: 123, ssdp: 1900, cldap: 389, memcached: 11211, chargen: 19, snmp: 161, "ws-discovery": 3702, isakmp: 500, bacnet: 47808,
  rpcbind: 111, mdns: 5353, netbios: 137, coap: 5683, qotd: 17, steam: 27015, dhcpdiscover: 37810,
};
const flagsOf: Record<string, string> = { "tcp-syn": "syn", "tcp-ack": "ack", "tcp-rst-fin": "rst", "tcp-null": "none", total: "syn" };

// A packet as this kind of attack is made of.
function attackPacket(vector: string, source: string, target: string): string {
  const port = reflectors[vector];
  if (port !== undefined) return `udp ${end(source, port)} > ${end(target, 40000)} payload 512`;
  if (vector === "tcp-syn-ack") return `tcp ${end(source, 443)} > ${end(target, 40000)} syn ack`;
  if (vector === "icmp") return isV6(target) ? `icmpv6 ${source} > ${target} type 128` : `icmp ${source} > ${target} type 8`;
  if (vector === "udp") return `udp ${end(source, 40000)} > ${end(target, 443)} payload 512`;
  if (vector === "fragment") return `udp ${end(source, 40000)} > ${end(target, 443)} payload 512 fragment 1480 id 7`;
  if (vector === "other-protocol") return `protocol 47 ${source} > ${target}`;
  return tcp(source, target, 443, flagsOf[vector] ?? "syn");
}

// What the reason itself says of the packet; the rest is as in the attack.
const byReason: Record<string, (source: string, target: string) => string> = {
  "bad-tcp-flags": (source, target) => tcp(source, target, 443, "fin psh urg"),
  "zero-port": (source, target) => tcp(source, target, 0),
  land: (_source, target) => tcp(target, target, 443),
  "bogon-source": (_source, target) => tcp(isV6(target) ? "fe80::1" : "127.0.0.1", target, 443),
  "reflection-template": (source, target) => attackPacket("dns", source, target),
  "syn-unverified": (source, target) => tcp(source, target, 443),
  "syn-first-drop": (source, target) => tcp(source, target, 443),
  "not-verified": (source, target) => tcp(source, target, 443, "ack"),
  "bad-cookie": (source, target) => tcp(source, target, 443, "ack"),
  "dns-first-drop": (source, target) => `udp ${end(source, 40000)} > ${end(target, 53)}`,
  "bad-dns": (source, target) => `udp ${end(source, 40000)} > ${end(target, 53)} payload 40`,
  "bad-ntp": (source, target) => `udp ${end(source, 40000)} > ${end(target, 123)} payload 40`,
  "bad-sip": (source, target) => `udp ${end(source, 40000)} > ${end(target, 5060)} payload 40`,
  "udp-first-drop": (source, target) => attackPacket("udp", source, target),
  "udp-rate": (source, target) => attackPacket("udp", source, target),
  "icmp-rate": (source, target) => attackPacket("icmp", source, target),
  "fragment-rate": (source, target) => attackPacket("fragment", source, target),
};

export function aboutReason(reason: string, target: string, vectors: readonly string[], own: readonly string[] = []): Question {
  const host = someHost(target);
  const source = stranger([...own, target], isV6(host));
  return { packet: byReason[reason]?.(source, host) ?? attackPacket(vectors[0] ?? "total", source, host), from: "internet" };
}

export function aboutSample(sample: FlowSample): Question {
  const { protocol, source, destination } = sample;
  const ends = `${end(source, sample.source_port)} > ${end(destination, sample.destination_port)}`;
  if (protocol === 17) return { packet: `udp ${ends}` };
  if (protocol === 1) return { packet: `icmp ${source} > ${destination} type 8` };
  if (protocol === 58) return { packet: `icmpv6 ${source} > ${destination} type 128` };
  if (protocol !== 6) return { packet: `protocol ${protocol} ${source} > ${destination}` };
  // In the order of the header's bits, from the lowest: RFC 9293, section 3.1. A record of a whole flow bears the flags
  // of all its packets: its first one is asked about.
  const bits = ["fin", "syn", "rst", "psh", "ack", "urg"] as const;
  const seen = bits.filter((_, bit) => sample.tcp_flags & (1 << bit));
  const flags = seen.includes("syn") && sample.packets > 1 ? ["syn"] : tcpFlags.filter((flag) => seen.includes(flag));
  return { packet: `tcp ${ends} ${flags.join(" ") || "none"}` };
}

// A connection from the one zone to the other; null where one of them has no network.
export function aboutZones(from: string, to: string, networks: readonly FirewallNetwork[]): Question | null {
  const own = networks.flatMap((network) => network.prefixes);
  for (const v6 of from === "internet" ? [true, false] : [false, true]) {
    const host = (zone: string) => {
      if (zone === "internet") return stranger(own, v6);
      const prefix = own.length > 0 ? networks.filter((network) => network.zone === zone).flatMap((network) => network.prefixes).find((one) => isV6(one) === v6) : undefined;
      return prefix === undefined ? null : someHost(prefix);
    };
    const [source, destination] = [host(from), host(to)];
    if (source !== null && destination !== null && source !== destination) return { packet: tcp(source, destination, 443) };
  }
  return null;
}

export interface Example extends Question {
  title: string;
}

// For a customer without a firewall: what may reach him.
export function examplesFor(prefixes: readonly string[]): Example[] {
  const first = prefixes.find((prefix) => !isV6(prefix)) ?? prefixes[0];
  if (first === undefined) return [];
  const host = someHost(first);
  const source = stranger(prefixes, isV6(host));
  return [
    { title: "A visitor opens a page", packet: tcp(source, host, 443), from: "internet" },
    { title: "Somebody tries a remote log-in", packet: tcp(source, host, 22), from: "internet" },
    { title: "A DNS answer that nobody asked for", packet: attackPacket("dns", source, host), from: "internet" },
    { title: "A ping", packet: attackPacket("icmp", source, host), from: "internet" },
  ];
}

