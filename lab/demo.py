"""./dev demo: the main story in a provider in a box, with its timeline, its promises, and the portal beside it."""

import argparse
import signal
import sys
import time

import configs
from attackers import KINDS
from box import Box
from instance import LabError
import namespaces
from report import report, summary, tell, write_json
from story import KILLABLE, Plan, Story

# A few slow connections are no flood that shows in flow records: Sluice does not find them yet.
STORIES = [kind for kind in KINDS if kind != "slow"]
LEVELS = ("analysis", "basic", "strong")
REST_S = 20  # between two stories when they go on


def play_once(options, kill=None, stay=False):
    """One story in a box of its own. stay: then again and again in the same box, until Ctrl-C."""
    box = Box(options.instance, options.router, options.exporter, portal_port=options.portal_port,
              level=options.level, tell=tell)
    if box.is_up():
        tell("an earlier lab of this name is still there: taking it down")
        Box.of_run(options.instance, tell).down()
    try:
        box.up(tied=True)
        controller = configs.controller_of(box)
        show_portal(box)
        while True:
            story = Story(box, controller, plan_of(options, kill), tell)
            outcome = story.play()
            report(outcome)
            if not stay:
                return outcome
            show_portal(box)
            tell(f"the next story begins in {REST_S} s; Ctrl-C ends it all")
            time.sleep(REST_S)
    finally:
        box.down()


def plan_of(options, kill):
    plan = Plan(attack=options.attack, rate_pps=options.rate, kill=kill, level=options.level)
    if options.exporter != "sflow":
        plan.route_limit_s = 5.0  # pmacct reports a flow that goes on once a second at best
    if options.attack == "hping3":
        plan.route_limit_s = 5.0  # it sends what its timer allows, not twice the threshold
    if options.attack == "carpet":
        plan.route_limit_s, plan.found_limit_s = 5.0, 3.0
    if kill:
        plan.clean_s = 20.0
    return plan


def show_portal(box):
    tell(f"portal: http://127.0.0.1:{box.portal_port}/")
    for login, password, who in configs.LOGINS:
        tell(f"  sign in as {login} / {password} ({who})")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="play the story once and end; exit 0 only if every promise held")
    parser.add_argument("--json", metavar="FILE", help="write events and promises there")
    parser.add_argument("--runs", type=int, default=1, help="with --once: so many stories, each in a fresh box; medians")
    parser.add_argument("--attack", choices=STORIES, default="syn", metavar="KIND",
                        help=f"{', '.join(STORIES)} (default: syn)")
    parser.add_argument("--level", choices=LEVELS, help="the guard's, for good; left out, it rises and falls by itself")
    parser.add_argument("--rate", type=int, default=2 * configs.THRESHOLD_PPS, help="attack packets a second")
    parser.add_argument("--kill", choices=[*KILLABLE, "all"],
                        help="kill -9 this in mid-story; it is restarted as systemd would. all: a story for each")
    parser.add_argument("--router", choices=("bird", "frr"), default="bird")
    parser.add_argument("--exporter", choices=("sflow", "v9", "ipfix"), default="sflow")
    parser.add_argument("--instance", default="", help="name of a second lab beside the first (a-z, 0-9)")
    parser.add_argument("--portal-port", type=int, default=8080)
    chosen = parser.parse_args()
    if (chosen.json or chosen.runs > 1 or chosen.kill == "all") and not chosen.once:
        parser.error("--json, --runs and --kill all belong to --once")
    return chosen


def play_all(options):
    if not options.once:
        play_once(options, options.kill, stay=True)
    stories = list(KILLABLE) if options.kill == "all" else [options.kill] * options.runs
    outcomes = []
    for number, kill in enumerate(stories):
        if len(stories) > 1:
            tell(f"\n=== story {number + 1} of {len(stories)}" + (f": kill -9 of {kill}" if kill else ""))
        outcomes.append(play_once(options, kill))
    names = stories if options.kill == "all" else None
    if options.json:
        write_json(options.json, outcomes, names)
    return 0 if summary(outcomes, names) else 1


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    try:
        reason = namespaces.why_not()
        if reason:
            import replayed

            tell(f"{reason}: playing the same story by 'sluice replay' instead")
            return replayed.play(options, tell)
        return play_all(options)
    except (LabError, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        tell("ended")
        return 130


if __name__ == "__main__":
    sys.exit(main())
