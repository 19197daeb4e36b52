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


def write_json(path, outcomes):
    if len(outcomes) == 1:
        result = {"events": outcomes[0].events, "promises": [asdict(p) for p in outcomes[0].promises]}
    else:
        result = {"events": outcomes[0].events, "promises": promises.median_of([o.promises for o in outcomes]),
                  "runs": [{"events": o.events, "promises": [asdict(p) for p in o.promises]} for o in outcomes]}
    with open(path, "w", encoding="utf-8") as out:
        json.dump(result, out, indent=1)
        out.write("\n")
