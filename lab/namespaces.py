"""Network namespaces: make, enter, empty, delete. Everything that the lab does to the system goes through here."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def path(ns):
    return f"/run/netns/{ns}"


def enter_command(ns, argv):
    """The command that runs argv in ns. nsenter and not `ip netns exec`: that one hides bpffs behind a new /sys."""
    return ["nsenter", f"--net={path(ns)}", "--", *map(str, argv)]


def run(argv, stdin=None, check=True):
    done = subprocess.run(list(map(str, argv)), input=stdin, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def run_in(ns, argv, stdin=None, check=True):
    return run(enter_command(ns, argv), stdin, check)


def ip_batch(ns, lines):
    """Runs many `ip` commands in one process a family; the first that fails is named. A line may start with `-6`."""
    for flag in ("-4", "-6"):
        mine = [line.removeprefix("-6 ") for line in lines if line.startswith("-6 ") == (flag == "-6")]
        if mine:
            run_in(ns, ["ip", *([flag] if flag == "-6" else []), "-batch", "-"], stdin="\n".join(mine) + "\n")


@contextlib.contextmanager
def inside(ns):
    """The calling thread is in ns within the block: sockets opened there stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(path(ns), os.O_RDONLY)
    try:
        _setns(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)
        os.close(there)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns: " + os.strerror(ctypes.get_errno()))


def join(ns):
    """Moves the calling process (of one thread) into ns for good."""
    fd = os.open(path(ns), os.O_RDONLY)
    _setns(fd)
    os.close(fd)


def existing(prefix):
    try:
        return sorted(name for name in os.listdir("/run/netns") if name.startswith(prefix))
    except FileNotFoundError:
        return []


def add(ns):
    run(["ip", "netns", "add", ns])


def pids(ns):
    return [int(p) for p in run(["ip", "netns", "pids", ns], check=False).split()]


def empty(ns, grace_s=2.0):
    """Ends every process that lives in ns: asked first, killed after the grace."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids(ns):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + grace_s
        while pids(ns) and time.monotonic() < deadline:
            time.sleep(0.02)


def delete(ns):
    if os.path.exists(path(ns)):
        empty(ns)
        run(["ip", "netns", "delete", ns], check=False)


def why_not():
    """None if namespaces can be used here, else the reason in a sentence."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"slu-probe-{os.getpid()}"
    try:
        add(probe)
        try:
            ip_batch(probe, ["link add name a0 type veth peer name b0", "link set lo up"])
        finally:
            run(["ip", "netns", "delete", probe], check=False)
    except (RuntimeError, OSError) as error:
        return f"network namespaces are not allowed here ({error})"
    return None
