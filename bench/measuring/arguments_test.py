"""What --json writes, and where: lines for programs on stdout or in a file, the table for people elsewhere."""

import contextlib
import io
import json
import os
import tempfile
import unittest

from measuring.arguments import parse, parser_of
from measuring.results import Results


def measured(words):
    """(status, stdout, stderr) of a benchmark that is told these words."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        results = Results("pass", parse(parser_of("A benchmark.", 1, "each run", runs=3), words).json)
        results.add("held", "net", "ns", [40, 50, 60], at_most=60)
        results.add("missed", "net", "ns", [70, 80, 90], at_most=60)
        status = results.verdict()
    return status, out.getvalue(), err.getvalue()


def objects(text):
    return [(line["case"], line["value"]) for line in map(json.loads, text.splitlines())]


RESULTS = [("held", 50), ("missed", 80)]


class Json(unittest.TestCase):
    def assert_table(self, text):
        self.assertIn("promised at most 60: held", text)
        self.assertIn("broken promise: missed", text)

    def test_without_a_file_stdout_has_nothing_but_json(self):
        for words in (["--json"], ["--json", "--runs", "5"], ["--runs", "5", "--json"]):
            status, out, err = measured(words)
            self.assertEqual(status, 1)
            self.assertEqual(objects(out), RESULTS)
            self.assert_table(err)

    def test_with_a_file_the_table_is_on_stdout(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pass.json")
            _, out, err = measured(["--json", path])
            self.assert_table(out)
            self.assertEqual(err, "")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(objects(file.read()), RESULTS)

    def test_without_json_there_is_only_the_table(self):
        _, out, err = measured([])
        self.assert_table(out)
        self.assertNotIn("{", out)
        self.assertEqual(err, "")


class Runs(unittest.TestCase):
    def test_a_median_wants_three(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
            parse(parser_of("A benchmark.", 1, "each run", runs=3), ["--runs", "2"])
        self.assertIn("fewer than three runs", said.getvalue())


if __name__ == "__main__":
    unittest.main()
