"""The firewall lab: controller, gateway and two customers' networks, brought up and taken down as one."""

import json
import os
import subprocess
import sys

from addresses import CLEAN, DIRTY, LINK_PORT
import configs
from controller import Controller
from firewall_plan import HOSTS, POLICY, PORTS, port_mac
from firewall_topology import FirewallTopology
import forwarder
from instance import Instance, LabError, run_folder
import namespaces
import processes
from processes import Process

PROBE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe.py")


def gateway(run_dir, driver="net_af_xdp", ports=PORTS, more=None):
    device = lambda number, interface: f"{driver}{number},iface={interface}"
    return {"gateway": {
        "name": "guard-1",
        "controller": f"127.0.0.1:{LINK_PORT}",
        "controller_token_file": f"{run_dir}/link.token",
        "dirty": {"device": device(0, DIRTY.b.name), "mac": DIRTY.b.mac, "next_hop_mac": DIRTY.a.mac,
                  "addresses": [DIRTY.b.address4, DIRTY.b.address6]},
        "clean": {"device": device(1, CLEAN.b.name), "mac": CLEAN.b.mac, "next_hop_mac": CLEAN.a.mac,
                  "addresses": [CLEAN.b.address4, CLEAN.b.address6]},
        "ports": [{"name": host.port, "device": device(2 + i, host.port), "mac": port_mac(i, 2)}
                  for i, host in enumerate(ports)],
        "hugepages": "never",
        **(more or {}),
    }}


def controller(run_dir, policy):
    return {"controller": {
        "data_directory": f"{run_dir}/controller",
        "rest": configs.rest("127.0.0.1"),
        "link": {"listen": f"127.0.0.1:{LINK_PORT}", "token_file": f"{run_dir}/link.token"},
        "operator": {"login": configs.OPERATOR[0], "password_file": f"{run_dir}/operator.password"},
        "policy_file": policy,
    }}


class FirewallBox(Instance):
    """ports, more: which of the gateway's ports are there, and more settings of its configuration. portal_port: where the
    portal appears on the host; without it, it does not."""

    how_to_end = "./dev lab down --firewall"

    def __init__(self, instance="", driver="net_af_xdp", policy=POLICY, ports=PORTS, more=None, portal_port=None, tell=print):
        super().__init__(run_folder(f"fw-{instance}" if instance else "fw"), FirewallTopology(f"fw{instance}"), tell)
        self.instance, self.policy, self.portal_port = instance, policy, portal_port
        self.gateway = lambda run_dir: gateway(run_dir, driver, ports, more)
        self.hosts = {}

    def check(self):
        configs.check_binaries(("sluice-controller", "sluice-gateway"))
        if self.portal_port:
            forwarder.check_port(self.portal_port)

    def begin(self):
        os.makedirs(f"{self.run_dir}/controller")
        self.topology.up()
        configs.write_secret(f"{self.run_dir}/link.token", os.urandom(16).hex())
        configs.write_secret(f"{self.run_dir}/operator.password", configs.OPERATOR[1])
        wanted = []
        for name, document in (("controller", controller(self.run_dir, self.policy)),
                               ("gateway", self.gateway(self.run_dir))):
            conf = configs.write(f"{self.run_dir}/{name}.yaml", document)
            wanted.append(Process(f"sluice-{name}", self.ns("guard"),
                                  [os.path.join(configs.BIN, f"sluice-{name}"), "--config", conf]))
        if self.portal_port:
            wanted.append(configs.portal_forwarder(self.portal_port, self.ns("guard")))
        return wanted

    def wait_ready(self):
        link = self.controller()
        self.wait("the controller", link.healthy)
        self.wait("the gateway's link", lambda: configs.asked(
            link, "/gateways", lambda g: g["generation"] == g["wanted_generation"]))

    def controller(self):
        return Controller(self.ns("guard"), *configs.OPERATOR)

    def down(self):
        self.stop_hosts()
        super().down()

    def start_hosts(self, quiet=()):
        """Servers and clients in every network, by role. quiet: hosts that say nothing before somebody speaks to them."""
        for host in HOSTS:
            self.hosts[host.role] = HostProcess(self.ns(host.role), host, greets=host not in quiet)
        for host in self.hosts.values():
            host.ready()
        return self.hosts

    def stop_hosts(self):
        for host in self.hosts.values():
            host.stop()
        self.hosts = {}

    def log(self, name):
        with open(f"{self.run_dir}/log/{name}.out", encoding="utf-8", errors="replace") as log:
            return log.read()


class HostProcess:
    """probe.py in a namespace; the questions that it understands stand there."""

    def __init__(self, ns, host, greets=True):
        self.host = host
        settings = {"name": host.role, "customer": host.customer, "addresses": host.addresses,
                    "gateways": [g for g in (host.gateway4, host.gateway6) if g and greets]}
        self._process = subprocess.Popen(namespaces.enter_command(ns, [sys.executable, "-B", PROBE, json.dumps(settings)]),
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                         preexec_fn=processes.die_with_parent)

    def ready(self):
        if self._answer() != "ready":
            raise LabError(f"the host {self.host.role} did not start")

    def ask(self, question):
        self.begin(question)
        return self.finish()

    def begin(self, question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def finish(self):
        return self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise LabError(f"the host {self.host.role} ended")
        return json.loads(line)

    def stop(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()
