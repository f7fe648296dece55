"""The world of the examples: a rich base, an index, and a machine on which the pages are followed.

What a page shows of its machine stands for something of the test's, and is compared in one form:

* paths: ``/opt/python`` and ``/opt/conda`` are the base's prefix, ``/home/me`` is a home, ``/home/me/project`` the
  project, and all else below ``/opt``, ``/data`` and ``/media`` lies beside these;
* Python: 3.12, 3.12.10 and py312 are the versions of the Python that runs the tests;
* sizes (``1.2 MB``), seconds (``0.31 s``, ``0.31 seconds``, ``0.31=setup[...]``), dates, and the width of columns and
  rules are compared for being there alone; so are versions, where the package index decides them (the tutorial);
* ``...`` stands for anything, as in doctest.
"""

from __future__ import annotations

import difflib
import doctest
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.bases.made import Base, clean_environment, uv_program
from support.documentation.blocks import ROOT
from support.index import BACKEND, Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from support.documentation.blocks import Block, Step

IN_BASE: Final = {
    "contourpy": ("1.3.3", ["numpy"]),
    "cycler": ("0.12.1", []),
    "fonttools": ("4.60.1", []),
    "iniconfig": ("2.3.0", []),
    "kiwisolver": ("1.4.9", []),
    "matplotlib": (
        "3.10.7",
        [
            *("contourpy", "cycler", "fonttools", "kiwisolver", "numpy"),
            "packaging",
            "pillow",
            "pyparsing",
            "python-dateutil",
        ],
    ),
    "numpy": ("2.3.4", []),
    "packaging": ("25.0", []),
    "pandas": ("2.3.3", ["numpy>=1.26", "python-dateutil", "pytz", "tzdata"]),
    "pillow": ("12.0.0", []),
    "pip": ("25.3", []),
    "pluggy": ("1.6.0", []),
    "pygments": ("2.19.2", []),
    "pyparsing": ("3.2.5", []),
    "pytest": ("8.4.2", ["iniconfig", "packaging", "pluggy", "pygments"]),
    "python-dateutil": ("2.9.0", ["six"]),
    "pytz": ("2025.2", []),
    "pyyaml": ("6.0.3", []),
    "scipy": ("1.16.3", ["numpy<2.6,>=1.25"]),
    "six": ("1.17.0", []),
    "torch": ("2.8.0a0+5228986c39.nv25.5", ["numpy"]),
    "tzdata": ("2025.2", []),
}
"""What the rich base holds: stand-ins of a few bytes, with the names and the requirements of the real ones."""
BESIDES: Final = {
    "app": ("1.0", ["numpy", "pandas", "pytest-mock"]),
    "coverage": ("7.11.0", []),
    "my-analysis": ("1.0", ["scipy", "pandas", "pytest-mock"]),
    "pytest-mock": ("3.15.1", ["pytest>=6.2"]),
    "pytest-randomly": ("4.0.1", ["pytest"]),
    "torchmetrics": ("1.8.2", ["numpy>1.20", "packaging>17.1", "pillow", "torch>=2"]),
}
"""What the index has besides."""
PYTEST: Final = """\
import os
import sys

def main():
    print("3 passed in 0.01s")

if __name__ == "__main__":
    main()
"""
RUFF: Final = "def main():\n    print('All checks passed!')\n"
PROJECT: Final = {
    "pyproject.toml": """\
[build-system]
build-backend = "backend"
requires = []
backend-path = ["."]

[project]
name = "demo"
version = "1.0"
requires-python = ">=3.8"
dependencies = ["numpy", "pandas>=2"]
optional-dependencies.plot = ["matplotlib"]

[dependency-groups]
test = ["pytest", "pytest-mock"]
""",
    "backend.py": BACKEND,
    "requirements.txt": "numpy\npandas\npytest\npytest-mock\n",
    "src/demo/__init__.py": "VALUE = 1\n",
    "tests/test_demo.py": "def test_value():\n    import demo\n",
    "script.py": '# /// script\n# dependencies = ["numpy"]\n# ///\nimport numpy\n\nprint("numpy", numpy.__version__)\n',
}
"""What lies in the project before a page begins."""
SHELL: Final = """\
conda() { export CONDA_PREFIX="$BASE_PREFIX" PATH="$BASE_PREFIX/bin:$PATH"; }  # stands in for conda's own
module() { export PYTHONPATH="$MODULE_PATH"; }  # stands in for a cluster's
"""
BEFORE: Final = {
    "docs/reference/commands.md": """\
[ -e uv.lock ] || {
  uv lock -q --python "$BASE_PREFIX/bin/python"
  uv export -q --python "$BASE_PREFIX/bin/python" --format pylock.toml -o pylock.toml
  mkdir -p artifacts main ~/.config/fish/completions
  export GITHUB_STEP_SUMMARY="$PWD/summary.md" UV_VENV_CLEAR=1
}
[ -e .venv ] || sitediff venv -q --python "$BASE_PREFIX/bin/python"
sitediff install -q -r requirements.txt
for directory in artifacts main; do cp .venv/sitediff.json $directory; done
""",
    "docs/users/reports.md": """\
[ -e .venv ] || {
  sitediff venv -q --python "$BASE_PREFIX/bin/python"
  mkdir artifacts main
  sitediff install -q -r requirements.txt
  cp .venv/sitediff.json main
  sitediff install -q torchmetrics
  cp .venv/sitediff.json artifacts
}
""",
}
"""What is done before each block of a page, because the page takes it for granted."""
NUMBER: Final = r"\d+(?:\.\d+)?"
FORMS: Final = (
    (re.compile(rf"\b{NUMBER} [kMG]?B\b"), "SIZE"),
    (re.compile(rf"\b{NUMBER}=setup\[.*? seconds"), "SECONDS"),
    (re.compile(rf"\b(?:{NUMBER} ?[mµ]?s(?:econds)?|a second)\b"), "SECONDS"),
    (re.compile(r"(?<=was successful) in SECONDS"), ""),  # nox says nothing of what took less than one
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?"), "DATE"),
    (re.compile(r"={5,}"), "====="),
    (re.compile(r"(?<=\S) {2,}"), "  "),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)
