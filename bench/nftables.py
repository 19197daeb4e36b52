#!/usr/bin/env python3
"""The firewall's path against the kernel's: nftables with conntrack, source NAT and a set of 1,000 addresses; and its SYN
answers against nft's synproxy.

Function only: processor time a packet that the work itself takes. The kernel's: a packet crosses a namespace, from one veth to
another, with the rules and without any (handed over at the ingress hook, before the IP stack sees it); the difference counts.
Ours: dataplane_bench and gateway_bench, which take the filling of frames off. Same path: everything between the sender's veth and the
last veth, for the kernel and for sluice-gateway with AF_XDP, less the sender's own time.

All work of a veth's receiving side happens in the sender's time or in ksoftirqd, so both are counted (schedstat, in
nanoseconds), and the gateway's threads for ours. docs/decisions/nftables-comparison.md tells more.

Promised: at least 12 times the kernel function only, 1.6 times on the same path, 30 times against synproxy."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import yaml

from measuring.arguments import parse, parser_of
from measuring.processes import Namespace, cpu_seconds
from measuring.programs import BIN
from measuring.results import Results

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(ROOT, "lab"))

from addresses import DIRTY  # noqa: E402
from firewall_box import FirewallBox  # noqa: E402
from firewall_plan import ACME_INSIDE, port_mac  # noqa: E402
import namespaces  # noqa: E402

GEN_MAC, DUT_MAC, OUT_MAC, SINK_MAC = (f"02:5c:00:00:70:{n:02x}" for n in (1, 2, 3, 4))
HOSTS, PORTS = 2048, 48  # 98,304 flows
UDP = "udp 10.1.0.10:4000 > 198.18.0.10:443 payload 18"
SYN = "tcp 60.0.0.0:4000 > 198.18.0.10:80 syn seq 7"
SPOOFED = 16_000_000
BLOCKED = [f"10.{200 + i // 250}.{i % 250}.7" for i in range(1000)]
PROMISED = {"function": 1 / 12, "path": 1 / 1.6, "synproxy": 1 / 30}

INGRESS = 'table netdev t {{ chain c {{ type filter hook ingress device "{device}" priority 0; counter {action}; }}; }}'
CONNTRACK = """table ip f {{
  {set}
  chain forward {{ type filter hook forward priority 0; policy drop;
    {drop}
    ct state established,related accept
    iifname "in" oifname "out" ct state new accept
  }}
  {nat}
}}"""
SET = "set blocked { type ipv4_addr; elements = { " + ", ".join(BLOCKED) + " } }"
NAT = 'chain nat { type nat hook postrouting priority 100; oifname "out" snat to 192.0.2.16-192.0.2.23; }'
SYNPROXY = """table ip f {
  chain before { type filter hook prerouting priority -300; tcp dport 80 tcp flags syn notrack; }
  chain forward { type filter hook forward priority 0;
    ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
    ct state invalid drop
  }
}"""
RULES = {
    "wire": INGRESS.format(device="in", action="drop"),
    "layer-2": INGRESS.format(device="in", action='fwd to "out"'),
    "forward": "",
    "conntrack": CONNTRACK.format(set="", drop="", nat=""),
    "conntrack-snat-set": CONNTRACK.format(set=SET, drop="ip saddr @blocked drop", nat=NAT),
    "synproxy": SYNPROXY,
}


def run(argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"bench nftables: {' '.join(argv[:6])} …: {done.stderr.strip()[:500]}")
    return done.stdout


def counted(listing):
    """The first counter of `nft -j list ruleset`."""
    rules = json.loads(listing)["nftables"]
    return next(e["counter"]["packets"] for r in rules if "rule" in r for e in r["rule"]["expr"] if "counter" in e)


class Kernel:
    """gen → dut → sink, a veth each; what the sink gets ends at its ingress hook."""

    def __init__(self, stack):
        self.gen, self.dut, self.sink = (stack.enter_context(Namespace(f"sluice-nft-{n}")) for n in ("gen", "dut", "sink"))
        self.link(self.gen, "out", GEN_MAC, self.dut, "in", DUT_MAC)
        self.link(self.dut, "out", OUT_MAC, self.sink, "in", SINK_MAC)
        self.in_(self.dut, ["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
                            "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.in.rp_filter=0"])
        for line in ("addr add 10.1.0.1/16 dev in", "addr add 100.64.1.1/30 dev out",
                     f"neigh replace 100.64.1.2 lladdr {SINK_MAC} dev out nud permanent",
                     f"neigh replace 10.1.0.2 lladdr {GEN_MAC} dev in nud permanent",
                     "route add default via 100.64.1.2", "route add 60.0.0.0/7 via 10.1.0.2"):
            self.in_(self.dut, ["ip", *line.split()])
        self.in_(self.sink, ["nft", INGRESS.format(device="in", action="drop")])
        self.in_(self.gen, ["nft", INGRESS.format(device="out", action="drop")])

    @staticmethod
    def link(a, a_name, a_mac, b, b_name, b_mac):
        run(["ip", "link", "add", a_name, "netns", a.name, "address", a_mac, "type", "veth", "peer", "name", b_name, "netns",
             b.name, "address", b_mac])
        for ns, name in ((a, a_name), (b, b_name)):
            run(["ip", "-n", ns.name, "link", "set", name, "up"])

    @staticmethod
    def in_(ns, argv, **more):
        return run(ns.command(argv), **more)

    def rules(self, case):
        self.in_(self.dut, ["nft", "flush", "ruleset"])
        if RULES[case]:
            self.in_(self.dut, ["nft", "-f", "-"], input=RULES[case])
        if case == "synproxy":
            self.in_(self.dut, ["sysctl", "-q", "-w", "net.netfilter.nf_conntrack_tcp_loose=0"])

    def arrived(self, ns):
        return counted(self.in_(ns, ["nft", "-j", "list", "ruleset"]))


class Blaster:
    """packetblast on a core; processor nanoseconds a packet of its path: its own and ksoftirqd's of the core."""

    def __init__(self, core):
        self.core = core
        self.softirq = next(p.parent for p in pathlib.Path("/proc").glob("[0-9]*/comm")
                            if p.read_text().strip() == f"ksoftirqd/{core}") / "schedstat"

    def blast(self, command_in, interface, mac, packet, hosts, ports, *more):
        argv = [os.path.join(BIN, "packetblast"), "--interface", interface, "--to-mac", mac, "--packet", packet, "--hosts",
                str(hosts), "--ports", str(ports), *more]
        before = int(self.softirq.read_text().split()[0])
        said = json.loads(run(command_in(["taskset", "-c", str(self.core), *argv])))
        said["cpu_ns"] += int(self.softirq.read_text().split()[0]) - before
        return said["cpu_ns"] / said["packets"], said["packets"]


