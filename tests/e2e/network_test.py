"""The provider in a box without Sluice: links, web servers, routers, exporter, attackers, clients, and its end."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import unittest

import lab_case
from addresses import ACME, CUSTOMERS, FLOW, SFLOW_PORT
from attackers import Attack
import clients
import counters
from instance import LabError, run_folder
import namespaces
import routers
from watch import FirstPacket, RouteWatch, from_attacker


def until(ready, limit_s=10.0):
    deadline = time.monotonic() + limit_s
    while not (value := ready()):
        if time.monotonic() > deadline:
            return value
        time.sleep(0.02)
    return value


class Network(lab_case.LabCase):
    def test_real_clients_reach_every_customer_on_both_families(self):
        out = f"{self.box.run_dir}/requests"
        self.box.in_internet(["python3", lab_case.LAB / "clients.py", "--rate", "20", "--seconds", "2", "--out", out])
        records = clients.read_records(out)
        for customer in CUSTOMERS:
            for version in (4, 6):
                mine = [r for r in records if r["customer"] == customer.name and r["ipv"] == version]
                self.assertGreater(len(mine), 8, (customer.name, version))
                self.assertEqual([r for r in mine if not r["ok"]], [])

    def test_attack_has_its_rate_and_is_reported_at_once(self):
        with namespaces.inside(self.box.ns("ctrl")):
            collector = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(collector.close)
        collector.bind((FLOW.b.address4, SFLOW_PORT))
        collector.settimeout(0.01)
        until(lambda: not received(collector))
        first = FirstPacket(self.box.ns("edge"), "inet", from_attacker)
        before = counters.read(self.box.ns("edge"))["attack_in"]
        attack = Attack(self.box.ns("internet"), "syn", 10_000, 2, self.box.run_dir).start()
        self.addCleanup(attack.stop)
        self.assertIsNotNone(first.wait(5))
        self.assertTrue(until(lambda: received(collector), 3), "no sFlow datagram")
        self.assertLess(time.monotonic() - first.at, 1.0)
        self.assertTrue(attack.wait(10))
        sent = counters.read(self.box.ns("edge"))["attack_in"] - before
        self.assertAlmostEqual(sent, 20_000, delta=2_000)
        self.assertGreater(counters.read(self.box.ns("cust1"))["attack"], 0.9 * sent)

    def test_a_killed_process_comes_back(self):
        old = self.box.pid("sfprobe")
        os.kill(old, signal.SIGKILL)
        self.assertTrue(until(lambda: self.box.pid("sfprobe") not in (None, old)))

    def test_a_second_lab_of_the_same_name_is_refused(self):
        with self.assertRaisesRegex(LabError, "up already"):
            self.box.up()


class RouterCase:
    """Run for each router: what GoBGP announces reaches the edge's kernel, and nothing else does."""

    def announce(self, prefix, *attributes, version=4, verb="add"):
        family = ["-a", "ipv6"] if version == 6 else []
        nexthop = ["nexthop", routers.guard_next_hop(version)] if verb == "add" else []
        namespaces.run_in(self.box.ns("ctrl"), ["gobgp", "global", "rib", verb, *family, prefix, *nexthop, *attributes])

    def has_route(self, words, version=4):
        return any(words in line for line in self.box.routes(version))

    def test_a_diversion_comes_and_goes(self):
        for version, host, length in ((4, ACME.web4, 32), (6, ACME.web6, 128)):
            watch = RouteWatch(self.box.ns("edge"))
            self.addCleanup(watch.stop)
            time.sleep(0.2)
            self.announce(f"{host}/{length}", version=version)
            added = watch.wait("add", lambda line, h=host: h in line, 5)
            self.assertIsNotNone(added, f"no route to {host}")
            self.assertIn(f"via {routers.guard_next_hop(version)} dev dirty", added[2])
            self.announce(f"{host}/{length}", version=version, verb="del")
            self.assertIsNotNone(watch.wait("delete", lambda line, h=host: h in line, 5))

    def test_a_blackhole_is_one(self):
        self.announce("192.0.2.66/32", "community", "65535:666")
        self.announce("2001:db8:1::66/128", "community", "65535:666", version=6)
        self.assertTrue(until(lambda: self.has_route("blackhole 192.0.2.66")))
        self.assertTrue(until(lambda: self.has_route("blackhole 2001:db8:1::66", 6)))
        self.announce("192.0.2.66/32", verb="del")
        self.announce("2001:db8:1::66/128", version=6, verb="del")
        self.assertTrue(until(lambda: not self.has_route("192.0.2.66")))

    def test_a_whole_prefix_is_diverted_too(self):
        self.assertIn("dev cust1", self.way_to("192.0.2.44"))
        self.announce("192.0.2.0/24")
        self.assertTrue(until(lambda: "dev dirty" in self.way_to("192.0.2.44")))
        self.assertIn("dev cust1", self.way_to("192.0.2.44", "from", "198.18.0.10", "iif", "clean"))
        self.announce("192.0.2.0/24", verb="del")
        self.assertTrue(until(lambda: "dev cust1" in self.way_to("192.0.2.44")))

    def way_to(self, host, *more):
        return namespaces.run_in(self.box.ns("edge"), ["ip", "route", "get", host, *more])

    def test_what_is_not_a_customers_is_refused(self):
        refused = ("198.18.0.10/32", "192.0.0.0/16", "0.0.0.0/0")
        for prefix in refused:
            self.announce(prefix)
        self.announce("192.0.2.99/32")
        self.assertTrue(until(lambda: self.has_route("192.0.2.99")), "the control route did not come")
        for words in ("198.18.0.10", "192.0.0.0", "default"):
            self.assertFalse(self.has_route(words), words)
        for prefix in (*refused, "192.0.2.99/32"):
            self.announce(prefix, verb="del")


