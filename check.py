"""Check the project: the unit tests, style, types, documentation, and all tests against its built wheel.

With --fast, in less than a minute: the style of what was changed, types, and the unit tests, on the checkout itself.
Needs Python 3.11 or newer, pip and the package index. Everything is made in one directory.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

sys.dont_write_bytecode = True  # the checkout stays as it is

from _house import covered, deciding  # noqa: E402
from _workspace import ROOT, StepError, Workspace, timed  # noqa: E402

GROUPS = ("test", "type", "lint", "docs", "release")
UNIT = ["-q", "tests/unit"]
TESTS = ["-n", "2", "--dist", "worksteal", "tests"]
COVERAGE = ["--cov", "--cov-report="]
MEASURED = [
    *("tests/process", "tests/end_to_end/cli", "tests/bases/test_recipes.py"),
    *(f"tests/end_to_end/test_{name}.py" for name in ("commands", "lock_runner", "rerun")),
]
"""Where, after the unit tests, the code is reached that has to be covered; measuring costs half as much again."""
SPHINX = ["-q", "-W", "--keep-going", "-b", "html"]
EXAMPLES = "100"
"""How many examples the whole check tries of each property; pytest alone and --fast try fewer."""


NEARLY: Final = 90
"""How much of what decides while programs run the tests reach at least, in per cent of lines and branches."""


def main() -> int:
    """Prepare what is missing, run every check, and return the first exit code that is not 0."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python check.py -- -k plan --maxfail 1",
    )
    parser.add_argument(
        "pytest",
        nargs="*",
        metavar="ARG",
        default=TESTS,
        help=f"arguments of pytest (default: {' '.join(TESTS)}, and every branch of what is pure has to be covered)",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=Path,
        default=ROOT / ".check",
        help="where everything is made (default: %(default)s)",
    )
    parser.add_argument("--fast", action="store_true", help="lint what was changed, check types, run the unit tests")
    parser.add_argument("--fresh", action="store_true", help="delete that directory first, if this program made it")
    options = parser.parse_args()
    if options.fast and options.pytest != TESTS:
        parser.error("--fast runs the unit tests: it takes no arguments for pytest")

    of = "the checkout" if options.fast else "the built wheel"
    try:
        workspace = Workspace(options.directory, fresh=options.fresh)
        with timed(f"An environment with {of}, and the tools"):
            python = prepare(workspace, for_fast=options.fast)
    except StepError as failure:
        print(f"check.py: {failure}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130

    cache = workspace.directory / "cache"
    workspace.variables |= {
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "RUFF_CACHE_DIR": str(cache / "ruff"),
    }
    try:
        codes = fast(workspace, python) if options.fast else whole(workspace, python, options.pytest)
    except KeyboardInterrupt:
        return 130
    failed = [name for name, code in codes.items() if code]
    if failed and failed not in (["pytest"], ["unit tests"]):  # what pytest says of itself stays the last line
        print(f"check.py: failed: {', '.join(failed)}", file=sys.stderr)
    return next((code for code in codes.values() if code), 0)


def fast(workspace: Workspace, python: Path) -> dict[str, int]:
    """Check what takes seconds; return the exit codes by name."""
    del workspace.variables["PYTHONDONTWRITEBYTECODE"]  # the next run need not compile it all again
    workspace.variables["PYTHONPYCACHEPREFIX"] = str(workspace.directory / "cache" / "bytecode")
    checks = {"mypy": ["mypy"]}
    if files := changed():
        checks = {
            "ruff check": ["ruff", "check", "--force-exclude", *files],
            "ruff format": ["ruff", "format", "--check", "--force-exclude", *files],
        } | checks
    return run(workspace, python, checks) | {"unit tests": unit(workspace, python)[0]}


def changed() -> list[str]:
    """List the Python files that differ from the last commit or are new; all, where there is no git to ask."""
    git = shutil.which("git")
    if git is None:
        return ["."]
    found: set[str] = set()
    for question in (
        ["diff", "--name-only", "--relative", "--diff-filter=d", "-z", "HEAD"],
        ["ls-files", "--others", "--exclude-standard", "-z"],
    ):
        try:
            done = subprocess.run([git, *question], cwd=ROOT, capture_output=True, check=True)
        except subprocess.CalledProcessError:
            return ["."]
        found |= {name for name in os.fsdecode(done.stdout).split("\0") if name.endswith((".py", ".pyi"))}
    return sorted(found)


def whole(workspace: Workspace, python: Path, arguments: list[str]) -> dict[str, int]:
    """Check everything, the unit tests first: where they fail, that is all; return the exit codes by name."""
    workspace.variables["SITEDIFF_TEST_EXAMPLES"] = EXAMPLES
    workspace.variables["COVERAGE_FILE"] = str(workspace.directory / "coverage")
    first = ""
    if arguments == TESTS:
        code, first = unit(workspace, python, *COVERAGE)
        if code:
            return {"unit tests": code}
    doctrees = str(workspace.directory / "cache" / "doctrees")
    checks = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        "docs": ["sphinx", *SPHINX, "-d", doctrees, "docs", str(workspace.directory / "docs")],
    }
    return run(workspace, python, checks) | test(workspace, python, arguments, first)


