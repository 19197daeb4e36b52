#!/usr/bin/env python3
"""Every operation as every role: who may call it is what the description says, and nothing else."""

import secrets
import sys
import unittest

import description
from controller_case import PASSWORD, World
from contract_test import GONE


class Roles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def knock(self, operation, client):
        """Calls an operation so that it can do no harm: on what is not there, or with an empty body."""
        path = operation.path
        for name, value in GONE.items():
            path = path.replace("{" + name + "}", value)
        if operation.id == "streamEvents":
            path += "?tenant_id=tenant-999999"  # ends at once
        body, kind = None, "application/json"
        if operation.body:
            body = {} if "application/json" in operation.body["content"] else "nonsense: true\n"
            kind = next(iter(operation.body["content"]))
        return client.call(operation.method, path, body, headers={"If-Match": "*"}, content_type=kind)

    def test_the_matrix(self):
        cells = 0
        for operation in description.operations():
            if operation.public or operation.id == "logout":
                continue
            for role in World.ROLES:
                slug = "provider" if role.startswith("operator") else "bolt"
                answer = self.knock(operation, self.world.by_role[slug, role])
                allowed = answer.status not in (401, 403)
                self.assertEqual(allowed, role in operation.roles, f"{operation} as {role}: {answer}")
                cells += 1
            self.assertEqual(self.knock(operation, self.world.controller.client()).status, 401, operation)
            forged = type(self.world.operator)(self.world.operator.port, "sls_" + "0" * 64)
            self.assertEqual(self.knock(operation, forged).status, 401, operation)
        self.assertGreater(cells, 200)

    def test_logout_is_for_everybody(self):
        for role in World.ROLES:
            slug = "provider" if role.startswith("operator") else "bolt"
            client = self.world.controller.client(f"{slug}-{role}")
            self.assertEqual(client.call("DELETE", "/session").status, 204)
            self.assertEqual(client.get("/session").status, 401)

    def person(self, role):
        """A new user of the second tenant: (path, client)."""
        login = f"bolt-{secrets.token_hex(4)}"
        made = self.world.operator.ok("POST", "/users", {"tenant_id": self.world.bolt, "login": login, "role": role,
                                                         "password": PASSWORD})
        return "/users/" + made.json["id"], self.world.controller.client(login)

    def test_a_disabled_user_is_nobody_at_once(self):
        path, viewer = self.person("tenant_viewer")
        token = type(viewer)(viewer.port, viewer.ok("POST", "/tokens", {"name": "t"}).json["secret"])
        self.assertEqual(self.world.operator.change("PATCH", path, {"disabled": True}).status, 200)
        self.assertEqual(viewer.get("/session").status, 401)
        self.assertEqual(token.get("/session").status, 401)

    def test_a_changed_role_counts_at_once(self):
        path, client = self.person("tenant_admin")
        self.assertEqual(client.get("/users").status, 200)
        self.assertEqual(self.world.operator.change("PATCH", path, {"role": "tenant_viewer"}).status, 200)
        self.assertEqual(client.get("/users").status, 403)

    def test_nobody_gives_more_than_he_has(self):
        path = "/users/" + self.world.users["bolt-tenant_viewer"]
        answer = self.world.bolt_admin.change("PATCH", path, {"role": "operator_admin"})
        self.assertIn(answer.status, (403, 409, 422), answer)
        answer = self.world.by_role["provider", "operator_viewer"].call("POST", "/tokens", {"name": "viewer's own"})
        self.assertEqual(answer.status, 201)
        token = type(self.world.operator)(self.world.operator.port, answer.json["secret"])
        self.assertEqual(token.call("PUT", "/policy", "tenants: []\n", content_type="application/yaml").status, 403)


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
