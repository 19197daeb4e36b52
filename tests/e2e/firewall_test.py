"""The firewall on real parts: two customers of three networks each behind sluice-gateway, and what each host may do.

Each pair of networks is tried with real sockets, TCP, UDP and ICMP, IPv4 and IPv6. What must come of it is derived from the
policy file (policy_judge.py); what did not is printed as a matrix.
"""

import ipaddress
import json
import time
import unittest

import lab_case
import configs
from firewall_box import FirewallBox
from firewall_matrix import ask, attempts, faults, version
from firewall_plan import ACME_BRANCH, ACME_DMZ, ACME_INSIDE, BOLT_BRANCH, BOLT_INSIDE, INTERNET, POLICY
import namespaces
from policy_judge import load

POOL, MAIL = ipaddress.ip_network("192.0.2.16/29"), ipaddress.ip_network("192.0.2.11/32")


class Firewall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = namespaces.why_not()
        if reason:
            raise unittest.SkipTest(reason)
        missing = configs.missing_binaries(("sluice-controller", "sluice-gateway"))
        if missing:
            raise unittest.SkipTest(f"not built yet: {', '.join(missing)}")
        cls.box = FirewallBox(lab_case.instance_name()[-5:], tell=lambda _: None)
        cls.addClassCleanup(cls.box.down)
        cls.box.up(tied=True)
        cls.hosts = cls.box.start_hosts(quiet=(ACME_DMZ,))
        cls.policies = load(POLICY)

    def try_all(self, customer):
        """(what the policy says of each attempt, what came out otherwise)"""
        probes, expected = attempts(self.policies[customer])
        wrong = faults(customer, expected, ask(self.hosts, probes))
        counts = {kind: sum(e.result == kind for e in expected.values()) for kind in ("allow", "drop", "reject")}
        print(f"{customer}: {len(expected)} attempts: {counts}, {len(wrong)} wrong", flush=True)
        return expected, wrong

    def one(self, host, dst, protocol, port, **more):
        src = more.pop("src", next(a for a in host.addresses if version(a) == version(dst)))
        probe = {"id": "one", "proto": protocol, "src": src, "dst": dst, "port": port} | more
        return ask(self.hosts, {host.role: [probe]})[host.role, "one"]

    def frames_of_acme(self, hosts):
        return {host.role: self.hosts[host.role].ask({"seen": True})["acme"] for host in hosts}

    # --- the tests

    def test_0_a_server_that_never_spoke_is_asked_for(self):
        """Its Ethernet address is nobody's yet: the gateway asks by ARP and neighbour discovery, and the next SYN arrives."""
        known = namespaces.run_in(self.box.ns(ACME_DMZ.role), ["ip", "neigh", "show"])
        self.assertNotIn("lladdr", known, "the server has spoken with its network already")
        for dst in ("192.0.2.10", "2001:db8:1:2::10"):
            result = self.one(INTERNET, dst, "tcp", 80)
            self.assertEqual((result["result"], result.get("server")), ("allow", "acme-dmz"), dst)
        self.assertEqual(self.one(INTERNET, "192.0.2.11", "tcp", 25)["result"], "allow", "a second address of the same host")

    def test_1_every_pair_of_acmes_networks_does_what_the_policy_says(self):
        expected, wrong = self.try_all("acme")
        self.assertFalse(wrong, f"{len(wrong)} of {len(expected)} attempts are wrong:\n" + "\n".join(wrong[:80]))
        for kind in ("allow", "drop", "reject"):
            self.assertGreater(sum(e.result == kind for e in expected.values()), 10, f"the matrix has hardly any {kind}")
        self.assertEqual({e.rule for e in expected.values()} - {""}, {rule["name"] for rule in self.policies["acme"].rules},
                         "a rule is not tried by any attempt")

    def test_2_a_published_server_is_reached_and_sees_the_senders_address(self):
        result = self.one(INTERNET, "192.0.2.10", "tcp", 80)
        self.assertEqual((result["result"], result.get("server"), result.get("source")), ("allow", "acme-dmz", "198.18.0.10"))

    def test_2_the_internet_sees_an_address_of_the_pool(self):
        for host in (ACME_INSIDE, ACME_BRANCH):
            result = self.one(host, "198.18.0.10", "tcp", 80)
            self.assertEqual(result["result"], "allow")
            self.assertIn(ipaddress.ip_address(result["source"]), POOL)

    def test_2_own_public_names_work_from_inside(self):
        for host, src, seen in ((ACME_INSIDE, "10.1.0.10", POOL), (ACME_DMZ, "10.2.0.20", MAIL)):
            result = self.one(host, "192.0.2.10", "tcp", 80, src=src)
            self.assertEqual((result["result"], result.get("server")), ("allow", "acme-dmz"))
            self.assertIn(ipaddress.ip_address(result["source"]), seen)

    def test_2_icmp_errors_belong_to_their_flow(self):
        result = self.one(ACME_INSIDE, "10.3.0.10", "udp", 5001)  # allowed, and nobody listens
        self.assertEqual(result["result"], "reject")
        self.assertEqual(self.one(ACME_INSIDE, "10.3.0.10", "udp", 5000)["result"], "allow")

    def test_3_a_branch_breaks_out_without_a_detour(self):
        """Its packets pass the gateway once, and none of the headquarters' lines."""
        away = (ACME_INSIDE, ACME_DMZ, BOLT_INSIDE, BOLT_BRANCH)
        before = self.frames_of_acme(away)
        for dst in ("198.18.0.10", "2001:db8:f:1::10"):
            result = self.one(ACME_BRANCH, dst, "udp", 53)
            # 64 less the gateway and the edge.
            self.assertEqual((result["result"], result.get("server"), result.get("ttl")), ("allow", "internet", 62), dst)
        self.assertEqual(self.frames_of_acme(away), before)
        self.assertGreater(self.frames_of_acme([ACME_BRANCH])["acme-branch"], 4)

    def test_4_two_customers_with_the_same_addresses_never_meet(self):
        """The same five-tuples at the same time, and then all that either may do: no listener sees the other's mark."""
        probes = {}
        for inside, branch in ((ACME_INSIDE, ACME_BRANCH), (BOLT_INSIDE, BOLT_BRANCH)):
            probes[inside.role] = [{"id": f"{i}", "proto": "udp", "src": "10.1.0.10", "sport": 40_000 + i, "dst": "10.3.0.10",
                                    "port": 5000} for i in range(50)]
        results = ask(self.hosts, probes)
        for (role, _), result in results.items():
            customer = role.split("-")[0]
            self.assertEqual((result["result"], result.get("server"), result.get("source")),
                             ("allow", f"{customer}-branch", "10.1.0.10"))
        for customer in ("acme", "bolt"):
            self.assertEqual(self.try_all(customer)[1], [])
        seen = {role: host.ask({"seen": True}) for role, host in self.hosts.items()}
        for role, counts in seen.items():
            customer = role.split("-")[0]
            if customer == "internet":
                continue
            for other, count in counts.items():
                if other == customer:
                    self.assertGreater(count, 50, f"{role}'s own packets are not seen: the listener is deaf")
                else:
                    self.assertEqual(count, 0, f"{role} has seen packets of {other}")

    def test_5_nothing_of_a_program_was_refused(self):
        self.assertNotIn("a program is refused", self.box.log("sluice-gateway"))


    def follow(self, policy):
        """The policy is in force at the gateway; its generation."""
        link = self.box.controller()
        link.call("PUT", "/policy", policy, "application/yaml")
        self.box.wait("the policy", lambda: configs.asked(link, "/gateways", lambda g: g["generation"] == g["wanted_generation"]))
        return link.get("/gateways")["items"][0]["generation"]

    def test_6_a_log_in_opens_and_its_end_closes(self):
        """Who is logged in at an address is told to the controller; the gateway follows, and no program is made for it."""
        with open(POLICY, encoding="utf-8") as file:
            policy = file.read()
        self.addCleanup(self.follow, policy)
        rule = "- {name: by-log-in, from: inside, to: dmz, service: tcp/8443, users: administrators, action: allow}\n        "
        generation = self.follow(policy.replace("      rules:\n", "      user_groups: [administrators]\n      rules:\n", 1)
                                 .replace("- {name: the-rest,", rule + "- {name: the-rest,", 1))
        link = self.box.controller()
        acme = next(t["id"] for t in link.get("/tenants")["items"] if t["slug"] == "acme")
        path = f"/tenants/{acme}/user-bindings/10.1.0.10"
        results = []
        for method, body in ((None, None), ("PUT", {"user": "anna", "groups": ["administrators"], "lifetime_s": 600}), ("DELETE", None)):
            if method:
                link.call(method, path, body and json.dumps(body))
                time.sleep(0.5)  # it takes some milliseconds on a machine with nothing else to do
            results.append(self.one(ACME_INSIDE, "10.2.0.10", "tcp", 8443, src="10.1.0.10")["result"])
        self.assertEqual(results, ["drop", "allow", "drop"])
        self.assertEqual(link.get("/gateways")["items"][0]["generation"], generation)


if __name__ == "__main__":
    lab_case.main()
