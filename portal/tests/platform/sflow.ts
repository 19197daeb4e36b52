// sFlow version 5 datagrams with flow samples of raw headers, as a router sends them (sflow.org, sflow_version_5.txt):
//
//   datagram:  version 5 | address type 1 | agent | sub-agent | sequence | uptime | number of samples
//   sample:    format 1 | length | sequence | source id | sampling rate | pool | drops | input | output | records
//   record:    format 1 | length | protocol 1 (Ethernet) | frame length | stripped | header length | header
import { frame, type Packet } from "./packets";

const capturedBytes = 64;

export interface Sampled {
  packet: Packet;
  input: number; // interface where it came in
}

export class Exporter {
  private sequence = 0;
  private readonly started = Date.now();

  constructor(
    private readonly agent: string,
    readonly sampling: number,
  ) {}

  datagram(samples: readonly Sampled[]): Buffer {
    const head = Buffer.alloc(28);
    head.writeUInt32BE(5, 0);
    head.writeUInt32BE(1, 4);
    agentBytes(this.agent).copy(head, 8);
    head.writeUInt32BE(0, 12);
    head.writeUInt32BE(++this.sequence, 16);
    head.writeUInt32BE((Date.now() - this.started) >>> 0, 20);
    head.writeUInt32BE(samples.length, 24);
    return Buffer.concat([head, ...samples.map((sample) => this.sample(sample))]);
  }

  private count = 0;

  private sample({ packet, input }: Sampled): Buffer {
    const whole = frame(packet, "02:00:00:00:00:01", "02:00:00:00:00:02");
    const header = Buffer.alloc(capturedBytes);
    whole.copy(header, 0, 0, Math.min(capturedBytes, whole.length));
    const out = Buffer.alloc(8 + 32 + 8 + 16);
    out.writeUInt32BE(1, 0);
    out.writeUInt32BE(out.length - 8 + header.length, 4);
    out.writeUInt32BE(++this.count, 8);
    out.writeUInt32BE(input, 12);
    out.writeUInt32BE(this.sampling, 16);
    out.writeUInt32BE((this.count * this.sampling) >>> 0, 20);
    out.writeUInt32BE(0, 24);
    out.writeUInt32BE(input, 28);
    out.writeUInt32BE(9, 32);
    out.writeUInt32BE(1, 36);
    out.writeUInt32BE(1, 40);
    out.writeUInt32BE(16 + header.length, 44);
    out.writeUInt32BE(1, 48);
    out.writeUInt32BE(Math.max(packet.length + 14, 60), 52);
    out.writeUInt32BE(0, 56);
    out.writeUInt32BE(header.length, 60);
    return Buffer.concat([out, header]);
  }
}

function agentBytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}
