#!/usr/bin/env python3
"""Nanoseconds a packet of sluice-gateway's worker: packets that pass, that are dropped, and SYNs that are answered.

One worker on one core over two DPDK ports of net_null, 10,000 targets in 2,000 tenants configured with every stage switched
on, the destination of each packet random among them. net_null gives empty buffers, so a port between writes each packet into
its buffer, which a network card does by DMA. `total` is the thread's CPU time a packet of the whole loop; `fill` that of
writing the packets alone, measured in the same run (receive, write and transmit, less receive and transmit); `net` is their
difference, run by run. So net counts receive, parsing, all stages, counters, clock and transmit, and no packet's making.

Promised: net at most 60 ns for a packet that passes, 40 for one that is dropped, 60 for a SYN that is answered."""

import argparse
import os
import subprocess
import sys

from measuring.results import Results

BIN = os.environ.get("SLUICE_BIN") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "build", "release", "bin"))
PROMISES = {"pass": 60, "drop": 40, "syn": 60}


def measure(runs, seconds, only, core):
    """Lists of (total, fill, net) by case, in the order of the cases."""
    command = ["taskset", "-c", str(core), os.path.join(BIN, "gateway_bench"), str(runs), str(seconds), only]
    cases = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bench:
        for line in bench.stdout:
            fields = line.split()
            if len(fields) != 5:
                continue  # what DPDK says
            case, run, total, filled, io = fields[0], int(fields[1]), *map(float, fields[2:])
            print(f"\r  {case}: run {run + 1} of {runs}    ", end="", file=sys.stderr, flush=True)
            cases.setdefault(case, []).append((total, filled - io, total - (filled - io)))
    print("\r" + " " * 50 + "\r", end="", file=sys.stderr, flush=True)
    if bench.returncode != 0:
        sys.exit(f"bench gateway: gateway_bench ended with status {bench.returncode}")
    return cases


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
    results = Results("gateway", arguments.json)
    cases = measure(arguments.runs, arguments.seconds, arguments.only, arguments.core)
    if not cases:
        sys.exit(f"bench gateway: no case has '{arguments.only}' in its name")
    for case, measured in cases.items():
        total, filled, net = zip(*measured)
        results.add(case, "total", "ns", total)
        results.add(case, "fill", "ns", filled)
        results.add(case, "net", "ns", net, at_most=PROMISES[case.split("-")[0]])
    return results.write()


if __name__ == "__main__":
    sys.exit(main())
