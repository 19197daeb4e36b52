#!/usr/bin/env python3
"""Two tenants, and every operation of the API: what is one's is never the other's (PLT-1)."""

import json
import re
import sys
import unittest

import description
from controller_case import PASSWORD, EventReader, World, ago, until

# What only tenant A's rows contain.
MARKERS = [r"Acme", r"acme", r"192\.0\.2\.", r"2001:db8:a:"]


class Isolation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        world, operator = cls.world, cls.world.operator
        of_acme = f"?tenant_id={world.acme}&limit=200"
        cls.ids = {
            "tenant_id": [world.acme],
            "site_id": [s["id"] for s in operator.get("/sites" + of_acme).json["items"]],
            "prefix_id": [p["id"] for p in operator.get("/prefixes" + of_acme).json["items"]],
            "user_id": [u["id"] for u in operator.get("/users" + of_acme).json["items"]],
            "token_id": [t["id"] for t in world.acme_admin.get("/tokens").json["items"]],
            "incident_id": [i["id"] for i in operator.get("/incidents" + of_acme).json["items"]],
            "mitigation_id": [m["id"] for m in operator.get("/mitigations" + of_acme).json["items"]],
            "webhook_id": [w["id"] for w in operator.get("/webhooks" + of_acme).json["items"]],
            # Of both: only together with the tenant it is somebody's.
            "binding_id": [b["id"] for b in operator.get(f"/tenants/{world.acme}/user-bindings").json["items"]],
        }
        # The ids of A's rows are markers as well.
        ids = sorted(i for name, values in cls.ids.items() if name not in ("prefix_id", "binding_id") for i in values)
        cls.markers = re.compile("|".join(MARKERS + [re.escape(i) + r"\b" for i in ids]))

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def setUp(self):
        for name, values in self.ids.items():
            self.assertTrue(values, f"there is no {name} to be leaked")

    def strangers(self):
        return (self.world.bolt_admin, self.world.bolt_viewer)

    def assert_clean(self, what, answer, asked=""):
        # What the caller has said himself may be said back to him.
        text = answer.body.replace(asked, "") if asked else answer.body
        found = self.markers.search(text)
        self.assertIsNone(found, f"{what} shows {found and found.group(0)}: {text[:400]}")

    def state_of_acme(self):
        """All that A's own admin sees of A, without what moves by itself."""
        admin = self.world.acme_admin
        parts = []
        for path in ("/tenants", "/sites", "/prefixes", "/users", "/tokens", "/webhooks", "/policy"):
            parts.append(admin.get(path + ("" if path == "/policy" else "?limit=200")).body)
        parts.append(admin.get(f"/tenants/{self.world.acme}/user-bindings").body)
        for path in ("/incidents", "/mitigations"):
            for item in admin.get(path + "?limit=200").json["items"]:
                parts.append([item["id"], item["state"], item.get("actor"), item.get("false_positive")])
        for incident in self.ids["incident_id"]:
            timeline = admin.get(f"/incidents/{incident}").json["timeline"]
            parts.append([e for e in timeline if e["kind"] in ("note", "false-positive")])
        return json.dumps(parts)

    def test_every_list_and_reading_without_an_id(self):
        for operation in description.operations():
            if operation.method != "GET" or "{" in operation.path or operation.id == "streamEvents":
                continue
            for client in self.strangers():
                self.assert_clean(operation, client.get(operation.path))
                if "limit" in operation.query:
                    self.assert_clean(operation, client.get(operation.path + "?limit=200"))

    def test_the_lists_are_not_empty(self):
        """A list that shows nothing at all would pass the test above."""
        for path in ("/tenants", "/sites", "/prefixes", "/users", "/tokens", "/incidents", "/mitigations", "/audit", "/webhooks", "/events",
                     f"/tenants/{self.world.bolt}/user-bindings"):
            self.assertTrue(self.world.bolt_admin.get(path).json["items"], path)

    def test_asking_for_the_other_tenant(self):
        for operation in description.operations():
            if "tenant_id" not in operation.query:
                continue
            for client in self.strangers():
                answer = client.get(f"{operation.path}?tenant_id={self.world.acme}")
                expected = (404,) if client is self.world.bolt_admin or "tenant_viewer" in operation.roles else (403,)
                self.assertIn(answer.status, expected, f"{operation}: {answer}")
                self.assert_clean(operation, answer)
        for query in ("prefix=192.0.2.0/26", f"prefix=192.0.2.0/26&tenant_id={self.world.bolt}"):
            answer = self.world.bolt_admin.get("/traffic?" + query)
            self.assertEqual(answer.status, 404, answer)
        answer = self.world.bolt_admin.get(f"/mitigations?incident_id={self.ids['incident_id'][0]}")
        self.assertEqual(answer.status, 404, answer)

    def test_every_operation_with_the_ids_of_the_other(self):
        bodies = {
            "updateTenant": {"name": "taken"}, "updateSite": {"name": "taken"}, "updateUser": {"disabled": True},
            "updatePrefixConsent": {"consent": "off", "reason": "sabotage"}, "setPassword": {"password": "a password of the thief"},
            "addIncidentNote": {"text": "sabotage"}, "reportFalsePositive": {"reason": "sabotage"},
            "approveMitigation": {}, "withdrawMitigation": {}, "extendMitigation": {"by_s": 600},
            "putUserBinding": {"user": "spy", "lifetime_s": 600},
        }
        before = self.state_of_acme()
        tried = 0
        for operation in description.operations():
            name = next((n for n in self.ids if "{" + n + "}" in operation.path), None)
            if name is None:
                continue
            for client in self.strangers():
                for value in self.ids[name]:
                    path = operation.path.replace("{" + name + "}", value).replace("{binding_id}", self.ids["binding_id"][0])
                    body = bodies.get(operation.id)
                    answer = client.call(operation.method, path, body, headers={"If-Match": "*"})
                    role = "tenant_admin" if client is self.world.bolt_admin else "tenant_viewer"
                    expected = 404 if role in operation.roles else 403
                    self.assertEqual(answer.status, expected, f"{operation} as {role}: {answer}")
                    self.assert_clean(operation, answer)
                    tried += 1
        self.assertGreater(tried, 60)
        self.assertEqual(self.state_of_acme(), before)

    def test_log_ins_at_the_same_address_are_two(self):
        """Private addresses are everybody's: what one's systems say of 10.2.0.7 is nothing to the other."""
        path = f"/tenants/{self.world.bolt}/user-bindings"
        for client in self.strangers():
            mine = client.get(path)
            self.assert_clean("log-ins", mine)
            self.assertEqual([b["user"] for b in mine.json["items"]], ["user7@bolt.example", "user8@bolt.example"])
        before = self.state_of_acme()
        self.world.bolt_admin.ok("PUT", path + "/10.2.0.7", {"user": "other@bolt.example", "lifetime_s": 600})
        self.world.bolt_admin.ok("DELETE", path + "/10.2.0.8")
        self.assertEqual(self.state_of_acme(), before)
        for host in (7, 8):
            self.world.bolt_admin.ok("PUT", f"{path}/10.2.0.{host}", {"user": f"user{host}@bolt.example", "lifetime_s": 86400})

    def test_explaining_tells_nothing_of_the_other(self):
        """A packet to the other's address, under one's own program: it is nobody's."""
        packet = "tcp 203.0.113.5:4242 > 192.0.2.10:443 syn"
        mine = "tcp 198.51.100.7:4242 > 203.0.113.5:443 syn"
        for client in self.strangers():
            answer = client.call("POST", f"/tenants/{self.world.bolt}/explain", {"packets": [packet, mine], "from": "internet"})
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.json["packets"][0]["reason"], "unknown-destination")
            self.assert_clean("explain", answer, "192.0.2.10")
            self.assertEqual(client.call("POST", f"/tenants/{self.world.acme}/explain", {"packets": [packet]}).status, 404)

    def test_not_there_and_not_his_look_the_same(self):
        """The number of another tenant's object tells nothing, not even that it exists."""
        for operation in description.operations():
            name = next((n for n in self.ids if "{" + n + "}" in operation.path), None)
            if name is None or operation.method != "GET" or "tenant_admin" not in operation.roles:
                continue
            gone = "198.51.100.0-24" if name == "prefix_id" else name.removesuffix("_id") + "-999999"
            answers = [self.world.bolt_admin.get(operation.path.replace("{" + name + "}", value)) for value in (self.ids[name][0], gone)]
            shown = [{k: v for k, v in a.json.items() if k != "instance"} for a in answers]
            self.assertEqual(shown[0], shown[1], operation)

    def test_creating_for_the_other(self):
        before = self.state_of_acme()
        acme = self.world.acme
        attempts = [
            ("/users", {"tenant_id": acme, "login": "spy", "role": "tenant_viewer", "password": PASSWORD}, (404,)),
            ("/users", {"tenant_id": None, "login": "spy", "role": "operator_admin", "password": PASSWORD}, (403, 404)),
            ("/users", {"tenant_id": self.world.bolt, "login": "spy", "role": "operator_admin", "password": PASSWORD}, (403, 404, 422)),
            ("/webhooks", {"tenant_id": acme, "url": self.world.receiver.url + "/spy"}, (404,)),
            ("/webhooks", {"tenant_id": None, "url": self.world.receiver.url + "/spy"}, (403, 404)),
            ("/tenants", {"slug": "spy", "name": "spy"}, (403,)),
            ("/sites", {"tenant_id": acme, "name": "spy"}, (403,)),
            ("/prefixes", {"tenant_id": acme, "prefix": "198.51.100.0/24"}, (403,)),
            ("/policy/plan", None, (403,)),
        ]
        for path, body, expected in attempts:
            for client in self.strangers():
                answer = client.call("POST", path, body)
                self.assertIn(answer.status, expected + (403,), f"{path} {body}: {answer}")
                self.assert_clean(path, answer, acme)
        self.assertEqual(self.state_of_acme(), before)

    def test_streams_and_webhooks_carry_ones_own_only(self):
        readers = [EventReader(client, path) for client in self.strangers() for path in ("/events/stream", )]
        replays = [EventReader(client, last_id=0) for client in self.strangers()]
        own = EventReader(self.world.acme_admin)
        self.world.attack(self.world.acme, "192.0.2.40/32")
        own.wait(lambda m: m[0] == "incident.opened")
        self.world.attack(self.world.bolt, "203.0.113.9/32")
        for reader in readers + replays:
            reader.wait(lambda m: m[0] == "incident.opened" and "203.0.113.9" in m[2]["text"])
            reader.wait(lambda m: m[0] == "traffic")
            for kind, _, data in reader.messages:
                self.assertEqual(data.get("tenant_id", self.world.bolt), self.world.bolt, (kind, data))
            self.assertIsNone(self.markers.search(reader.raw), reader.raw)
        until(lambda: any(path == "/bolt-hook" for path, _, _ in self.world.receiver.calls), what="a call")
        for path, _, body in self.world.receiver.calls:
            if path == "/bolt-hook":
                self.assertIsNone(self.markers.search(body.decode()), body)
        for reader in readers + replays + [own]:
            reader.close()

    def test_traffic_is_ones_own(self):
        def rates():
            series = self.world.bolt_admin.get(f"/traffic?resolution_s=1&from={ago(60)}").json
            self.assertEqual(series["tenant_id"], self.world.bolt)
            return [r for r in series["inbound"]["packets_per_s"] if r]

        self.assertEqual(max(until(rates, what="traffic")), 80000, "the sum with A's would be twice as much")


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
