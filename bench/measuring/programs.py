"""Benchmark programs of the build folder that measure in runs: started on one core, their lines read as they come."""

import argparse
import os
import subprocess
import sys

BIN = os.environ.get("SLUICE_BIN") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "build", "release", "bin"))


def arguments_of(description):
    """What every such benchmark may be told."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write the results there, one JSON object a line")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each run of each case")
    parser.add_argument("--only", default="", metavar="PART", help="only cases with this in their name")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if arguments.runs < 3:
        parser.error("a median of fewer than three runs says nothing")
    return arguments


def lines_of(program, arguments, cores=None):
    """The fields of each line "CASE RUN NUMBER …" that the program prints, as strings; other lines are left out."""
    name = program.removesuffix("_bench")
    command = ["taskset", "-c", cores or str(arguments.core), os.path.join(BIN, program), str(arguments.runs),
               str(arguments.seconds), arguments.only]
    cases = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bench:
        for line in bench.stdout:
            fields = line.split()
            if len(fields) < 4 or not (fields[1].isdigit() or fields[1] == "memory"):
                continue  # what DPDK says
            cases += 1
            print(f"\r  {fields[0]}: run {fields[1]}, {arguments.runs} in all    ", end="", file=sys.stderr, flush=True)
            yield fields
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr, flush=True)
    if bench.returncode != 0:
        sys.exit(f"bench {name}: {program} ended with status {bench.returncode}")
    if cases == 0:
        sys.exit(f"bench {name}: no case has '{arguments.only}' in its name")
