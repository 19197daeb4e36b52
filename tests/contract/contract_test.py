#!/usr/bin/env python3
"""Every operation of schema/openapi.yaml, every status that it describes: asked for, and held against the description."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import unittest

import description
from controller_case import BIN, OPERATOR_PASSWORD, PASSWORD, POLICY, EventReader, World, ago, until

GONE = {"tenant_id": "tenant-999999", "site_id": "site-999999", "prefix_id": "198.51.100.0-24", "user_id": "user-999999",
        "token_id": "token-999999", "incident_id": "incident-999999", "mitigation_id": "mitigation-999999",
        "webhook_id": "webhook-999999", "binding_id": "198.51.100.0-24"}
ACTIONS = ("approve", "withdraw", "extend", "notes", "false-positive")


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.operations = {o.id: o for o in description.operations()}
        cls.seen = set()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    # One call that is held against the description of its operation.
    def ask(self, operation_id, expected, ids=None, query="", body=None, client=None, headers=None, content_type=None):
        operation = self.operations[operation_id]
        path = operation.path
        for name, value in (ids or {}).items():
            path = path.replace("{" + name + "}", value)
        yaml_body = operation.body and "application/yaml" in operation.body["content"]
        answer = (client or self.world.operator).call(
            operation.method, path + query, body, headers=headers,
            content_type=content_type or ("application/yaml" if yaml_body else "application/json"))
        self.assertEqual(answer.status, expected, f"{operation} {query}: {answer}")
        self.assertEqual(description.breaches(operation, answer), [], f"{operation} -> {answer.status}")
        self.seen.add((operation_id, answer.status))
        return answer

    def etag(self, operation_id, ids):
        return {"If-Match": self.ask(operation_id, 200, ids).headers["etag"]}

    def test_01_the_table_of_routes_is_the_description(self):
        table = subprocess.run([os.path.join(BIN, "route_table")], capture_output=True, text=True, check=True).stdout
        served = {}
        for line in table.splitlines():
            method, path, name, roles, query = line.split()
            served[name] = (method, path, sorted(roles.split(",")) if roles != "-" else [],
                            sorted(query.split(",")) if query != "-" else [])
        described = {o.id: (o.method, o.path, sorted(o.roles), sorted(o.query)) for o in self.operations.values()}
        self.assertEqual(served, described)
        for operation in self.operations.values():
            self.assertEqual(operation.public, not operation.roles, operation)

    def test_02_nobody_is_unauthenticated(self):
        for operation in self.operations.values():
            if operation.roles:
                self.ask(operation.id, 401, GONE, client=self.world.controller.client())
        self.ask("login", 401, body={"login": "operator", "password": "wrong"})

    def test_03_the_wrong_role_is_forbidden(self):
        for operation in self.operations.values():
            for role in World.ROLES:
                if operation.roles and role not in operation.roles:
                    slug = "provider" if role.startswith("operator") else "acme"
                    self.ask(operation.id, 403, GONE, client=self.world.by_role[slug, role])
        # Not the role, but the present password is what is wrong here.
        viewer = self.world.by_role["acme", "tenant_viewer"]
        self.ask("setPassword", 403, {"user_id": self.world.users["acme-tenant_viewer"]}, client=viewer,
                 body={"password": "a new password for me", "current_password": "not this one"})

    def test_04_what_is_not_there_is_not_found(self):
        bodies = {"updateTenant": {"name": "x"}, "updateSite": {"name": "x"}, "updateUser": {"disabled": False},
                  "updatePrefixConsent": {"consent": "off", "reason": "x"}, "setPassword": {"password": "a long password"},
                  "addIncidentNote": {"text": "x"}, "reportFalsePositive": {"reason": "x"}, "extendMitigation": {"by_s": 60}}
        for operation in self.operations.values():
            if 404 not in operation.statuses:
                continue
            if "{" in operation.path:
                body = bodies.get(operation.id, {} if operation.body else None)
                self.ask(operation.id, 404, GONE, body=body, headers={"If-Match": "*"})
            elif operation.method == "GET":
                self.ask(operation.id, 404, query="?tenant_id=tenant-999999")
        self.ask("listMitigations", 404, query="?incident_id=incident-999999")
        self.ask("createSite", 404, body={"tenant_id": "tenant-999999", "name": "x"})
        self.ask("createPrefix", 404, body={"tenant_id": "tenant-999999", "prefix": "198.51.100.0/24"})
        self.ask("createUser", 404, body={"tenant_id": "tenant-999999", "login": "x", "role": "tenant_viewer", "password": PASSWORD})
        self.ask("createWebhook", 404, body={"tenant_id": "tenant-999999", "url": "https://x.example/"})

    def ids(self):
        world = self.world
        acme = world.acme
        return {"tenant_id": acme, "prefix_id": "192.0.2.0-26",
                "site_id": world.operator.get(f"/sites?tenant_id={acme}").json["items"][0]["id"],
                "user_id": world.users["acme-tenant_viewer"],
                "incident_id": world.operator.get(f"/incidents?tenant_id={acme}").json["items"][0]["id"],
                "mitigation_id": world.mitigation("192.0.2.10/32", "active")["id"],
                "webhook_id": world.operator.get(f"/webhooks?tenant_id={acme}").json["items"][0]["id"],
                "token_id": "token-999999", "binding_id": "10.2.0.7-32"}

    def test_05_unknown_and_wrong_input_is_refused(self):
        ids = self.ids()
        for operation in self.operations.values():
            if 422 not in operation.statuses:
                continue
            if operation.body and "application/json" in operation.body["content"]:
                tag = {"If-Match": "*"}
                answer = self.ask(operation.id, 422, ids, body={"unknown_field": 1}, headers=tag)
                pointers = [e["pointer"] for e in answer.json["errors"]]
                self.assertIn("/unknown_field", pointers, operation)
                self.ask(operation.id, 400, ids, body="{", headers=tag)
                self.ask(operation.id, 415, ids, body="{}", headers=tag, content_type="text/plain")
            elif operation.body:
                answer = self.ask(operation.id, 422, ids, body="tenants:\n  - slug: acme\n    nmae: Acme\n")
                self.assertEqual(answer.json["errors"][0]["pointer"], "line:3", answer)
            elif "limit" in operation.query:
                for query in ("?limit=0", "?limit=201", "?limit=x", "?unknown=1", "?limit=1&limit=2", "?cursor="):
                    self.ask(operation.id, 422, ids, query=query)
        for query in ("?from=yesterday", "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?resolution_s=0",
                      "?prefix=192.0.2.1/24", "?prefix=192.0.2.0/26"):
            self.ask("getTraffic", 422, query=query)
        self.ask("streamEvents", 422, headers={"Last-Event-ID": "x"})
        self.ask("streamEvents", 422, query="?tenant_id=acme")
        self.ask("listIncidents", 422, query="?state=burning")
        self.ask("listMitigations", 422, query="?state=burning")
        self.ask("listMitigations", 422, query="?incident_id=7")

    def test_06_a_change_needs_the_present_version(self):
        ids = self.ids()
        bodies = {"updateTenant": {"name": "Acme Marker Ltd"}, "updateSite": {"line_rate_bps": 2_000_000_000},
                  "updateUser": {"disabled": False}, "updatePrefixConsent": {"consent": "auto", "reason": "as it was"}}
        reads = {"updateTenant": "getTenant", "updateSite": "getSite", "updateUser": "getUser", "updatePrefixConsent": "getPrefix"}
        for name, body in bodies.items():
            self.ask(name, 428, ids, body=body)
            self.ask(name, 412, ids, body=body, headers={"If-Match": "\"0\""})
            tag = self.etag(reads[name], ids)
            changed = self.ask(name, 200, ids, body=body, headers=tag)
            self.assertEqual(self.etag(reads[name], ids)["If-Match"], changed.headers["etag"])
        self.ask("applyPolicy", 412, body=POLICY, headers={"If-Match": "\"0\""})

    def test_07_reading(self):
        ids = self.ids()
        for name in ("getHealth", "getSession", "getOverview", "getCatalogue", "getPolicy", "getTraffic", "listGateways",
                     "listCollectors", "listSpeakers", "listAlarms", "verifyAudit"):
            self.ask(name, 200)
        for name in ("getTenant", "getTenantStatus", "getTenantFirewall", "getSite", "getPrefix", "getUser", "getIncident", "getMitigation", "getWebhook"):
            self.ask(name, 200, ids)
        for operation in self.operations.values():
            if "limit" in operation.query:
                self.pages(operation)
        overview = self.ask("getOverview", 200).json
        self.assertEqual(overview["tenants_under_attack"], 2)
        self.assertGreaterEqual(len(overview["attacks"]), 3)
        self.assertEqual(overview["gateways_up"], 1)
        self.assertIn("10.1.0.7", [a["attacker"]["address"] for a in overview["attackers"]])
        self.assertEqual(overview["attackers_now"], len(overview["attackers"]))
        self.reading_a_firewall(ids["tenant_id"])

    def reading_a_firewall(self, tenant):
        firewall = self.world.by_role["acme", "tenant_viewer"].get(f"/tenants/{tenant}/firewall").json
        self.assertEqual(firewall["state"], "in_force", firewall["sentence"])
        self.assertEqual(firewall["zones"], ["internet", "acme-inside"])
        self.assertEqual([r["name"] for r in firewall["rules"]], ["acme-web"])
        self.assertEqual((firewall["rules"][0]["hits"], firewall["gateways"], firewall["flows"]["open"]), (40, 1, 3))
        self.assertEqual(firewall["outbound"]["contain"], "limit")
        self.assertEqual([(a["address"], a["conduct"], a["new_flows_per_s"]) for a in firewall["attackers"]], [("10.1.0.7", "scans-hosts", 300)])
        self.assertIn("tries many computers", firewall["attackers"][0]["sentence"])
        pairs = {(p["from"], p["to"]): p for p in firewall["matrix"]}
        self.assertEqual(pairs["internet", "acme-inside"]["rules"], ["acme-web"])
        self.assertEqual(pairs["acme-inside", "internet"]["verdict"], "denied")

    def pages(self, operation):
        """Page by page gives the same as at once."""
        client = self.world.acme_admin if operation.id == "listTokens" else self.world.operator
        if operation.id == "listTokens":
            self.ask("createToken", 201, body={"name": "second"}, client=client)
        ids = {"tenant_id": self.world.acme}
        one, cursor = [], None
        while True:
            page = self.ask(operation.id, 200, ids, query="?limit=1" + (f"&cursor={cursor}" if cursor else ""), client=client).json
            one += page["items"]
            cursor = page["next_cursor"]
            if cursor is None or len(one) > 40:
                break
        self.assertGreater(len(one), 1, f"{operation} has too little to page through")
        whole = self.ask(operation.id, 200, ids, query="?limit=200", client=client).json["items"]
        keys = [item.get("id", item.get("sequence")) for item in whole]
        self.assertEqual(len(keys), len(set(map(str, keys))))
        known = [item.get("id", item.get("sequence")) for item in one]
        self.assertEqual([k for k in keys if k in known], known)

    def test_08_not_modified(self):
        ids = self.ids()
        for name in ("getTenant", "getPolicy", "listTenants", "getCatalogue"):
            tag = self.ask(name, 200, ids).headers["etag"]
            operation = self.operations[name]
            path = operation.path.replace("{tenant_id}", ids["tenant_id"])
            answer = self.world.operator.get(path, headers={"If-None-Match": tag})
            self.assertEqual((answer.status, answer.body), (304, ""), name)

    def test_09_directory(self):
        made = self.ask("createTenant", 201, body={"slug": "coal", "name": "Coal Ltd"}).json["id"]
        self.ask("createTenant", 409, body={"slug": "coal", "name": "Coal Ltd"})
        self.ask("createTenant", 422, body={"slug": "No Slug", "name": "x"})
        site = self.ask("createSite", 201, body={"tenant_id": made, "name": "one", "line_rate_bps": None}).json["id"]
        self.ask("createSite", 409, body={"tenant_id": made, "name": "one"})
        self.ask("createSite", 201, body={"tenant_id": made, "name": "two"})
        self.ask("updateSite", 409, {"site_id": site}, body={"name": "two"}, headers=self.etag("getSite", {"site_id": site}))
        body = {"tenant_id": made, "site_id": site, "prefix": "198.51.100.0/25", "consent": "ask"}
        prefix = self.ask("createPrefix", 201, body=body).json["id"]
        self.assertEqual(prefix, "198.51.100.0-25")
        self.ask("createPrefix", 409, body=body)
        self.ask("createPrefix", 409, body={"tenant_id": self.world.bolt, "prefix": "198.51.100.64/26"})
        self.ask("deleteSite", 409, {"site_id": site})
        self.ask("deletePrefix", 204, {"prefix_id": prefix})
        self.ask("deleteSite", 204, {"site_id": site})
        self.ask("deleteTenant", 409, {"tenant_id": self.world.acme})
        self.ask("deletePrefix", 409, {"prefix_id": "192.0.2.0-26"})
        self.ask("deleteTenant", 204, {"tenant_id": made})

    def test_10_people(self):
        body = {"tenant_id": self.world.acme, "login": "extra", "role": "tenant_viewer", "password": PASSWORD}
        user = self.ask("createUser", 201, body=body).json["id"]
        self.ask("createUser", 409, body=body)
        extra = self.world.controller.client("extra")
        self.ask("setPassword", 204, {"user_id": user}, client=extra,
                 body={"password": "another password of mine", "current_password": PASSWORD})
        self.ask("getSession", 200, client=extra)
        self.ask("login", 201, body={"login": "extra", "password": "another password of mine"})
        self.ask("setPassword", 204, {"user_id": user}, body={"password": PASSWORD})
        self.ask("getSession", 401, client=extra)
        me = self.ask("getSession", 200).json["user_id"]
        self.ask("updateUser", 409, {"user_id": me}, body={"disabled": True}, headers=self.etag("getUser", {"user_id": me})) \
            if self.only_operator_admin() else None
        self.ask("deleteUser", 409, {"user_id": me})
        self.ask("deleteUser", 204, {"user_id": user})

    def only_operator_admin(self):
        """Disables the other operator_admin, so that the last one shows that he stays."""
        other = {"user_id": self.world.users["provider-operator_admin"]}
        self.ask("updateUser", 200, other, body={"disabled": True}, headers=self.etag("getUser", other))
        self.addCleanup(lambda: self.ask("updateUser", 200, other, body={"disabled": False}, headers=self.etag("getUser", other)))
        return True

    def test_11_sessions_and_tokens(self):
        client = self.world.controller.client("acme-tenant_admin")
        answer = self.ask("login", 201, body={"login": "acme-tenant_admin", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        for part in ("sluice_session=", "HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(part, cookie)
        made = self.ask("createToken", 201, client=client, body={"name": "for the test", "expires_at": None}).json
        token = type(client)(client.port, made["secret"])
        self.assertEqual(self.ask("getSession", 200, client=token).json["authenticated_by"], "token")
        self.ask("logout", 409, client=token)
        key = {"Idempotency-Key": "token-1"}
        first = self.ask("createToken", 201, client=client, body={"name": "once"}, headers=key)
        self.assertEqual(self.ask("createToken", 201, client=client, body={"name": "once"}, headers=key).body, first.body)
        self.ask("createToken", 409, client=client, body={"name": "other"}, headers=key)
        self.ask("createToken", 422, client=client, body={"name": "late", "expires_at": "2020-01-01T00:00:00Z"})
        self.ask("deleteToken", 204, {"token_id": made["token"]["id"]}, client=client)
        self.ask("getSession", 401, client=token)
        self.ask("logout", 204, client=client)
        self.ask("getSession", 401, client=client)

    def test_12_a_cookie_changes_things_from_our_own_pages_only(self):
        token = self.world.controller.client("acme-tenant_admin").token
        nobody = self.world.controller.client()
        cookie = {"Cookie": f"a=b; sluice_session={token}"}
        self.ask("getSession", 200, client=nobody, headers=cookie)
        self.ask("createToken", 403, client=nobody, headers=cookie, body={"name": "forged"})
        self.ask("deleteToken", 403, GONE, client=nobody, headers=cookie)
        self.ask("logout", 403, client=nobody, headers=cookie)
        self.ask("createToken", 403, client=nobody, headers=cookie | {"Origin": "https://evil.example"}, body={"name": "forged"})
        self.ask("createToken", 403, client=nobody, headers=cookie | {"Sec-Fetch-Site": "cross-site"}, body={"name": "forged"})
        self.ask("createToken", 201, client=nobody, body={"name": "mine"},
                 headers=cookie | {"Origin": f"http://127.0.0.1:{nobody.port}"})
        self.ask("createToken", 201, client=nobody, body={"name": "mine too"}, headers=cookie | {"Sec-Fetch-Site": "same-origin"})

    def test_13_policy(self):
        plan = self.ask("planPolicy", 200, body=POLICY.replace("consent: ask", "consent: auto"))
        self.assertFalse(plan.json["applied"])
        change = [c for c in plan.json["changes"] if c["path"].startswith("prefixes/192.0.2.64/26")]
        self.assertEqual([(c["before"], c["after"]) for c in change], [("ask", "auto")])
        self.assertEqual(plan.json["warnings"], [])
        wider = self.ask("planPolicy", 200, body=POLICY.replace(
            "service: https, action: allow}]",
            "service: [https, tcp/8443], action: allow}, {name: acme-never, to: acme-inside, from: internet, "
            "destination: 192.0.2.10, service: https, action: drop}]")).json
        self.assertIn("acme: rule 'acme-web' now also allows tcp 8443 from internet to acme-inside",
                      [c["sentence"] for c in wider["changes"]])
        self.assertIn("rule 'acme-never' can never match", wider["warnings"][0]["detail"])
        self.assertRegex(wider["warnings"][0]["pointer"], r"^line:\d+$")
        applied = self.ask("applyPolicy", 200, body=POLICY, query="?reason=as%20it%20was")
        self.assertTrue(applied.json["applied"])
        tag = {"If-Match": applied.headers["etag"]}
        self.assertEqual(self.ask("applyPolicy", 200, body=POLICY, headers=tag).json["changes"], [])
        # A tenant with a mitigation in force can not be left out.
        self.ask("applyPolicy", 409, body="tenants: []\n")
        self.ask("planPolicy", 422, body="tenants: 7\n")
        document = self.ask("getPolicy", 200).body
        self.assertIn("Acme Marker", document)
        self.assertIn("name: acme-forward", document)

    def test_13_explaining(self):
        ids = {"tenant_id": self.world.acme}
        packets = ["tcp 198.51.100.7:4242 > 192.0.2.10:443 syn", "tcp 10.2.0.10:443 > 198.51.100.7:4242 syn ack seq 5 ack-number 1"]
        told = self.ask("explainPackets", 200, ids, body={"packets": packets}).json
        self.assertEqual(told["tables"], [], "no filter and no rule asks one")
        told = told["packets"]
        self.assertEqual([one["from"] for one in told], ["internet", "acme-line"])
        wanted = self.ask("explainPackets", 200, ids, body={"packets": ["udp 198.51.100.7:4242 > 192.0.2.50:22"], "from": "internet"},
                          client=self.world.by_role["acme", "tenant_viewer"]).json["packets"][0]
        self.assertEqual(wanted["verdict"], "drop")
        self.assertTrue(wanted["path"][-1]["text"])
        for body, pointer in (({"packets": ["tcp x > y"]}, "/packets/0"), ({"packets": packets, "from": "nowhere"}, "/from"),
                              ({"packets": []}, "/packets"), ({"packets": ["hex ff"]}, "/packets/0"), ({"packets": packets * 17}, "/packets")):
            refused = self.ask("explainPackets", 422, ids, body=body)
            self.assertEqual(refused.json["errors"][0]["pointer"], pointer)
        # A tenant can not be asked about without end.
        for _ in range(60):
            answer = self.world.operator.call("POST", f"/tenants/{self.world.acme}/explain", {"packets": packets[:1]})
            if answer.status == 429:
                break
        self.assertEqual(answer.status, 429)
        self.assertIn("retry-after", answer.headers)

    def test_13_log_ins(self):
        def one(at):
            return {"tenant_id": self.world.acme, "binding_id": at}

        body = {"user": "anna@acme.example", "groups": ["finance"], "lifetime_s": 600}
        made = self.ask("putUserBinding", 200, one("10.2.0.10"), body=body).json
        self.assertEqual((made["id"], made["prefix"], made["groups"]), ("10.2.0.10-32", "10.2.0.10/32", ["finance"]))
        longer = self.ask("putUserBinding", 200, one("10.2.0.10-32"), body=body | {"lifetime_s": 6000}).json
        self.assertEqual(longer["since"], made["since"])
        self.assertGreater(longer["expires_at"], made["expires_at"])
        six = self.ask("putUserBinding", 200, one("2001:db8:a::-64"), body={"user": "floor", "expires_at": made["expires_at"]}).json
        self.assertEqual((six["prefix"], six["groups"]), ("2001:db8:a::/64", []))
        viewer = self.world.by_role["acme", "tenant_viewer"]
        known = [b["id"] for b in self.ask("listUserBindings", 200, one(""), client=viewer).json["items"]]
        self.assertEqual(known, ["10.2.0.7-32", "10.2.0.8-32", "10.2.0.10-32", "2001:db8:a::-64"])
        for wrong, pointer in (({"user": "a"}, "/lifetime_s"), (body | {"expires_at": made["expires_at"]}, "/expires_at"),
                               ({"lifetime_s": 5}, "/user"), (body | {"lifetime_s": 0}, "/lifetime_s"), (body | {"groups": [7]}, "/groups")):
            errors = self.ask("putUserBinding", 422, one("10.2.0.10"), body=wrong).json["errors"]
            self.assertTrue(any(e["pointer"].startswith(pointer) for e in errors), errors)
        self.ask("putUserBinding", 422, one("10.0.0.0-8"), body=body)
        self.ask("putUserBinding", 404, one("nowhere"), body=body)
        self.ask("deleteUserBinding", 204, one("10.2.0.10"))
        self.ask("deleteUserBinding", 404, one("10.2.0.10"))
        self.ask("deleteUserBinding", 204, one("2001:db8:a::-64"))
        actions = [e["action"] for e in self.world.operator.get("/audit?limit=200").json["items"] if e["action"].startswith("user-binding")]
        self.assertEqual(actions[:4], ["user-binding.remove", "user-binding.remove", "user-binding.put", "user-binding.put"])

    def test_14_incidents(self):
        incident = self.world.attack(self.world.acme, "192.0.2.20/32")
        detail = self.ask("getIncident", 200, {"incident_id": incident}).json
        self.assertEqual(detail["summary"]["vectors"], ["tcp-syn", "ntp"])
        self.assertEqual(detail["distinct_sources"], 4711)
        self.assertEqual(detail["findings"][0]["samples"][0]["tcp_flags"], 2)
        self.assertGreaterEqual(detail["time_to_detect_ms"], 390)
        key = {"Idempotency-Key": "note-1"}
        first = self.ask("addIncidentNote", 201, {"incident_id": incident}, body={"text": "called the customer"}, headers=key)
        again = self.ask("addIncidentNote", 201, {"incident_id": incident}, body={"text": "called the customer"}, headers=key)
        self.assertEqual(first.body, again.body)
        self.ask("addIncidentNote", 409, {"incident_id": incident}, body={"text": "something else"}, headers=key)
        notes = [e for e in self.ask("getIncident", 200, {"incident_id": incident}).json["timeline"] if e["kind"] == "note"]
        self.assertEqual(len(notes), 1)
        marked = self.ask("reportFalsePositive", 200, {"incident_id": incident}, body={"reason": "a speed test"}).json
        self.assertTrue(marked["summary"]["false_positive"])
        self.assertEqual({m["state"] for m in marked["mitigations"]}, {"withdrawn"})
        self.ask("reportFalsePositive", 409, {"incident_id": incident}, body={"reason": "a speed test"})
        for state in ("open", "ended", "closed"):
            for item in self.ask("listIncidents", 200, query=f"?state={state}").json["items"]:
                self.assertEqual(item["state"], state)

    def test_15_mitigations(self):
        target = {"mitigation_id": self.world.mitigation("192.0.2.70/32", "proposed")["id"]}
        approved = self.ask("approveMitigation", 200, target, body={"reason": "yes"}, client=self.world.acme_admin).json
        self.assertEqual(approved["summary"]["state"], "active")
        self.assertEqual(approved["summary"]["actor"], "acme-tenant_admin")
        self.ask("approveMitigation", 409, target, body={})
        extended = self.ask("extendMitigation", 200, target, body={"by_s": 600}).json
        self.assertGreater(extended["summary"]["expires_at"], approved["summary"]["expires_at"])
        self.ask("extendMitigation", 422, target, body={"by_s": 604800})
        self.ask("withdrawMitigation", 200, target, body={"reason": "enough"})
        self.ask("withdrawMitigation", 409, target, body={})
        self.ask("extendMitigation", 409, target, body={"by_s": 60})
        self.ask("setMitigationGuard", 409, target, body={"level": "strong"})
        active = {"mitigation_id": self.world.mitigation("192.0.2.10/32", "active")["id"]}
        counters = until(lambda: self.ask("getMitigation", 200, active).json["counters"], what="counters")
        self.assertEqual(counters["reasons"][0]["reason"], "not-verified")
        self.assertGreater(counters["dropped"]["packets"], counters["passed"]["packets"])
        until(lambda: self.ask("getMitigation", 200, active).json["counters"]["dropped_rate"]["packets_per_s"] > 0, what="a rate")
        for state in ("proposed", "active", "cooling", "withdrawn"):
            for item in self.ask("listMitigations", 200, query=f"?state={state}").json["items"]:
                self.assertEqual(item["state"], state)

    def test_15_guard_of_a_mitigation(self):
        target = {"mitigation_id": self.world.mitigation("192.0.2.10/32", "active")["id"]}
        guard = self.ask("getMitigation", 200, target).json["summary"]["guard"]
        self.assertEqual((guard["level"], guard["pinned"], guard["watch"]), ("basic", False, []))
        body = {"level": "strong", "watch": ["rate", "anomaly"], "reason": "a test"}
        now = self.ask("setMitigationGuard", 200, target, body=body).json["summary"]["guard"]
        self.assertEqual((now["level"], now["pinned"], now["watch"]), ("strong", True, ["anomaly", "rate"]))
        self.assertGreaterEqual(now["since"], guard["since"])
        watched = until(lambda: [s for s in self.ask("getMitigation", 200, target).json["counters"]["stages"]
                                 if s["watched"]["packets"]], what="what a gateway only watched")
        self.assertEqual([s["stage"] for s in watched], ["verify"])
        now = self.ask("setMitigationGuard", 200, target, body={"level": "auto"}).json["summary"]["guard"]
        self.assertEqual((now["level"], now["pinned"], now["watch"]), ("strong", False, ["anomaly", "rate"]))
        self.ask("setMitigationGuard", 200, target, body={"level": "basic", "watch": []})
        for wrong in ({}, {"level": "hard"}, {"watch": ["filter"]}, {"watch": "rate"}, {"reason": "none"}):
            self.ask("setMitigationGuard", 422, target, body=wrong)
        self.ask("setMitigationGuard", 403, target, body={"level": "strong"}, client=self.world.acme_admin)
        trail = [line for line in self.ask("listAudit", 200, query="?limit=200").json["items"]
                 if line["action"] == "mitigation.guard"]
        self.assertGreaterEqual(len(trail), 3)
        self.assertIn("level strong; only watched: anomaly, rate: a test", [line["reason"] for line in trail])

    def test_15_legitimate_loss(self):
        mitigation = self.world.mitigation("192.0.2.10/32", "active")
        target = {"mitigation_id": mitigation["id"]}
        until(lambda: self.ask("getMitigation", 200, target).json["counters"], what="counters")
        shown = self.ask("getMitigation", 200, target).json
        self.assertAlmostEqual(shown["summary"]["legitimate_loss"], 0.01)
        self.assertEqual(shown["counters"]["verified_packets_lost"] * 100, shown["counters"]["verified_packets"])
        incident = self.ask("getIncident", 200, {"incident_id": mitigation["incident_id"]}).json
        self.assertIn(0.01, [round(m["legitimate_loss"] or 0, 4) for m in incident["mitigations"]])

    def test_16_traffic(self):
        query = f"?tenant_id={self.world.acme}&prefix=192.0.2.0%2F26&resolution_s=1&from={ago(60)}"
        series = until(lambda: (s := self.ask("getTraffic", 200, query=query).json) and any(s["inbound"]["packets_per_s"])
                       and any(s["dropped"]["packets_per_s"]) and s, what="traffic")
        self.assertEqual(series["resolution_s"], 1)
        self.assertEqual(len(series["at"]), len(series["passed"]["bits_per_s"]))
        self.assertEqual(max(v for v in series["inbound"]["packets_per_s"] if v), 80000)
        self.assertIsNone(self.ask("getTraffic", 200).json["tenant_id"])
        self.assertEqual(self.ask("getTraffic", 200, client=self.world.bolt_admin).json["tenant_id"], self.world.bolt)

    def test_17_webhooks(self):
        made = self.ask("createWebhook", 201, body={"tenant_id": None, "url": self.world.receiver.url + "/all", "kinds": ["incident"]}).json
        self.world.attack(self.world.bolt, "203.0.113.7/32")
        until(lambda: any(path == "/all" for path, _, _ in self.world.receiver.calls), what="a call")
        path, headers, body = next(c for c in self.world.receiver.calls if c[0] == "/all")
        expected = "sha256=" + hmac.new(made["secret"].encode(), body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["Sluice-Signature"], expected)
        event = json.loads(body)
        self.assertEqual(list(description.named("Event").iter_errors(event)), [])
        self.assertTrue(event["kind"].startswith("incident."))
        self.ask("createWebhook", 422, body={"tenant_id": None, "url": "ftp://x.example/"})
        for i in range(40):
            answer = self.world.operator.call("POST", "/webhooks", {"tenant_id": self.world.bolt, "url": f"https://x.example/{i}"})
            if answer.status == 409:
                break
        self.ask("createWebhook", 409, body={"tenant_id": self.world.bolt, "url": "https://x.example/more"})
        self.ask("deleteWebhook", 204, {"webhook_id": made["webhook"]["id"]})

    def test_18_events_come_as_they_happen_and_again(self):
        reader = EventReader(self.world.operator)
        started = time.monotonic()
        self.world.attack(self.world.acme, "192.0.2.30/32")
        kind, sequence, data = reader.wait(lambda m: m[0] == "incident.opened")
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(list(description.named("Event").iter_errors(data)), [])
        self.assertEqual(int(sequence), data["sequence"])
        _, no_id, sample = reader.wait(lambda m: m[0] == "traffic")
        self.assertIsNone(no_id)
        self.assertEqual(list(description.named("TrafficSample").iter_errors(sample)), [])
        reader.close()
        late = EventReader(self.world.operator, last_id=int(sequence) - 1)
        self.assertEqual(late.wait(lambda m: m[1] is not None)[1], sequence)
        late.close()
        self.seen.add(("streamEvents", 200))

    def test_19_alarms_have_something_to_do(self):
        # A speaker without neighbours tells nobody, and that is said.
        alarms = until(lambda: self.ask("listAlarms", 200).json["items"], what="an alarm")
        for alarm in alarms:
            self.assertTrue(alarm["sentence"] and alarm["what_to_do"], alarm)

    def test_19_the_speaker_has_the_routes(self):
        speaker = until(lambda: [s for s in self.ask("listSpeakers", 200).json["items"] if s["routes"] > 0], what="a route")[0]
        self.assertEqual((speaker["peers"], speaker["up"]), (0, False))
        incident = self.world.attack(self.world.acme, "192.0.2.35/32")
        entry = until(lambda: next((e for e in self.ask("getIncident", 200, {"incident_id": incident}).json["timeline"]
                                    if e["kind"] == "mitigation-announced"), None), what="an announcement")
        self.assertTrue(entry["text"])
        self.assertIsNotNone(self.ask("getIncident", 200, {"incident_id": incident}).json["time_to_mitigate_ms"])

    def test_20_the_audit_log_is_whole(self):
        verification = self.ask("verifyAudit", 200).json
        self.assertTrue(verification["intact"])
        entries = self.ask("listAudit", 200, query="?limit=200").json["items"]
        self.assertEqual(entries[0]["hash"], verification["head_hash"])
        actions = {e["action"] for e in entries}
        self.assertIn("incident.note", actions)

    def test_98_too_many_tries_are_turned_away(self):
        for _ in range(60):
            answer = self.world.controller.client().call("POST", "/session", {"login": "ghost", "password": "x"})
            if answer.status == 429:
                break
        self.assertEqual(answer.status, 429)
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertEqual(description.breaches(self.operations["login"], answer), [])

    def test_99_every_described_status_was_seen(self):
        # A store that can not be written is shown by its own tests.
        excused = {("getHealth", 503)}
        described = {(o.id, s) for o in self.operations.values() for s in o.statuses}
        self.assertEqual(sorted(described - self.seen - excused), [])


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
