#!/usr/bin/env python3
"""CPU per flow record of sluice-collector (decode, host, prefix and tenant counters), nfcapd and FastNetMon beside it.

The collector on one core, the sender on the other, in a network namespace of their own, one program after the other in each
run. CPU is the scheduler's time of all threads; delivered is what the kernel gave to the socket. Promised: at most 0.6 of nfcapd
and 0.2 of FastNetMon's default per NetFlow v9 record flat out; nothing lost at 1M records/s on one core."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from measuring.arguments import parse, parser_of
from measuring.processes import Measured, Namespace
from measuring.programs import BIN
from measuring.results import Results

PORT = 2055
METRICS_PORT = 9101
COLLECTOR_CORE, SENDER_CORE = 0, 1

POLICY = """\
tenants:
  - slug: bench
    prefixes:
      - prefix: 10.10.0.0/16
        consent: auto
    detection:
      thresholds:
        - {name: flood, scope: host, vector: total, packets: 20 kpps}
        - {name: syn, scope: host, vector: tcp-syn, packets: 20 kpps}
        - {name: carpet, scope: prefix, vector: total, packets: 4 Gpps}
"""
CONFIG = """\
collector:
  policy: {folder}/policy.yaml
  listen: ["0.0.0.0:{port}"]
  metrics: 127.0.0.1:{metrics}
  log_level: warning
"""
# FastNetMon's stock configuration with what it needs to receive.
FASTNETMON = {"netflow": "on", "netflow_host": "127.0.0.1", "netflow_port": str(PORT), "sflow": "off", "monitor_local_ip_addresses": "off",
              "enable_api": "off", "disable_usage_report": "on", "networks_list_path": "{folder}/networks",
              "notify_script_path": "/bin/true"}
FASTNETMON_SFLOW = {"netflow": "off", "sflow": "on", "sflow_host": "127.0.0.1", "sflow_port": str(PORT)}


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def fastnetmon_config(folder, changes):
    values = {key: value.format(folder=folder) for key, value in (FASTNETMON | changes).items()}
    lines = []
    with open("/etc/fastnetmon.conf", encoding="utf-8") as stock:
        for line in stock:
            key = line.split("=")[0].strip()
            lines.append(f"{key} = {values.pop(key)}\n" if key in values else line)
    lines += [f"{key} = {value}\n" for key, value in values.items()]
    write(folder, "networks", "10.10.0.0/16\n")
    return write(folder, "fastnetmon.conf", "".join(lines))


def sluice(folder, _protocol):
    write(folder, "policy.yaml", POLICY)
    config = write(folder, "collector.yaml", CONFIG.format(folder=folder, port=PORT, metrics=METRICS_PORT))
    return [os.path.join(BIN, "sluice-collector"), "--config", config]


def nfcapd(folder, _protocol):
    flows = os.path.join(folder, "flows")
    shutil.rmtree(flows, ignore_errors=True)
    os.mkdir(flows)
    return ["nfcapd", "-w", flows, "-p", str(PORT), "-b", "127.0.0.1", "-B", "4000000"]


def fastnetmon(folder, protocol):
    config = fastnetmon_config(folder, FASTNETMON_SFLOW if protocol == "sflow" else {})
    return ["fastnetmon", "--configuration_file", config, "--log_file", os.path.join(folder, "fastnetmon.log"),
            "--disable_pid_logic"]


PROGRAMS = {"sluice": sluice, "nfcapd": nfcapd, "fastnetmon": fastnetmon}


def lost_by_collector(namespace):
    """What Sluice itself counted as lost."""
    done = subprocess.run(namespace.command(["curl", "-s", f"http://127.0.0.1:{METRICS_PORT}/metrics"]), capture_output=True, text=True)
    lost = 0
    for line in done.stdout.splitlines():
        if line.startswith(("sluice_collector_lost_total", "sluice_collector_limited_total")) and "evidence" not in line:
            lost += float(line.split()[-1])
    return int(lost), done.stdout


def run_once(name, protocol, rate, seconds):
    """One program, one load: nanoseconds a record, records a second, records lost."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder, Namespace("sluice-bench") as namespace:
        with Measured(namespace, PROGRAMS[name](folder, protocol), COLLECTOR_CORE, folder) as program:
            program.wait_for_port(namespace, PORT)
            time.sleep(1.5)  # what programs do after they have begun
            before, counters = program.cpu_seconds(), namespace.udp_counters()
            load = [os.path.join(BIN, "flowblast"), "--protocol", protocol, "--port", str(PORT), "--rate", str(rate),
                    "--seconds", str(seconds), "--seed", str(time.time_ns() % 1000)]
            sent = json.loads(subprocess.run(namespace.command(load, SENDER_CORE), check=True, capture_output=True, text=True).stdout)
            time.sleep(1.2)  # until the buffers are empty, and the counters published
            used = program.cpu_seconds() - before
            after = namespace.udp_counters()
            delivered = after["InDatagrams"] - counters["InDatagrams"] - sent["templates"]
            dropped = after["RcvbufErrors"] - counters["RcvbufErrors"]
            lost = dropped * sent["records_a_datagram"]
            if name == "sluice":
                lost += lost_by_collector(namespace)[0] - dropped
            if program.process.poll() is not None:
                raise RuntimeError(f"{name} ended:\n{program.output()}")
    records = delivered * sent["records_a_datagram"]
    return {"ns": used * 1e9 / max(1, records), "records_per_s": records / sent["seconds"], "lost": max(0, lost),
            "busy": used / sent["seconds"], "sent_per_s": sent["records_per_s"]}


