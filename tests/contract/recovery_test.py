#!/usr/bin/env python3
"""kill -9 of the controller: what was acknowledged is there afterwards, and the story goes on."""

import os
import subprocess
import sys
import unittest

from controller_case import BIN, Controller, EventReader, World, until


class Recovery(unittest.TestCase):
    def setUp(self):
        self.world = World()

    def tearDown(self):
        self.assertEqual(self.world.close(), 0, "it ends cleanly when it is asked to")

    def test_what_was_acknowledged_survives(self):
        world = self.world
        incident = world.operator.get(f"/incidents?tenant_id={world.bolt}").json["items"][0]["id"]
        before = {path: world.operator.get(path).json for path in ("/tenants", "/sites", "/prefixes", "/users", "/webhooks")}
        audit = world.operator.get("/audit/verify").json
        events = world.operator.get("/events?limit=1").json["items"][0]["sequence"]
        withdrawn = world.mitigation("203.0.113.5/32", "active")["id"]
        world.bolt_admin.ok("POST", f"/mitigations/{withdrawn}/withdraw", {"reason": "just before the end"})
        note = world.bolt_admin.ok("POST", f"/incidents/{incident}/notes", {"text": "the last word"}).json
        world.controller.kill()
        world.controller.start()
        for path, was in before.items():
            self.assertEqual(world.operator.get(path).json, was, path)
        self.assertEqual(world.operator.get(f"/mitigations/{withdrawn}").json["summary"]["state"], "withdrawn")
        self.assertIn(note, world.operator.get(f"/incidents/{incident}").json["timeline"])
        after = world.operator.get("/audit/verify").json
        self.assertTrue(after["intact"])
        self.assertGreater(after["entries"], audit["entries"])
        self.assertGreater(world.operator.get("/events?limit=1").json["items"][0]["sequence"], events)

    def test_peers_come_back_and_attacks_go_on(self):
        world = self.world
        active = world.mitigation("192.0.2.10/32", "active")["id"]
        reader = EventReader(world.operator)
        reader.wait(lambda m: m[0] == "traffic")
        world.controller.kill()
        world.controller.start()
        until(lambda: world.operator.get(f"/mitigations/{active}").json["counters"], what="counters from the gateway")
        self.assertEqual(world.operator.get(f"/mitigations/{active}").json["summary"]["state"], "active")
        gateways = until(lambda: [g for g in world.operator.get("/gateways").json["items"] if g["up"]], what="the gateway")
        until(lambda: (g := world.operator.get("/gateways").json["items"][0])["generation"] == g["wanted_generation"],
              what="the programs in force")
        self.assertEqual(gateways[0]["name"], "guard-1")
        world.attack(world.acme, "192.0.2.50/32")
        late = EventReader(world.operator, last_id=1)
        late.wait(lambda m: m[0] == "incident.opened" and "192.0.2.50" in m[2]["text"])
        for one in (reader, late):
            one.close()

    def test_a_silent_gateway_and_collector_are_told(self):
        world = self.world
        world.controller.detach()
        until(lambda: any(a["code"] == "collector-silent" and not a["cleared_at"]
                          for a in world.operator.get("/alarms").json["items"]), what="the collector's alarm")
        gateway = world.operator.get("/gateways").json["items"][0]
        self.assertFalse(gateway["up"])
        until(lambda: any("gateway" in a["code"] and not a["cleared_at"]
                          for a in world.operator.get("/alarms").json["items"]), what="the gateway's alarm")


class FirstStart(unittest.TestCase):
    def test_a_second_controller_on_the_same_data_is_refused(self):
        first = Controller()
        second = subprocess.run([os.path.join(BIN, "sluice-controller"), "--config", first.config],
                                capture_output=True, text=True, timeout=20)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn("sluice-controller:", second.stderr)
        self.assertEqual(first.close(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
