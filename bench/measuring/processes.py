"""Processes under measurement: started in a namespace and on a core, their CPU time over all threads and children."""

import os
import pathlib
import subprocess
import tempfile
import time


class Namespace:
    """A network namespace of its own with loopback up; gone when the block ends."""

    def __init__(self, name):
        self.name = f"{name}-{os.getpid()}"

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        subprocess.run(["ip", "-n", self.name, "link", "set", "lo", "up"], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def command(self, argv, core=None):
        # Not `ip netns exec`: it would mount a /sys of its own and stay a parent process.
        inside = ["nsenter", f"--net=/run/netns/{self.name}"]
        return inside + (["taskset", "-c", str(core)] if core is not None else []) + list(argv)

    def udp_counters(self):
        """InDatagrams, RcvbufErrors … of the namespace."""
        text = subprocess.run(self.command(["cat", "/proc/net/snmp"]), check=True, capture_output=True, text=True).stdout
        names, values = [line.split()[1:] for line in text.splitlines() if line.startswith("Udp:")]
        return dict(zip(names, map(int, values)))


def descendants(pid):
    """The process and all below it."""
    found = [pid]
    for parent in found:
        for children in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                pass
    return found


def cpu_seconds(pid):
    """User and system time of every thread below `pid`, in the scheduler's nanoseconds."""
    total = 0
    for process in descendants(pid):
        for schedstat in pathlib.Path(f"/proc/{process}/task").glob("*/schedstat"):
            try:
                total += int(schedstat.read_text().split()[0])
            except (OSError, ValueError):
                pass
    return total / 1e9


class Measured:
    """A running program; stopped when the block ends."""

    def __init__(self, namespace, argv, core, folder):
        self.log = tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".log", delete=False)
        self.process = subprocess.Popen(namespace.command(argv, core), stdout=self.log, stderr=subprocess.STDOUT, cwd=folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def output(self):
        return pathlib.Path(self.log.name).read_text(encoding="utf-8", errors="replace")

    def wait_for_port(self, namespace, port, seconds=20):
        """Until a UDP socket is bound to the port."""
        wanted = f":{port:04X} "
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"ended at once:\n{self.output()}")
            tables = subprocess.run(namespace.command(["cat", "/proc/net/udp", "/proc/net/udp6"]), capture_output=True, text=True)
            if any(wanted in line.split(" ", 6)[-1] or wanted in line[:60] for line in tables.stdout.splitlines()):
                return
            time.sleep(0.05)
        raise RuntimeError(f"nothing listens on UDP port {port} after {seconds} s:\n{self.output()}")
