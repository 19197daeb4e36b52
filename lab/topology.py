"""Builds and removes the namespaces, links, addresses and static routes of the plan (addresses.py)."""

import json

from addresses import (ATTACKER4, ATTACKER6, ATTACKERS4, ATTACKERS6, CLEAN, CLEAN_TABLE, CLIENT_ADDRESSES4,
                       CLIENT_ADDRESSES6, CUST, CUSTOMERS, DIRTY, FLOW, INET, INTERNET4, INTERNET6, KEEPER4,
                       KEEPER6, LINKS, MGMT, ROLES, namespace)
import namespaces

FORWARDING = ("edge",)
# Above what BIRD (32) and FRR (20) install with. FRR reads the upper byte as the administrative distance of a kernel
# route: 250, so that BGP's 200 wins.
CUSTOMER_METRIC = (250 << 24) + 2000


class Topology:
    roles = ROLES

    def __init__(self, instance=""):
        self.instance = instance

    def ns(self, role):
        return namespace(role, self.instance)

    def up(self):
        for role in self.roles:
            namespaces.add(self.ns(role))
            self._settings(role)
        for link in LINKS:
            self._link(link)
        self._internet()
        self._customers()
        self._edge()
        self._guard_and_controller()

    def down(self):
        for role in self.roles:
            namespaces.delete(self.ns(role))

    def present(self):
        wanted = {self.ns(role) for role in self.roles}
        return sorted(wanted & set(namespaces.existing("slu-")))

    def _settings(self, role):
        forwarding = int(role in FORWARDING)
        values = []
        for scope in ("all", "default"):
            values += [f"net.ipv4.conf.{scope}.rp_filter=0", f"net.ipv4.conf.{scope}.send_redirects=0",
                       f"net.ipv6.conf.{scope}.accept_dad=0", f"net.ipv6.conf.{scope}.accept_ra=0",
                       f"net.ipv6.conf.{scope}.disable_ipv6=0", f"net.ipv6.conf.{scope}.forwarding={forwarding}"]
        values += [f"net.ipv4.ip_forward={forwarding}", "net.ipv4.icmp_ratelimit=0"]
        if role.startswith("cust"):
            # A web server as its owner would tune it; the flood still hurts it, which is the point.
            values += ["net.ipv4.tcp_syncookies=1", "net.core.somaxconn=4096", "net.ipv4.tcp_max_syn_backlog=4096"]
        if role == "internet":
            values += ["net.ipv4.ip_local_port_range=10000 65000"]
        namespaces.run_in(self.ns(role), ["sysctl", "-q", "-w", *values])
        namespaces.ip_batch(self.ns(role), ["link set lo up"])

    def _link(self, link):
        a, b = link.ends
        namespaces.run(["ip", "link", "add", a.name, "netns", self.ns(a.role), "address", a.mac, "type", "veth",
                        "peer", "name", b.name, "netns", self.ns(b.role), "address", b.mac])
        for end, peer in ((a, b), (b, a)):
            namespaces.ip_batch(self.ns(end.role), [
                f"addr add {end.address4}/30 dev {end.name}",
                f"addr add {end.address6}/64 dev {end.name} nodad",
                f"link set {end.name} up",
                # A gateway's XDP program takes every frame, ARP and neighbour discovery too: the answers are given here.
                f"neigh replace {peer.address4} lladdr {peer.mac} dev {end.name} nud permanent",
                f"neigh replace {peer.address6} lladdr {peer.mac} dev {end.name} nud permanent",
            ])
            # Checksums must be on the wire and frames of wire size: the gateway reads what a NIC would see.
            namespaces.run_in(self.ns(end.role), ["ethtool", "-K", end.name, "tx", "off", "rx", "off", "gso", "off",
                                                  "tso", "off", "gro", "off"], check=False)

    def _internet(self):
        peer = INET.a
        lines = [f"addr add {a}/32 dev lo" for a in [*CLIENT_ADDRESSES4, KEEPER4, ATTACKER4]]
        lines += [f"-6 addr add {a}/128 dev lo nodad" for a in [*CLIENT_ADDRESSES6, KEEPER6, ATTACKER6]]
        lines += [f"route add default via {peer.address4} src {ATTACKER4}",
                 f"-6 route add default via {peer.address6} src {ATTACKER6}",
                 # Spoofed sources belong to nobody: what comes back for them ends here.
                 f"route add blackhole {ATTACKERS4}", f"-6 route add blackhole {ATTACKERS6}"]
        namespaces.ip_batch(self.ns("internet"), lines)

    def _customers(self):
        for customer, link in zip(CUSTOMERS, CUST):
            namespaces.ip_batch(self.ns(customer.role), [
                f"addr add {customer.web4}/32 dev lo", f"addr add {customer.web6}/128 dev lo nodad",
                f"route add default via {link.a.address4}", f"-6 route add default via {link.a.address6}",
                # The rest of the prefix is unused; without this an unused address would bounce back to the edge.
                f"route add blackhole {customer.prefix4}", f"-6 route add blackhole {customer.prefix6}",
            ])

    def _edge(self):
        lines = [f"route add {INTERNET4} via {INET.b.address4}", f"-6 route add {INTERNET6} via {INET.b.address6}"]
        for customer, link in zip(CUSTOMERS, CUST):
            for table in ("main", CLEAN_TABLE):
                # The metric lets a diversion of the whole prefix, too, win over the way to the customer.
                where = f"dev {link.a.name} table {table} metric {CUSTOMER_METRIC}"
                lines += [f"route add {customer.prefix4} via {link.b.address4} {where}",
                          f"-6 route add {customer.prefix6} via {link.b.address6} {where}"]
        # Loop-free reinjection: what comes in on the clean leg sees the customers' prefixes and nothing else, so no
        # diversion route can send it back to the guard.
        lines += [f"route add unreachable default table {CLEAN_TABLE} metric 4278198272",
                  f"-6 route add unreachable default table {CLEAN_TABLE} metric 4278198272",
                  f"rule add iif {CLEAN.a.name} lookup {CLEAN_TABLE} pref 100",
                  f"-6 rule add iif {CLEAN.a.name} lookup {CLEAN_TABLE} pref 100"]
        namespaces.ip_batch(self.ns("edge"), lines)

    def _guard_and_controller(self):
        # The guard's own way out is its dirty leg (answers to unverified sources); the gateway writes those frames
        # itself, and this route is for people who look from inside the namespace.
        namespaces.ip_batch(self.ns("guard"), [f"route add default via {DIRTY.a.address4}",
                                               f"-6 route add default via {DIRTY.a.address6}"])
        namespaces.ip_batch(self.ns("ctrl"), [f"route add default via {FLOW.a.address4}",
                                              f"-6 route add default via {FLOW.a.address6}"])


def ifindex(ns, name):
    return json.loads(namespaces.run_in(ns, ["ip", "-j", "link", "show", "dev", name]))[0]["ifindex"]
