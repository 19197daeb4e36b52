"""A hundred targets of three customers attacked at the same moment: all are diverted, by the real collector, controller, GoBGP,
BIRD and gateway. The attacks are flow records, as the edge's exporter would report them; how long the slowest waits is printed."""

import ipaddress
import os
import socket
import struct
import threading
import time
import unittest

import lab_case
import configs
from addresses import CUSTOMERS, FLOW, NETFLOW_PORT
import namespaces
from watch import RouteWatch

TARGETS = 100
RATE_PPS = 30_000  # of SYNs to each; the threshold is configs.THRESHOLD_PPS
STEP_S = 0.05
SLOWEST_S = 1.5
RECORDS_A_DATAGRAM = 30
SYN, TCP = 2, 6


def targets():
    """Spread over the customers, none of them the web server."""
    return [str(ipaddress.ip_network(CUSTOMERS[i % len(CUSTOMERS)].prefix4)[100 + i // len(CUSTOMERS)]) for i in range(TARGETS)]


class FlowRecords(threading.Thread):
    """NetFlow v5 (24 bytes of header, 48 a record) about attacks on all targets, until told to stop."""

    def __init__(self, ns, hosts):
        super().__init__(daemon=True)
        with namespaces.inside(ns):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((FLOW.a.address4, 0))
        self._hosts, self._stopping, self._sequence, self.began = hosts, threading.Event(), 0, None
        self._boot = time.time() - 1000

    def run(self):
        self.began = time.monotonic()
        step = 0
        while not self._stopping.is_set():
            for first in range(0, len(self._hosts), RECORDS_A_DATAGRAM):
                self._send(self._hosts[first:first + RECORDS_A_DATAGRAM], step)
            step += 1
            self._stopping.wait(max(0.0, self.began + step * STEP_S - time.monotonic()))

    def _send(self, hosts, step):
        now = time.time()
        uptime = int((now - self._boot) * 1000)
        data = struct.pack("!HHIIIIBBH", 5, len(hosts), uptime, int(now), int(now % 1 * 1e9), self._sequence, 0, 0, 0)
        packets = int(RATE_PPS * STEP_S)
        for host in hosts:
            source = socket.inet_aton(f"198.19.{step % 250}.{self._sequence % 250}")
            data += struct.pack("!4s4s4sHHIIIIHHBBBBHHBBH", source, socket.inet_aton(host), b"\0" * 4, 1, 2, packets, packets * 40,
                                uptime - int(STEP_S * 1000), uptime, 40_000 + step % 1000, 80, 0, SYN, TCP, 0, 0, 0, 0, 0, 0)
            self._sequence += 1
        self._socket.sendto(data, (FLOW.b.address4, NETFLOW_PORT))

    def stop(self):
        self._stopping.set()
        self.join()
        self._socket.close()


class Many(lab_case.LabCase):
    options = {"portal_port": 30_000 + os.getpid() % 10_000}

    @classmethod
    def setUpClass(cls):
        missing = configs.missing_binaries()
        if missing:
            raise unittest.SkipTest(f"not built yet: {', '.join(missing)}")
        super().setUpClass()

    def test_a_hundred_targets_are_diverted_at_once(self):
        hosts = targets()
        routes = RouteWatch(self.box.ns("edge"))
        self.addCleanup(routes.stop)
        time.sleep(0.2)
        records = FlowRecords(self.box.ns("edge"), hosts)
        records.start()
        self.addCleanup(lambda: records.is_alive() and records.stop())
        diverted = lambda: {line.split()[0]: at for at, what, line in list(routes.changes)
                            if what == "add" and " dev dirty" in line and line.split()[0] in hosts}
        deadline = time.monotonic() + 15
        while len(diverted()) < TARGETS and time.monotonic() < deadline:
            time.sleep(0.05)
        waits = sorted(at - records.began for at in diverted().values())
        in_force = self.in_force(hosts)
        print(f"{len(waits)} of {TARGETS} targets diverted; first after {waits[0] if waits else -1:.2f} s, "
              f"median {waits[len(waits) // 2] if waits else -1:.2f} s, slowest {waits[-1] if waits else -1:.2f} s", flush=True)
        self.assertEqual(len(waits), TARGETS)
        self.assertEqual(in_force, TARGETS, "mitigations in force, by the controller")
        self.assertLess(waits[-1], SLOWEST_S)

    def in_force(self, hosts):
        controller, found, path = configs.controller_of(self.box), set(), "/mitigations?state=active&limit=100"
        while path:
            page = controller.get(path)
            found |= {m["target"].split("/")[0] for m in page["items"]}
            path = f"/mitigations?state=active&limit=100&cursor={page['next_cursor']}" if page.get("next_cursor") else None
        return len(found & set(hosts))


if __name__ == "__main__":
    lab_case.main()
