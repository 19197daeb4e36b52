"""A customer's infected host, and who is logged in, on real parts: sluice-controller and sluice-gateway between two customers'
networks and the provider's edge.

Two customers' hosts flood the internet at the same time, out of the same private network. They are named, contained by what the
policy says (one is limited, one blocked), and let go when they have been quiet; what reaches the edge is counted there. Everybody
else, and what the hosts had open before, is tried with real sockets all the while and loses nothing.

SLUICE_CAPTURE=portal/tests/captured/outbound.ts keeps what the API answers during the attack, for the portal's tests.
"""

import http.client
import json
import os
import re
import socket
import tempfile
import threading
import time
import unittest

import lab_case
import configs
import counters
from firewall_box import FirewallBox
from firewall_matrix import ask
from firewall_plan import ACME_BRANCH, ACME_DMZ, ACME_INSIDE, BOLT_BRANCH, BOLT_INSIDE, INTERNET, POLICY
from infected import Flood, watch_edge
import namespaces

RATE_PPS, FLOOD_S, HOLD_S = 2000, 8, 10
NAMED_S = 6.0  # two bad seconds after the one in which it began, and what asking takes on a busy machine
LIMIT_PPS, LIMIT_BURST = 5, 40
# Packets of a blocked host through flows that it opened before anybody looked at it (a quarter of 50 a second, the policy's lowest
# limit), until each of them has been noticed.
BLOCKED = 12
OVER_S = 7.0  # a gateway may be silent for five seconds before a host counts as gone
ONCE_AGAIN_MS = 900  # an answer after this has needed a second SYN
WHO = {"acme": ("10.1.0.10", "udp-flood", "limit"), "bolt": ("2001:db8:2:1::10", "tcp-flood", "block")}
# What other hosts of both customers do meanwhile: host, destination, service.
OTHERS = [(host, dst, protocol, port)
          for host, services in ((ACME_BRANCH, (("tcp", 80), ("udp", 53), ("tcp", 443))), (ACME_DMZ, (("tcp", 443), ("udp", 53))),
                                 (BOLT_BRANCH, (("tcp", 80), ("udp", 53), ("udp", 123))))
          for protocol, port in services for dst in INTERNET.addresses]
OTHERS += [(INTERNET, dst, "tcp", 80) for dst in ("192.0.2.10", "2001:db8:1:2::10", "198.51.100.10")]


def policy():
    """The lab's, with a short hold for both customers, another containment for one, and a rule that asks who is logged in."""
    with open(POLICY, encoding="utf-8") as file:
        text = file.read()
    acme, bolt = text.split("  - slug: bolt")
    by_log_in = "        - {name: by-log-in, from: inside, to: dmz, service: tcp/8443, users: administrators, action: allow}\n"
    # A flood through NAT takes all ports that a host may have, until the flows that nobody answered are over: by themselves after 30 s.
    outbound = lambda contain: f"      outbound: {{contain: {contain}, hold: {HOLD_S} s}}\n      timeouts: {{udp_single: {HOLD_S - 2} s}}\n"
    before = "      rules:\n"
    acme = acme.replace(before, outbound("limit") + "      user_groups: [administrators]\n" + before + by_log_in, 1)
    return acme + "  - slug: bolt" + bolt.replace(before, outbound("block") + before, 1)


class Conversation(threading.Thread):
    """One TCP connection, opened now, over which something is asked and answered twenty times a second until stop() or its end."""

    def __init__(self, ns, source, server, port):
        super().__init__(daemon=True)
        with namespaces.inside(ns):
            self._socket = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_STREAM)
        self._socket.settimeout(2)
        self._socket.bind((source, 0))
        try:
            self._socket.connect((server, port))
        except OSError:
            self._socket.close()
            raise
        self._stopping, self.answers, self.slowest_s, self.ended = threading.Event(), 0, 0.0, None
        self.start()

    def run(self):
        while not self._stopping.wait(0.05):
            asked = time.monotonic()
            try:
                self._socket.sendall(b"still there?")
                if not self._socket.recv(4096):
                    raise ConnectionError("closed")
            except OSError as error:
                self.ended = str(error)
                return
            self.answers += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - asked)

    def stop(self):
        self._stopping.set()
        self.join()
        self._socket.close()


