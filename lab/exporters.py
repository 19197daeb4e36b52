"""The edge's flow exporter: pmacct on the internet-facing interface, traffic entering, to the collector."""

from addresses import FLOW, INET, IPFIX_PORT, NETFLOW_PORT, SFLOW_PORT
from processes import Process

SAMPLING = {"sflow": 64, "ipfix": 0, "v9": 0}

COMMON = """\
pcap_interface: {interface}
pcap_direction: in
pcap_filter: ether dst {mac}

logfile: {log}
plugin_pipe_size: 4096000
snaplen: 128
"""

SFPROBE = """\
plugins: sfprobe[probe]
sampling_rate[probe]: {sampling}
sfprobe_receiver[probe]: {collector}:{port}
sfprobe_agentip[probe]: {agent}
sfprobe_agentsubid[probe]: 1
sfprobe_ifindex[probe]: 1
sfprobe_direction[probe]: in
sfprobe_ifspeed[probe]: 1000000000
"""

# One-second timeouts: the fastest that nfprobe reports a flow that goes on.
NFPROBE = """\
plugins: nfprobe[probe]
nfprobe_receiver[probe]: {collector}:{port}
nfprobe_version[probe]: {version}
nfprobe_timeouts[probe]: tcp=1:tcp.rst=1:tcp.fin=1:udp=1:icmp=1:general=1:maxlife=1:expint=1
nfprobe_maxflows[probe]: 65536
nfprobe_direction[probe]: in
nfprobe_ifindex[probe]: 1
"""

def exporter(kind, run_dir, edge_ns, sampling=None):
    """kind: sflow, v9 or ipfix."""
    names = dict(interface=INET.a.name, mac=INET.a.mac, log=f"{run_dir}/log/pmacctd.log", agent=FLOW.a.address4,
                 collector=FLOW.b.address4, sampling=sampling or SAMPLING[kind])
    text = COMMON.format(**names)
    if kind == "sflow":
        text += SFPROBE.format(port=SFLOW_PORT, **names)
    else:
        text += NFPROBE.format(port=NETFLOW_PORT if kind == "v9" else IPFIX_PORT, version=9 if kind == "v9" else 10, **names)
    conf = f"{run_dir}/pmacctd.conf"
    with open(conf, "w", encoding="utf-8") as out:
        out.write(text)
    return Process("sfprobe" if kind == "sflow" else "nfprobe", edge_ns, ["pmacctd", "-f", conf])
