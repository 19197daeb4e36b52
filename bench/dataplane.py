#!/usr/bin/env python3
"""Nanoseconds a packet of a customer with a firewall: established flows, translated ones, many rules, many tenants, set-up;
and, while those flows are open, of an attack on 10,000 targets of others: dropped by a filter, SYNs that are answered.

One worker on one core, 1,000,000 open flows (random order), frames in memory. `total` is the thread's CPU time a packet of the
whole loop; `fill` that of writing the frames alone, measured in the same run; `net` their difference, run by run. Runs that others
on the machine disturbed are left out where enough are quiet (measuring/quiet.py). A set-up takes place in a full table.

Promised: established at most 90 ns, translated 100, set-up with 1,000 rules 900, dropped by a filter 40, a SYN's
answer 60; 10,000 rules at most 1.10 times 10, 10,000 tenants at most 1.25 times one, in both directions; at most 160 bytes a flow
and 128 KB a tenant of 50 rules."""

import sys

from measuring.arguments import program_arguments
from measuring.programs import lines_of
from measuring.quiet import QuietRuns
from measuring.results import Results

PROMISES = {"established-udp": 90, "established-tcp": 90, "established-nat": 100, "answers-udp": 90, "setup-1000-rules": 900,
            "setup-1000-rules-10-asking": 900, "drop-filter": 40, "syn-answer": 60}
COMPARED = [("established-10000-rules", "established-10-rules", 1.10), ("established-10000-tenants", "established-udp", 1.25),
            ("answers-10000-tenants", "answers-udp", 1.25)]


def main():
    arguments = program_arguments(__doc__)
    times, memory, quiet = {}, {}, QuietRuns()
    for case, run, first, second in lines_of("dataplane_bench", arguments):
        if run == "memory":
            memory[case] = (float(first), int(second))
        elif run == "machine":
            quiet.add(case, float(first), float(second))
        else:
            times.setdefault(case, []).append(float(first) - float(second))
    results = Results("dataplane", arguments.json)
    for case, net in times.items():
        times[case], of = quiet.pick(case, net)
        results.add(case, "net", "ns", times[case], of=of, at_most=PROMISES.get(case))
    for case, beside, limit in COMPARED:
        if case in times and beside in times:
            results.add(case, "net", "ns", times[case], peer=beside, peer_values=times[beside], at_most=limit)
    if "established-udp" in memory:
        a_flow, a_tenant = memory["established-udp"]
        results.add("1M flows", "memory_a_flow", "B", [a_flow], at_most=160)
        results.add("50 rules", "memory_a_tenant", "B", [a_tenant], at_most=128 * 1024)
    return results.verdict()


if __name__ == "__main__":
    sys.exit(main())