class Watch(threading.Thread):
    """What the API says of attackers, and what the edge has counted, ten times a second; and the events."""

    def __init__(self, box, tenants):
        super().__init__(daemon=True)
        self._box, self._link, self._tenants = box, box.controller(), tenants
        self.named, self.listed, self.free, self.edge, self.events = {}, {}, {}, [], []
        self._stream = box.controller().stream(lambda kind, data: self.events.append((time.monotonic(), kind, data)))
        self._stopping = threading.Event()
        self.start()

    def run(self):
        while not self._stopping.wait(0.1):
            self.edge.append((time.monotonic(), counters.read(self._box.ns("edge"))))
            for slug, tenant in self._tenants.items():
                attackers = self._link.get(f"/tenants/{tenant}/firewall")["attackers"]
                now = time.monotonic()
                if attackers:
                    self.named.setdefault(slug, now)
                    self.listed[slug] = attackers
                elif slug in self.named:
                    self.free.setdefault(slug, now)

    def stop(self):
        self._stopping.set()
        self.join()
        self._stream.stop()

    def arrived(self, name, since, until):
        """Packets, and the seconds between the two readings."""
        read = [(at, values[name]) for at, values in self.edge if since <= at <= until]
        return read[-1][1] - read[0][1], read[-1][0] - read[0][0]


