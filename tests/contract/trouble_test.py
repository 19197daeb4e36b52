#!/usr/bin/env python3
"""A full disk, a dead store, a dead BGP speaker: an alarm that says what to do, and nothing acknowledged is lost."""

import ctypes
import os
import shutil
import sqlite3
import subprocess
import sys
import unittest

from controller_case import Client, World, until

CLONE_NEWNS = 0x20000
MIB = 1 << 20


def own_mounts():
    """From here on this process and its children have mounts of their own; False where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.unshare(CLONE_NEWNS) == 0 and subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode == 0


class Trouble(unittest.TestCase):
    def setUp(self):
        self.world = World(prepare=self.prepare)
        self.acknowledged = []

    def tearDown(self):
        self.world.close()

    def prepare(self, directory):
        """Before the controller starts."""

    def data(self, name=""):
        return os.path.join(self.world.controller.directory, "data", name)

    def alarm(self, code, subject=None):
        """The active alarm, in the list that the portal shows; each has something to do."""
        for alarm in self.world.operator.ok("GET", "/alarms").json["items"]:
            if alarm["code"] == code and alarm["cleared_at"] is None and subject in (None, alarm["subject"]):
                self.assertTrue(alarm["sentence"] and alarm["what_to_do"], alarm)
                return alarm
        return None

    def cleared(self, code):
        until(lambda: self.alarm(code) is None, what=f"the end of {code}")

    def write(self):
        """A change of the state; what is acknowledged is remembered."""
        text = f"note {len(self.acknowledged)}"
        incident = self.world.operator.ok("GET", "/incidents").json["items"][-1]["id"]
        answer = self.world.operator.call("POST", f"/incidents/{incident}/notes", {"text": text})
        if answer.status < 300:
            self.acknowledged.append((incident, text))
        return answer

    def refused(self, answer):
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(answer.headers["retry-after"], "2")
        self.assertTrue(answer.json["detail"])
        return answer.json["detail"]

    def unhealthy(self):
        answer = Client(self.world.controller.port).get("/health")
        return answer if answer.status == 503 else None

    def assert_nothing_lost(self):
        self.assertTrue(self.acknowledged)
        for incident, text in self.acknowledged:
            notes = [e["text"] for e in self.world.operator.ok("GET", f"/incidents/{incident}").json["timeline"]]
            self.assertIn(f"operator: {text}", notes)
        self.assertTrue(self.world.operator.ok("GET", "/audit/verify").json["intact"])

    def restart(self):
        self.world.controller.kill()
        self.world.controller.start()


class DeadStore(Trouble):
    def test_its_file_is_removed(self):
        self.assertLess(self.write().status, 300)
        os.remove(self.data("state.db"))
        self.assertIn("removed or replaced", self.refused(self.write()))
        alarm = until(lambda: self.alarm("store-failed", "state"), what="the alarm")
        self.assertIn("state.db.rescued", alarm["what_to_do"])
        self.assertIn("restart", alarm["what_to_do"].lower())
        until(self.unhealthy, what="an unhealthy controller")
        self.assert_nothing_lost()
        self.restart()
        until(lambda: not self.unhealthy(), what="health")
        self.assertEqual(self.world.mitigation("192.0.2.10/32", "active")["state"], "active")
        self.assertLess(self.write().status, 300)
        self.assert_nothing_lost()

    def test_another_process_locks_it(self):
        self.assertLess(self.write().status, 300)
        other = sqlite3.connect(self.data("state.db"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        self.assertIn("another process", self.refused(self.write()))
        until(lambda: self.alarm("store-failed", "state"), what="the alarm")
        other.execute("ROLLBACK")
        other.close()
        self.cleared("store-failed")
        self.assertLess(self.write().status, 300)
        self.restart()
        self.assert_nothing_lost()


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("mount") and own_mounts(), "no right to mount a file system here")
class FullDisk(Trouble):
    def prepare(self, directory):
        self._directory = os.path.join(directory, "data")
        os.mkdir(self._directory)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=288m", "sluice-test", self._directory], check=True)

    def tearDown(self):
        super().tearDown()
        subprocess.run(["umount", self._directory], check=False)

    def fill(self, leave):
        room = os.statvfs(self._directory)
        with open(self.data("filler"), "ab") as file:
            os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, room.f_bavail * room.f_bsize - leave)

    def test_it_fills_up_and_is_emptied(self):
        self.assertLess(self.write().status, 300)
        self.assertIsNone(self.alarm("disk-full"))
        self.fill(leave=64 * MIB)
        self.assertIn("Make room", until(lambda: self.alarm("disk-full"), what="the warning")["what_to_do"])
        self.assertLess(self.write().status, 300, "there is room still")
        self.fill(leave=0)
        for _ in range(40):
            answer = self.write()
            if answer.status >= 300:
                break
        self.assertIn("no room", self.refused(answer))
        alarm = until(lambda: self.alarm("store-failed", "state"), what="the alarm")
        self.assertIn("Make room on its disk", alarm["what_to_do"])
        until(self.unhealthy, what="an unhealthy controller")
        self.assert_nothing_lost()
        os.remove(self.data("filler"))
        self.cleared("store-failed")
        self.cleared("disk-full")
        self.assertLess(self.write().status, 300)
        self.restart()
        self.assert_nothing_lost()


class DeadSpeaker(Trouble):
    def announced(self):
        return [r for r in self.world.operator.ok("GET", "/speakers").json["items"] if r["routes"] > 0]

    def test_it_is_killed_and_comes_back(self):
        until(self.announced, what="routes")
        routes = self.world.operator.ok("GET", "/speakers").json["items"][0]["routes"]
        session = until(lambda: self.alarm("bgp-session-down"), what="the alarm of a speaker without neighbours")
        self.assertIn("neighbours", session["what_to_do"])
        self.world.speaker.kill()
        alarm = until(lambda: self.alarm("speaker-down"), what="the alarm")
        self.assertEqual(alarm["severity"], "critical")
        self.assertIn("gobgpd", alarm["what_to_do"])
        self.assertFalse(self.world.operator.ok("GET", "/speakers").json["items"][0]["up"])
        self.world.attack(self.world.acme, "192.0.2.33/32")  # found and stored; announced as soon as it can be
        self.world.speaker.start()
        self.cleared("speaker-down")
        until(lambda: (s := self.announced()) and s[0]["routes"] == routes + 1, what="all routes again")


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
