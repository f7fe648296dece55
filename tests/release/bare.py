"""Run the tests of an unpacked sdist against its wheel, in bare environments, with the sources out of the way.

    python tests/release/bare.py                                  # every way over every supported Python that is found
    python tests/release/bare.py --python 3.12 --tox newest --beside nothing --short
    python tests/release/bare.py --distributions dist             # what was built before

Each environment holds the wheel, what it requires, and what the tests need; with `--tox lowest` everything that the
wheel requires in the oldest release that it allows. `--short` is what the whole check runs: the unit tests and a few
end to end; without it all tests of programs come along, which takes ten minutes or more for each environment. Needs the
package index, or uv's cache. Exit status 1 where a test failed anywhere.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path[0:1] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from packaging.metadata import Metadata
from packaging.requirements import Requirement

from release.distributions import ROOT, FaultError, build, contents, copy, tracked
from support import interpreters
from support.bases.made import clean_environment, uv_program

if TYPE_CHECKING:
    from collections.abc import Sequence

SUPPORTED: Final = tuple(f"3.{minor}" for minor in range(11, 16))
"""What the plugin itself runs on; what it makes environments for reaches further back."""
NOT_NEEDED: Final = frozenset(
    {"axe-core-python", "coverage", "nox", "py-rattler", "pytest-cov", "pytest-xdist", "selenium", "tox-uv-bare"}
)
"""What of the dependency group `test` a bare environment does without: these tests skip what they would need it for."""
TOX_UV: Final = "tox-uv-bare>=1.37"
BESIDE: Final = {"nothing": (), "tox-uv": (TOX_UV,), "nox": ("nox",), "both": (TOX_UV, "nox")}
SHORT: Final = ("tests/unit", "tests/end_to_end/test_difference.py")
LONG: Final = ("tests/unit", "tests/process", "tests/end_to_end")


@dataclass(frozen=True, kw_only=True)
class Way:
    """One environment.

    Attributes:
        python: A version, or the path of an interpreter.
        oldest: Whether it has the oldest releases of what the wheel requires, tox among them, or the newest.
        beside: What is installed beside it: a key of `BESIDE`.
    """

    python: str
    oldest: bool
    beside: str

    def __str__(self) -> str:
        """The way in words."""
        return f"Python {self.python}, {'oldest' if self.oldest else 'newest'} tox, with {self.beside}"


def required(wheel: Path, extras: Sequence[str]) -> list[str]:
    """Name what a wheel requires, as it says it: uv takes the oldest of what is named, and of nothing else.

    Args:
        wheel: With core metadata.
        extras: Which of its extras count.

    Returns:
        Requirements without extras and markers: ``tox>=4.59``.
    """
    text = next(text for name, text in contents(wheel).items() if name.endswith(".dist-info/METADATA"))
    found = Metadata.from_email(text, validate=False).requires_dist or []
    environments = [{"extra": extra} for extra in ("", *extras)]
    counted = (item for item in found if item.marker is None or any(map(item.marker.evaluate, environments)))
    return [f"{item.name}{item.specifier}" for item in counted]


def tools() -> list[str]:
    """Name what the tests need, as the dependency group `test` has it, but for what they can do without."""
    group = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["test"]
    return [line for line in group if Requirement(line).name not in NOT_NEEDED]


def make(way: Way, wheel: Path, directory: Path) -> Path:
    """Make an environment.

    Args:
        way: Which.
        wheel: What is tested.
        directory: Where; it is made.

    Returns:
        Its interpreter.

    Raises:
        FaultError: uv could not.
    """
    environment = directory / "environment"
    _uv("venv", "--quiet", "--no-project", "--python", way.python, str(environment))
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    beside = BESIDE[way.beside]
    needed = [*tools(), *beside, *required(wheel, ["nox"] if "nox" in beside else []), str(wheel)]
    resolution = ["--resolution", "lowest-direct"] if way.oldest else []
    _uv("pip", "install", "--quiet", "--python", str(python), *resolution, *needed)
    return python


def unpack(sdist: Path, directory: Path) -> Path:
    """Unpack an sdist, and take the sources out of it; where it is."""
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    (root,) = (path for path in directory.iterdir() if (path / "PKG-INFO").is_file())
    shutil.rmtree(root / "src")
    return root


def run(way: Way, built: dict[str, Path], directory: Path, arguments: Sequence[str]) -> int:
    """Run tests one way.

    Args:
        way: The environment.
        built: The sdist, whose tests these are, and its wheel.
        directory: An empty one.
        arguments: Of pytest.

    Returns:
        The exit status of pytest.
    """
    python = make(way, built["wheel"], directory)
    root = unpack(built["sdist"], directory)
    hidden = [f"--ignore=tests/{room}/nox" for room in ("unit", "process") if way.beside in {"nothing", "tox-uv"}]
    variables = {**clean_environment(), "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(directory)}
    where = "import pathlib, tox_sitediff, sys; sys.exit(sys.prefix not in tox_sitediff.__file__)"
    subprocess.run([python, "-c", where], cwd=root, env=variables, check=True)
    options = ["-p", "no:cacheprovider", "-q", "-o", "addopts=", *hidden]
    return subprocess.run(
        [python, "-m", "pytest", *options, *arguments], cwd=root, env=variables, check=False
    ).returncode


def found(wanted: Sequence[str]) -> list[str]:
    """Find interpreters: paths as they are, versions in PATH and among those of pyenv; what is not here is said."""
    there = {item: item if Path(item).is_file() else interpreters.interpreter(item) for item in wanted}
    if missing := [item for item, python in there.items() if python is None]:
        print(f"not found here: Python {', '.join(missing)}", file=sys.stderr)
    return [str(python) for python in there.values() if python is not None]


def _uv(*arguments: str) -> None:
    done = subprocess.run(
        [uv_program(), *arguments], env=clean_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FaultError(f"uv {' '.join(arguments)}:\n{done.stderr}".rstrip())


def main() -> int:
    """Run every way that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", help="a version or a path (default: all supported ones)")
    parser.add_argument("--tox", choices=("lowest", "newest"), action="append", help="default: both")
    parser.add_argument("--beside", choices=tuple(BESIDE), action="append", help="default: each of them")
    parser.add_argument(
        "--distributions", type=Path, metavar="DIR", help="an sdist and its wheel (default: build them)"
    )
    parser.add_argument("--short", action="store_true", help=f"only {', '.join(SHORT)}")
    parser.add_argument("pytest", nargs="*", metavar="ARG", help="arguments of pytest, instead of the tests above")
    options = parser.parse_args()
    arguments = options.pytest or (SHORT if options.short else LONG)
    results = {}
    with tempfile.TemporaryDirectory(prefix="bare-") as scratch:
        try:
            built = (
                {kind: next(options.distributions.resolve().glob(end)) for kind, end in KINDS.items()}
                if options.distributions
                else fresh(Path(scratch))
            )
            for python, tox, beside in itertools.product(
                found(options.python or SUPPORTED), options.tox or ("lowest", "newest"), options.beside or BESIDE
            ):
                way = Way(python=python, oldest=tox == "lowest", beside=beside)
                print(f"--- {way}", flush=True)
                with tempfile.TemporaryDirectory(dir=scratch) as directory:
                    results[str(way)] = run(way, built, Path(directory), arguments)
        except StopIteration:
            parser.error(f"no sdist and wheel in {options.distributions}")
        except FaultError as fault:
            print(fault, file=sys.stderr)
            return 2
    for said, code in results.items():
        print(f"{'failed' if code else 'passed'}: {said}")
    return 1 if any(results.values()) or not results else 0


KINDS: Final = {"sdist": "*.tar.gz", "wheel": "*.whl"}


def fresh(directory: Path) -> dict[str, Path]:
    """Build both from the checkout as it is."""
    copy(ROOT, directory / "copy", tracked(ROOT), changed=1_000_000_000, private=False)
    return build(directory / "copy", directory / "dist")


if __name__ == "__main__":
    sys.exit(main())