def run_side_by_side(names, protocol, rate, runs, seconds):
    measured = {name: [] for name in names}
    for number in range(runs):
        for name in names:
            print(f"\r  {protocol} {'flat out' if rate == 0 else rate}: run {number + 1} of {runs}, {name:12}", end="", file=sys.stderr, flush=True)
            measured[name].append(run_once(name, protocol, rate, seconds))
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr, flush=True)
    return measured


def compare(results, case, measured, promises):
    own = [run["ns"] for run in measured["sluice"]]
    for peer in [name for name in measured if name != "sluice"]:
        results.add(case, "cpu_per_record", "ns", own, peer, [run["ns"] for run in measured[peer]], promises.get(peer))
    if len(measured) == 1:
        results.add(case, "cpu_per_record", "ns", own)
    results.add(case, "records_counted", "1/s", [run["records_per_s"] for run in measured["sluice"]])


def check_machine():
    if os.geteuid() != 0:
        sys.exit("bench collector: needs root for a network namespace of its own")
    if (os.cpu_count() or 1) < 2:
        sys.exit("bench collector: needs two cores, one for the collector and one for the sender")
    missing = [name for name in ("nfcapd", "fastnetmon") if not shutil.which(name)]
    if missing:
        sys.exit(f"bench collector: {', '.join(missing)} missing; run './dev setup'")


def main():
    parser = parser_of(__doc__, 6, "each run of each case", runs=3)
    parser.add_argument("--only", nargs="*", choices=["v9", "v5", "ipfix", "sflow", "steady"], help="leave the other cases out")
    arguments = parse(parser)
    check_machine()
    wanted = set(arguments.only or ["v9", "v5", "ipfix", "sflow", "steady"])
    results = Results("collector", arguments.json)

    def flat_out(protocol, peers, promises):
        if protocol in wanted:
            measured = run_side_by_side(["sluice", *peers], protocol, 0, arguments.runs, arguments.seconds)
            compare(results, f"{protocol} flat out", measured, promises)

    promises = {"nfcapd": 0.6, "fastnetmon": 0.2}
    flat_out("v9", ["nfcapd", "fastnetmon"], promises)
    flat_out("v5", ["nfcapd", "fastnetmon"], promises)
    flat_out("ipfix", ["nfcapd", "fastnetmon"], promises)
    flat_out("sflow", ["fastnetmon"], {})
    if "steady" in wanted:
        steady = run_side_by_side(["sluice"], "v9", 1_000_000, arguments.runs, arguments.seconds)["sluice"]
        results.add("v9 at 1M records/s", "records_lost", "records", [run["lost"] for run in steady], at_most=0)
        results.add("v9 at 1M records/s", "core_used", "share", [run["busy"] for run in steady], at_most=1)
        results.add("v9 at 1M records/s", "records_sent", "1/s", [run["sent_per_s"] for run in steady])
    return results.verdict()


if __name__ == "__main__":
    sys.exit(main())
