#!/usr/bin/env python3
"""What two workers carry beside one: established flows of a customer with a firewall, on net_null with a queue each.

`ns` is CPU time of one worker divided by the packets that all workers carry in it, so two workers that do not hinder each other
have half. Promised: two workers carry at least 1.8 times what one does, when packets arrive at the worker that owns their flow.
`handed` is the same with packets that arrive anywhere: half of them are handed over."""

import argparse
import os
import subprocess
import sys

from measuring.results import Results

BIN = os.environ.get("SLUICE_BIN") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "build", "release", "bin"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write the results there, one JSON object a line")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each run of each case")
    arguments = parser.parse_args()
    if arguments.runs < 3:
        parser.error("a median of fewer than three runs says nothing")
    results = Results("workers", arguments.json)
    command = [os.path.join(BIN, "workers_bench"), str(arguments.runs), str(arguments.seconds)]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if output.returncode != 0:
        sys.exit(f"bench workers: workers_bench ended with status {output.returncode}")
    times = {}
    for line in output.stdout.splitlines():
        case, _, workers, value = line.split()
        times.setdefault((case, workers), []).append(float(value))
    one = times["own", "1"]
    results.add("one-worker", "net", "ns", one)
    results.add("two-workers-own", "net", "ns", times["own", "2"], peer="one-worker", peer_values=one, at_most=1 / 1.8)
    results.add("two-workers-handed", "net", "ns", times["handed", "2"], peer="one-worker", peer_values=one)
    return results.write()


if __name__ == "__main__":
    sys.exit(main())
