#!/usr/bin/env python3
"""What two workers carry beside one: established flows of a customer with a firewall, on net_null with a queue each.

`ns` is CPU time of one worker divided by the packets that all workers carry in it, so two workers that do not hinder each other
have half. Promised: two workers carry at least 1.8 times what one does, when packets arrive at the worker that owns their flow.
`handed` is the same with packets that arrive anywhere: half of them are handed over."""

import os
import subprocess
import sys

from measuring.arguments import parse, parser_of
from measuring.programs import BIN
from measuring.results import Results


def main():
    arguments = parse(parser_of(__doc__, 1, "each run of each case", runs=5))
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
    return results.verdict()


if __name__ == "__main__":
    sys.exit(main())
