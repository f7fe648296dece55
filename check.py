"""Check the project: style, types, and the tests against its built wheel.

Needs Python 3.11 or newer, pip and the package index. Everything is made in one directory.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the checkout stays as it is

from _workspace import ROOT, StepError, Workspace, timed  # noqa: E402

GROUPS = ("test", "type", "lint", "docs")
TESTS = ["-n", "2", "tests"]
CORE = (
    "core/*", "errors", "lock/choice", "lock/options", "lock/pylock", "text", "times", "uv/arguments",
    "visibility/rules",
)  # fmt: skip
"""The modules that decide, and touch neither processes nor settings: the tests reach every branch of them."""


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
        help=f"arguments of pytest (default: {' '.join(TESTS)}, and the coverage of the core has to be complete)",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=Path,
        default=ROOT / ".check",
        help="where everything is made (default: %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="delete that directory first, if this program made it")
    options = parser.parse_args()

    try:
        workspace = Workspace(options.directory, fresh=options.fresh)
        with timed("An environment with the built wheel, and the tools"):
            python = prepare(workspace)
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
    checks = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        "docs": ["mkdocs", "build", "--strict", "--quiet", "--site-dir", str(workspace.directory / "docs")],
    }
    codes = {}
    try:
        for name, arguments in checks.items():
            print(f"--- {name}", flush=True)
            codes[name] = workspace.run(python, "-m", *arguments, cwd=ROOT)
        codes |= test(workspace, python, options.pytest)
    except KeyboardInterrupt:
        return 130
    failed = [name for name, code in codes.items() if code]
    if failed and failed != ["pytest"]:  # what pytest says of itself stays the last line
        print(f"check.py: failed: {', '.join(failed)}", file=sys.stderr)
    return next((code for code in codes.values() if code), 0)


def test(workspace: Workspace, python: Path, arguments: list[str]) -> dict[str, int]:
    """Run the tests, and see that all of them together cover the core; return the exit codes by name."""
    print("--- pytest", flush=True)
    options = ["-o", f"cache_dir={workspace.directory / 'cache' / 'pytest'}"]
    if arguments != TESTS:  # a part of the tests covers a part of the code
        return {"pytest": workspace.run(python, "-m", "pytest", *options, *arguments, cwd=ROOT)}
    workspace.variables["COVERAGE_FILE"] = str(workspace.directory / "coverage")
    if sys.stdout.isatty():
        options.append("--color=yes")
    code, closing = workspace.tee(python, "-m", "pytest", *options, "--cov", "--cov-report=", *arguments, cwd=ROOT)
    print("--- coverage of the core", flush=True)
    files = ",".join(f"src/tox_sitediff/{name}.py" for name in CORE)
    codes = {
        "pytest": code,
        "coverage": workspace.run(
            python, "-m", "coverage", "report", f"--include={files}", "--fail-under=100", cwd=ROOT
        ),
    }
    print(closing)
    return codes


def prepare(workspace: Workspace) -> Path:
    """A virtual environment with the project as its users get it, and the dependency groups."""
    python = workspace.environment("venv")
    answer = workspace.step(python, "-m", "pip", "--version")
    version = re.match(r"pip (\d+)\.(\d+)", answer)
    if version is None or tuple(map(int, version.groups())) < (25, 1):  # the first that knows dependency groups
        workspace.step(python, "-m", "pip", "install", "--upgrade", "pip>=25.1")
    workspace.install(python, [word for group in GROUPS for word in ("--group", group)] + ["."])
    return python


if __name__ == "__main__":
    sys.exit(main())
