"""What a story showed, for people and as the JSON of the design."""

import json
from dataclasses import asdict

import promises


def tell(text):
    print(text, flush=True)


def report(outcome):
    tell("")
    for note in outcome.notes:
        tell(f"  {note}")
    for promise in outcome.promises:
        tell(f"  {promise.sentence()}")
    tell("every promise held" if outcome.held() else "NOT every promise held")


def joined(outcomes, names):
    """One list of promises for all stories: as it is for one, medians for runs of the same, side by side for different
    ones (names)."""
    if names:
        return [asdict(p) | {"name": f"{name}: {p.name}"} for name, o in zip(names, outcomes) for p in o.promises]
    if len(outcomes) > 1:
        return promises.median_of([o.promises for o in outcomes])
    return [asdict(p) for p in outcomes[0].promises]


def write_json(path, outcomes, names=None):
    result = {"events": outcomes[0].events, "promises": joined(outcomes, names)}
    if len(outcomes) > 1:
        result["runs"] = [{"name": name, "events": o.events, "promises": [asdict(p) for p in o.promises]}
                          for name, o in zip(names or [""] * len(outcomes), outcomes)]
    with open(path, "w", encoding="utf-8") as out:
        json.dump(result, out, indent=1)
        out.write("\n")


def summary(outcomes, names=None):
    """Whether all was held; prints the whole when there were many stories."""
    together = joined(outcomes, names)
    if len(outcomes) > 1:
        tell("")
        for p in together:
            spread = f" ({p['min']} to {p['max']} in {p['runs']} runs)" if "runs" in p else ""
            tell(f"  {'held  ' if p['held'] else 'BROKEN'} {p['name']}: {p['value']} {p['unit']}{spread}")
    return all(p["held"] for p in together)
