// The traffic of the tests: three attacks and everybody's usual traffic. Rates are packets a second at the edge.
import { createSocket, type Socket } from "node:dgram";
import type { Packet } from "./packets";
import { Exporter, type Sampled } from "./sflow";

export type AttackName = "acme" | "bank" | "games" | "tern";

interface Attack {
  rate: number;
  input: number;
  packet: (n: number) => Packet;
}

const spread = (n: number, first: number) => `${first}.${(n * 7) % 251}.${(n * 13) % 241}.${1 + ((n * 31) % 250)}`;

export const attacks: Record<AttackName, Attack> = {
  acme: {
    rate: 60_000,
    input: 3,
    packet: (n) => ({ source: spread(n, 45), destination: "192.0.2.10", protocol: "tcp", sourcePort: 1024 + ((n * 97) % 60_000), destinationPort: 443, flags: 0x02, length: 40 }),
  },
  bank: {
    rate: 30_000,
    input: 1,
    packet: (n) => ({ source: spread(n, 62), destination: "198.51.100.25", protocol: "udp", sourcePort: 123, destinationPort: 30_000 + (n % 999), length: 468 }),
  },
  games: {
    rate: 25_000,
    input: 1,
    packet: (n) => ({ source: spread(n, 88), destination: "203.0.113.40", protocol: "udp", sourcePort: 2000 + (n % 50_000), destinationPort: 27_000, length: 200 }),
  },
  tern: {
    rate: 25_000,
    input: 3,
    packet: (n) => ({ source: spread(n, 91), destination: "198.51.101.7", protocol: "udp", sourcePort: 2000 + (n % 50_000), destinationPort: 5000, length: 200 }),
  },
};

// Visitors of everybody's web servers, both ways.
const hosts = ["192.0.2.10", "192.0.2.20", "198.51.100.25", "203.0.113.40", "198.51.101.7", "198.51.102.9"];
const usualRate = 600; // each host, each way

export const router = "10.0.0.1"; // the exporter's address
const sampling = 500;
const tickMs = 100;

export class Edge {
  private readonly exporter = new Exporter(router, sampling);
  private readonly running = new Set<AttackName>();
  private readonly socket: Socket = createSocket("udp4");
  private timer: ReturnType<typeof setInterval> | undefined;
  private ticks = 0;
  private sent = 0;

  constructor(private readonly port: number) {}

  start(): void {
    this.socket.bind(0, router, () => {
      this.timer = setInterval(() => this.tick(), tickMs);
    });
  }
  stop(): void {
    clearInterval(this.timer);
    this.socket.close();
  }
  attack(name: AttackName, on: boolean): void {
    if (on) this.running.add(name);
    else this.running.delete(name);
  }

  private tick(): void {
    const samples: Sampled[] = [];
    this.ticks++;
    for (const name of this.running) {
      const attack = attacks[name];
      const due = this.due(attack.rate);
      for (let i = 0; i < due; i++) samples.push({ packet: attack.packet(++this.sent), input: attack.input });
    }
    hosts.forEach((host, i) => {
      const visitor = `151.${i}.9.${1 + (this.ticks % 200)}`;
      const web = { protocol: "tcp", flags: 0x10, length: 900 } as const;
      for (let k = 0; k < this.due(usualRate, i); k++) {
        samples.push({ packet: { ...web, source: visitor, destination: host, sourcePort: 50_000 + (this.ticks % 9000), destinationPort: 443 }, input: 3 });
        samples.push({ packet: { ...web, source: host, destination: visitor, sourcePort: 443, destinationPort: 50_000 + (this.ticks % 9000) }, input: 9 });
      }
    });
    for (let i = 0; i < samples.length; i += 8) {
      this.socket.send(this.exporter.datagram(samples.slice(i, i + 8)), this.port, "127.0.0.1");
    }
  }

  // Whole samples due in this tick; the remainder comes with a later one.
  private due(rate: number, phase = 0): number {
    const perTick = (rate * tickMs) / 1000 / sampling;
    return Math.floor((this.ticks + phase) * perTick) - Math.floor((this.ticks + phase - 1) * perTick);
  }
}
