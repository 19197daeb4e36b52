"""A customer's host in the firewall lab that attacks others, or forges its sender: packets for trafgen, sent from the host's own
network, and what of them reaches the provider's edge. The victim is an address that says nothing: the edge counts what is for it,
and drops it."""

import ipaddress

from addresses import CLEAN, DIRTY
from attackers import Burst, Player, trafgen
from firewall_plan import ACME_INSIDE, BOLT_INSIDE, PORTS, PUBLIC4, PUBLIC6, port_mac
import namespaces

VICTIM4, VICTIM6 = "198.18.200.10", "2001:db8:f:1::c8"
HOSTS = {"acme": ACME_INSIDE, "bolt": BOLT_INSIDE}
FLOODS = {
    "udp": "UDP to a name server that does not answer, each packet from another port",
    "syn6": "TCP SYNs over IPv6 to a web server that does not answer, each from another port",
    "forged": "UDP with senders that belong to others: the customer's other networks, another customer, the internet; IPv4 and IPv6",
}


def _strangers(host):
    """Addresses that are not of this host's network, as trafgen writes them, a byte or four at random."""
    own, other = HOSTS[host.customer], next(h for h in HOSTS.values() if h.customer != host.customer)
    dmz4, dmz6 = ("10.2.0.0", "2001:db8:1:2::1") if own is ACME_INSIDE else ("10.3.0.0", "2001:db8:2:3::1")
    public4 = next(p for p, h in zip(PUBLIC4, HOSTS.values()) if h is other).split("/")[0]
    return ([f"sa={a}, sa[3]=drnd()" for a in (dmz4, public4, "198.18.7.0")],
            [f"sa={a}, sa[12:4]=drnd()" for a in (dmz6, other.addresses6[0], "2001:db8:f:1::1")])


def packets(host, kind):
    number = PORTS.index(host)
    eth = f"eth(da={port_mac(number, 2)}, sa={port_mac(number, 1)})"
    udp = "udp(sport=drnd(1024, 65535), dport=53), fill('A', 400)"
    if kind == "udp":
        return [f"{{ {eth}, ipv4(sa={host.addresses4[0]}, da={VICTIM4}, ttl=64), {udp} }}"]
    if kind == "syn6":
        return [f"{{ {eth}, ipv6(sa={host.addresses6[0]}, da={VICTIM6}, hoplimit=64),"
                " tcp(sport=drnd(1024, 65535), dport=80, seq=drnd(), syn, window=64240) }"]
    v4, v6 = _strangers(host)
    return ([f"{{ {eth}, ipv4({source}, da={VICTIM4}, ttl=64), {udp} }}" for source in v4] +
            [f"{{ {eth}, ipv6({source}, da={VICTIM6}, hoplimit=64), {udp} }}" for source in v6])


class Flood(Player):
    """So many packets a second for so long, out of the host's network."""

    def __init__(self, box, host, kind, rate_pps, seconds):
        name = f"{host.role}-{kind}"
        self.host = host
        commands = trafgen(name, packets(host, kind), "gateway", rate_pps, seconds, box.run_dir)
        super().__init__(box.ns(host.role), name, [Burst(commands, seconds + 1)], box.run_dir)  # the turns begin within a second


def watch_edge(box):
    """From now on the edge counts what comes for the victim: read() tells it."""
    rules = ["table inet outbound {"]
    counters = [f"{customer}{v}" for customer in HOSTS for v in (4, 6)] + ["forged4", "forged6"]
    rules += [f"  counter {name} {{ }}" for name in counters]
    rules += ["  chain in {", "    type filter hook prerouting priority -300;"]
    legs = f'iifname {{ "{CLEAN.a.name}", "{DIRTY.a.name}" }}'
    for v, ip, victim, prefixes in ((4, "ip", VICTIM4, PUBLIC4), (6, "ip6", VICTIM6, PUBLIC6)):
        for customer, prefix in zip(HOSTS, prefixes):
            rules.append(f"    {legs} {ip} daddr {victim} {ip} saddr {ipaddress.ip_network(prefix)} counter name {customer}{v} drop")
        rules.append(f"    {legs} {ip} daddr {victim} counter name forged{v} drop")
    namespaces.run_in(box.ns("edge"), ["nft", "-f", "-"], stdin="\n".join([*rules, "  }", "}"]) + "\n")