def kernel_cost(kernel, blaster, case, seconds, *more):
    """ns a packet, of all of the path, the sender included. Refuses a run whose packets did not do what is measured."""
    kernel.rules(case)
    flood = case == "synproxy"
    flows = (SYN, SPOOFED, 1) if flood else (UDP, HOSTS, PORTS)
    blast = lambda *how: blaster.blast(kernel.gen.command, "out", DUT_MAC, *flows, *how)
    if case.startswith("conntrack"):
        blast("--packets", str(HOSTS * PORTS), "--in-order")  # the flows are open
    where = {"wire": kernel.dut, "synproxy": kernel.gen}.get(case, kernel.sink)
    before = kernel.arrived(where)
    cost, sent = blast("--seconds", str(seconds), *more)
    came = kernel.arrived(where) - before
    if came < 0.98 * sent:
        sys.exit(f"bench nftables: {case}: only {came} of {sent} packets came through")
    return cost


def own_function(program, case):
    """ns a packet of one of the data plane's benchmarks."""
    for line in run(["taskset", "-c", str(max(os.sched_getaffinity(0))), os.path.join(BIN, program), "1", "0.5", case]).splitlines():
        fields = line.split()
        if len(fields) >= 4 and fields[0] == case and fields[1] == "0":
            numbers = list(map(float, fields[2:]))
            return numbers[0] - numbers[1] + (numbers[2] if len(numbers) > 2 else 0)
    sys.exit(f"bench nftables: {program} has no case {case}")


def policy():
    return {"tenants": [{
        "slug": "acme", "name": "Acme Ltd", "sites": [{"name": "Headquarters", "line_rate": "10 Gbps"}],
        "prefixes": [{"prefix": "192.0.2.0/24", "consent": "auto", "site": "Headquarters"}],
        "firewall": {
            "zones": ["inside"],
            "attachments": [{"name": "inside", "zone": "inside", "kind": "port", "port": "acme-inside", "gateway4": "10.1.0.1",
                             "prefixes": ["10.1.0.0/16", "10.200.0.0/14"]}],
            "addresses": [{"name": "blocked", "addresses": BLOCKED}],
            "rules": [{"name": "blocked", "source": "blocked", "action": "drop"},
                      {"name": "out", "from": "inside", "to": "internet", "action": "allow"}],
            "nat": [{"name": "out", "kind": "source", "from": "inside", "to": "internet", "pool": "192.0.2.16/29"}],
            "limits": {"flows": 200_000},
        }}]}


