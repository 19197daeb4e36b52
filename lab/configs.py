"""Sluice's own processes in the lab: their configuration files, the tenants' policy, and how to tell that they are ready.

The only file of the lab that knows Sluice's configuration keys.
"""

import os

from processes import Process

BIN = os.environ.get("SLUICE_BIN") or os.path.join(os.path.dirname(__file__), "..", "build", "release", "bin")

THRESHOLD_PPS = 10_000
LOGINS = ()
BINARIES = ("sluice-controller", "sluice-collector", "sluice-gateway", "sluice")


def missing_binaries():
    return [name for name in BINARIES if not os.access(os.path.join(BIN, name), os.X_OK)]


def check_binaries():
    missing = missing_binaries()
    if missing:
        raise RuntimeError(f"not built yet: {', '.join(missing)}; run './dev build'")


def sluice_processes(box):
    return [Process(name, "", [os.path.join(BIN, name)]) for name in ()]


def wait_ready(box, wait):
    pass


def clean_up(box):
    pass
