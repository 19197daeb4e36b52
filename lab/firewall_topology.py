"""Builds and removes the namespaces, links, tunnels and routes of the firewall lab (firewall_plan.py)."""

from addresses import CLEAN, DIRTY, INET
from firewall_plan import BRANCH_MTU, BRANCHES, INTERNET, LINKS, PORTS, PUBLIC4, PUBLIC6, ROLES, port_mac, underlay_link
import namespaces
from topology import Topology


class FirewallTopology(Topology):
    roles = ROLES

    def up(self):
        for role in self.roles:
            namespaces.add(self.ns(role))
            self._settings(role)
            namespaces.run_in(self.ns(role), ["sysctl", "-q", "-w", "net.ipv6.icmp.ratelimit=0"])
        for link in LINKS:
            self._link(link)
        for number, host in enumerate(PORTS):
            self._port(number, host)
        for host in BRANCHES:
            self._branch(host)
        self._routes()

    def _port(self, number, host):
        """A network at a port of its own: the gateway's side has no address, the gateway itself answers there."""
        namespaces.run(["ip", "link", "add", host.port, "netns", self.ns("guard"), "address", port_mac(number, 2), "type",
                        "veth", "peer", "name", "gateway", "netns", self.ns(host.role), "address", port_mac(number, 1)])
        namespaces.ip_batch(self.ns("guard"), [f"link set {host.port} up"])
        self._plain(self.ns("guard"), host.port)
        self._plain(self.ns(host.role), "gateway")
        self._addresses(host, "gateway")

    def _branch(self, host):
        """A branch reaches the gateway through the provider's network, in a tunnel of the kernel's."""
        far, near = CLEAN.b.address4, underlay_link(host).ends
        namespaces.ip_batch(self.ns(host.role), [
            f"route add {far} via {near[0].address4}",
            f"link add gateway mtu {BRANCH_MTU} type vxlan id {host.vni} remote {far} local {near[1].address4} dstport 4789",
        ])
        self._plain(self.ns(host.role), "gateway")
        self._addresses(host, "gateway")

    def _plain(self, ns, name):
        namespaces.run_in(ns, ["ethtool", "-K", name, "tx", "off", "rx", "off", "gso", "off", "tso", "off", "gro", "off"],
                          check=False)

    def _addresses(self, host, name):
        lines = [f"link set {name} up"]
        lines += [f"addr add {address}/16 dev {name}" for address in host.addresses4]
        lines += [f"-6 addr add {address}/64 dev {name} nodad" for address in host.addresses6]
        lines += [f"route add default via {host.gateway4} dev {name}", f"-6 route add default via {host.gateway6} dev {name}"]
        namespaces.ip_batch(self.ns(host.role), lines)

    def _routes(self):
        lines = [f"addr add {a}/32 dev lo" for a in INTERNET.addresses4]
        lines += [f"-6 addr add {a}/128 dev lo nodad" for a in INTERNET.addresses6]
        lines += [f"route add default via {INET.a.address4} src {INTERNET.addresses4[0]}",
                  f"-6 route add default via {INET.a.address6} src {INTERNET.addresses6[0]}"]
        namespaces.ip_batch(self.ns("internet"), lines)
        # All that is for the customers goes through the gateway, and private addresses, too: it must not let them in.
        lines = [f"route add {prefix} via {DIRTY.b.address4}" for prefix in (*PUBLIC4, "10.0.0.0/8")]
        lines += [f"-6 route add {prefix} via {DIRTY.b.address6}" for prefix in PUBLIC6]
        lines += [f"route add {a}/32 via {INET.b.address4}" for a in INTERNET.addresses4]
        lines += [f"-6 route add {a}/128 via {INET.b.address6}" for a in INTERNET.addresses6]
        namespaces.ip_batch(self.ns("edge"), lines)
