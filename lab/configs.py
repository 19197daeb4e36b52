"""Sluice's own processes in the lab: their configuration files, the tenants' policy, and how to tell that they are ready.

The only file of the lab that knows Sluice's configuration keys and its executables' command lines.
"""

import os

import yaml

from addresses import CLEAN, CTRL_FOR_GUARD, CUSTOMERS, DIRTY, LINK_PORT
from processes import Process

BIN = os.environ.get("SLUICE_BIN") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "build", "release", "bin"))
BINARIES = ("sluice-controller", "sluice-collector", "sluice-gateway", "sluice")

THRESHOLD_PPS = 10_000  # of each attack vector, per host; the carpet's is the same over a prefix
HOLD_DOWN = "4 s"
LOGINS = ()


def missing_binaries(names=BINARIES):
    return [name for name in names if not os.access(os.path.join(BIN, name), os.X_OK)]


def check_binaries(names=BINARIES):
    missing = missing_binaries(names)
    if missing:
        raise RuntimeError(f"not built yet: {', '.join(missing)}; run './dev build'")


def thresholds():
    pps = f"{THRESHOLD_PPS // 1000} kpps"
    by_host = [{"name": f"{vector}-flood", "scope": "host", "vector": vector, "packets": pps}
               for vector in ("tcp-syn", "tcp-ack", "udp", "icmp", "dns", "ntp", "fragment")]
    return [*by_host, {"name": "carpet", "scope": "prefix", "vector": "udp", "packets": pps}]


def policy():
    """What the three customers want: the same protection, consent given; one of them is soon to be attacked."""
    return {"tenants": [{
        "slug": customer.name,
        "name": f"{customer.name.capitalize()} Ltd",
        "sites": [{"name": "Headquarters", "line_rate": "1 Gbps"}],
        "prefixes": [{"prefix": prefix, "consent": "auto", "site": "Headquarters"}
                     for prefix in (customer.prefix4, customer.prefix6)],
        "detection": {"hold_down": HOLD_DOWN, "thresholds": thresholds()},
        "protection": {"template": "web", "services": ["tcp/80"]},
    } for customer in CUSTOMERS]}


def gateway():
    return {"gateway": {
        "name": "guard-1",
        "controller": f"{CTRL_FOR_GUARD}:{LINK_PORT}",
        "dirty": {"device": f"net_af_xdp0,iface={DIRTY.b.name}", "mac": DIRTY.b.mac,
                  "addresses": [DIRTY.b.address4, DIRTY.b.address6]},
        "clean": {"device": f"net_af_xdp1,iface={CLEAN.b.name}", "mac": CLEAN.b.mac, "next_hop_mac": CLEAN.a.mac},
        "hugepages": "never",  # the lab leaves the machine's memory settings alone
    }}


def write(path, document):
    with open(path, "w", encoding="utf-8") as out:
        yaml.safe_dump(document, out, sort_keys=False)
    return path


def sluice_processes(box):
    return [Process(name, "", [os.path.join(BIN, name)]) for name in ()]


def wait_ready(box, wait):
    pass


def clean_up(box):
    pass
