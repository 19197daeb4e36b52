#!/usr/bin/env python3
"""Nanoseconds a packet of sluice-gateway's worker: packets that pass, that are dropped, and SYNs that are answered.

One worker on one core over two DPDK ports of net_null, 10,000 targets in 2,000 tenants configured with every stage switched
on, the destination of each packet random among them. net_null gives empty buffers, so a port between writes each packet into
its buffer, which a network card does by DMA. `total` is the thread's CPU time a packet of the whole loop; `fill` that of
writing the packets alone, measured in the same run (receive, write and transmit, less receive and transmit); `net` is their
difference, run by run, of the runs that others on the machine left alone (measuring/quiet.py). So net counts receive, parsing,
all stages, counters, clock and transmit, and no packet's making.

Promised: net at most 60 ns for a packet that passes, 40 for one that is dropped, 60 for a SYN that is answered."""

import sys

from measuring.arguments import program_arguments
from measuring.programs import lines_of
from measuring.quiet import QuietRuns
from measuring.results import Results

PROMISES = {"pass": 60, "drop": 40, "syn": 60}


def main():
    arguments = program_arguments(__doc__)
    cases, quiet = {}, QuietRuns()
    for case, run, *times in lines_of("gateway_bench", arguments):
        if run == "machine":
            quiet.add(case, *map(float, times))
            continue
        total, filled, io = map(float, times)
        cases.setdefault(case, []).append((total, filled - io, total - (filled - io)))
    results = Results("gateway", arguments.json)
    for case, measured in cases.items():
        picked, of = quiet.pick(case, measured)
        total, filled, net = zip(*picked)
        results.add(case, "total", "ns", total, of=of)
        results.add(case, "fill", "ns", filled, of=of)
        results.add(case, "net", "ns", net, of=of, at_most=PROMISES[case.split("-")[0]])
    return results.verdict()


if __name__ == "__main__":
    sys.exit(main())
