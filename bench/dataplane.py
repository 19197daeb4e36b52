#!/usr/bin/env python3
"""Nanoseconds a packet of a customer with a firewall: established flows, translated ones, many rules, many tenants, set-up.

One worker on one core, 1,000,000 open flows (random order), frames in memory. `total` is the thread's CPU time a packet of the
whole loop; `fill` that of writing the frames alone, measured in the same run; `net` their difference, run by run.

Promised: established at most 90 ns, translated 100, set-up with 1,000 rules 900; 10,000 rules at most 1.10 times 10, 10,000
tenants at most 1.25 times one; at most 160 bytes a flow and 128 KB a tenant of 50 rules."""

import argparse
import os
import subprocess
import sys

from measuring.results import Results

BIN = os.environ.get("SLUICE_BIN") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "build", "release", "bin"))
PROMISES = {"established-udp": 90, "established-tcp": 90, "established-nat": 100, "setup-1000-rules": 900}
COMPARED = [("established-10000-rules", "established-10-rules", 1.10), ("established-10000-tenants", "established-udp", 1.25)]


def measure(runs, seconds, only, core):
    """(net times by case, (bytes a flow, bytes a tenant) by case)"""
    command = ["taskset", "-c", str(core), os.path.join(BIN, "dataplane_bench"), str(runs), str(seconds), only]
    times, memory = {}, {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bench:
        for line in bench.stdout:
            case, run, first, second = line.split()
            if run == "memory":
                memory[case] = (float(first), int(second))
                continue
            print(f"\r  {case}: run {int(run) + 1} of {runs}    ", end="", file=sys.stderr, flush=True)
            times.setdefault(case, []).append(float(first) - float(second))
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
    if bench.returncode != 0:
        sys.exit(f"bench dataplane: dataplane_bench ended with status {bench.returncode}")
    return times, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write the results there, one JSON object a line")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each run of each case")
    parser.add_argument("--only", default="", metavar="PART", help="only cases with this in their name")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if arguments.runs < 3:
        parser.error("a median of fewer than three runs says nothing")
    results = Results("dataplane", arguments.json)
    times, memory = measure(arguments.runs, arguments.seconds, arguments.only, arguments.core)
    if not times:
        sys.exit(f"bench dataplane: no case has '{arguments.only}' in its name")
    for case, net in times.items():
        results.add(case, "net", "ns", net, at_most=PROMISES.get(case))
    for case, beside, limit in COMPARED:
        if case in times and beside in times:
            results.add(case, "net", "ns", times[case], peer=beside, peer_values=times[beside], at_most=limit)
    if "established-udp" in memory:
        a_flow, a_tenant = memory["established-udp"]
        results.add("1M flows", "memory_a_flow", "B", [a_flow], at_most=160)
        results.add("50 rules", "memory_a_tenant", "B", [a_tenant], at_most=128 * 1024)
    return results.write()


if __name__ == "__main__":
    sys.exit(main())
