"""./dev lab: the provider in a box. up, down, status, attack KIND; with --firewall the firewall lab, and its matrix."""

import argparse
import signal
import sys
import time

from attackers import KINDS, Attack
from addresses import CUSTOMERS
from box import Box
import configs
import counters
from firewall_box import FirewallBox
import firewall_matrix
from firewall_plan import POLICY
from instance import LabError
from policy_judge import load
import processes


def tell(text):
    print(f"lab: {text}", flush=True)


def box_of(options):
    return FirewallBox(options.instance, tell=tell) if options.firewall else Box.of_run(options.instance, tell)


def up(options):
    if options.firewall:
        box = FirewallBox(options.instance, portal_port=options.portal_port, tell=tell)
    else:
        box = Box(options.instance, options.router, options.exporter, not options.without_sluice, options.portal_port, tell=tell)
    began = time.monotonic()
    try:
        box.up()
    except BaseException:
        box.down()
        raise
    shows, flag = ("matrix", " --firewall") if options.firewall else ("status", "")
    tell(f"up after {time.monotonic() - began:.1f} s; './dev lab {shows}' shows it, './dev lab down{flag}' ends it")
    if options.firewall or not options.without_sluice:
        tell(f"portal: http://127.0.0.1:{options.portal_port}/, {configs.OPERATOR[0]} with {configs.OPERATOR[1]}")


def down(options):
    box_of(options).down()
    tell("down")


def status(options):
    box = Box.of_run(options.instance, tell)
    if not box.is_up():
        tell("no lab is up under this name")
        return 1
    print(f"namespaces: {' '.join(box.topology.present())}\nlogs: {box.run_dir}/log")
    for name, state in processes.state(box.run_dir).items():
        print(f"  {name:18} {'pid ' + str(state['pid']) if state['pid'] else 'not running':14} restarts {state['restarts']}")
    print("edge:", ", ".join(f"{name} {value}" for name, value in counters.read(box.ns("edge")).items()))
    for customer in CUSTOMERS:
        values = counters.read(box.ns(customer.role))
        print(f"{customer.name}:", ", ".join(f"{name} {value}" for name, value in values.items()))
    for version in (4, 6):
        for line in box.routes(version):
            if any(word in line for word in ("proto bird", "proto bgp")) or (version == 6 and "metric 32 " in line):
                print(f"route: {line}")
    return 0


def matrix(options):
    """Who reaches whom behind the firewall, tried with real sockets."""
    box, wrong = FirewallBox(options.instance, tell=tell), []
    if not box.is_up():
        raise LabError("no firewall lab is up under this name: './dev lab up --firewall' first")
    try:
        hosts = box.start_hosts()
        for customer, policy in load(POLICY).items():
            probes, expected = firewall_matrix.attempts(policy)
            results = firewall_matrix.ask(hosts, probes)
            print(firewall_matrix.picture(customer, expected, results), flush=True)
            wrong += firewall_matrix.faults(customer, expected, results)
    finally:
        box.stop_hosts()
    print("\n".join(wrong) or "all as the policy says")
    return 1 if wrong else 0


def attack(options):
    box = Box.of_run(options.instance, tell)
    if not box.is_up():
        raise LabError("no lab is up under this name: './dev lab up' first")
    one = Attack(box.ns("internet"), options.kind, options.rate, options.seconds, box.run_dir).start()
    tell(f"{KINDS[options.kind]}: {options.rate} packets/s for {options.seconds:g} s; Ctrl-C ends it")
    try:
        while not one.wait(1):
            tell("attack packets so far " + str(counters.read(box.ns("edge"))["attack_in"]))
    finally:
        one.stop()
    return 0


def arguments():
    parser = argparse.ArgumentParser(prog="./dev lab", description=__doc__)
    parser.add_argument("--instance", default="", help="name of a second lab beside the first (a-z, 0-9)")
    commands = parser.add_subparsers(dest="command", required=True)
    for run in (up, down, status, attack, matrix):
        commands.add_parser(run.__name__).set_defaults(run=run)
    starting = commands.choices["up"]
    starting.add_argument("--router", choices=("bird", "frr"), default="bird")
    starting.add_argument("--exporter", choices=("sflow", "v9", "ipfix"), default="sflow")
    starting.add_argument("--without-sluice", action="store_true", help="only the network around it")
    starting.add_argument("--portal-port", type=int, default=8080)
    for name in ("up", "down"):
        commands.choices[name].add_argument("--firewall", action="store_true", help="the lab of two customers with firewalls")
    attacking = commands.choices["attack"]
    attacking.add_argument("kind", choices=KINDS, metavar="KIND", help="; ".join(f"{k}: {v}" for k, v in KINDS.items()))
    attacking.add_argument("--rate", type=int, default=20_000, help="packets a second, at most 100,000")
    attacking.add_argument("--seconds", type=float, default=30)
    chosen = parser.parse_args()
    if chosen.command == "attack" and not 1 <= chosen.rate <= 100_000:
        parser.error("--rate: 1 to 100000 packets a second; a lab shares its machine")
    return chosen


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = arguments()
    try:
        return chosen.run(chosen)
    except (LabError, RuntimeError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
