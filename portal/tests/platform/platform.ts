// A whole Sluice for the browser tests: the real controller, collector and gateway, two real BGP speakers, real flow
// exports and real packets. It lives in a network namespace of its own (tests/run.sh), so ports and interfaces are free,
// and nothing in it can reach another host.
import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attacks, Edge, router, type AttackName } from "./attacks";
import { Client } from "./client";
import { frame, pcap, type Packet } from "./packets";
import { people, password, policy } from "./people";
import { Process, until } from "./processes";

export const origin = "http://127.0.0.1:8080";
export const control = "http://127.0.0.1:8081";

const legs = { sender: "portalA", senderMac: "02:5c:00:00:20:01", guard: "portalB", guardMac: "02:5c:00:00:20:02" };
const packetsPerSecond = 1500; // through the gateway: enough to be seen, little enough for a shared machine

export class Platform {
  private readonly folder: string;
  private readonly edge = new Edge(6343);
  private readonly processes: Process[];
  private readonly controller: Process;
  private readonly switchboard: Server;

  constructor(
    bin: string,
    private readonly portal: string,
    folder: string,
  ) {
    this.folder = folder;
    const process = (name: string, command: string, ...args: string[]) => new Process(name, folder, command, args);
    this.controller = process("controller", join(bin, "sluice-controller"), "--config", "controller.yaml");
    this.processes = [
      process("speaker", "gobgpd", "-f", "speaker.toml", "--api-hosts", "127.0.0.1:50051", "--log-plain", "--pprof-disable"),
      process("router", "gobgpd", "-f", "router.toml", "--api-hosts", "127.0.0.1:50052", "--log-plain", "--pprof-disable"),
      this.controller,
      process("collector", join(bin, "sluice-collector"), "--config", "collector.yaml"),
      process("gateway", join(bin, "sluice-gateway"), "--config", "gateway.yaml"),
      process("packets", "tcpreplay", "--loop", "0", "--pps", String(packetsPerSecond), "-i", legs.sender, "packets.pcap"),
    ];
    this.switchboard = createServer((request, response) => {
      this.command(request.url ?? "").then(
        () => response.end("done"),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  }

  async start(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(join(this.folder, "data"), { recursive: true });
    this.writeFiles();
    this.wire();
    for (const process of this.processes) if (process.name !== "packets") process.start();
    await this.healthy();
    await this.settle();
    await new Promise<void>((resolve) => this.switchboard.listen(8081, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    this.edge.stop();
    this.switchboard.close();
    for (const process of [...this.processes].reverse()) await process.stop();
  }

  // What a test may ask for while it runs.
  private async command(url: string): Promise<void> {
    const [, what, which, how] = url.split("/");
    if (what === "attack") this.edge.attack(which as AttackName, how === "on");
    else if (what === "controller" && which === "stop") await this.controller.stop();
    else if (what === "controller" && which === "start") {
      this.controller.start();
      await this.healthy();
    } else throw new Error(`there is no command ${url}`);
  }

  private async healthy(): Promise<void> {
    await until("the controller is healthy", async () => (await fetch(`${origin}/api/v1/health`)).ok, 30, () => this.controller.tail());
  }

  // Customers and their people; then one attack that is over, and three that go on.
  private async settle(): Promise<void> {
    const client = await new Client(origin).login("operator", password);
    await client.call("PUT", "/policy?reason=customers%20of%20the%20tests", policy, "application/yaml");
    const tenants = await client.get<{ items: { id: string; slug: string }[] }>("/tenants?limit=200");
    for (const { login, role, slug } of people) {
      const tenant_id = slug ? (tenants.items.find((t) => t.slug === slug)?.id ?? null) : null;
      if (login !== "operator") await client.call("POST", "/users", { login, role, tenant_id, password });
    }
    const tails = () => this.processes.map((p) => `--- ${p.name}${p.alive ? "" : " (ended)"}\n${p.tail()}`).join("\n");
    await until("gateway, collector and the edge router's session are up", async () => {
      const board = await client.get<{ gateways_up: number; collectors_up: number; speakers_up: number }>("/overview");
      return board.gateways_up === 1 && board.collectors_up === 1 && board.speakers_up === 1 && (await this.routers(client)) === 1;
    }, 30, tails);
    this.edge.start();
    this.processes.find((p) => p.name === "packets")?.start();
    type Incidents = { items: { target: string; state: string; mitigation_state: string | null }[] };
    const incident = async (target: string, state: string, mitigation: string | null) => {
      const { items } = await client.get<Incidents>("/incidents?limit=200");
      return items.some((i) => i.target === target && i.state === state && i.mitigation_state === mitigation);
    };
    this.edge.attack("tern", true);
    await until("the short attack is seen", () => incident("198.51.101.7/32", "open", "active"), 30, tails);
    this.edge.attack("tern", false);
    for (const name of ["acme", "bank", "games"] as const) this.edge.attack(name, true);
    await until("Acme is being cleaned", () => incident("192.0.2.10/32", "open", "active"), 30, tails);
    await until("the bank is asked", () => incident("198.51.100.25/32", "open", "proposed"), 30, tails);
    await until("the games are attacked, and nothing may be done", () => incident("203.0.113.40/32", "open", null), 30, tails);
    await until("the gateway drops", async () => {
      const board = await client.get<{ dropped: { packets_per_s: number }; passed: { packets_per_s: number } }>("/overview");
      return board.dropped.packets_per_s > 0 && board.passed.packets_per_s > 0;
    }, 30, tails);
    await until("the short attack is over", () => incident("198.51.101.7/32", "closed", "withdrawn"), 60, tails);
  }

  // How many routers the speaker has a session with; a speaker that is up may have none.
  private async routers(client: Client): Promise<number> {
    const { items } = await client.get<{ items: { peers: number; peers_established: number }[] }>("/speakers");
    return items.length === 1 && items[0]?.peers === 1 ? items[0].peers_established : 0;
  }

  private wire(): void {
    const ip = (...args: string[]) => execFileSync("ip", args);
    ip("link", "set", "lo", "up");
    ip("address", "add", `${router}/32`, "dev", "lo");
    ip("link", "add", legs.sender, "address", legs.senderMac, "type", "veth", "peer", "name", legs.guard, "address", legs.guardMac);
    ip("link", "set", legs.sender, "up");
    ip("link", "set", legs.guard, "up");
  }

  private writeFiles(): void {
    const write = (name: string, text: string | Buffer) => writeFileSync(join(this.folder, name), text);
    write("password", `${password}\n`);
    write(
      "controller.yaml",
      `controller:
  data_directory: ${join(this.folder, "data")}
  rest: { listen: "127.0.0.1:8080", portal_directory: ${this.portal} }
  link: { listen: "127.0.0.1:50061" }
  speaker: { server: "127.0.0.1:50051" }
  operator: { login: operator, password_file: ${join(this.folder, "password")} }
  mitigation: { cooling: 2 s, expires_after: 1 h }
`,
    );
    write("collector.yaml", `collector: { name: collector-1, controller: "127.0.0.1:50061", listen: ["127.0.0.1:6343"] }\n`);
    write(
      "gateway.yaml",
      `gateway:
  name: guard-1
  controller: "127.0.0.1:50061"
  dirty: { device: "net_af_packet0,iface=${legs.guard}", mac: "${legs.guardMac}", addresses: ["10.0.20.2"], next_hop_mac: "${legs.senderMac}" }
  clean: { next_hop_mac: "${legs.senderMac}" }
  hugepages: never
  memory_mb: 64
  idle_sleep_us: 1000
`,
    );
    write("speaker.toml", speaker(64512, "127.0.0.1", 64500, "127.0.0.2"));
    write("router.toml", speaker(64500, "127.0.0.2", 64512, "127.0.0.1"));
    write("packets.pcap", pcap(diverted().map((packet) => frame(packet, legs.senderMac, legs.guardMac))));
  }
}

function speaker(as: number, address: string, peerAs: number, peer: string): string {
  const families = ["ipv4-unicast", "ipv6-unicast"].map((f) => `  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = "${f}"\n`);
  return `[global.config]
  as = ${as}
  router-id = "10.0.0.${as % 250}"
  port = 1790
  local-address-list = ["${address}"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${peer}"
    peer-as = ${peerAs}
  [neighbors.timers.config]
    connect-retry = 1
  [neighbors.transport.config]
    local-address = "${address}"
    remote-port = 1790
${families.join("")}`;
}

// What reaches the gateway: floods, packets that nobody honest sends, and some visitors of a service over UDP.
function diverted(): Packet[] {
  const packets: Packet[] = [];
  for (let n = 0; n < 3000; n++) {
    const flood = attacks.acme.packet(n);
    if (n % 10 < 4) packets.push(flood);
    else if (n % 10 < 6) packets.push({ ...flood, flags: 0x10 });
    else if (n % 10 === 6) packets.push({ ...flood, flags: 0x29 });
    else if (n % 10 < 9) packets.push(attacks.bank.packet(n));
    else packets.push({ source: `151.2.9.${1 + (n % 200)}`, destination: "192.0.2.10", protocol: "udp", sourcePort: 40_000 + (n % 9000), destinationPort: 443, length: 700 });
  }
  return packets;
}
