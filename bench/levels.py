#!/usr/bin/env python3
"""What honest visitors lose while each kind of attack goes on, at each level of the guard.

A lab (lab/README.md) a level, in it a story an attack: visitors of three web servers, 20,000 attack packets a second at one of them, a
diversion. Counted from the diversion on: the visitors' requests that failed, and the attack packets that arrived.

Promised: at most 0.1 % of the requests, at every level; at most 1 % of the attack at level strong."""

import argparse
import os
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(ROOT, "lab"))

import configs  # noqa: E402
from box import Box  # noqa: E402
from demo import LEVELS, STORIES  # noqa: E402
from measuring.results import Results  # noqa: E402
import namespaces  # noqa: E402
from story import Plan, Story, diverts_acme  # noqa: E402

LOST = "acme's requests lost after the diversion"
REQUESTS_LIMIT, ATTACK_LIMIT = 0.1, 1.0  # percent


class Labs:
    """One lab after the other: a new one when the last story's diversion is still there."""

    def __init__(self, options, level):
        self.options, self.level, self.box = options, level, None

    def __enter__(self):
        return self

    def quiet(self):
        if self.box and any(diverts_acme(line) for version in (4, 6) for line in self.box.routes(version)):
            print("  the last diversion is still there: a new lab", file=sys.stderr, flush=True)
            self.__exit__()
        if self.box is None:
            self.box = Box(self.options.instance, portal_port=self.options.portal_port, level=self.level, tell=lambda _: None)
            self.box.up(tied=True)
        return self.box

    def __exit__(self, *_):
        if self.box:
            self.box.down()
        self.box = None


def share_of(outcome, name):
    return next((p.value for p in outcome.promises if p.name == name), None)


def play(box, attack, level, seconds):
    """(share of requests lost, share of attack packets that arrived); None: not measured."""
    plan = Plan(attack=attack, level=level, quiet_s=1.5, clean_s=seconds, tail_s=1.0)
    story = Story(box, configs.controller_of(box), plan, lambda _: None)
    outcome = story.play()
    return share_of(outcome, LOST), story.arrived_share


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write the results there, one JSON object a line")
    parser.add_argument("--seconds", type=float, default=15, help="of each attack after its diversion")
    parser.add_argument("--only", nargs="*", default=STORIES, metavar="ATTACK")
    parser.add_argument("--levels", nargs="*", choices=LEVELS, default=LEVELS)
    parser.add_argument("--instance", default="levels")
    parser.add_argument("--portal-port", type=int, default=8090)
    options = parser.parse_args()
    if reason := namespaces.why_not():
        sys.exit(f"bench levels: {reason}")
    results, unmeasured = Results("levels", options.json), []
    for level in options.levels:
        with Labs(options, level) as labs:
            for attack in options.only:
                lost, arrived = play(labs.quiet(), attack, level, options.seconds)
                case = f"{attack}-{level}"
                if lost is None:
                    unmeasured.append(case)
                    print(f"{case:34} not measured: no diversion, or too few requests", flush=True)
                    continue
                results.add(case, "requests_lost", "%", [lost * 100], at_most=REQUESTS_LIMIT)
                if arrived is not None:
                    results.add(case, "attack_arrived", "%", [arrived * 100], at_most=ATTACK_LIMIT if level == "strong" else None)
    return 1 if results.write() or unmeasured else 0


if __name__ == "__main__":
    sys.exit(main())
