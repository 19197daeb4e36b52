"""Results of a benchmark: one JSON object a line, and a table for people.

Fields: bench, case, metric, value (median of the runs), unit, runs, min, max; of, in words, where runs
that others on the machine disturbed are left out (quiet.py); and where a peer ran beside it in the same
run peer, peer_value (its median) and ratio (median of value / peer_value, run by run). Where a promise is broken: broken, a
sentence."""

import json
import os
import statistics
import sys

STDOUT = "-"  # in place of a file's name


class Results:
    """Written as they come: what was measured before an interruption stays. resume: the file's lines count as measured.

    path: a file, or STDOUT, which then holds nothing else: the table goes to stderr."""

    def __init__(self, bench, path=None, resume=False):
        self.bench = bench
        self.path = path
        self.lines = []
        self.broken = []
        if resume and path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.lines = [json.loads(line) for line in file]
            self.broken = [line["broken"] for line in self.lines if "broken" in line]

    def cases(self):
        return {line["case"] for line in self.lines}

    def add(self, case, metric, unit, values, peer=None, peer_values=None, at_most=None, of=""):
        """`at_most`: what is promised, of the ratio where there is a peer, of the value otherwise."""
        line = {"bench": self.bench, "case": case, "metric": metric, "value": round(statistics.median(values), 3),
                "unit": unit, "runs": len(values), "min": round(min(values), 3), "max": round(max(values), 3)}
        if of:
            line["of"] = of
        if peer is not None:
            ratios = [own / other for own, other in zip(values, peer_values) if other > 0]
            line |= {"peer": peer, "peer_value": round(statistics.median(peer_values), 3),
                     "ratio": round(statistics.median(ratios), 3)}
        measured = line["ratio"] if peer is not None else line["value"]
        verdict = ""
        if at_most is not None:
            held = measured <= at_most
            verdict = f"   promised at most {at_most}: {'held' if held else 'BROKEN'}"
            if not held:
                line["broken"] = f"{case}: {metric} {measured} instead of at most {at_most}"
                self.broken.append(line["broken"])
        self.lines.append(line)
        self._save()
        counted = f" {of}" if of else ""
        beside = f"   {peer} {line['peer_value']:g}, ratio {line['ratio']:g}" if peer is not None else ""
        self.tell(f"{case:34} {metric:18} {line['value']:>12g} {unit} ({line['min']:g} … {line['max']:g}){counted}{beside}{verdict}")
        return line

    def tell(self, line):
        """A line of the table."""
        print(line, file=sys.stderr if self.path == STDOUT else sys.stdout, flush=True)

    def _save(self):
        if self.path == STDOUT:
            print(json.dumps(self.lines[-1]), flush=True)
        elif self.path:
            with open(self.path, "w", encoding="utf-8") as out:
                out.writelines(json.dumps(line) + "\n" for line in self.lines)

    def verdict(self):
        """The status to end with."""
        for sentence in self.broken:
            self.tell(f"broken promise: {sentence}")
        return 1 if self.broken else 0
