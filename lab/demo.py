"""./dev demo: the main story in a provider in a box, with its timeline, its promises, and the portal beside it."""

import argparse
import signal
import sys
import time

import configs
from attackers import KINDS
from box import Box, LabError
import namespaces
import promises
from report import report, tell, write_json
from story import KILLABLE, Plan, Story

REST_S = 20  # between two stories when they go on


def play_once(options, stay=False):
    """One story in a box of its own. stay: then again and again in the same box, until Ctrl-C."""
    box = Box(options.instance, options.router, options.exporter, portal_port=options.portal_port, tell=tell)
    if box.is_up():
        tell("an earlier lab of this name is still there: taking it down")
        Box.of_run(options.instance, tell).down()
    try:
        box.up(tied=True)
        controller = configs.controller_of(box)
        show_portal(box)
        while True:
            story = Story(box, controller, plan_of(options), tell)
            outcome = story.play()
            report(outcome)
            if not stay:
                return outcome
            show_portal(box)
            tell(f"the next story begins in {REST_S} s; Ctrl-C ends it all")
            time.sleep(REST_S)
    finally:
        box.down()


def plan_of(options):
    plan = Plan(attack=options.attack, rate_pps=options.rate, kill=options.kill)
    if options.attack == "carpet":
        plan.route_limit_s, plan.found_limit_s = 5.0, 3.0
    if options.kill:
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
    parser.add_argument("--attack", choices=KINDS, default="syn", metavar="KIND", help=f"{', '.join(KINDS)} (default: syn)")
    parser.add_argument("--rate", type=int, default=2 * configs.THRESHOLD_PPS, help="attack packets a second")
    parser.add_argument("--kill", choices=KILLABLE, help="kill -9 this in mid-story; it is restarted as systemd would")
    parser.add_argument("--router", choices=("bird", "frr"), default="bird")
    parser.add_argument("--exporter", choices=("sflow", "v9", "ipfix"), default="sflow")
    parser.add_argument("--instance", default="", help="name of a second lab beside the first (a-z, 0-9)")
    parser.add_argument("--portal-port", type=int, default=8080)
    chosen = parser.parse_args()
    if (chosen.json or chosen.runs > 1) and not chosen.once:
        parser.error("--json and --runs belong to --once")
    return chosen


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    try:
        reason = namespaces.why_not()
        if reason:
            import replayed

            tell(f"{reason}: playing the same story by 'sluice replay' instead")
            return replayed.play(options, tell)
        if not options.once:
            play_once(options, stay=True)
        outcomes = []
        for number in range(options.runs):
            if options.runs > 1:
                tell(f"\n=== story {number + 1} of {options.runs}")
            outcomes.append(play_once(options))
        if options.json:
            write_json(options.json, outcomes)
        if len(outcomes) > 1:
            joined = promises.median_of([o.promises for o in outcomes])
            tell("\n".join(f"{'held  ' if p['held'] else 'BROKEN'} {p['name']}: median {p['value']}, {p['min']} to {p['max']} "
                           f"{p['unit']}" for p in joined))
            return 0 if all(p["held"] for p in joined) else 1
        return 0 if outcomes[0].held() else 1
    except (LabError, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        tell("ended")
        return 130


if __name__ == "__main__":
    sys.exit(main())
