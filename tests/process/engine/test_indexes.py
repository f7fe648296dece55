"""Who is asked for a name: never anybody whom neither pip nor uv would ask with the same settings.

The attack is dependency confusion: whoever owns a name on the public index, or on an index that a checkout names, waits
for a machine of the organisation to ask for it. Real pips and uvs are the measure, over two indexes and a proxy that
note what they are asked for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from support.watched import PUBLIC, Network, watched_network
from support.wheels import pip_wheel
from tox_sitediff.core.advice import Ways
from tox_sitediff.core.target import Target
from tox_sitediff.engine.request import make_request
from tox_sitediff.uv.program import find_uv
from tox_sitediff.uv.settings.choose import from_pip, from_uv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tox_sitediff.core.request import Request

PIP: Final = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from pip._internal.cli.main import main
import pip._internal.commands.install
for line in sys.stdin:
    case = json.loads(line)
    if not (child := os.fork()):
        os.chdir(case["directory"])
        os.environ.clear()
        os.environ.update(case["variables"])
        for number in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        os._exit(main(["install", "--dry-run", "--no-cache-dir", *case["arguments"]]))
    os.waitpid(child, 0)
    print("done", flush=True)
"""
"""Runs pip once for each line: loading it is what takes time."""


@dataclass(kw_only=True)
class Place:
    """A machine with pip, uv and an environment, whose whole network is watched."""

    root: Path
    network: Network
    environment: Path
    pip: subprocess.Popen[str]
    count: int = 0

    @property
    def home(self) -> Path:
        """The user's directory."""
        return self.root / "home"

    @property
    def words(self) -> dict[str, str]:
        """What the texts of the cases name."""
        links = str(self.root / "links")
        return {"CORPORATE": self.network.corporate.url, "OTHER": self.network.other.url, "LINKS": links}

    def filled(self, text: str) -> str:
        """Put addresses into a text."""
        for name, value in self.words.items():
            text = text.replace(f"<{name}>", value)
        return text

    def project(self, files: Mapping[str, str]) -> Path:
        """Make a checkout, and what lies in the user's directory (below ``~``)."""
        self.count += 1
        directory = self.root / "projects" / str(self.count)
        shutil.rmtree(self.home, ignore_errors=True)
        for name, text in files.items():
            path = self.home / name.removeprefix("~/") if name.startswith("~/") else directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.filled(text), "utf-8")
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def variables(self, given: Mapping[str, str]) -> dict[str, str]:
        """The variables of every program here."""
        filled = {name: self.filled(value) for name, value in given.items()}
        return {**self.network.variables(self.home), "UV_NO_CACHE": "1", **filled}

    def asked_by_us(self, request: Request, directory: Path) -> set[str]:
        """Run what the engine would run."""
        command = request.build(["--dry-run", *request.arguments])
        return self._asked(command, request.settings, directory)

    def asked_by_uv(self, arguments: tuple[str, ...], variables: Mapping[str, str], directory: Path) -> set[str]:
        """Run uv with the same settings."""
        python = self.environment / "bin" / "python"
        command = [str(find_uv()), "pip", "install", "--dry-run", "--python", str(python), *arguments]
        return self._asked(command, variables, directory)

    def _asked(self, command: list[str], variables: Mapping[str, str], directory: Path) -> set[str]:
        self.network.forget()
        subprocess.run(command, cwd=directory, env=dict(variables), capture_output=True, check=False)
        return self.network.asked()

    def asked_by_pip(self, arguments: tuple[str, ...], variables: Mapping[str, str], directory: Path) -> set[str]:
        """Run pip with the same settings."""
        self.network.forget()
        assert self.pip.stdin is not None
        assert self.pip.stdout is not None
        case = {"arguments": arguments, "variables": dict(variables), "directory": str(directory)}
        self.pip.stdin.write(json.dumps(case) + "\n")
        self.pip.stdin.flush()
        assert self.pip.stdout.readline() == "done\n"
        return self.network.asked()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if os.name == "nt":
        pytest.skip("pip is run in forks of one process")
    root = tmp_path_factory.mktemp("indexes")
    with watched_network(root / "network") as network:
        network.corporate.add("corp-lib", "1.0")
        network.other.add("corp-lib", "9.0")
        network.other.add("thing", "1.0")
        (root / "links").mkdir()
        environment = root / "environment"
        variables = network.variables(root / "home")
        venv = [str(find_uv()), "venv", "--quiet", "--python", sys.executable, "--system-site-packages"]
        subprocess.run([*venv, str(environment)], env=variables, check=True)
        pip = subprocess.Popen(
            [sys.executable, "-I", "-c", PIP, str(pip_wheel())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with pip:
            yield Place(root=root, network=network, environment=environment, pip=pip)
            assert pip.stdin is not None
            pip.stdin.close()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way of settings.

    Attributes:
        pip: The user's pip.conf, the section left out.
        files: Files of the checkout; of the user, where the name begins with ``~/``.
        variables: Further variables.
        arguments: What is asked for.
        asked: Who is asked for ``corp-lib``.
        said: What the lines say of it.
    """

    pip: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("corp-lib",)
    asked: frozenset[str]
    said: tuple[str, ...] = ()


NOBODY: Final = frozenset[str]()
CORPORATE: Final = frozenset({"corporate/corp-lib"})
OTHER: Final = frozenset({"other/corp-lib"})
ADDED: Final = '[[tool.uv.index]]\nname = "added"\nurl = "<OTHER>"\n'
CASES: Final = {
    "pip.conf": Case(pip="index-url = <CORPORATE>", asked=CORPORATE),
    "nothing": Case(asked=frozenset({PUBLIC})),
    # a main index of pip's beside what adds one for uv
    "main, project adds": Case(pip="index-url = <CORPORATE>", files={"pyproject.toml": ADDED}, asked=OTHER),
    "main, project adds what lacks it": Case(
        pip="index-url = <OTHER>",
        files={"pyproject.toml": ADDED.replace("OTHER", "CORPORATE")},
        arguments=("thing",),
        asked=frozenset({"other/thing", "corporate/thing"}),
    ),
    "main, variable adds what lacks it": Case(
        variables={"PIP_INDEX_URL": "<OTHER>", "UV_INDEX": "<CORPORATE>"},
        arguments=("thing",),
        asked=frozenset({"other/thing", "corporate/thing"}),
    ),
    "extra, project adds": Case(
        pip="index-url = <CORPORATE>\nextra-index-url = <CORPORATE>/extra",
        files={"pyproject.toml": ADDED},
        asked=OTHER,
        said=("extra-index-url", "gives way to uv's: index in"),
    ),
    "main and extra": Case(pip="index-url = <CORPORATE>\nextra-index-url = <OTHER>", asked=CORPORATE | OTHER),
    # the main index gives way to uv's own main index, and to nothing else
    "main, variable": Case(
        pip="index-url = <CORPORATE>",
        variables={"UV_DEFAULT_INDEX": "<OTHER>"},
        asked=OTHER,
        said=("index-url", "gives way to uv's: UV_DEFAULT_INDEX"),
    ),
    "main, user's file": Case(
        pip="index-url = <CORPORATE>",
        files={"~/.config/uv/uv.toml": '[[index]]\nurl = "<OTHER>"\ndefault = true\n'},
        asked=OTHER,
        said=("index-url", "gives way to uv's: index in", "/.config/uv/uv.toml"),
    ),
    "main, project's file": Case(
        pip="index-url = <CORPORATE>",
        files={"uv.toml": '[pip]\nindex-url = "<OTHER>"\n'},
        asked=OTHER,
        said=("index-url", "gives way to uv's: pip.index-url in", "/uv.toml"),
    ),
    "main, project's no-index": Case(
        pip="index-url = <CORPORATE>\nextra-index-url = <OTHER>", files={"uv.toml": "no-index = true\n"}, asked=NOBODY
    ),
    # no index at all, whatever comes with a project
    "none, project adds": Case(
        pip="no-index = true\nfind-links = <LINKS>",
        files={"pyproject.toml": ADDED},
        asked=NOBODY,
        said=("index in", "/pyproject.toml is not applied: pip's setting no-index", "UV_DEFAULT_INDEX does"),
    ),
    "none, project's main": Case(
        pip="no-index = true",
        files={"uv.toml": 'index-url = "<OTHER>"\n'},
        asked=NOBODY,
        said=("index-url in", "/uv.toml is not applied"),
    ),
    "none, variable adds": Case(
        variables={"PIP_NO_INDEX": "1", "UV_INDEX": "<OTHER>", "PIP_INDEX_URL": "<CORPORATE>"},
        asked=OTHER,
        said=("no-index (PIP_NO_INDEX) gives way to uv's: UV_INDEX; no other index is asked",),
    ),
    "none, variable adds what lacks it": Case(
        variables={"PIP_NO_INDEX": "1", "UV_INDEX": "<CORPORATE>"},
        arguments=("thing",),
        asked=frozenset({"corporate/thing"}),
    ),
    "none, variable": Case(
        pip="no-index = true",
        variables={"UV_DEFAULT_INDEX": "<OTHER>"},
        asked=OTHER,
        said=("no-index", "gives way to uv's: UV_DEFAULT_INDEX"),
    ),
    "none, user's file": Case(
        pip="no-index = true", files={"~/.config/uv/uv.toml": 'index-url = "<OTHER>"\n'}, asked=OTHER
    ),
    # options of the command, lines of files
    "main, option": Case(pip="index-url = <CORPORATE>", arguments=("--index-url", "<OTHER>", "corp-lib"), asked=OTHER),
    "main, option adds": Case(
        pip="index-url = <OTHER>",
        arguments=("--extra-index-url", "<CORPORATE>", "thing"),
        asked=frozenset({"other/thing", "corporate/thing"}),
    ),
    "main, no index": Case(pip="index-url = <CORPORATE>", arguments=("--no-index", "corp-lib"), asked=NOBODY),
    "none, option": Case(pip="no-index = true", arguments=("--index-url", "<OTHER>", "corp-lib"), asked=NOBODY),
    "main, line": Case(
        pip="index-url = <CORPORATE>",
        files={"requirements.txt": "--index-url <OTHER>\ncorp-lib\n"},
        arguments=("-r", "requirements.txt"),
        asked=OTHER,
    ),
    "none, line": Case(
        pip="no-index = true",
        files={"requirements.txt": "--index-url <OTHER>\ncorp-lib\n"},
        arguments=("-r", "requirements.txt"),
        asked=NOBODY,
    ),
    "links beside links": Case(
        pip="no-index = true\nfind-links = <LINKS>",
        files={"uv.toml": 'find-links = ["<OTHER>/thing"]\n'},
        arguments=("corp-lib",),
        asked=frozenset({"other/thing"}),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_nobody_is_asked_whom_neither_pip_nor_uv_would_ask(place: Place, name: str) -> None:
    """In the place of pip, uv asks those whom pip's settings or uv's name, by the rules of the documentation."""
    case = CASES[name]
    directory = place.project({"~/.config/pip/pip.conf": f"[global]\n{case.pip}\n", **case.files})
    variables = place.variables(case.variables)
    arguments = tuple(map(place.filled, case.arguments))
    target = Target(
        name="x", directory=place.environment, python=place.environment / "bin" / "python", project=directory
    )
    settings = from_pip(variables, prefix=place.environment, project=directory)

    def request(given: tuple[str, ...]) -> Request:
        return make_request(
            given,
            build=lambda words: [str(find_uv()), "pip", "install", *words],
            target=target,
            variables=variables,
            settings=settings,
            ways=Ways(),
        )

    by_us = place.asked_by_us(request(arguments), directory)
    assert by_us == case.asked
    by_uv = place.asked_by_uv(arguments, variables, directory)
    by_pip = place.asked_by_pip(arguments, variables, directory)
    assert by_us <= by_uv | by_pip
    said = " ".join(settings.warnings)
    for part in case.said:
        assert part in said
    assert bool(said) is bool(case.said) or name.startswith("none")
    # an environment that uv fills anyway has uv's settings alone
    settings = from_uv(variables, project=directory)
    assert place.asked_by_us(request(arguments), directory) == by_uv
