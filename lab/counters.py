"""Packet counters of the lab, as named nftables counters: what the story's promises are measured by."""

import json

from addresses import ATTACKERS4, ATTACKERS6, CLEAN, CLIENTS4, CLIENTS6, CUSTOMERS, CUST, DIRTY, INET
import namespaces

# Packets leave the internet's side with a TTL of 60 or 64 and pass the edge once, or twice with the guard between:
# what arrives with less than this has gone around.
LOWEST_TTL = 56

EDGE_RULES = f"""\
table inet slu {{
  counter attack_in {{ }}
  counter diverted {{ }}
  counter reinjected {{ }}
  counter looped {{ }}
  chain in {{
    type filter hook prerouting priority -300;
    iifname "{INET.a.name}" ip saddr {ATTACKERS4} counter name attack_in
    iifname "{INET.a.name}" ip6 saddr {ATTACKERS6} counter name attack_in
    iifname "{CLEAN.a.name}" ip daddr {{ {", ".join(c.prefix4 for c in CUSTOMERS)} }} counter name reinjected
    iifname "{CLEAN.a.name}" ip6 daddr {{ {", ".join(c.prefix6 for c in CUSTOMERS)} }} counter name reinjected
  }}
  chain through {{
    type filter hook forward priority 0;
    oifname "{DIRTY.a.name}" counter name diverted
    iifname {{ "{CLEAN.a.name}", "{DIRTY.a.name}" }} oifname {{ "{CLEAN.a.name}", "{DIRTY.a.name}" }} counter name looped
  }}
}}
"""

CUSTOMER_RULES = """\
table inet slu {{
  counter attack {{ }}
  counter legitimate {{ }}
  counter low_ttl {{ }}
  chain in {{
    type filter hook prerouting priority -300;
    iifname "{interface}" ip saddr {attackers4} counter name attack
    iifname "{interface}" ip6 saddr {attackers6} counter name attack
    iifname "{interface}" ip saddr {clients4} counter name legitimate
    iifname "{interface}" ip6 saddr {clients6} counter name legitimate
    iifname "{interface}" ip daddr {prefix4} ip ttl < {ttl} counter name low_ttl
    iifname "{interface}" ip6 daddr {prefix6} ip6 hoplimit < {ttl} counter name low_ttl
  }}
}}
"""


def install(ns_of):
    namespaces.run_in(ns_of("edge"), ["nft", "-f", "-"], stdin=EDGE_RULES)
    for customer, link in zip(CUSTOMERS, CUST):
        rules = CUSTOMER_RULES.format(interface=link.b.name, clients4=CLIENTS4, clients6=CLIENTS6, attackers4=ATTACKERS4,
                                      attackers6=ATTACKERS6,
                                      prefix4=customer.prefix4, prefix6=customer.prefix6, ttl=LOWEST_TTL)
        namespaces.run_in(ns_of(customer.role), ["nft", "-f", "-"], stdin=rules)


def read(ns):
    """name -> packets"""
    listing = json.loads(namespaces.run_in(ns, ["nft", "-j", "list", "counters"]))
    return {entry["counter"]["name"]: entry["counter"]["packets"] for entry in listing["nftables"] if "counter" in entry}


def link_drops(ns, interface):
    """Packets that a link did not take when they were sent on it: its queue in front of an XDP program is short."""
    link = json.loads(namespaces.run_in(ns, ["ip", "-j", "-s", "link", "show", "dev", interface]))[0]
    return link["stats64"]["tx"]["dropped"]
