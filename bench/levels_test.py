"""A run of all cases that was interrupted goes on where it was: cases by name, results as they come, a second try."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import levels
from measuring.results import Results


class Cases(unittest.TestCase):
    def test_names(self):
        self.assertEqual(len(levels.cases_of(["*"])), len(levels.STORIES) * len(levels.LEVELS))
        self.assertEqual(levels.cases_of(["udp"]), [("udp", level) for level in levels.LEVELS])
        self.assertEqual(levels.cases_of(["syn6/strong", "syn6/strong"]), [("syn6", "strong")])
        self.assertEqual({level for _, level in levels.cases_of(["*/basic"])}, {"basic"})
        self.assertEqual(levels.cases_of(["slow"]), [])


class Resumed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "levels.json")

    def test_what_was_measured_stays(self):
        with contextlib.redirect_stdout(io.StringIO()):
            Results("levels", self.file).add("udp/basic", "requests_lost", "%", [0.5], at_most=0.1)  # and the run is killed
            resumed = Results("levels", self.file, resume=True)
            self.assertEqual(resumed.cases(), {"udp/basic"})
            resumed.add("udp/strong", "requests_lost", "%", [0.0], at_most=0.1)
            self.assertEqual(resumed.verdict(), 1, "the promise that was broken before is still broken")
        with open(self.file, encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["case"] for line in file], ["udp/basic", "udp/strong"])
        self.assertEqual(Results("levels", self.file).cases(), set(), "without resume a run begins anew")


class FailingLabs:
    """Labs of which the first so many do not come up."""

    def __init__(self, failures):
        self.failures, self.taken_down = failures, 0

    def of_level(self, _level):
        if self.failures:
            self.failures -= 1
            raise levels.LabError("gobgpd is not ready after 10 s")
        return None

    def down(self):
        self.taken_down += 1


class Tries(unittest.TestCase):
    def measure(self, labs):
        said = io.StringIO()
        before, levels.play = levels.play, lambda *_: (0.0, 0.0)
        try:
            with contextlib.redirect_stderr(said):
                return levels.measured(labs, "udp", "strong", 1), said.getvalue()
        finally:
            levels.play = before

    def test_a_lab_that_fails_once_is_made_anew_and_it_is_said(self):
        labs = FailingLabs(1)
        result, said = self.measure(labs)
        self.assertEqual(result, (0.0, 0.0))
        self.assertEqual(labs.taken_down, 1)
        self.assertIn("udp/strong: try 1 of 2: gobgpd is not ready", said)

    def test_twice_is_enough(self):
        result, said = self.measure(FailingLabs(2))
        self.assertIsNone(result)
        self.assertIn("try 2 of 2", said)


if __name__ == "__main__":
    unittest.main()
