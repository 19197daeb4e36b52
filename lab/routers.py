"""The edge's routing daemon (BIRD2 or FRR) and the controller's GoBGP speaker: their configuration and commands.

The edge takes from GoBGP: hosts and prefixes within the customers' with the guard as next hop (diversion), and the
same with community 65535:666 (blackhole, RFC 7999). Everything else is refused there as well.
"""

import os
import shutil

from addresses import BLACKHOLE4, BLACKHOLE6, CUSTOMERS, DIRTY, FLOW, GOBGP_PORT, PROVIDER_AS
import namespaces
from processes import Process

EDGE, CTRL = FLOW.ends

BIRD_CONF = """\
router id {edge4};
log "{log}" all;
timeformat protocol iso long us;
graceful restart wait 10;
protocol device {{ scan time 5; }}
protocol direct {{ ipv4; ipv6; }}
protocol kernel kernel4 {{ ipv4 {{ import none; export where source = RTS_BGP; }}; scan time 5; graceful restart on; }}
protocol kernel kernel6 {{ ipv6 {{ import none; export where source = RTS_BGP; }}; scan time 5; graceful restart on; }}
flow4 table flowtab4;
flow6 table flowtab6;

function honour_rtbh() {{
  if (65535, 666) ~ bgp_community then dest = RTD_BLACKHOLE;
}}
filter from_sluice4 {{
  if net ~ [ {prefixes4} ] then {{ honour_rtbh(); accept; }}
  reject;
}}
filter from_sluice6 {{
  if net ~ [ {prefixes6} ] then {{ honour_rtbh(); accept; }}
  reject;
}}
protocol bgp sluice {{
  local {edge4} as {asn};
  neighbor {ctrl4} as {asn};
  hold time 9;
  connect delay time 1;
  connect retry time 1;
  error wait time 1, 2;
  error forget time 2;
  graceful restart on;
  ipv4 {{ import filter from_sluice4; export none; }};
  ipv6 {{ import filter from_sluice6; export none; }};
  flow4 {{ table flowtab4; import all; export none; }};
  flow6 {{ table flowtab6; import all; export none; }};
}}
"""

FRR_CONF = """\
frr version 8.4
frr defaults datacenter
hostname edge
log file {log}
bgp community-list standard RTBH permit 65535:666
{lists}
route-map FROM-SLUICE permit 10
 match ip address prefix-list SLUICE4
 match community RTBH
 set ip next-hop {blackhole4}
route-map FROM-SLUICE permit 20
 match ip address prefix-list SLUICE4
route-map FROM-SLUICE6 permit 10
 match ipv6 address prefix-list SLUICE6
 match community RTBH
 set ipv6 next-hop global {blackhole6}
route-map FROM-SLUICE6 permit 20
 match ipv6 address prefix-list SLUICE6
route-map NOTHING deny 10
router bgp {asn}
 bgp router-id {edge4}
 no bgp default ipv4-unicast
 neighbor {ctrl4} remote-as {asn}
 neighbor {ctrl4} timers 3 9
 neighbor {ctrl4} timers connect 1
 neighbor {ctrl4} update-source {edge4}
 address-family ipv4 unicast
  neighbor {ctrl4} activate
  neighbor {ctrl4} route-map FROM-SLUICE in
  neighbor {ctrl4} route-map NOTHING out
 address-family ipv6 unicast
  neighbor {ctrl4} activate
  neighbor {ctrl4} route-map FROM-SLUICE6 in
  neighbor {ctrl4} route-map NOTHING out
"""

GOBGP_CONF = """\
[global.config]
  as = {asn}
  router-id = "{ctrl4}"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{edge4}"
    peer-as = {asn}
  [neighbors.transport.config]
    local-address = "{ctrl4}"
  [neighbors.timers.config]
    connect-retry = 1
    hold-time = 9
    keepalive-interval = 3
    idle-hold-time-after-reset = 1
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 10
{families}"""

