"""Sluice's own processes in the lab: their configuration files, the tenants' policy, and how to tell that they are ready.

The only file of the lab that knows Sluice's configuration keys and its executables' command lines.
"""

import json
import os
import sys

import yaml

from addresses import (ACME, CLEAN, CTRL_FOR_GUARD, CUSTOMERS, DIRTY, FLOW, GOBGP_PORT, IPFIX_PORT, LINK_PORT,
                       NETFLOW_PORT, PORTAL_PORT, SFLOW_PORT)
from controller import Controller, NotReachable
from processes import Process

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("SLUICE_BIN") or os.path.join(ROOT, "build", "release", "bin")
PORTAL = os.path.join(ROOT, "portal", "dist")
BINARIES = ("sluice-controller", "sluice-collector", "sluice-gateway", "sluice")

THRESHOLD_PPS = 10_000  # of each attack vector, per host; the carpet's is the same over a prefix
HOLD_DOWN = "4 s"
COOLING = "2 s"  # a demo's patience: real ones keep a diversion longer

# Well known, because a demo's portal can be reached from its own machine only.
OPERATOR = ("operator", "sluice-demo-operator")
CUSTOMER_LOGIN = ("anna@acme.example", "sluice-demo-acme")
LOGINS = ((*OPERATOR, "the provider's operator"), (*CUSTOMER_LOGIN, "acme's administrator"))


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


def policy(level=None):
    """What the three customers want: the same protection, consent given; one of them is soon to be attacked. `level`: the
    guard's, that does not change by itself."""
    return {"tenants": [{
        "slug": customer.name,
        "name": f"{customer.name.capitalize()} Ltd",
        "sites": [{"name": "Headquarters", "line_rate": "1 Gbps"}],
        "prefixes": [{"prefix": prefix, "consent": "auto", "site": "Headquarters"}
                     for prefix in (customer.prefix4, customer.prefix6)],
        "detection": {"hold_down": HOLD_DOWN, "thresholds": thresholds()},
        "protection": {"template": "web", "services": ["tcp/80"], **({"level": level} if level else {})},
    } for customer in CUSTOMERS]}


def rest(listen):
    """The REST interface, and the portal when it is built."""
    built = os.path.exists(os.path.join(PORTAL, "index.html"))
    return {"listen": f"{listen}:{PORTAL_PORT}", **({"portal_directory": PORTAL} if built else {})}


def controller(run_dir):
    return {"controller": {
        "data_directory": f"{run_dir}/controller",
        "rest": rest("0.0.0.0"),
        "link": {"listen": f"0.0.0.0:{LINK_PORT}", "token_file": f"{run_dir}/link.token"},
        "speaker": {"server": f"127.0.0.1:{GOBGP_PORT}"},
        "operator": {"login": OPERATOR[0], "password_file": f"{run_dir}/operator.password"},
        "policy_file": f"{run_dir}/policy.yaml",
        "mitigation": {"cooling": COOLING},
    }}


def collector(run_dir):
    return {"collector": {
        "name": "collector-1",
        "controller": f"127.0.0.1:{LINK_PORT}",
        "controller_token_file": f"{run_dir}/link.token",
        "listen": [f"{FLOW.b.address4}:{port}" for port in (SFLOW_PORT, NETFLOW_PORT, IPFIX_PORT)],
        "exporters": [{"from": FLOW.a.address4}],
    }}


def gateway(run_dir):
    return {"gateway": {
        "name": "guard-1",
        "controller": f"{CTRL_FOR_GUARD}:{LINK_PORT}",
        "controller_token_file": f"{run_dir}/link.token",
        "dirty": {"device": f"net_af_xdp0,iface={DIRTY.b.name}", "mac": DIRTY.b.mac,
                  "addresses": [DIRTY.b.address4, DIRTY.b.address6]},
        "clean": {"device": f"net_af_xdp1,iface={CLEAN.b.name}", "mac": CLEAN.b.mac, "next_hop_mac": CLEAN.a.mac},
        "hugepages": "never",  # the lab leaves the machine's memory settings alone
    }}


def write(path, document):
    with open(path, "w", encoding="utf-8") as out:
        yaml.safe_dump(document, out, sort_keys=False)
    return path


def write_secret(path, text):
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text + "\n")


def sluice_processes(box):
    """The controller first: the others find it when they are ready."""
    run_dir = box.run_dir
    write_secret(f"{run_dir}/link.token", os.urandom(16).hex())
    write_secret(f"{run_dir}/operator.password", OPERATOR[1])
    write(f"{run_dir}/policy.yaml", policy(box.level))
    os.makedirs(f"{run_dir}/controller", exist_ok=True)
    wanted = []
    for name, role, document in (("controller", "ctrl", controller(run_dir)), ("collector", "ctrl", collector(run_dir)),
                                 ("gateway", "guard", gateway(run_dir))):
        conf = write(f"{run_dir}/{name}.yaml", document)
        wanted.append(Process(f"sluice-{name}", box.ns(role), [os.path.join(BIN, f"sluice-{name}"), "--config", conf]))
    return [*wanted, portal_forwarder(box.portal_port, box.ns("ctrl"))]


def portal_forwarder(host_port, ns):
    """Brings the portal of the controller in `ns` to a port of the host."""
    return Process("portal-forwarder", "", [sys.executable, os.path.join(ROOT, "lab", "forwarder.py"), str(host_port), ns,
                                            str(PORTAL_PORT)])


def controller_of(box):
    return Controller(box.ns("ctrl"), *OPERATOR)


def wait_ready(box, wait):
    link = controller_of(box)
    wait("the controller", link.healthy)
    wait("the collector's link", lambda: asked(link, "/collectors", lambda c: c["policy_version"] == c["wanted_policy_version"]))
    wait("the gateway's link", lambda: asked(link, "/gateways", lambda g: g["generation"] == g["wanted_generation"]))
    wait("the controller's BGP speaker", lambda: asked(link, "/speakers"))
    acme = next(t for t in link.get("/tenants")["items"] if t["slug"] == ACME.name)
    link.call("POST", "/users", json.dumps({"tenant_id": acme["id"], "login": CUSTOMER_LOGIN[0], "role": "tenant_admin",
                                            "password": CUSTOMER_LOGIN[1]}))


def asked(link, path, more=lambda item: True):
    """Whether there is something under this path of the API, and all of it is up (and what `more` asks)."""
    try:
        items = link.get(path)["items"]
    except (NotReachable, RuntimeError):
        return False
    return bool(items) and all(item["up"] and more(item) for item in items)