class Gateway:
    """sluice-gateway with AF_XDP between the veths of the firewall lab; what it sends ends at the edge's ingress hook."""

    def __init__(self, stack, core, folder):
        path = os.path.join(folder, "policy.yaml")
        with open(path, "w", encoding="utf-8") as out:
            yaml.safe_dump(policy(), out)
        # It sleeps a little longer when there is nothing than by default: an empty poll of AF_XDP is a system call.
        self.box = FirewallBox(f"b{os.getpid() % 10000}", policy=path, ports=[ACME_INSIDE], more={"idle_sleep_us": 400},
                               tell=lambda _: None)
        stack.callback(self.box.down)
        self.box.up(tied=True)
        self.pid = json.loads(pathlib.Path(f"{self.box.run_dir}/processes").read_text())["sluice-gateway"]["pid"]
        run(["taskset", "-a", "-p", "-c", str(core), str(self.pid)])
        namespaces.run_in(self.box.ns("edge"), ["nft", INGRESS.format(device=DIRTY.a.name, action="drop")])

    def arrived(self):
        return counted(namespaces.run_in(self.box.ns("edge"), ["nft", "-j", "list", "ruleset"]))

    def cost(self, blaster, seconds):
        """ns a packet that arrived: (all of the path, the gateway's own threads)"""
        enter = lambda argv: namespaces.enter_command(self.box.ns(ACME_INSIDE.role), argv)
        blast = lambda *how: blaster.blast(enter, "gateway", port_mac(0, 2), UDP, HOSTS, PORTS, *how)
        blast("--packets", str(HOSTS * PORTS), "--in-order", "--rate", "200000")
        before, cpu = self.arrived(), cpu_seconds(self.pid)
        cost, sent = blast("--seconds", str(seconds))
        time.sleep(0.02)
        came = self.arrived() - before
        own = (cpu_seconds(self.pid) - cpu) * 1e9
        if came < 0.7 * sent:
            sys.exit(f"bench nftables: the gateway let only {came} of {sent} packets through")
        return (cost * sent + own) / came, own / came


def main():
    arguments = parse(parser_of(__doc__, 0.7, "each measurement of each run", runs=3))
    if reason := namespaces.why_not():
        sys.exit(f"bench nftables: {reason}")
    results = Results("nftables", arguments.json)
    cores = sorted(os.sched_getaffinity(0))
    costs = {name: [] for name in (*RULES, "nat", "syn", "gateway", "gateway-threads")}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        kernel, blaster = Kernel(stack), Blaster(cores[0])
        gateway = Gateway(stack, cores[-1], folder)
        for number in range(arguments.runs):
            print(f"  run {number + 1} of {arguments.runs}", file=sys.stderr)
            for case in RULES:
                costs[case].append(kernel_cost(kernel, blaster, case, arguments.seconds))
            whole, own = gateway.cost(blaster, arguments.seconds)
            costs["gateway"].append(whole)
            costs["gateway-threads"].append(own)
            costs["nat"].append(own_function("dataplane_bench", "established-nat"))
            costs["syn"].append(own_function("gateway_bench", "syn-answer-ipv4"))
    report(results, costs)
    return results.verdict()


def report(results, costs):
    less = lambda case, other: [a - b for a, b in zip(costs[case], costs[other])]
    for case in ("layer-2", "forward", "conntrack", "conntrack-snat-set"):
        results.add(f"kernel-{case}", "path", "ns", less(case, "wire"))
    for case in ("forward", "conntrack", "conntrack-snat-set", "synproxy"):
        results.add(f"kernel-{case}", "function", "ns", less(case, "layer-2"))
    results.add("established-nat", "function", "ns", costs["nat"], "nftables-conntrack-snat-set",
                less("conntrack-snat-set", "layer-2"), PROMISED["function"])
    results.add("syn-answer", "function", "ns", costs["syn"], "nft-synproxy", less("synproxy", "layer-2"), PROMISED["synproxy"])
    # A packet that the gateway was too slow for costs its sender all the same, and counts against us.
    results.add("gateway-af-xdp", "path", "ns", less("gateway", "wire"), "nftables-conntrack-snat-set",
                less("conntrack-snat-set", "wire"), PROMISED["path"])
    results.add("gateway-af-xdp", "path-its-threads", "ns", costs["gateway-threads"], "nftables-conntrack-snat-set",
                less("conntrack-snat-set", "wire"))


if __name__ == "__main__":
    sys.exit(main())
