#!/usr/bin/env python3
"""Each rule is shown a breach that it must find and a neighbour that it must let pass."""

import pathlib
import subprocess
import tempfile
import unittest

import tidy

RULES = {"ranks": {"base": 0, "net": 1, "telemetry": 3, "detection": 3}, "hot": {"modules": ["telemetry"]}}


def source(path, text):
    plain = text.split("\n")
    code = [p if p.startswith("#include") else s for p, s in zip(plain, tidy.strip_comments(text).split("\n"))]
    return tidy.Source(path, plain, code)


def found(rule, path, text, rules=RULES):
    return [breach.rule for breach in rule(source(path, text), rules)]


class Rules(unittest.TestCase):
    def test_ranks(self):
        self.assertEqual(found(tidy.check_ranks, "src/telemetry/a.cpp", '#include "detection/x.hpp"'), ["rank"])
        self.assertEqual(found(tidy.check_ranks, "src/base/a.cpp", '#include "net/x.hpp"'), ["rank"])
        self.assertEqual(found(tidy.check_ranks, "src/telemetry/a.cpp", '#include "net/x.hpp"'), [])
        self.assertEqual(found(tidy.check_ranks, "src/novel/a.cpp", ""), ["rank"])

    def test_names(self):
        self.assertEqual(found(tidy.check_name, "src/net/util.cpp", ""), ["name"])
        self.assertEqual(found(tidy.check_name, "src/net/address.cpp", ""), [])

    def test_file_length(self):
        self.assertEqual(found(tidy.check_size, "src/net/a.cpp", "\n" * 801), ["file-length"])
        self.assertEqual(found(tidy.check_size, "src/net/a.cpp", "\n" * 700), [])

    def test_function_length(self):
        body = "    int x = 0;\n" * 80
        for head in ["int f(int a) {", "int f(int a,\n      int b) {", "TEST(Some, Thing) {", "Some::Some(int a)\n    : a_(a) {"]:
            self.assertEqual(found(tidy.check_functions, "src/net/a.cpp", f"{head}\n{body}}}\n"), ["function-length"], head)
        self.assertEqual(found(tidy.check_functions, "src/net/a.cpp", f"class A {{\n{body}}};\n"), [])
        self.assertEqual(found(tidy.check_functions, "src/net/a.cpp", f"constexpr int table[] = {{\n{body}}};\n"), [])
        self.assertEqual(found(tidy.check_functions, "src/net/a.cpp", f"constexpr std::array<int, f(1)> table = {{{{\n{body}}}}};\n"), [])
        self.assertEqual(found(tidy.check_functions, "src/net/a.hpp", f"struct A {{\n    int f() {{\n{body}    }}\n}};\n"), ["function-length"])

    def test_namespace(self):
        self.assertEqual(found(tidy.check_namespace, "src/store/sqlite/a.cpp", "namespace sluice::store {"), ["namespace"])
        self.assertEqual(found(tidy.check_namespace, "src/store/sqlite/a.cpp", "namespace sluice::store::sqlite {"), [])

    def test_hot(self):
        self.assertEqual(found(tidy.check_hot, "src/telemetry/a.cpp", "throw 1;"), ["hot"])
        self.assertEqual(found(tidy.check_hot, "src/telemetry/a.cpp", "// we never throw"), [])
        self.assertEqual(found(tidy.check_hot, "src/net/a.cpp", "throw 1;"), [])
        allowing = {"hot": {"modules": ["telemetry"], "allow": {"src/telemetry/slow/": "by tests only", "src/telemetry/a.cpp": "once"}}}
        for path, breaches in (("slow/a.hpp", []), ("a.cpp", []), ("slow_path/a.hpp", ["hot"]), ("b.cpp", ["hot"])):
            self.assertEqual(found(tidy.check_hot, f"src/telemetry/{path}", "throw 1;", allowing), breaches, path)

    def test_assertion(self):
        self.assertEqual(found(tidy.check_tests_assert, "src/net/a_test.cpp", "TEST(A, B) {\n    f();\n}"), ["assertion"])
        self.assertEqual(found(tidy.check_tests_assert, "src/net/a_test.cpp", "TEST(A, B) {\n    EXPECT_EQ(f(), 1);\n}"), [])

    def test_scripts(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            subprocess.run(["git", "init", "-q", folder], check=True)
            (root / "good.sh").write_text("#!/usr/bin/env bash\necho good\n", encoding="utf-8")
            (root / "bad").write_text("#!/bin/bash\necho one\nthat some (read)\n", encoding="utf-8")
            self.assertEqual([(b.path, b.line) for b in tidy.check_scripts(root, RULES)], [("bad", 3)])

    def test_comments_and_strings_are_no_code(self):
        self.assertEqual(tidy.strip_comments('f("throw"); // throw').strip(), 'f("");')
        self.assertEqual(tidy.strip_comments("int x = 1'000'000;"), "int x = 1000000;")


if __name__ == "__main__":
    unittest.main()
