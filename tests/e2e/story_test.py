"""The whole story as a person plays it: ./dev demo's program, its exit status, its JSON, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import lab_case
import configs
from instance import run_folder
import namespaces

EVENTS = ["first attack packet", "first evidence", "incident", "route in the edge's kernel", "clean traffic",
          "end of attack", "route withdrawn", "back to normal"]


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = namespaces.why_not()
        if reason:
            raise unittest.SkipTest(reason)
        missing = configs.missing_binaries()
        if missing:
            raise unittest.SkipTest(f"not built yet: {', '.join(missing)}")

    def setUp(self):
        self.instance = lab_case.instance_name()
        self.command = [sys.executable, lab_case.LAB / "demo.py", "--instance", self.instance, "--portal-port",
                        str(20_000 + os.getpid() % 10_000)]

    def assert_nothing_left(self):
        self.assertEqual(namespaces.existing(f"slu-{self.instance}-"), [])
        self.assertFalse(os.path.exists(run_folder(self.instance)))

    def play(self, *words):
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            done = subprocess.run([*self.command, "--once", "--json", out.name, *words], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=150)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assert_nothing_left()
            return json.load(out)

    def test_every_promise_is_held(self):
        result = self.play()
        self.assertEqual([e["name"] for e in result["events"]], EVENTS)
        for promise in result["promises"]:
            self.assertEqual(set(promise), {"name", "value", "unit", "limit", "held"})
            self.assertTrue(promise["held"], promise)

    def test_ctrl_c_leaves_nothing(self):
        demo = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                start_new_session=True)
        self.addCleanup(demo.stdout.close)
        self.addCleanup(demo.kill)
        for line in demo.stdout:
            if "first attack packet" in line:
                break
        os.kill(demo.pid, signal.SIGINT)
        deadline = time.monotonic() + 30
        while demo.poll() is None and time.monotonic() < deadline:
            demo.stdout.readline()
        self.assertIsNotNone(demo.poll(), "the demo did not end")
        self.assert_nothing_left()


if __name__ == "__main__":
    lab_case.main()
