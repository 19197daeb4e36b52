"""The main story, played once in a box: customers are served, one is attacked, Sluice moves only his traffic through the
guard, cleans it, gives it back, and takes itself out when the attack is over."""

import contextlib
import ipaddress
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from addresses import ACME, CLEAN, CUSTOMERS, DIRTY, INET
from attackers import KINDS, Attack
import clients
from controller import NotReachable, monotonic_of
import counters
import namespaces
from processes import die_with_parent
from promises import FEWEST_PACKETS, FEWEST_REQUESTS, KEPT_WAIT_LIMIT_S, ROUTE, WITHDRAWN_LIMIT_S, at_most, share
from watch import FirstPacket, RouteWatch, from_attacker, is_ip

ACME_NETS = [ipaddress.ip_network(p) for p in (ACME.prefix4, ACME.prefix6)]
CLIENT_RATE, ACME_RATE = 25, 80  # requests a second
KILLABLE = {"collector": "sluice-collector", "controller": "sluice-controller", "gateway": "sluice-gateway",
            "gobgpd": "gobgpd", "bird": "bird", "sfprobe": "sfprobe"}
RECOVERY_S = 8.0  # after a kill, everything must be as before by then


@dataclass
class Plan:
    attack: str = "syn"
    rate_pps: int = 20_000
    quiet_s: float = 4.0
    clean_s: float = 12.0  # how long the attack goes on after the diversion
    tail_s: float = 3.0
    route_limit_s: float = 1.5
    found_limit_s: float | None = None  # a promise on the detection itself
    kill: str | None = None
    level: str | None = None  # the guard's, if it stays; below "strong" it may let an attack through, and that is no promise


@dataclass
class Outcome:
    events: list = field(default_factory=list)
    promises: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def held(self):
        return bool(self.promises) and all(p.held for p in self.promises)


def diverts_acme(line):
    """Whether a line of `ip monitor route` is a way to one of acme's addresses through the guard."""
    with contextlib.suppress(ValueError, IndexError):
        net = ipaddress.ip_network(line.split()[0])
        return " dev dirty" in line and any(net.version == own.version and net.subnet_of(own) for own in ACME_NETS)
    return False