class Bird(RouterCase, lab_case.LabCase):
    options = {"sluice": False, "router": "bird"}

    def test_a_killed_bird_keeps_the_diversion_in_the_kernel(self):
        self.announce("192.0.2.77/32")
        self.assertTrue(until(lambda: self.has_route("192.0.2.77")))
        watch = RouteWatch(self.box.ns("edge"))
        self.addCleanup(watch.stop)
        time.sleep(0.2)
        os.kill(self.box.pid("bird"), signal.SIGKILL)
        time.sleep(0.5)
        self.assertTrue(until(lambda: routers.established("bird", self.box.run_dir, self.box.ns("edge")), 20))
        self.assertEqual([c for c in watch.changes if c[1] == "delete" and "192.0.2.77" in c[2]], [])
        self.announce("192.0.2.77/32", verb="del")
        self.assertTrue(until(lambda: not self.has_route("192.0.2.77")))


class Frr(RouterCase, lab_case.LabCase):
    options = {"sluice": False, "router": "frr"}


class End(unittest.TestCase):
    """./dev lab as a person runs it: nothing is left behind."""

    @classmethod
    def setUpClass(cls):
        reason = namespaces.why_not()
        if reason:
            raise unittest.SkipTest(reason)

    def lab(self, *words):
        command = [sys.executable, lab_case.LAB / "lab.py", "--instance", self.instance, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def test_down_leaves_nothing(self):
        self.instance = lab_case.instance_name() + "e"
        self.addCleanup(self.lab, "down")
        done = self.lab("up", "--without-sluice")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nginx-acme", self.lab("status").stdout)
        found = processes_of(self.instance)
        self.assertGreater(len(found), 5)
        self.assertEqual(self.lab("down").returncode, 0)
        self.assertEqual(processes_of(self.instance), [])
        self.assertEqual([n for n in namespaces.existing(f"slu-{self.instance}-")], [])
        self.assertFalse(os.path.exists(run_folder(self.instance)))


def processes_of(instance):
    """The command lines that name this lab, other than this test's."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if run_folder(instance) in command or f"slu-{instance}-" in command:
                found.append(command)
    return found


def received(sock):
    try:
        return len(sock.recv(65535))
    except TimeoutError:
        return 0


if __name__ == "__main__":
    lab_case.main()