FAMILIES = ("ipv4-unicast", "ipv6-unicast", "ipv4-flowspec", "ipv6-flowspec")


def _names(**more):
    return dict(edge4=EDGE.address4, ctrl4=CTRL.address4, asn=PROVIDER_AS, **more)


def bird(run_dir, edge_ns):
    conf, ctl = f"{run_dir}/bird.conf", f"{run_dir}/bird.ctl"
    _write(conf, BIRD_CONF.format(
        log=f"{run_dir}/log/bird.log",
        prefixes4=", ".join(f"{c.prefix4}+" for c in CUSTOMERS),
        prefixes6=", ".join(f"{c.prefix6}+" for c in CUSTOMERS), **_names()))
    return [Process("bird", edge_ns, ["/usr/sbin/bird", "-f", "-c", conf, "-s", ctl, "-P", f"{run_dir}/bird.pid", "-R"])]


def bird_show(run_dir, edge_ns, *command):
    return namespaces.run_in(edge_ns, ["birdc", "-s", f"{run_dir}/bird.ctl", *command], check=False)


def frr(run_dir, edge_ns):
    folder = f"{run_dir}/frr"
    os.makedirs(folder, exist_ok=True)
    conf = f"{folder}/frr.conf"
    lists = [f"ip prefix-list SLUICE4 permit {c.prefix4} le 32" for c in CUSTOMERS]
    lists += [f"ipv6 prefix-list SLUICE6 permit {c.prefix6} le 128" for c in CUSTOMERS]
    _write(conf, FRR_CONF.format(log=f"{folder}/frr.log", blackhole4=BLACKHOLE4, blackhole6=BLACKHOLE6,
                                 lists="\n".join(lists), **_names()))
    _write(f"{folder}/vtysh.conf", "")
    # The daemons drop to their own user, whose sockets and pid files live in a folder of this run, not in /run/frr.
    shutil.chown(folder, "frr", "frr")
    # A blackhole community alone makes FRR install an ordinary route: the route-map points it at these.
    namespaces.ip_batch(edge_ns, [f"route replace blackhole {BLACKHOLE4}", f"-6 route replace blackhole {BLACKHOLE6}"])
    common = ["-f", conf, "--vty_socket", folder, "-z", f"{folder}/zserv.api", "-A", "127.0.0.1"]
    processes = []
    for name, after in (("zebra", ""), ("bgpd", f"{folder}/zserv.api")):
        processes.append(Process(name, edge_ns, [f"/usr/lib/frr/{name}", *common, "-i", f"{folder}/{name}.pid"], after=after))
    return processes


def frr_show(run_dir, edge_ns, command):
    return namespaces.run_in(edge_ns, ["vtysh", "--vty_socket", f"{run_dir}/frr", "-c", command], check=False)


def edge(kind, run_dir, edge_ns):
    return {"bird": bird, "frr": frr}[kind](run_dir, edge_ns)


def established(kind, run_dir, edge_ns):
    if kind == "bird":
        return "Established" in bird_show(run_dir, edge_ns, "show", "protocols", "sluice")
    return '"state":"Established"' in frr_show(run_dir, edge_ns, "show bgp summary json").replace(" ", "")


def gobgpd(run_dir, ctrl_ns):
    families = "".join(f'  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = "{name}"\n'
                       "    [neighbors.afi-safis.mp-graceful-restart.config]\n      enabled = true\n"
                       for name in FAMILIES)
    conf = f"{run_dir}/gobgpd.toml"
    _write(conf, GOBGP_CONF.format(families=families, **_names()))
    return Process("gobgpd", ctrl_ns, ["gobgpd", "-f", conf, "--api-hosts", f"127.0.0.1:{GOBGP_PORT}", "--log-plain",
                                       "--pprof-disable", "--graceful-restart"])


def guard_next_hop(version):
    return DIRTY.b.address4 if version == 4 else DIRTY.b.address6


def _write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
