"""What a story must show, and whether it did: each promise has a value, a unit, a limit, and was held or not."""

import statistics
from dataclasses import asdict, dataclass

# A share of requests or packets says nothing when it is a share of next to nothing.
FEWEST_REQUESTS, FEWEST_PACKETS = 300, 10_000
WITHDRAWN_LIMIT_S = 30.0
# Of a connection that was open before the attack: some of its segments are lost while the flood still arrives.
KEPT_WAIT_LIMIT_S = 2.0

ROUTE = "first attack packet to route in the edge's kernel"


@dataclass(frozen=True)
class Promise:
    name: str
    value: object  # None: it could not be measured
    unit: str
    limit: float
    held: bool

    def sentence(self):
        value = "not measured" if self.value is None else f"{self.value:.6g} {self.unit}"
        return f"{'held  ' if self.held else 'BROKEN'} {self.name}: {value} (at most {self.limit:g} {self.unit})"


def at_most(name, value, unit, limit, measurable=True):
    value = round(value, 6) if value is not None and measurable else None
    return Promise(name, value, unit, limit, value is not None and value <= limit)


def share(name, part, whole, limit, fewest):
    return at_most(name, part / whole if whole else None, "share", limit, whole >= fewest)


def median_of(runs):
    """One list of promises for many runs: the median of the values, with the worst beside it. The time to the route is
    promised for the median; everything else for every run."""
    joined = []
    for same in zip(*runs):
        values = [p.value for p in same if p.value is not None]
        median = statistics.median(values) if len(values) == len(same) else None
        held = all(p.held for p in same)
        if same[0].name == ROUTE:
            held = median is not None and median <= same[0].limit
        one = Promise(same[0].name, median, same[0].unit, same[0].limit, held)
        joined.append(asdict(one) | {"runs": len(same), "min": min(values, default=None), "max": max(values, default=None)})
    return joined