class Story:
    def __init__(self, box, controller, plan, tell):
        self.box, self.controller, self.plan, self._tell = box, controller, plan, tell
        self.outcome, self.incident, self.start = Outcome(), None, None
        self.arrived_share = None
        self._marks, self._lock, self._known = {}, threading.Lock(), threading.Event()
        self._requests = f"{box.run_dir}/requests.jsonl"

    def play(self):
        with contextlib.ExitStack() as stack:
            self._visitors(stack)
            self._tell(f"three customers are served; {self.plan.quiet_s:g} s of peace")
            stack.callback(self.controller.stream(self._on_event).stop)
            time.sleep(self.plan.quiet_s)
            self._play_attack(stack)
            self._play_end()
            time.sleep(self.plan.tail_s)
        self._judge()
        self.outcome.events = [{"name": name, "at_s": round(at - self.start, 3)}
                               for name, at in sorted(self._marks.items(), key=lambda item: item[1])]
        return self.outcome

    # --- the acts

    def _visitors(self, stack):
        command = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "clients.py"), "--rate",
                   str(CLIENT_RATE), "--acme-rate", str(ACME_RATE), "--out", self._requests]
        child = subprocess.Popen(namespaces.enter_command(self.box.ns("internet"), command), stdin=subprocess.DEVNULL,
                                 start_new_session=True, preexec_fn=die_with_parent)

        def finish():
            child.terminate()  # it waits for the requests that are under way
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(clients.TIMEOUT_S + 2)
            child.kill()
            child.wait()

        stack.callback(finish)

    def _play_attack(self, stack):
        plan = self.plan
        self._routes = RouteWatch(self.box.ns("edge"))
        stack.callback(self._routes.stop)
        first = FirstPacket(self.box.ns("edge"), INET.a.name, from_attacker)
        clean = FirstPacket(self.box.ns("edge"), CLEAN.a.name, is_ip)
        stack.callback(first.stop)
        stack.callback(clean.stop)
        self._tell(f"attack on acme: {KINDS[plan.attack]}, {plan.rate_pps} packets/s")
        self._attack = Attack(self.box.ns("internet"), plan.attack, plan.rate_pps, 120, self.box.run_dir).start()
        stack.callback(self._attack.stop)
        self.start = first.wait(5)
        if self.start is None:
            raise RuntimeError(f"the attack did not start; its log is in {self.box.run_dir}/log")
        self._mark("first attack packet", self.start)
        change = self._routes.wait("add", diverts_acme, 10)
        self.diverted_at = change[0] if change else None
        if not change:
            self._tell("no route to the guard within 10 s")
            return
        self._mark("route in the edge's kernel", change[0])
        self._counted_from = self._count()
        if clean.wait(5):
            self._mark("clean traffic", clean.at)
        if plan.kill:
            self._kill(KILLABLE[plan.kill])
        time.sleep(max(0.0, change[0] + plan.clean_s - time.monotonic()))
        self._counted_to = self._count()

    def _kill(self, name):
        time.sleep(3)
        old, self._incident_before = self.box.pid(name), self.incident
        os.kill(old, signal.SIGKILL)
        self._mark(f"kill -9 of {name}")
        deadline = time.monotonic() + RECOVERY_S
        while self.box.pid(name) in (None, old) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._mark(f"{name} runs again")
        time.sleep(max(0.0, deadline - time.monotonic()))
        self._counted_from = self._count()
        self._recovered_at = time.monotonic()

    def _play_end(self):
        self._attack.stop()
        self._mark("end of attack")
        if self.diverted_at is None:
            return
        deadline = time.monotonic() + WITHDRAWN_LIMIT_S + 10
        while any(diverts_acme(line) for version in (4, 6) for line in self.box.routes(version)):
            if time.monotonic() > deadline:
                return
            time.sleep(0.1)
        ended = self._marks["end of attack"]
        gone = [at for at, what, line in self._routes.changes if what == "delete" and at >= ended and diverts_acme(line)]
        if gone:
            self._mark("route withdrawn", gone[-1])
        while time.monotonic() < deadline:
            with contextlib.suppress(NotReachable, RuntimeError):
                if self._learn_incident() and self.incident["summary"]["state"] == "closed":
                    self._mark("back to normal")
                    return
            time.sleep(0.1)

    # --- what is seen

    def _mark(self, name, at=None):
        with self._lock:
            if name in self._marks:
                return
            at = at or time.monotonic()
            earlier = [t for t in self._marks.values() if t <= at]
            self._marks[name] = at
        since = f"  (+{at - max(earlier):.3f} s)" if earlier else ""
        self._tell(f"{at - self.start:8.3f} s  {name}{since}")

    def _on_event(self, kind, data):
        if kind == "incident.opened" and self.start is not None:
            with contextlib.suppress(NotReachable, RuntimeError):
                self._learn_incident(data["incident_id"])

    def _learn_incident(self, incident_id=None):
        """The story's incident as the controller tells it now; None when there is none yet."""
        if incident_id is None:
            incident_id = self.incident["summary"]["id"] if self.incident else self._newest_incident()
        if incident_id is None:
            return None
        self.incident = self.controller.get(f"/incidents/{incident_id}")
        summary = self.incident["summary"]
        self._mark("first evidence", monotonic_of(summary["started_at"]))
        self._mark("incident", monotonic_of(summary["detected_at"]))
        return self.incident

    def _newest_incident(self):
        items = [i for i in self.controller.get("/incidents")["items"]
                 if monotonic_of(i["detected_at"]) >= self.start - 1]
        return items[0]["id"] if items else None

    def _count(self):
        sent = counters.read(self.box.ns("edge"))["attack_in"]
        return sent, counters.read(self.box.ns(ACME.role))["attack"]

    # --- the judgement

    def _judge(self):
        records, promises, marks = clients.read_records(self._requests), self.outcome.promises, self._marks
        since = lambda name, start: marks[name] - start if name in marks and start is not None else None
        diverted = self.diverted_at
        promises.append(at_most(ROUTE, since("route in the edge's kernel", self.start), "s", self.plan.route_limit_s))
        if self.plan.found_limit_s:
            promises.append(at_most("first attack packet to incident", since("incident", self.start), "s", self.plan.found_limit_s))
        from_s = getattr(self, "_recovered_at", diverted)
        if diverted is not None:
            sent, arrived = (b - a for a, b in zip(self._counted_from, self._counted_to))
            mine = [r for r in records if r["customer"] == ACME.name and r["t"] + r["ms"] / 1000 >= from_s]
            lost = [r for r in mine if not r["ok"]]
            self._note_losses(records, lost)
        else:
            sent = arrived = 0
            mine = lost = []
        when = "the recovery" if self.plan.kill else "the diversion"
        let_through = share(f"attack packets that reach acme after {when}", arrived, sent, 0.01, FEWEST_PACKETS)
        self.arrived_share = let_through.value
        if self.plan.level in ("analysis", "basic"):
            self.outcome.notes.append(f"level {self.plan.level}: {let_through.sentence()}, no promise at this level")
        else:
            promises.append(let_through)
        promises.append(share(f"acme's requests lost after {when}", len(lost), len(mine), 0.001, FEWEST_REQUESTS))
        promises.append(self._kept_open(records, from_s))
        for customer in CUSTOMERS[1:]:
            theirs = [r for r in records if r["customer"] == customer.name]
            promises.append(at_most(f"{customer.name}'s requests lost", sum(not r["ok"] for r in theirs), "requests", 0,
                                    len(theirs) >= FEWEST_REQUESTS))
        withdrawn = since("route withdrawn", marks["end of attack"])
        promises.append(at_most("end of attack to route withdrawn", withdrawn, "s", WITHDRAWN_LIMIT_S,
                                withdrawn is not None and withdrawn >= 0))
        promises.append(self._normal_again(records))
        promises.append(self._no_loops())
        if self.plan.kill:
            promises.append(self._nothing_forgotten())

    def _note_losses(self, records, lost):
        note = self.outcome.notes.append
        before = [r for r in records if r["customer"] == ACME.name and r["t"] >= self.start and r["t"] < self.diverted_at]
        note(f"acme's requests between first attack packet and diversion: {len(before)}, lost {sum(not r['ok'] for r in before)}")
        for record in lost[:5]:
            how = "on a kept connection" if record.get("kept") else \
                f"from {record['from']}, connected after {record['connected_ms']} ms"
            note(f"lost after: {record['t'] - self.start:.3f} s {how}, {record['problem']} after {record['ms']} ms")
        for entry in (self.incident or {}).get("timeline", []):
            note(f"incident: {monotonic_of(entry['at']) - self.start:8.3f} s {entry['kind']}: {entry['text']}")
        note(f"packets that found no room on their way into the guard: {counters.link_drops(self.box.ns('edge'), DIRTY.a.name)}")
        edge = counters.read(self.box.ns("edge"))
        note("edge: " + ", ".join(f"{name} {value}" for name, value in edge.items()))

    def _kept_open(self, records, since):
        """Who had a connection to acme before the attack goes on with it; nobody else vouches for his address."""
        kept = [r for r in records if r.get("kept") and r["customer"] == ACME.name]
        waits = [r["ms"] / 1000 if r["ok"] else clients.TIMEOUT_S for r in kept if since and r["t"] + r["ms"] / 1000 >= since]
        return at_most("longest wait on a connection to acme that was open before", max(waits, default=None), "s",
                       KEPT_WAIT_LIMIT_S, {r["ipv"] for r in kept if r["t"] < self.start} == {4, 6} and len(waits) >= 20)

    def _normal_again(self, records):
        normal = self._marks.get("back to normal")
        after = [r for r in records if r["customer"] == ACME.name and normal and r["t"] >= normal]
        return at_most("acme's requests lost after back to normal", sum(not r["ok"] for r in after), "requests", 0,
                       len(after) >= ACME_RATE)

    def _no_loops(self):
        edge = counters.read(self.box.ns("edge"))
        late = sum(counters.read(self.box.ns(c.role))["low_ttl"] for c in CUSTOMERS)
        return at_most("packets that went around (edge) or arrived with too low a TTL", edge["looped"] + late, "packets", 0,
                       edge["reinjected"] > 0)

    def _nothing_forgotten(self):
        """What the controller had acknowledged before the kill is still there, and its audit chain is whole."""
        missing = None
        with contextlib.suppress(NotReachable, RuntimeError, AttributeError, TypeError):
            before, now = self._incident_before, self.controller.get(f"/incidents/{self._incident_before['summary']['id']}")
            known = {(e["at"], e["kind"]) for e in now["timeline"]}
            missing = sum((e["at"], e["kind"]) not in known for e in before["timeline"])
            missing += len({m["id"] for m in before["mitigations"]} - {m["id"] for m in now["mitigations"]})
            missing += not self.controller.get("/audit/verify")["intact"]
        return at_most("what was acknowledged before the kill and is gone", missing, "entries", 0)
