#!/usr/bin/env python3
"""What honest visitors lose while each kind of attack goes on, at each level of the guard.

A lab (lab/README.md) a level, in it a story an attack: visitors of three web servers, 20,000 attack packets a second at one of them, a
diversion. Counted from the diversion on: the visitors' requests that failed, and the attack packets that arrived.

A case ATTACK/LEVEL that fails for a reason of the lab's (no diversion, too few requests, a process that does not start) is tried
once more in a new lab, and says so. With --json each case is written as it ends; --resume goes on where an earlier run ended.

Promised: at most 0.1 % of the requests, at every level; at most 1 % of the attack at level strong."""

import contextlib
import fnmatch
import os
import signal
import sys

from measuring.arguments import parse, parser_of
from measuring.results import STDOUT, Results

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(ROOT, "lab"))

import configs  # noqa: E402
from box import Box  # noqa: E402
from controller import NotReachable  # noqa: E402
from demo import LEVELS, STORIES  # noqa: E402
from instance import LabError  # noqa: E402
import namespaces  # noqa: E402
from story import Plan, Story, diverts_acme  # noqa: E402

LOST = "acme's requests lost after the diversion"
REQUESTS_LIMIT, ATTACK_LIMIT = 0.1, 1.0  # percent
LONGEST_S = 150  # of a case, with its lab
TRIES = 2


class Labs:
    """One lab after the other: a new one for another level, and when the last story left something behind."""

    def __init__(self, options):
        self._options, self._box = options, None

    def of_level(self, level):
        if self._box and (self._box.level != level or any(diverts_acme(line) for v in (4, 6) for line in self._box.routes(v))):
            self.down()
        if self._box is None:
            left = Box.of_run(self._options.instance, lambda _: None)
            if left.is_up():  # a run was killed
                left.down()
            self._box = Box(self._options.instance, portal_port=self._options.portal_port, level=level, tell=lambda _: None)
            self._box.up(tied=True)
        return self._box

    def down(self):
        box, self._box = self._box, None
        if box:
            box.down()


def play(box, attack, level, seconds):
    """(share of requests lost, share of attack packets that arrived or None)."""
    plan = Plan(attack=attack, level=level, quiet_s=1.5, clean_s=seconds, tail_s=0.5)
    if attack == "hping3":
        plan.rate_pps *= 3  # what it is asked for; its timer allows far less
    story = Story(box, configs.controller_of(box), plan, lambda _: None)
    outcome = story.play()
    if story.diverted_at is None:
        raise LabError("no diversion within 10 s")
    lost = next(p.value for p in outcome.promises if p.name == LOST)
    if lost is None:
        raise LabError("too few requests after the diversion for a share")
    return lost, story.arrived_share


@contextlib.contextmanager
def within(seconds):
    def over(*_):
        raise LabError(f"not over after {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def measured(labs, attack, level, seconds):
    """play(), tried once more when the lab fails; None when it failed again."""
    for number in range(1, TRIES + 1):
        try:
            with within(LONGEST_S + round(seconds)):
                return play(labs.of_level(level), attack, level, seconds)
        except (LabError, NotReachable, RuntimeError, OSError) as error:
            print(f"{attack}/{level}: try {number} of {TRIES}: {error}", file=sys.stderr, flush=True)
            labs.down()
    return None


def cases_of(patterns):
    """(attack, level) of every case that a pattern names: "udp", "udp/strong", "*/basic"."""
    wanted = [pattern if "/" in pattern else f"{pattern}/*" for pattern in patterns]
    return [(attack, level) for level in LEVELS for attack in STORIES
            if any(fnmatch.fnmatch(f"{attack}/{level}", pattern) for pattern in wanted)]


def arguments():
    parser = parser_of(__doc__, 10, "each attack after its diversion")
    parser.add_argument("--only", nargs="*", default=["*"], metavar="ATTACK/LEVEL",
                        help=f"of {', '.join(STORIES)} and {', '.join(LEVELS)}; 'udp' is 'udp/*', and '*/strong' does as well")
    parser.add_argument("--resume", action="store_true", help="leave out what the file of --json holds, and add to it")
    parser.add_argument("--instance", default="levels")
    parser.add_argument("--portal-port", type=int, default=8090)
    options = parse(parser)
    if options.resume and options.json in (None, STDOUT):
        parser.error("--resume goes on with the file of --json")
    if not cases_of(options.only):
        parser.error(f"no case is named {' or '.join(options.only)}")
    return options


def main():
    options = arguments()
    if reason := namespaces.why_not():
        sys.exit(f"bench levels: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the lab is taken down
    results, unmeasured, labs = Results("levels", options.json, options.resume), [], Labs(options)
    done = results.cases()
    try:
        for attack, level in cases_of(options.only):
            case = f"{attack}/{level}"
            if case in done:
                continue
            shares = measured(labs, attack, level, options.seconds)
            if shares is None:
                unmeasured.append(case)
                results.tell(f"{case:34} not measured")
                continue
            lost, arrived = shares
            # The case's last line makes it one that is measured.
            if arrived is not None:
                results.add(case, "attack_arrived", "%", [arrived * 100], at_most=ATTACK_LIMIT if level == "strong" else None)
            results.add(case, "requests_lost", "%", [lost * 100], at_most=REQUESTS_LIMIT)
    finally:
        labs.down()
    return 1 if results.verdict() or unmeasured else 0


if __name__ == "__main__":
    sys.exit(main())
