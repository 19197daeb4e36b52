"""The plan of the provider in a box: names, addresses, links. Data only.

    internet ──inet── edge ──cust1..3── customers (acme, bolt, cedar)
                       │ ├─dirty┐
                       │ └clean─┴── guard (sluice-gateway)
                       └─flow── ctrl (controller, collector, gobgpd) ──mgmt── guard
"""

from dataclasses import dataclass, field

PROVIDER_AS = 64500
ROLES = ("internet", "edge", "cust1", "cust2", "cust3", "guard", "ctrl")

# Sources of the internet side. Legitimate clients and attackers never share an address, so that a counter on a
# prefix tells the one from the other anywhere in the lab.
INTERNET4, INTERNET6 = "198.18.0.0/15", "2001:db8:f::/48"
CLIENTS4, CLIENTS6 = "198.18.0.0/16", "2001:db8:f:1::/64"
ATTACKERS4, ATTACKERS6 = "198.19.0.0/16", "2001:db8:f:a::/64"
CLIENT_ADDRESSES4 = [f"198.18.{i // 8}.{10 + i % 8}" for i in range(24)]
CLIENT_ADDRESSES6 = [f"2001:db8:f:1::{i:x}" for i in range(0x10, 0x1C)]
# One client that keeps its connection open for the whole story, and has no other that could vouch for its address.
KEEPER4, KEEPER6 = "198.18.100.10", "2001:db8:f:1::64"
# Hosts that attack with real TCP stacks (hping3, slowhttptest) need addresses that exist. They are what a program on
# the internet side sends from if it does not choose.
ATTACKER4, ATTACKER6 = "198.19.255.10", "2001:db8:f:a::10"

SFLOW_PORT, NETFLOW_PORT, IPFIX_PORT = 6343, 2055, 4739
PORTAL_PORT, LINK_PORT, GOBGP_PORT = 8080, 50061, 50051


@dataclass(frozen=True)
class Customer:
    name: str
    role: str
    prefix4: str
    prefix6: str
    web4: str
    web6: str


CUSTOMERS = (
    Customer("acme", "cust1", "192.0.2.0/24", "2001:db8:1::/48", "192.0.2.10", "2001:db8:1::10"),
    Customer("bolt", "cust2", "198.51.100.0/24", "2001:db8:2::/48", "198.51.100.10", "2001:db8:2::10"),
    Customer("cedar", "cust3", "203.0.113.0/24", "2001:db8:3::/48", "203.0.113.10", "2001:db8:3::10"),
)
ACME = CUSTOMERS[0]


@dataclass(frozen=True)
class End:
    """One end of a veth pair."""

    role: str
    name: str
    address4: str
    address6: str
    mac: str


@dataclass(frozen=True)
class Link:
    a: End
    b: End
    ends: tuple = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "ends", (self.a, self.b))


def _link(number, role_a, name_a, role_b, name_b, third=None):
    net = third if third is not None else number
    end = lambda role, name, host: End(
        role, name, f"100.64.{net}.{host}", f"2001:db8:ff:{net:x}::{host}", f"02:5c:00:00:{number:02x}:{host:02x}"
    )
    return Link(end(role_a, name_a, 1), end(role_b, name_b, 2))


INET = _link(1, "edge", "inet", "internet", "edge")
CUST = [_link(11 + i, "edge", c.role, c.role, "edge") for i, c in enumerate(CUSTOMERS)]
DIRTY = _link(21, "edge", "dirty", "guard", "dirty")
CLEAN = _link(22, "edge", "clean", "guard", "clean")
FLOW = _link(31, "edge", "ctrl", "ctrl", "edge")
MGMT = _link(41, "ctrl", "mgmt", "guard", "mgmt", third=255)
CTRL_FOR_GUARD = MGMT.a.address4
LINKS = (INET, *CUST, DIRTY, CLEAN, FLOW, MGMT)

CLEAN_TABLE = 100  # the edge's routing table for what comes back from the guard
BLACKHOLE4, BLACKHOLE6 = "100.64.66.66", "2001:db8:ff:66::66"  # FRR's blackholed next hops


def namespace(role, instance=""):
    return f"slu-{instance}-{role}" if instance else f"slu-{role}"