"""What is compared in one form, and that form."""
VERSION: Final = (re.compile(r"\b\d+(?:\.\d+)+\b"), "VERSION")
"""The same, of what the package index decides."""
MARK: Final = "\x1e"


@dataclass(frozen=True, kw_only=True)
class World:
    """A base and an index for all pages.

    Attributes:
        base: The base.
        index: The wheels.
    """

    base: Base
    index: Index


def make_index(directory: Path) -> Index:
    """Make the index: all that the base has, and what it lacks."""
    index = Index(directory)
    for name, (version, requires) in {**IN_BASE, **BESIDES}.items():
        if name == "pytest":
            index.add(
                name,
                version,
                requires=requires,
                entry_points={"pytest": "pytest:main", "py.test": "pytest:main"},
                modules={"pytest/__init__.py": PYTEST, "pytest/__main__.py": "from pytest import main\nmain()\n"},
            )
        elif name == "pyyaml":
            index.add(name, version, modules={"yaml/__init__.py": ""})
        else:
            index.add(name, version, requires=requires)
    for version in ("1.26.4", "2.4.0"):
        index.add("numpy", version)
    index.add("pandas", "3.0.0", requires=IN_BASE["pandas"][1])
    index.add("ruff", "0.14.4", entry_points={"ruff": "ruff:main"}, modules={"ruff.py": RUFF})
    return index


def make_base(directory: Path, index: Index) -> Base:
    """Make the base."""
    base = Base(directory)
    base.install(index, *(f"{name}=={version}" for name, (version, _) in IN_BASE.items()))
    return base


