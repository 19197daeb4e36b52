"""What can be seen at the edge while a story runs: the first packet of a kind, and routes as the kernel gets them."""

import contextlib
import ipaddress
import queue
import select
import socket
import subprocess
import threading
import time

from addresses import ATTACKERS4, ATTACKERS6
import namespaces
from processes import die_with_parent

ETH_P_ALL = 3
ATTACK_NET4, ATTACK_NET6 = ipaddress.ip_network(ATTACKERS4), ipaddress.ip_network(ATTACKERS6)


def from_attacker(frame):
    if frame[12:14] == b"\x08\x00":
        return ipaddress.IPv4Address(frame[26:30]) in ATTACK_NET4
    return frame[12:14] == b"\x86\xdd" and ipaddress.IPv6Address(frame[22:38]) in ATTACK_NET6


def is_ip(frame):
    return frame[12:14] in (b"\x08\x00", b"\x86\xdd")


class FirstPacket:
    """The moment (monotonic seconds) at which the first packet that `wanted` accepts enters an interface."""

    def __init__(self, ns, interface, wanted):
        self.at = None
        self._wanted, self._stopping = wanted, threading.Event()
        with namespaces.inside(ns):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self._socket.bind((interface, 0))
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        with self._socket:
            while not self._stopping.is_set():
                if not select.select([self._socket], [], [], 0.1)[0]:
                    continue
                frame, (_, _, kind, _, _) = self._socket.recvfrom(128)
                if kind != socket.PACKET_OUTGOING and len(frame) > 38 and self._wanted(frame):
                    self.at = time.monotonic()
                    return

    def wait(self, timeout_s):
        self._thread.join(timeout_s)
        return self.at

    def stop(self):
        self._stopping.set()
        self._thread.join()


class RouteWatch:
    """The edge's kernel routes as they change: (moment, "add" or "delete", line of `ip monitor`)."""

    def __init__(self, ns):
        self.changes = []
        self._queue = queue.Queue()
        self._child = subprocess.Popen(namespaces.enter_command(ns, ["ip", "-o", "monitor", "route"]),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True, bufsize=1, preexec_fn=die_with_parent)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        for line in self._child.stdout:
            what = "delete" if line.startswith("Deleted ") else "add"
            self.changes.append((time.monotonic(), what, line.removeprefix("Deleted ").strip()))
            self._queue.put(self.changes[-1])

    def wait(self, what, wanted, timeout_s):
        """The first change from here on of that kind whose line `wanted` accepts; None after the timeout."""
        deadline = time.monotonic() + timeout_s
        with contextlib.suppress(queue.Empty):
            while True:
                change = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
                if change[1] == what and wanted(change[2]):
                    return change
        return None

    def stop(self):
        self._child.terminate()
        self._child.wait()
        self._thread.join()
        self._child.stdout.close()
