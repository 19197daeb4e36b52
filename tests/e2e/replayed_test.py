"""./dev demo where no namespaces are allowed: the story as a capture, by sluice replay. Needs no privileges."""

import contextlib
import io
import json
import tempfile
import types
import unittest

import lab_case
import configs
import replayed


class Replayed(unittest.TestCase):
    def test_every_promise_is_held(self):
        missing = configs.missing_binaries(("sluice",))
        if missing:
            self.skipTest("not built yet: sluice")
        said = io.StringIO()
        with tempfile.NamedTemporaryFile(suffix=".json") as out, contextlib.redirect_stdout(said):
            self.assertEqual(replayed.play(types.SimpleNamespace(json=out.name), print), 0, said.getvalue())
            result = json.load(out)
        self.assertEqual([e["name"] for e in result["events"]],
                         ["first attack packet", "first evidence", "incident", "route in use", "end of attack",
                          "route withdrawn", "back to normal"])
        self.assertTrue(all(p["held"] for p in result["promises"]), result["promises"])


if __name__ == "__main__":
    lab_case.main()
