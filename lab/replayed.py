"""The demo where network namespaces are not allowed: the same story as a capture, played by `sluice replay`."""

import collections
import datetime
import ipaddress
import json
import math
import os
import subprocess
import tempfile

from addresses import ACME, ATTACKERS4, CUSTOMERS
import capture
import configs
from promises import FEWEST_PACKETS, WITHDRAWN_LIMIT_S, at_most, share
from report import report, write_json
from story import Outcome

AT_THE_END = {"mitigation.withdrawn": "route withdrawn", "incident.closed": "back to normal"}
ATTACK_NET = ipaddress.ip_network(ATTACKERS4)


def play(options, tell):
    """Plays it once; the exit status of the demo."""
    configs.check_binaries(("sluice",))
    with tempfile.TemporaryDirectory(prefix="sluice-replay-") as folder:
        names = {name: os.path.join(folder, name) for name in ("story.pcap", "clean.pcap", "policy.yaml")}
        capture.write(names["story.pcap"])
        configs.write(names["policy.yaml"], configs.policy())
        command = [os.path.join(configs.BIN, "sluice"), "replay", names["story.pcap"], "--config", names["policy.yaml"],
                   "--out", names["clean.pcap"], "--json", "-"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"sluice replay failed: {done.stderr.strip()}")
        outcome = judge(json.loads(done.stdout), names["story.pcap"], names["clean.pcap"], tell)
    report(outcome)
    if options.json:
        write_json(options.json, [outcome])
    return 0 if outcome.held() else 1


def judge(result, story, clean, tell):
    outcome, start = Outcome(), capture.ATTACK_S[0]
    attack = next((a for a in result["attacks"] if a["target"].split("/")[0] == ACME.web4), None)
    times = {"first attack packet": start, "end of attack": capture.ATTACK_S[1]}
    if attack:
        times |= {"first evidence": since_epoch(attack["first_evidence_at"]), "incident": since_epoch(attack["detected_at"])}
        if attack["diverted_at"]:
            times["route in use"] = since_epoch(attack["diverted_at"])
    for event in result["timeline"]:
        if event["kind"] in AT_THE_END:
            times[AT_THE_END[event["kind"]]] = since_epoch(event["at"])
    for name, at in sorted(times.items(), key=lambda item: item[1]):
        outcome.events.append({"name": name, "at_s": round(at - start, 3)})
        tell(f"{at - start:8.3f} s  {name}")
    outcome.notes.append("acme's own visitors cannot answer the guard's question out of a capture: their loss is not measured here")
    diverted = times.get("route in use")
    outcome.promises = [
        at_most("first attack packet to route in use", diverted - start if diverted else None, "s", 1.5),
        at_most("incidents beside the attack on acme", len(result["attacks"]) - bool(attack), "incidents", 0),
        *delivered(story, clean, diverted),
        at_most("end of attack to back to normal", times.get("back to normal", math.inf) - times["end of attack"], "s",
                WITHDRAWN_LIMIT_S),
    ]
    return outcome


def delivered(story, clean, diverted):
    """What reaches the customers, by the two captures."""
    if diverted is None:
        return [at_most("attack packets that reach acme after the diversion", None, "share", 0.01)]
    sent, arrived = tally(story, diverted), tally(clean, diverted)
    promises = [share("attack packets that reach acme after the diversion", arrived["attack"], sent["attack"], 0.01,
                      FEWEST_PACKETS)]
    for customer in CUSTOMERS[1:]:
        lost = sent[customer.name] - arrived[customer.name]
        promises.append(at_most(f"{customer.name}'s packets lost", lost, "packets", 0, sent[customer.name] > 0))
    return promises


def tally(path, diverted):
    by_address = {ipaddress.ip_address(c.web4).packed: c.name for c in CUSTOMERS}
    count = collections.Counter()
    for at, source, destination in capture.read(path):
        if source[:2] == ATTACK_NET.network_address.packed[:2]:
            count["attack"] += at >= diverted
        else:
            count[by_address[destination]] += 1
    return count


def since_epoch(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - capture.EPOCH
