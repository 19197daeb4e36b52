"""The plan of the firewall lab: two customers whose networks end at the gateway. Data only.

    internet ── edge ══ dirty ══ guard ── acme-inside, acme-dmz, bolt-inside     a port each, one host network behind it
                 │ ╚═══ clean ═════╝
                 ├── acme-branch      VXLAN 5010 to the gateway's clean leg
                 └── bolt-branch      VXLAN 5020
"""

import os
from dataclasses import dataclass

from addresses import CLEAN, DIRTY, INET, End, Link

POLICY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "firewall.yaml")
BRANCH_MTU = 1450  # of a VXLAN over links of 1500


@dataclass(frozen=True)
class Host:
    """One namespace with its addresses; `gateway4` and `gateway6` are the gateway's there."""

    role: str
    customer: str  # "" is the internet
    zone: str
    addresses4: tuple
    addresses6: tuple
    gateway4: str = ""
    gateway6: str = ""
    port: str = ""  # of the gateway
    vni: int = 0
    underlay: int = 0  # number of the branch's link to the edge

    @property
    def addresses(self):
        return (*self.addresses4, *self.addresses6)


INTERNET = Host("internet", "", "internet", ("198.18.0.10",), ("2001:db8:f:1::10",))
ACME_INSIDE = Host("acme-inside", "acme", "inside", ("10.1.0.10",), ("2001:db8:1:1::10",), "10.1.0.1", "2001:db8:1:1::1",
                   port="acme-inside")
ACME_DMZ = Host("acme-dmz", "acme", "dmz", ("10.2.0.10", "10.2.0.20"), ("2001:db8:1:2::10", "2001:db8:1:2::20"), "10.2.0.1",
                "2001:db8:1:2::1", port="acme-dmz")
ACME_BRANCH = Host("acme-branch", "acme", "branch", ("10.3.0.10",), ("2001:db8:1:3::10",), "10.3.0.1", "2001:db8:1:3::1",
                   vni=5010, underlay=51)
BOLT_INSIDE = Host("bolt-inside", "bolt", "inside", ("10.1.0.10",), ("2001:db8:2:1::10",), "10.1.0.1", "2001:db8:2:1::1",
                   port="bolt-inside")
BOLT_BRANCH = Host("bolt-branch", "bolt", "branch", ("10.3.0.10",), ("2001:db8:2:3::10",), "10.3.0.1", "2001:db8:2:3::1",
                   vni=5020, underlay=52)
HOSTS = (INTERNET, ACME_INSIDE, ACME_DMZ, ACME_BRANCH, BOLT_INSIDE, BOLT_BRANCH)
ROLES = ("edge", "guard", *(host.role for host in HOSTS))
PUBLIC4, PUBLIC6 = ("192.0.2.0/24", "198.51.100.0/24"), ("2001:db8:1::/48", "2001:db8:2::/48")


def port_mac(number, side):
    return f"02:5c:00:00:{0x60 + number:02x}:{side:02x}"


def underlay_link(host):
    net = host.underlay
    end = lambda role, name, side: End(role, name, f"100.64.{net}.{side}", f"2001:db8:ff:{net:x}::{side}",
                                       f"02:5c:00:00:{net:02x}:{side:02x}")
    return Link(end("edge", host.role, 1), end(host.role, "edge", 2))


PORTS = [host for host in HOSTS if host.port]
BRANCHES = [host for host in HOSTS if host.vni]
LINKS = (INET, DIRTY, CLEAN, *(underlay_link(host) for host in BRANCHES))
