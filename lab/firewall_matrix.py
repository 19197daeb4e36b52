"""Who reaches whom in the firewall lab: every pair of a customer's networks tried with real sockets, beside what the policy says."""

import ipaddress

from firewall_plan import ACME_BRANCH, ACME_DMZ, ACME_INSIDE, BOLT_BRANCH, BOLT_INSIDE, HOSTS, INTERNET
from probe import TCP_PORTS, UDP_PORTS

PATIENCE_S = 1.6  # one SYN may be sent again
AT_ONCE_MS = 700  # a refusal that takes longer is none
SERVICES = [("tcp", p) for p in TCP_PORTS] + [("udp", p) for p in UDP_PORTS] + [("icmp", 0)]
NETWORKS = {"acme": (ACME_INSIDE, ACME_DMZ, ACME_BRANCH), "bolt": (BOLT_INSIDE, BOLT_BRANCH)}
PUBLIC = {"acme": ("192.0.2.10", "192.0.2.11", "192.0.2.12"), "bolt": ("198.51.100.10",)}
SIGNS = {"allow": "+", "reject": "r", "drop": "."}


def version(address):
    return ipaddress.ip_address(address).version


def role_of(customer, address):
    """The host that has this address as `customer` sees the world."""
    return next((h.role for h in HOSTS if address in h.addresses and h.customer in ("", customer)), None)


def ask(hosts, probes):
    """Probes by role, all at the same time; results by (role, id)."""
    for role, mine in probes.items():
        hosts[role].begin({"probe": mine, "patience_s": PATIENCE_S})
    return {(role, key): result for role in probes for key, result in hosts[role].finish().items()}


def attempts(policy):
    """(probes by role, what is expected by (role, id))"""
    networks, probes, expected = NETWORKS[policy.slug], {}, {}
    for source in (*networks, INTERNET):
        targets = [a for h in (*networks, INTERNET) if h is not source for a in h.addresses] + list(PUBLIC[policy.slug])
        for src in source.addresses:
            for dst in targets:
                if version(src) != version(dst):
                    continue
                for protocol, port in SERVICES:
                    key = f"{src} {dst} {protocol}/{port}"
                    probes.setdefault(source.role, []).append(
                        {"id": key, "proto": protocol, "src": src, "dst": dst, "port": port})
                    expected[source.role, key] = policy.judge(source.zone, src, dst, protocol, port)
    return probes, expected


def fault_of(customer, where, judgement, result):
    """What is wrong with it; empty: nothing."""
    if result["result"] != judgement.result:
        return result["result"]
    if judgement.result == "reject" and result["ms"] > AT_ONCE_MS:
        return f"refused only after {result['ms']} ms"
    if judgement.result == "allow" and "icmp" not in where[1]:
        if result["server"] != role_of(customer, judgement.server):
            return f"reached {result['server']} instead of {judgement.server}"
        if not any(ipaddress.ip_address(result["source"]) in net for net in judgement.sources):
            return f"is seen as {result['source']} instead of {', '.join(map(str, judgement.sources))}"
    return ""


def faults(customer, expected, results):
    """What came out otherwise, a line each."""
    said = []
    for where, judgement in sorted(expected.items()):
        if fault := fault_of(customer, where, judgement, results[where]):
            said.append(f"{where[0]:12} {where[1]:55} wanted {judgement.result:6} ({judgement.rule or 'no rule'}): {fault}")
    return said


def picture(customer, expected, results):
    """For people: a row a pair of addresses, a column a service."""
    names = [f"{protocol}/{port}" if port else "ping" for protocol, port in SERVICES]
    lines = [f"{customer}: + reached, r refused, . no answer, ! other than the policy says",
             " " * 50 + " ".join(f"{name:>8}" for name in names)]
    rows = {}
    for where, judgement in expected.items():
        src, dst, _ = where[1].split()
        wrong = fault_of(customer, where, judgement, results[where])
        rows.setdefault((where[0], src, dst), []).append("!" if wrong else SIGNS[results[where]["result"]])
    lines += [f"{role:12} {src:>16} → {dst:<18}" + " ".join(f"{sign:>8}" for sign in signs)
              for (role, src, dst), signs in rows.items()]
    return "\n".join(lines)