def run(workspace: Workspace, python: Path, checks: dict[str, list[str]]) -> dict[str, int]:
    """Run tools one after the other; return their exit codes by name."""
    codes = {}
    for name, arguments in checks.items():
        print(f"--- {name}", flush=True)
        codes[name] = workspace.run(python, "-m", *arguments, cwd=ROOT)
    return codes


def unit(workspace: Workspace, python: Path, *more: str) -> tuple[int, str]:
    """Run the unit tests, in one process: they take less than it takes to start several.

    Returns:
        The exit code, and pytest's last line.
    """
    print("--- unit tests", flush=True)
    return workspace.tee(python, "-m", "pytest", *pytest_options(workspace), *UNIT, *more, cwd=ROOT)


def pytest_options(workspace: Workspace) -> list[str]:
    """What keeps pytest's cache out of the checkout."""
    return ["-o", f"cache_dir={workspace.directory / 'cache' / 'pytest'}"]


def test(workspace: Workspace, python: Path, arguments: list[str], before: str) -> dict[str, int]:
    """Run the tests, and see that they cover what decides; return the exit codes by name."""
    print("--- pytest", flush=True)
    options = pytest_options(workspace)
    if arguments != TESTS:  # a part of the tests covers a part of the code
        return {"pytest": workspace.run(python, "-m", "pytest", *options, *arguments, cwd=ROOT)}
    if sys.stdout.isatty():
        options.append("--color=yes")
    *how, everything = TESTS
    command: list[str | Path] = [python, "-m", "pytest", *options, *how]
    measured, first = workspace.tee(*command, *COVERAGE, "--cov-append", *MEASURED, cwd=ROOT)
    rest = [f"--ignore={place}" for place in ("tests/unit", *MEASURED)]
    others, second = workspace.tee(*command, *rest, everything, cwd=ROOT)
    codes = {"pytest": measured or others}
    for what, paths, least in (("what is pure", covered(), 100), ("what decides", deciding(), NEARLY)):
        print(f"--- coverage of {what}", flush=True)
        files = ",".join(path.relative_to(ROOT).as_posix() for path in paths)
        codes[f"coverage of {what}"] = workspace.run(
            python, "-m", "coverage", "report", f"--include={files}", f"--fail-under={least}", cwd=ROOT
        )
    print(closing(before, first, second))
    return codes


def closing(*lines: str) -> str:
    """Add up what several runs of pytest say at their end."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for line in lines:
        for number, word in re.findall(r"(\d+) (passed|failed|skipped|errors?)\b", line):
            counts["failed" if word.startswith("error") else word] += int(number)
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def prepare(workspace: Workspace, *, for_fast: bool) -> Path:
    """A virtual environment with the dependency groups, and the project as its users get it, or from the checkout."""
    python = workspace.environment("fast" if for_fast else "venv")
    answer = workspace.step(python, "-m", "pip", "--version")
    version = re.match(r"pip (\d+)\.(\d+)", answer)
    if version is None or tuple(map(int, version.groups())) < (25, 1):  # the first that knows dependency groups
        workspace.step(python, "-m", "pip", "install", "--upgrade", "pip>=25.1")
    left_out = {"docs", "release"} if for_fast else set()
    groups = [word for group in GROUPS if group not in left_out for word in ("--group", group)]
    workspace.install(python, [*groups, *(["--editable"] if for_fast else []), "."], editable=for_fast)
    return python


if __name__ == "__main__":
    sys.exit(main())