class Outbound(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if reason := namespaces.why_not():
            raise unittest.SkipTest(reason)
        if missing := configs.missing_binaries(("sluice-controller", "sluice-gateway")):
            raise unittest.SkipTest(f"not built yet: {', '.join(missing)}")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        path = os.path.join(folder.name, "policy.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(policy())
        cls.box = FirewallBox(lab_case.instance_name()[-5:], policy=path, tell=lambda _: None)
        cls.addClassCleanup(cls.box.down)
        cls.box.up(tied=True)
        cls.hosts = cls.box.start_hosts()
        cls.link = cls.box.controller()
        cls.tenants = {t["slug"]: t["id"] for t in cls.link.get("/tenants")["items"]}
        watch_edge(cls.box)

    def await_that(self, ready, what, limit_s=10.0):
        deadline = time.monotonic() + limit_s
        while not ready():
            self.assertLess(time.monotonic(), deadline, f"{what}: not within {limit_s:g} s")
            time.sleep(0.05)

    def dropped(self, reason):
        """By the gateway's own metrics."""
        with namespaces.inside(self.box.ns("guard")):
            sock = socket.create_connection(("127.0.0.1", 9102), 5)
        connection = http.client.HTTPConnection("127.0.0.1")
        connection.sock = sock
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return int(re.search(rf'sluice_gateway_dropped_packets_total{{[^}}]*reason="{reason}"[^}}]*}} (\d+)', text)[1])

    def converse(self, host, server, port=80):
        source = next(a for a in host.addresses if (":" in a) == (":" in server))
        conversation = Conversation(self.box.ns(host.role), source, server, port)
        self.addCleanup(conversation.stop)
        return conversation

    def try_others(self, until):
        """(attempts, what failed, TCP connections that needed a second SYN), again and again until then."""
        attempts, failed, again = 0, [], 0
        while time.monotonic() < until:
            probes = {}
            for number, (host, dst, protocol, port) in enumerate(OTHERS):
                src = next(a for a in host.addresses if (":" in a) == (":" in dst))
                probes.setdefault(host.role, []).append({"id": number, "proto": protocol, "src": src, "dst": dst, "port": port})
            for (role, number), result in ask(self.hosts, probes).items():
                attempts += 1
                if result["result"] != "allow":
                    failed.append(f"{role} {OTHERS[int(number)][1:]}: {result['result']}")
                again += result.get("ms", 0) > ONCE_AGAIN_MS
        return attempts, failed, again

    def capture(self, file):
        """The API's answers now, for both customers, as TypeScript that is checked against the API's description."""
        acme, bolt = self.tenants["acme"], self.tenants["bolt"]
        people = {"10.1.0.10": ("anna", ["administrators"]), "10.1.3.0-24": ("training-room-3", ["guests"]),
                  "2001:db8:1:1::-64": ("maximilian.mustermann@verwaltung.acme.example", ["administrators", "vpn-users", "finance-and-controlling"])}
        for address, (user, groups) in people.items():
            self.link.call("PUT", f"/tenants/{acme}/user-bindings/{address}", json.dumps({"user": user, "groups": groups, "lifetime_s": 28800}))
        packet = {"packets": ["udp 10.1.0.10:40000 > 198.18.200.10:53"]}
        answers = [("overview", "Overview", self.link.get("/overview")), ("events", "EventPage", self.link.get("/events?limit=50")),
                   ("firewall", "Firewall", self.link.get(f"/tenants/{acme}/firewall")),
                   ("blocked", "Firewall", self.link.get(f"/tenants/{bolt}/firewall")),
                   ("status", "TenantStatus", self.link.get(f"/tenants/{acme}/status")),
                   ("logIns", "UserBindingPage", self.link.get(f"/tenants/{acme}/user-bindings")),
                   ("explained", "Explained", self.link.call("POST", f"/tenants/{acme}/explain", json.dumps(packet))[1])]
        for address in people:
            self.link.call("DELETE", f"/tenants/{acme}/user-bindings/{address}")
        with open(file, "w", encoding="utf-8") as out:
            out.write("// What the API answered in the firewall lab while two hosts attacked. Written by tests/e2e/outbound_test.py; do not edit.\n"
                      'import type { components } from "../../src/api/schema";\n\ntype Schemas = components["schemas"];\n')
            for name, schema, answer in answers:
                out.write(f'\nexport const {name}: Schemas["{schema}"] = {json.dumps(answer, indent=1, ensure_ascii=False)};\n')

    # --- the tests

    def test_1_forged_senders_do_not_leave(self):
        before, forged = self.dropped("spoofed-source"), 0
        for host in (ACME_INSIDE, BOLT_INSIDE):
            flood = Flood(self.box, host, "forged", 600, 1.5).start()
            flood.wait()
            forged += 900
        arrived, deadline = counters.read(self.box.ns("edge")), time.monotonic() + 3
        while (dropped := self.dropped("spoofed-source") - before) < forged and time.monotonic() < deadline:
            time.sleep(0.1)
        print(f"forged: {forged} sent, {dropped} dropped as spoofed-source, {sum(arrived.values())} at the edge", flush=True)
        self.assertEqual(sum(arrived.values()), 0, arrived)
        self.assertGreaterEqual(dropped, forged * 0.9)  # a busy machine sends fewer in its time
        for tenant in self.tenants.values():
            self.assertEqual(self.link.get(f"/tenants/{tenant}/firewall")["attackers"], [], "forged packets name no host")

    def test_2_who_attacks_is_named_contained_and_let_go(self):
        watch = Watch(self.box, self.tenants)
        self.addCleanup(watch.stop)
        open_before = [self.converse(ACME_INSIDE, "198.18.0.10"), self.converse(BOLT_INSIDE, "2001:db8:f:1::10"),
                       self.converse(BOLT_INSIDE, "198.18.0.10"), self.converse(ACME_BRANCH, "2001:db8:f:1::10")]
        began = time.monotonic()
        floods = [Flood(self.box, ACME_INSIDE, "udp", RATE_PPS, FLOOD_S).start(),
                  Flood(self.box, BOLT_INSIDE, "syn6", RATE_PPS, FLOOD_S).start()]
        for flood in floods:
            self.addCleanup(flood.stop)
        attempts, failed, again = self.try_others(began + FLOOD_S - 1)
        if file := os.environ.get("SLUICE_CAPTURE"):
            self.capture(file)
        for flood in floods:
            flood.wait()
        ended = time.monotonic()
        self.await_that(lambda: watch.edge[-1][0] > ended, "the edge's counters")
        print(f"others: {attempts} attempts, {len(failed)} lost, {again} with a second SYN", flush=True)
        for slug, counter in (("acme", "acme4"), ("bolt", "bolt6")):
            self.assertIn(slug, watch.named, "nobody was named")
            self.check_named(watch, slug, began)
            self.check_contained(watch, slug, counter, began)
        self.assertEqual(failed, [], "other hosts lose nothing")
        self.check_free(watch, ended)
        for conversation in open_before:
            conversation.stop()
            self.assertIsNone(conversation.ended, "what was open before goes on")
            self.assertGreater(conversation.answers, 5 * FLOOD_S)
        print(f"open connections: {[c.answers for c in open_before]} answers, "
              f"slowest {max(c.slowest_s for c in open_before):.3f} s", flush=True)
        self.assertEqual(watch.edge[-1][1]["forged4"] + watch.edge[-1][1]["forged6"], 0)

    def check_named(self, watch, slug, began):
        address, conduct, action = WHO[slug]
        took = watch.named[slug] - began
        attacker = watch.listed[slug][0]
        print(f"{slug}: named after {took:.2f} s; {attacker['sentence']} {attacker['held_back']} held back", flush=True)
        self.assertLess(took, NAMED_S)
        self.assertEqual([(a["address"], a["conduct"], a["action"]) for a in watch.listed[slug]], [(address, conduct, action)])
        self.assertGreater(attacker["new_flows_per_s"], RATE_PPS / 2)
        told = [data for _, kind, data in watch.events if kind == "attacker.named" and data["tenant_id"] == self.tenants[slug]]
        self.assertEqual(len(told), 1, told)
        self.assertIn(address, told[0]["text"])

    def check_contained(self, watch, slug, counter, began):
        named = watch.named[slug]
        free, free_s = watch.arrived(counter, began, named)
        held, held_s = watch.arrived(counter, named, time.monotonic())
        print(f"{slug}: at the edge {free} packets in {free_s:.1f} s until it was named, then {held} in {held_s:.1f} s", flush=True)
        self.assertGreater(free, RATE_PPS, "the flood did not reach the edge: nothing is shown")
        self.assertGreater(held_s, 2)
        self.assertLessEqual(held, BLOCKED if WHO[slug][2] == "block" else LIMIT_PPS * held_s + LIMIT_BURST)

    def check_free(self, watch, ended):
        """Named until it has been quiet for the hold; then it opens connections as before."""
        over = lambda: {data["tenant_id"] for _, kind, data in list(watch.events) if kind == "attacker.over"}
        self.await_that(lambda: len(over()) == 2 and len(watch.free) == 2, "the end of both", HOLD_S + OVER_S)
        for slug in WHO:
            print(f"{slug}: free {watch.free[slug] - ended:.1f} s after its last packet", flush=True)
            self.assertGreater(watch.free[slug] - ended, HOLD_S - 2)
        probes = {host.role: [{"id": f"{n} {protocol} {dst}", "proto": protocol, "dst": dst, "port": port,
                               "src": next(a for a in host.addresses if (":" in a) == (":" in dst))}
                              for n in range(10) for protocol, port in (("tcp", 80), ("udp", 53)) for dst in INTERNET.addresses]
                  for host in (ACME_INSIDE, BOLT_INSIDE)}
        lost = {key: r for key, r in ask(self.hosts, probes).items() if r["result"] != "allow"}
        self.assertEqual(lost, {})

    def test_3_a_connection_ends_with_the_log_in_that_allowed_it(self):
        path = f"/tenants/{self.tenants['acme']}/user-bindings/10.1.0.10"
        bystander = self.converse(ACME_INSIDE, "10.2.0.10", 80)  # allowed to everybody there
        with self.assertRaises(TimeoutError):
            self.converse(ACME_INSIDE, "10.2.0.10", 8443)
        logged_in = time.monotonic()
        self.link.call("PUT", path, json.dumps({"user": "anna", "groups": ["administrators"], "lifetime_s": 600}))
        mine = self.converse(ACME_INSIDE, "10.2.0.10", 8443)
        opened = time.monotonic()
        self.await_that(lambda: mine.answers >= 5, "a conversation")
        answers = mine.answers
        self.link.call("DELETE", path)
        logged_out = time.monotonic()
        mine.join(5)
        self.assertIsNotNone(mine.ended, "what only the log-in allowed goes on")
        print(f"log-in: connected {opened - logged_in:.3f} s after the call, {mine.answers} answers, "
              f"{mine.answers - answers} of them after the log-out was called; noticed {time.monotonic() - logged_out:.1f} s later: {mine.ended}", flush=True)
        self.assertLessEqual(mine.answers - answers, 4)
        self.assertIsNone(bystander.ended)
        self.assertGreater(self.dropped("policy-changed"), 0)


if __name__ == "__main__":
    lab_case.main()
