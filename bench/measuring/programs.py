"""Benchmark programs of the build folder that measure in runs: started on one core, their lines read as they come."""

import os
import subprocess
import sys

BIN = os.environ.get("SLUICE_BIN") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "build", "release", "bin"))


def lines_of(program, arguments, cores=None):
    """The fields of each line "CASE RUN NUMBER …" that the program prints, as strings; other lines are left out."""
    name = program.removesuffix("_bench")
    command = ["taskset", "-c", cores or str(arguments.core), os.path.join(BIN, program), str(arguments.runs),
               str(arguments.seconds), arguments.only]
    cases = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bench:
        for line in bench.stdout:
            fields = line.split()
            if len(fields) < 4 or not (fields[1].isdigit() or fields[1] in ("memory", "machine")):
                continue  # what DPDK says
            cases += 1
            if fields[1] == "machine":
                yield fields
                continue
            print(f"\r  {fields[0]}: run {fields[1]}    ", end="", file=sys.stderr, flush=True)
            yield fields
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr, flush=True)
    if bench.returncode != 0:
        sys.exit(f"bench {name}: {program} ended with status {bench.returncode}")
    if cases == 0:
        sys.exit(f"bench {name}: no case has '{arguments.only}' in its name")
