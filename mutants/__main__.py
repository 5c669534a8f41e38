"""`make mutants ARGS="sql --sample 300 --seed 1"`: run mutants, resume, and print scores and survivors."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path

from mutants import pure, replay, results, routes, sql_code
from mutants.coverage import Coverage
from mutants.recording import VARIABLE
from mutants.runner import Result, run_all
from mutants.source import FOLDER, Mutant, Source

SUITES = {"sql": sql_code, "routes": routes, "pure": pure}
COVERAGE = {"pure": "pure-coverage.jsonl"}
"""Files of mutants.recording other than coverage.jsonl: tests of pure code that need no database."""
BUDGET = 40.0
"""Seconds that a mutant's tests take at most without it."""


def every(suite: str) -> list[Mutant]:
    """Return all mutants of a suite."""
    return [mutant for path in SUITES[suite].files() for mutant in SUITES[suite].mutants(Source.read(path))]


def sample(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """Return a sample in which operators and areas take turns, so that no frequent one outweighs the others."""
    groups = defaultdict(list)
    for mutant in sorted(mutants, key=lambda each: hashlib.sha256(f"{seed} {each.id}".encode()).digest()):
        groups[mutant.operator, mutant.area].append(mutant)
    ordered = sorted(groups.values(), key=lambda group: hashlib.sha256(f"{seed} {group[0].id}".encode()).digest())
    turns = [mutant for turn in zip_longest(*ordered) for mutant in turn if mutant is not None]
    return turns[:size] if size else turns


def waiting(mutants: list[Mutant], known: dict[str, Result], *, again: bool) -> list[Mutant]:
    """Return those without a result, and with `again` afterwards those that survived."""
    unsettled = ("error", "survived") if again else ("error",)
    return [
        each
        for outcome in unsettled
        for each in mutants
        if known.get(each.id, {"outcome": "error"})["outcome"] == outcome
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("suite", choices=[*SUITES, "replay", "record", "record-pure"])
    parser.add_argument("tests", nargs="*", help="record: files of tests; all without")
    parser.add_argument("--sample", type=int, default=300, help="number of mutants; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of tests for a mutant")
    parser.add_argument("--again", action="store_true", help="run those again that survived")
    parser.add_argument("--only", default="", help="beginning of a path, or an id")
    parser.add_argument("--collect", type=int, default=0, metavar="N", help="replay: write the file, N of each suite")
    parser.add_argument("--list", action="store_true", help="print the mutants and run none")
    parser.add_argument("--coverage", type=Path, help="file of mutants.recording")
    return parser.parse_intermixed_args()


def run(options: argparse.Namespace) -> int:
    """Run the mutants of a suite that have no result yet; return 1 when a survivor has no accepted reason."""
    mutants = sample(every(options.suite), options.sample, options.seed)
    mutants = [each for each in mutants if each.path.startswith(options.only) or each.id == options.only]
    if options.list:
        sys.stdout.writelines(f"{results.difference(mutant)}\n" for mutant in mutants)
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{options.suite}.jsonl"
    known = results.read(file)
    ahead = waiting(mutants, known, again=options.again)
    coverage = Coverage()
    if ahead:
        coverage = Coverage.read(options.coverage or FOLDER / COVERAGE.get(options.suite, "coverage.jsonl"))

    def keep(mutant: Mutant, result: Result) -> None:
        results.append(file, mutant, result)
        sys.stdout.write(f"{result['outcome']:9} {result.get('seconds', 0):6.1f} s  {mutant.id} {mutant.operator} ")
        sys.stdout.write(f"{mutant.path} {mutant.where}  {result.get('test', '')[-90:]}\n")
        sys.stdout.flush()

    choose = pure.tests_for if options.suite == "pure" else Coverage.tests_for
    chosen = [(each, choose(coverage, each, options.budget)) for each in ahead]
    run_all(
        [(each, tests, sum(coverage.seconds[test] for test in tests)) for each, tests in chosen],
        keep,
        options.workers,
    )
    return report(mutants, results.read(file))


def report(mutants: list[Mutant], known: dict[str, Result]) -> int:
    """Print survivors and scores; return 1 when a survivor has no accepted reason."""
    pairs = [(mutant, known[mutant.id]) for mutant in mutants if mutant.id in known]
    reasons = results.accepted()
    survivors = [mutant for mutant, result in pairs if result["outcome"] == "survived"]
    for mutant in survivors:
        reason = f"accepted: {reasons[mutant.id]}\n" if mutant.id in reasons else ""
        sys.stdout.write(f"\n{results.difference(mutant)}\n{reason}")
    sys.stdout.write("\n" + "\n".join(results.table(pairs)) + "\n")
    return int(any(mutant.id not in reasons for mutant in survivors))


def collect(count: int) -> int:
    """Write the replay file anew: `count` killed mutants of each suite with results, the present ones of the others."""
    entries = []
    for suite in SUITES:
        known = results.read(FOLDER / f"{suite}.jsonl")
        if not known:
            entries += [entry for entry in replay.read() if entry.suite == suite]
            continue
        pairs = [(each, known[each.id]) for each in every(suite) if each.id in known]
        for mutant, test in replay.cheapest(pairs, count):
            entries.append(replay.entry_of(Source.read(mutant.path), mutant, test))
    replay.write(entries)
    return 0


def record(options: argparse.Namespace) -> int:
    """Run the tests that are named, or all, and append what each enters to the file of the coverage."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = options.coverage or FOLDER / "coverage.jsonl"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "mutants.recording", "-n", str(options.workers)]
    selected = ["--dist", "loadfile", "-m", "not faults and not clients", *options.tests]
    return subprocess.run([*command, *selected], env={**os.environ, VARIABLE: str(file.absolute())}).returncode


def record_pure(options: argparse.Namespace) -> int:
    """Record the tests of pure code that need no database; what was recorded of their files is forgotten."""
    options.coverage = options.coverage or FOLDER / COVERAGE["pure"]
    if options.coverage.exists():
        lines = options.coverage.read_text("utf-8").splitlines(keepends=True)
        kept = [
            line for line in lines if options.tests and not json.loads(line)["test"].startswith(tuple(options.tests))
        ]
        options.coverage.write_text("".join(kept), "utf-8")
    options.tests = ["-p", "mutants.database_free", *(options.tests or pure.TESTS)]
    return record(options)


def main() -> int:
    options = arguments()
    if options.suite == "record":
        return record(options)
    if options.suite == "record-pure":
        return record_pure(options)
    if options.suite == "replay":
        return collect(options.collect) if options.collect else replay.replay(options.workers)
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
