"""What a policy file allows, worked out the slow and plain way: rule by rule, name by name. It shares nothing with Sluice but
the file, so that a test can hold one against the other. Knows what firewall.yaml uses: no schedules, no users."""

import ipaddress
from dataclasses import dataclass

import yaml

WELL_KNOWN = {"http": ["tcp/80"], "https": ["tcp/443"], "ssh": ["tcp/22"], "smtp": ["tcp/25"], "dns": ["udp/53", "tcp/53"],
              "ping": ["ping"], "ntp": ["udp/123"]}
INTERNET = "internet"


@dataclass
class Judgement:
    result: str  # allow, drop, reject
    rule: str = ""
    server: str = ""  # whom it reaches, after translation
    sources: tuple = ()  # networks that the server may see it from


def listed(value):
    return value if isinstance(value, list) else [value]


def named(items):
    return {item["name"]: item for item in items or []}


class Policy:
    def __init__(self, tenant):
        self.tenant, firewall = tenant, tenant["firewall"]
        self.slug = tenant["slug"]
        self.prefixes = [ipaddress.ip_network(p["prefix"]) for p in tenant["prefixes"]]
        self.attachments = [(ipaddress.ip_network(p), a["zone"], a["name"]) for a in firewall["attachments"] for p in a["prefixes"]]
        self.addresses, self.services = named(firewall.get("addresses")), named(firewall.get("services"))
        self.service_groups = named(firewall.get("service_groups"))
        self.rules, self.nat = firewall["rules"], firewall.get("nat", [])

    def network_of(self, address):
        """(zone, attachment) by the longest prefix."""
        inside = [(net.prefixlen, zone, name) for net, zone, name in self.attachments if address in net]
        return max(inside)[1:] if inside else (INTERNET, INTERNET)

    def _matches_address(self, names, address):
        for name in listed(names):
            for value in listed(self.addresses[name]["addresses"]) if name in self.addresses else [name]:
                if address in ipaddress.ip_network(value):
                    return True
        return False

    def _matches_service(self, names, protocol, port):
        for name in listed(names):
            if name in self.service_groups:
                if self._matches_service(self.service_groups[name]["members"], protocol, port):
                    return True
                continue
            for value in self.services[name]["match"] if name in self.services else WELL_KNOWN.get(name, [name]):
                if value == "ping":
                    if protocol == "icmp":
                        return True
                    continue
                wanted, ports = value.split("/")
                first, _, last = ports.partition("-")
                if wanted == protocol and int(first) <= port <= int(last or first):
                    return True
        return False

    def _server(self, source_zone, destination, protocol, port):
        """The destination after translation, and whether it was translated."""
        for rule in self.nat:
            if "from" in rule and source_zone not in listed(rule["from"]):
                continue
            if rule["kind"] in ("port-forward", "one-to-one") and destination == ipaddress.ip_address(rule["public"]):
                if rule["kind"] == "one-to-one":
                    return ipaddress.ip_address(rule["inside"])
                if self._matches_service(rule["service"], protocol, port):
                    return ipaddress.ip_address(rule["server"])
        return destination

    def _source_seen(self, zone, to_zone, source, hairpin):
        to_zone = INTERNET if hairpin else to_zone
        for rule in self.nat:
            if rule["kind"] == "one-to-one" and source == ipaddress.ip_address(rule["inside"]) and to_zone == INTERNET:
                return (ipaddress.ip_network(rule["public"]),)
            if rule["kind"] not in ("exempt", "source"):
                continue
            if zone in listed(rule.get("from", zone)) and to_zone in listed(rule.get("to", to_zone)):
                if rule["kind"] == "source" and source.version == 4:
                    return tuple(ipaddress.ip_network(p) for p in listed(rule["pool"]))
                break
        return (ipaddress.ip_network(source),)

    def judge(self, zone, source, destination, protocol, port):
        """A connection that a host in `zone` begins."""
        source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
        if zone == INTERNET and not any(destination in prefix for prefix in self.prefixes):
            return Judgement("drop")
        server = self._server(zone, destination, protocol, port)
        to_zone, _ = self.network_of(server)
        if zone == INTERNET and to_zone == INTERNET:
            return Judgement("drop")
        for rule in self.rules:
            if "from" in rule and zone not in listed(rule["from"]) or "to" in rule and to_zone not in listed(rule["to"]):
                continue
            if "source" in rule and not self._matches_address(rule["source"], source):
                continue
            if "destination" in rule and not self._matches_address(rule["destination"], destination):
                continue
            if "service" in rule and not self._matches_service(rule["service"], protocol, port):
                continue
            if rule["action"] != "allow":
                return Judgement(rule["action"], rule["name"])
            if to_zone == INTERNET and any(server in prefix for prefix in self.prefixes):
                # Allowed to leave; the provider's router sends it back, and nobody has this public address.
                return Judgement("drop", rule["name"])
            hairpin = zone != INTERNET and server != destination
            seen = self._source_seen(zone, to_zone, source, hairpin) if zone != INTERNET else (ipaddress.ip_network(source),)
            return Judgement("allow", rule["name"], str(server), seen)
        return Judgement("drop")


def load(path):
    """By slug."""
    with open(path, encoding="utf-8") as file:
        return {tenant["slug"]: Policy(tenant) for tenant in yaml.safe_load(file)["tenants"]}
