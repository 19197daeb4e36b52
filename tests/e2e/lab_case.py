"""What the end-to-end tests share: a lab of their own for each test class, and the skip where there can be none.

A test file run as a program exits 77 when everything in it was skipped, which ctest shows as "Skipped".
"""

import os
import pathlib
import sys
import unittest

LAB = pathlib.Path(__file__).resolve().parents[2] / "lab"
sys.path.insert(0, str(LAB))

from box import Box  # noqa: E402
import namespaces  # noqa: E402

SKIPPED = 77


def instance_name():
    digits, number, name = "0123456789abcdefghijklmnopqrstuvwxyz", os.getpid(), ""
    while number:
        number, digit = divmod(number, 36)
        name = digits[digit] + name
    return "t" + name


class LabCase(unittest.TestCase):
    """Subclasses say which box they want; it is up for all tests of the class."""

    options = {"sluice": False}
    box = None

    @classmethod
    def setUpClass(cls):
        reason = namespaces.why_not()
        if reason:
            raise unittest.SkipTest(reason)
        cls.box = Box(instance_name(), **cls.options)
        cls.addClassCleanup(cls.box.down)
        cls.box.up(tied=True)


def main():
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped and len(result.skipped) >= max(1, result.testsRun) else 0)
