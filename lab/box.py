"""The provider in a box: everything of the lab, brought up and taken down as one."""

import json
import os
import re
import socket

from addresses import CLIENT_ADDRESSES4, CUSTOMERS, PORTAL_PORT
import configs
import counters
import exporters
import forwarder
from instance import Instance, LabError, run_folder
import namespaces
import processes
import routers
import webservers
from topology import Topology

class Box(Instance):
    """router: bird or frr. exporter: sflow, v9 or ipfix. sluice: False leaves Sluice's own processes out. level: the guard's,
    for good; None: it rises and falls by itself."""

    def __init__(self, instance="", router="bird", exporter="sflow", sluice=True, portal_port=PORTAL_PORT, level=None,
                 tell=print):
        if instance and not re.fullmatch("[a-z0-9]{1,8}", instance):
            raise LabError(f"'{instance}' is no name for a lab: up to eight of a-z and 0-9, please")
        super().__init__(run_folder(instance), Topology(instance), tell)
        self.instance, self.router, self.exporter, self.sluice = instance, router, exporter, sluice
        self.portal_port, self.level = portal_port, level

    @classmethod
    def of_run(cls, instance, tell=print):
        """The box that is up under this name, or one with the defaults."""
        try:
            with open(f"{run_folder(instance)}/box.json", encoding="utf-8") as file:
                return cls(instance, tell=tell, **json.load(file))
        except FileNotFoundError:
            return cls(instance, tell=tell)

    def check(self):
        if self.sluice:
            configs.check_binaries()
            forwarder.check_port(self.portal_port)

    def pid(self, name):
        return processes.state(self.run_dir).get(name, {}).get("pid")

    def in_internet(self, argv, **more):
        return namespaces.run_in(self.ns("internet"), argv, **more)

    def routes(self, version=4):
        """The edge's kernel routes of the main table, as `ip` prints them."""
        return namespaces.run_in(self.ns("edge"), ["ip", f"-{version}", "route"]).splitlines()

    def begin(self):
        os.chmod(self.run_dir, 0o755)
        with open(f"{self.run_dir}/box.json", "w", encoding="utf-8") as out:
            json.dump({"router": self.router, "exporter": self.exporter, "sluice": self.sluice,
                       "portal_port": self.portal_port, "level": self.level}, out)
        self.tell(f"network: {len(CUSTOMERS)} customers, edge ({self.router}), guard, controller, internet")
        self.topology.up()
        counters.install(self.ns)
        wanted = webservers.servers(self.run_dir, self.ns)
        wanted += routers.edge(self.router, self.run_dir, self.ns("edge"))
        wanted.append(routers.gobgpd(self.run_dir, self.ns("ctrl")))
        if self.sluice:
            wanted += configs.sluice_processes(self)
        wanted.append(exporters.exporter(self.exporter, self.run_dir, self.ns("edge")))
        self.tell(f"processes: {', '.join(p.name for p in wanted)}")
        return wanted

    def wait_ready(self):
        for customer in CUSTOMERS:
            self.wait(f"{customer.name}'s web server",
                      lambda c=customer: self.answers("internet", c.web4, 80, CLIENT_ADDRESSES4[-1]))
        self.wait("the BGP session between edge and controller",
                  lambda: routers.established(self.router, self.run_dir, self.ns("edge")), 20)
        self.wait("the flow exporter", lambda: self.pid("sfprobe") or self.pid("nfprobe"))
        if self.sluice:
            configs.wait_ready(self, self.wait)

    def answers(self, role, address, port, source=None):
        with namespaces.inside(self.ns(role)):
            probe = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        with probe:
            probe.settimeout(1)
            if source:
                probe.bind((source, 0))
            return probe.connect_ex((address, port)) == 0
