"""What benchmarks may be told on their command line."""

import argparse
import os

from measuring.results import STDOUT


def parser_of(description, seconds, seconds_of, runs=None):
    """--json and --seconds, and --runs for a benchmark whose results are medians (checked by parse())."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", nargs="?", const=STDOUT,
                        help="write the results there, one JSON object a line; without FILE to stdout, and the table to stderr")
    if runs:
        parser.add_argument("--runs", type=int, default=runs, help="and more on a machine that others disturb, where that is measured")
    parser.add_argument("--seconds", type=float, default=seconds, help=f"of {seconds_of}")
    return parser


def parse(parser, words=None):
    """words: of the command line, unless told."""
    arguments = parser.parse_args(words)
    if getattr(arguments, "runs", 3) < 3:
        parser.error("a median of fewer than three runs says nothing")
    return arguments


def program_arguments(description):
    """Of benchmarks that run a program of the build folder (programs.lines_of)."""
    parser = parser_of(description, 1, "each run of each case", runs=5)
    parser.add_argument("--only", default="", metavar="PART", help="only cases with this in their name")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    return parse(parser)
