import { describe, expect, it } from "vitest";
import { answerTo, readLine, withProtocol, writeLine } from "./packetLine";

const same = [
  "tcp 198.51.100.7:4242 > 203.0.113.9:443 syn",
  "tcp [2001:db8::1]:4242 > [2001:db8:1::10]:443 syn ack",
  "tcp 198.51.100.7:4242 > 203.0.113.9:443 none",
  "tcp 198.51.100.7:4242 > 203.0.113.9:443 syn ece seq 7 ttl 63",
  "udp 198.51.100.7:53 > 203.0.113.9:4000 payload 512 vlan 12",
  "icmp 198.51.100.7 > 203.0.113.9 type 8",
  "icmpv6 2001:db8::1 > 2001:db8:1::10 type 128 code 0",
  "icmp 198.51.100.7 > 203.0.113.9 type 3 about udp 203.0.113.9:1 > 198.51.100.7:53 type",
  "protocol 47 198.51.100.7 > 203.0.113.9",
];

describe("a packet's line and the form's fields", () => {
  it.each(same)("%s", (line) => {
    const fields = readLine(line);
    expect(fields).not.toBeNull();
    expect(writeLine(fields!)).toBe(line);
  });

  it("reads what people type", () => {
    expect(readLine("  TCP 10.0.0.1:1 >  10.0.0.2:22  SYN ")).toMatchObject({ protocol: "tcp", source: "10.0.0.1", sourcePort: "1", destination: "10.0.0.2", destinationPort: "22", flags: ["syn"] });
    expect(readLine("udp 2001:db8::1 > 10.0.0.2")).toMatchObject({ source: "2001:db8::1", sourcePort: "", destinationPort: "" });
    for (const line of ["", "hex 0011", "tpc 10.0.0.1:1 > 10.0.0.2:2", "tcp 10.0.0.1:1 10.0.0.2:2", "tcp 10.0.0.1:1 >"]) expect(readLine(line)).toBeNull();
  });

  it("another protocol takes what is usual with it", () => {
    const fields = readLine("tcp 10.0.0.1:1 > 10.0.0.2:22 syn seq 5")!;
    expect(writeLine(withProtocol(fields, "icmp"))).toBe("icmp 10.0.0.1 > 10.0.0.2 type 8");
    expect(writeLine(withProtocol(withProtocol(fields, "icmp"), "udp"))).toBe("udp 10.0.0.1:40000 > 10.0.0.2:53");
  });

  it("the answer goes back the way", () => {
    expect(answerTo("tcp 10.0.0.1:1 > 10.0.0.2:22 syn")).toBe("tcp 10.0.0.2:22 > 10.0.0.1:1 syn ack");
    expect(answerTo("tcp 10.0.0.2:22 > 10.0.0.1:1 syn ack")).toBe("tcp 10.0.0.1:1 > 10.0.0.2:22 ack");
    expect(answerTo("udp 10.0.0.1:1 > 10.0.0.2:53")).toBe("udp 10.0.0.2:53 > 10.0.0.1:1");
    expect(answerTo("icmp 10.0.0.1 > 10.0.0.2 type 8")).toBe("icmp 10.0.0.2 > 10.0.0.1 type 0");
    for (const line of ["icmp 10.0.0.1 > 10.0.0.2 type 3", "tcp 10.0.0.1:1 > 10.0.0.2:22 rst", "hex 00"]) expect(answerTo(line)).toBeNull();
  });
});
