import unittest

from measuring.quiet import QuietRuns


def runs_of(cases):
    quiet = QuietRuns()
    for case, states in cases.items():
        for core, memory in states:
            quiet.add(case, core, memory)
    return quiet


class QuietRunsTest(unittest.TestCase):
    def test_a_run_beside_a_disturbed_moment_is_left_out(self):
        quiet = runs_of({"a": [(1, 5), (1, 5), (1.1, 5), (1.6, 5), (1, 5), (1, 5), (1, 5)]})
        self.assertEqual(quiet.pick("a", [10, 11, 12, 13, 14, 15]), ([10, 11, 14, 15], "4 quiet of 6 runs"))

    def test_memory_counts_as_the_core_does(self):
        quiet = runs_of({"a": [(1, 5), (1, 5), (1, 9), (1, 5), (1, 5), (1, 5)]})
        self.assertEqual(quiet.pick("a", [10, 11, 12, 13, 14])[0], [10, 13, 14])

    def test_the_best_is_that_of_all_cases(self):
        quiet = runs_of({"a": [(2, 5)] * 5, "b": [(1, 5)] * 5})
        self.assertEqual(quiet.pick("b", [1, 2, 3, 4])[0], [1, 2, 3, 4])
        self.assertEqual(quiet.pick("a", [1, 2, 3, 4]), ([1, 2, 3, 4], "disturbed: 0 of 4 runs were quiet, all count"))

    def test_without_states_all_count(self):
        self.assertEqual(QuietRuns().pick("a", [1, 2, 3]), ([1, 2, 3], ""))


if __name__ == "__main__":
    unittest.main()
