"""Which runs of a benchmark were not disturbed by others on the machine, by a fixed piece of work that was measured before and
after each of them (src/dataplane/bench_reference.hpp). What the benchmark itself measured is not looked at."""

TOLERATED = 1.15  # of the best in this measurement
FEWEST = 3        # quiet runs; a median of fewer says nothing


class QuietRuns:
    def __init__(self):
        self.machine = {}  # case → (core, memory) before each run, and after the last

    def add(self, case, core, memory):
        self.machine.setdefault(case, []).append((core, memory))

    def pick(self, case, values):
        """(those of the quiet runs, how many they are of all in words); all of them when there are too few."""
        states = self.machine.get(case, [])
        if len(states) != len(values) + 1:
            return values, ""
        best = [min(kind) for kind in zip(*(state for some in self.machine.values() for state in some))]
        is_quiet = [all(now <= TOLERATED * least for now, least in zip(state, best)) for state in states]
        quiet = [value for value, before, after in zip(values, is_quiet, is_quiet[1:]) if before and after]
        if len(quiet) < FEWEST:
            return values, f"disturbed: {len(quiet)} of {len(values)} runs were quiet, all count"
        return quiet, f"{len(quiet)} quiet of {len(values)} runs"
