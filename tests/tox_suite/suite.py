"""Run tox's own suite with the plugin active, and hold what differs to a list with reasons.

    python tests/tox_suite/suite.py [FILE...]

The suite comes with the source distribution of the tox that is installed here; FILE is one of its files, such as
tests/plugin/test_plugin.py, or a directory. Needs the package index. What fails with the plugin is run once more
without it: what passes then differs, and has to be on the list (differences.toml). Without FILE it takes the rooms that
the list is about, which is long, and tells too what on the list did not differ.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.request
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bases.made import clean_environment, uv_program
from support.hosts import Host, make_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LIST: Final = Path(__file__).with_name("differences.toml")
FILES: Final = (
    *("tests/config", "tests/plugin", "tests/session", "tests/tox_env", "tests/test_run.py", "tests/test_provision.py"),
)
NEEDED: Final = (
    *("build[virtualenv]", "devpi-process", "flaky", "hatchling", "pdm-backend", "psutil", "pytest", "pytest-mock"),
    *("pytest-timeout", "pytest-xdist", "re-assert", "setuptools<82", "time-machine", "wheel", "argcomplete"),
)
"""What tox's suite needs, without what only its slow tests do."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """tox's suite, and two environments to run it in."""

    directory: Path
    active: Host
    without: Host

    def differences(self, files: Iterable[str], *, jobs: int) -> list[str]:
        """Name the tests that fail with the plugin, and pass without it.

        Args:
            files: Files and directories of the suite.
            jobs: How many run at a time.
        """
        failed = self._failed(self.active, files, jobs=jobs)
        return sorted({*failed} - {*self._failed(self.without, failed, jobs=jobs)}) if failed else []

    def _failed(self, host: Host, tests: Iterable[str], *, jobs: int) -> list[str]:
        report = self.directory.with_name(f"{host.directory.name}.xml")
        report.unlink(missing_ok=True)
        options = [
            "-q",
            "--tb=no",
            "-p",
            "no:cacheprovider",
            "-m",
            "not integration and not slow",
            f"--junitxml={report}",
        ]
        if jobs > 1:
            options += ["-n", str(jobs)]
        done = subprocess.run(
            [str(host.python), "-m", "pytest", *options, *tests],
            cwd=self.directory,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in {0, 1} or not report.exists():
            raise RuntimeError(f"tox's suite could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        cases = ET.parse(report).iter("testcase")  # written by pytest
        return [
            f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
            for case in cases
            if case.find("failure") is not None or case.find("error") is not None
        ]


def make_suite(directory: Path) -> Suite:
    """Fetch it, and make the environments.

    Args:
        directory: Where to; must exist.
    """
    tox = f"tox=={version('tox')}"
    source = directory / "tox"
    with tarfile.open(fileobj=io.BytesIO(_source_distribution(tox)), mode="r:gz") as archive:
        archive.extractall(directory, filter="data")
    next(directory.glob("tox-*")).rename(source)
    without = make_host(directory / "without", tox, *NEEDED, package=False)
    return Suite(directory=source, active=make_host(directory / "active", tox, *NEEDED), without=without)


def _source_distribution(requirement: str) -> bytes:
    """Fetch a source distribution, which pip and uv would build something of."""
    command = [str(uv_program()), "pip", "compile", "-q", "--no-deps", "--format", "pylock.toml", "-"]
    done = subprocess.run(command, input=requirement.encode(), env=clean_environment(), capture_output=True, check=True)
    url = str(tomllib.loads(done.stdout.decode("utf-8"))["packages"][0]["sdist"]["url"])
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


def known() -> Mapping[str, Sequence[str]]:
    """Read the list: tests without their parameters, by reason."""
    return {reason: tuple(tests) for reason, tests in tomllib.loads(LIST.read_text("utf-8")).items()}


def unexplained(differences: Iterable[str]) -> list[str]:
    """Name those of the tests that differ which are not on the list."""
    listed = {test for tests in known().values() for test in tests}
    return [test for test in differences if test.partition("[")[0] not in listed]


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE", help="files and directories of tox's suite")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many run at a time (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        found = make_suite(Path(directory)).differences(options.files or FILES, jobs=options.jobs)
    for test in (left := unexplained(found)):
        print(f"differs, and is not on the list: {test}")
    if not options.files:
        differing = {test.partition("[")[0] for test in found}
        for test in (test for tests in known().values() for test in tests if test not in differing):
            print(f"is on the list, and does not differ: {test}")
    print(f"{len(found)} tests differ, {len(left)} of them without a reason")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