@dataclass(kw_only=True)
class Machine:
    """A user's machine, on which one page is followed from its beginning to its end.

    Attributes:
        world: What all pages share.
        root: Where its directories lie.
        forms: What is compared in one form, and that form.
    """

    world: World
    root: Path
    forms: tuple[tuple[re.Pattern[str], str], ...] = FORMS

    def __post_init__(self) -> None:
        """Make the home and the project."""
        self.home = self.root / "home" / "me"
        self.project = self.home / "project"
        for name, text in PROJECT.items():
            self.write(name, text)
        settings = Path(".config", "pip")
        if (self.world.index.home / settings).exists():
            shutil.copytree(self.world.index.home / settings, self.home / settings)
        modules = self.root / "module" / "lib"
        modules.mkdir(parents=True)
        for name in ("data", "media/usb", "opt/site", "shared/team-env", "tools"):
            (self.root / name).mkdir(parents=True)
        for name in ("nox", "sitediff", "tox"):
            (self.root / "tools" / name).symlink_to(Path(sys.executable).parent / name)
        (self.root / "tools" / "uv").symlink_to(uv_program())
        for wheel in self.world.index.wheels():
            (self.root / "media" / "usb" / wheel.name).hardlink_to(wheel)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def take(self, blocks: Iterable[Block]) -> None:
        """Write the files that a page shows, each by the name in its first line; of two, the first."""
        for block in reversed(list(blocks)):
            if block.name and not (block.reason or block.test):
                self.write(block.name, self.here(block.text))

    def here(self, text: str) -> str:
        """Write what a page names as it is called here."""
        prefix = self.world.base.prefix
        text = re.sub(r"C:\\WPy64-31210\\python\\python\.exe", rf"{prefix}/bin/python", text)
        text = re.sub(r"/opt/(?:python|conda)\b|/usr(?=/(?:bin|lib)/python3)", str(prefix), text)
        text = text.replace("file:///home/me", f"file://{self.root}/home/me")
        text = re.sub(r"(?<![\w./:-])/(home/me|opt|data|media|shared)\b", rf"{self.root}/\1", text)
        short, full = f"{sys.version_info.major}.{sys.version_info.minor}", platform.python_version()
        text = text.replace("3.12.10", full).replace("py312", f"py{short.replace('.', '')}")
        return re.sub(r"(?<![\d.])3\.12(?![\d.])", short, text)

    def shown(self, text: str) -> str:
        """Write what was printed in the form in which it is compared; what a page prints, too."""
        for path in (self.world.base.python, self.world.base.prefix / "bin" / "python"):
            text = re.sub(rf"{re.escape(str(path))}(?![\w.])", f"{self.world.base.prefix}/bin/python", text)
        for form, word in self.forms:
            text = form.sub(word, text)
        return text.strip("\n")

    def environment(self) -> dict[str, str]:
        """The variables of the shell: nothing of this machine's user."""
        places = [self.home / ".local" / "bin", self.root / "tools", self.world.base.prefix / "bin", "/usr/bin", "/bin"]
        return {
            **clean_environment(),
            **self.world.index.variables(),
            "HOME": str(self.home),
            "PATH": os.pathsep.join(map(str, places)),
            "BASE_PREFIX": str(self.world.base.prefix),
            "MODULE_PATH": str(self.root / "module" / "lib"),
            "UV_PYTHON_DOWNLOADS": "never",
            "TOX_DISABLED_EXTERNAL_PLUGINS": "tox-uv",
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }

    def answers(self, steps: Sequence[Step]) -> list[tuple[str, int]]:
        """Type the commands of a page into one shell; what each printed, on both streams, and its exit status."""
        lines = [SHELL, f"cd {self.project}", "exec 2>&1", "status=0"]
        block = None
        for step in steps:
            if step.block is not block:
                block = step.block
                before = BEFORE.get(str(block.page.relative_to(ROOT)), "")
                lines += [f"{{\n{before}}} >&2" if before else "", f"printf '{MARK}'"]
            lines += ["(exit $status)", self.here(step.command), "status=$?", f"printf '\\n{MARK}{MARK}%d\\n' $status"]
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-c", "\n".join(lines)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        found = re.findall(rf"(?:[^{MARK}]*{MARK})?([^{MARK}]*?)\n{MARK}{MARK}(\d+)\n", done.stdout)
        assert len(found) == len(steps), done.stdout
        return [(printed, int(status)) for printed, status in found]

    def follow(self, steps: Sequence[Step]) -> list[str]:
        """Type the commands of a page, and tell where something else came of one than the page says."""
        wrong = []
        for at, (step, (printed, status)) in enumerate(zip(steps, self.answers(steps), strict=True)):
            following = steps[at + 1].command if at + 1 < len(steps) else ""
            if status and not following.startswith("echo $?"):
                wrong.append(f"{step.block.place}: {step.command}: status {status}\n{printed}")
            elif step.output and (difference := self.difference(step.output, printed)):
                wrong.append(f"{step.block.place}: {step.command}\n{difference}")
        return wrong

    def there(self, text: str) -> str:
        """Write what was printed as a page would have it."""
        base, short = self.world.base.prefix, f"{sys.version_info.major}.{sys.version_info.minor}"
        text = (
            text.replace(str(base), "/opt/python")
            .replace(str(self.root), "")
            .replace(platform.python_version(), "3.12.10")
        )
        return text.replace(short, "3.12").replace(f"py{short.replace('.', '')}", "py312").strip("\n")

    def difference(self, expected: str, printed: str) -> str:
        """Say how what was printed differs from what a page says; nothing where it does not."""
        want, got = self.shown(self.here(expected)), self.shown(printed)
        if doctest.OutputChecker().check_output(f"{want}\n", f"{got}\n", doctest.ELLIPSIS):
            return ""
        return "\n".join(difflib.unified_diff(want.splitlines(), got.splitlines(), "page", "printed", lineterm=""))
