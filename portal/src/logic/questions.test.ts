import { describe, expect, it } from "vitest";
import type { FirewallNetwork, FlowSample } from "../api/types";
import { readLine } from "./packetLine";
import { aboutReason, aboutSample, aboutZones, examplesFor, someHost, stranger } from "./questions";

const network = (zone: string, ...prefixes: string[]): FirewallNetwork => ({ name: zone, zone, site: null, kind: "port", prefixes, sentence: "" });

describe("addresses to ask about", () => {
  it("hosts of prefixes", () => {
    expect(someHost("192.0.2.0/24")).toBe("192.0.2.10");
    expect(someHost("10.255.255.0/24")).toBe("10.255.255.10");
    expect(someHost("192.0.2.7/32")).toBe("192.0.2.7");
    expect(someHost("2001:db8:1::/48")).toBe("2001:db8:1::10");
    expect(someHost("2001:db8::7/128")).toBe("2001:db8::7");
  });
  it("somebody out there is none of the customer's own", () => {
    expect(stranger([])).toBe("198.51.100.7");
    expect(stranger(["198.51.100.0/24", "2001:db8::/32"])).toBe("203.0.113.7");
    expect(stranger(["10.0.0.0/8"], true)).toBe("2001:db8:ffff::7");
  });
});

describe("questions", () => {
  it("about a reason for drops", () => {
    expect(aboutReason("not-verified", "192.0.2.10/32", ["tcp-syn"])).toEqual({ packet: "tcp 198.51.100.7:40000 > 192.0.2.10:443 ack", from: "internet" });
    expect(aboutReason("source-rate", "192.0.2.10/32", ["ntp"]).packet).toBe("udp 198.51.100.7:123 > 192.0.2.10:40000 payload 512");
    expect(aboutReason("source-rate", "2001:db8::10/128", ["icmp"]).packet).toBe("icmpv6 2001:db8:ffff::7 > 2001:db8::10 type 128");
    expect(aboutReason("a-new-one", "192.0.2.0/24", []).packet).toBe("tcp 198.51.100.7:40000 > 192.0.2.10:443 syn");
  });
  it("about a reported flow", () => {
    const sample = { protocol: 6, source: "198.51.100.7", destination: "192.0.2.10", source_port: 9, destination_port: 80, tcp_flags: 0x12, packets: 1 } as FlowSample;
    expect(aboutSample(sample).packet).toBe("tcp 198.51.100.7:9 > 192.0.2.10:80 syn ack");
    expect(aboutSample({ ...sample, packets: 5 }).packet).toBe("tcp 198.51.100.7:9 > 192.0.2.10:80 syn");
    expect(aboutSample({ ...sample, protocol: 17 }).packet).toBe("udp 198.51.100.7:9 > 192.0.2.10:80");
    expect(aboutSample({ ...sample, protocol: 47 }).packet).toBe("protocol 47 198.51.100.7 > 192.0.2.10");
  });
  it("about two zones", () => {
    const networks = [network("inside", "10.1.0.0/16"), network("dmz", "10.2.0.0/24", "2001:db8:1:2::/64")];
    expect(aboutZones("inside", "dmz", networks)?.packet).toBe("tcp 10.1.0.10:40000 > 10.2.0.10:443 syn");
    expect(aboutZones("internet", "dmz", networks)?.packet).toBe("tcp [2001:db8:ffff::7]:40000 > [2001:db8:1:2::10]:443 syn");
    expect(aboutZones("inside", "internet", networks)?.packet).toBe("tcp 10.1.0.10:40000 > 198.51.100.7:443 syn");
    expect(aboutZones("inside", "branch", networks)).toBeNull();
  });
  it("all are lines that the form reads", () => {
    for (const { packet } of examplesFor(["192.0.2.0/24"])) expect(readLine(packet)).not.toBeNull();
    expect(examplesFor([])).toEqual([]);
    for (const vector of ["tcp-syn-ack", "fragment", "udp", "other-protocol"]) expect(readLine(aboutReason("x", "192.0.2.1/32", [vector]).packet)).not.toBeNull();
  });
});
