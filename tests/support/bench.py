"""A bench for one test: a base interpreter of its own, a local index, a project, and tox to run on them.

The base is a prefix that borrows the standard library of the running Python by symbolic links, so it is made in
milliseconds; all that lies in its site-packages is what the test put there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

from support.bases.made import measured
from support.distributions import (
    SHORT,
    Installation,
    Wheel,
    install,
    make_prefix,
    pretending_in,
    tree_hash,
    wheel,
    write,
)

IS_ROOT: Final = os.name != "nt" and os.geteuid() == 0
DROP: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all")
"""Takes from root what lets it ignore permission bits."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run of tox ended.

    Attributes:
        code: Its exit status.
        text: What it printed, both streams in their order.
    """

    code: int
    text: str

    def lines(self, part: str) -> list[str]:
        """Return the lines that hold a text."""
        return [line for line in self.text.splitlines() if part in line]


@dataclass(kw_only=True)
class Bench:
    """Everything that one test needs.

    Attributes:
        root: Where all of it lies.
        python: The base interpreter.
        variables: What tox's own process gets.
        prefix_command: What is put before the command that starts tox.
    """

    root: Path
    python: Path
    variables: dict[str, str] = field(default_factory=dict)
    prefix_command: tuple[str, ...] = ()

    @property
    def prefix(self) -> Path:
        """The base."""
        return self.python.parent.parent

    @property
    def site(self) -> Path:
        """The base's site-packages."""
        return self.prefix / "lib" / SHORT / "site-packages"

    @property
    def project(self) -> Path:
        """Where tox runs."""
        return self.root / "project"

    @property
    def index(self) -> Path:
        """The local index."""
        return self.root / "simple"

    @property
    def env_dir(self) -> Path:
        """The directory of the environment ``e``."""
        return self.project / ".tox" / "e"

    @property
    def own_site(self) -> Path:
        """The site-packages of the environment ``e``."""
        return self.env_dir / "lib" / SHORT / "site-packages"

    def base(self, name: str, version: str, **options: Unpack[Installation]) -> Path:
        """Put a distribution into the base; see `install`."""
        return install(self.site, name, version, **options)

    def wheel(self, name: str, version: str, **options: Unpack[Wheel]) -> Path:
        """Put a wheel into the index; see `wheel`."""
        return wheel(self.index, name, version, **options)

    def configure(self, deps: Sequence[str] = (), *, extra: str = "", commands: str = "python -c pass") -> None:
        """Write a tox.ini with one environment ``e`` on the base."""
        write(
            self.project / "tox.ini",
            "[tox]\nno_package = true\nenv_list = e\n[testenv:e]\n"
            f"base_python = {self.python}\ndeps =\n"
            + "".join(f"    {dep}\n" for dep in deps)
            + f"commands = {commands}\n{extra}\n",
        )

    def tox(self, *arguments: str, **variables: str) -> Outcome:
        """Run tox, and make sure of what holds whatever happens: the base is as it was, nothing is left behind."""
        before = tree_hash(self.prefix)
        done = subprocess.run(
            [*self.prefix_command, sys.executable, "-m", "tox", "run", "-e", "e", *arguments],
            cwd=self.project,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        outcome = Outcome(code=done.returncode, text=done.stdout.decode("utf-8", "replace"))
        print(outcome.text)  # pytest shows it where a test fails
        assert tree_hash(self.prefix) == before, "the base was touched"
        assert pretending_in(self.own_site) == [], "something pretends"
        assert "Traceback" not in outcome.text
        return outcome

    def record(self) -> dict[str, list[dict[str, str]]]:
        """Read the record of the environment."""
        data: dict[str, list[dict[str, str]]] = json.loads((self.env_dir / "sitediff.json").read_text())
        return data

    def names(self, part: str) -> dict[str, str]:
        """Return names and versions of a list in the record."""
        return {item["name"]: item["version"] for item in self.record()[part]}

    def seen(self, env_dir: Path | None = None) -> dict[str, str]:
        """Ask an environment's own ``importlib.metadata`` for names and versions, the first of each name."""
        script = (
            "import importlib.metadata as m, json\nfound = {}\n"
            "for d in m.distributions():\n found.setdefault((d.metadata['Name'] or '').lower(), d.version)\n"
            "print(json.dumps(found))"
        )
        out = subprocess.run(
            [(env_dir or self.env_dir) / "bin" / "python", "-B", "-c", script],
            env=self.variables,
            capture_output=True,
            check=True,
        ).stdout
        data: dict[str, str] = json.loads(out)
        return data


def make_bench(root: Path, shared: Path) -> Bench:
    """Make a bench.

    Args:
        root: Where; a directory that exists.
        shared: For uv's and virtualenv's caches, which several benches may use.
    """
    python = make_prefix(root / "base")
    bench = Bench(root=root, python=python)
    bench.index.mkdir()
    bench.project.mkdir()
    (root / "home").mkdir()
    # nothing of the machine's own configuration
    bench.variables = {
        **measured(),
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(root / "home"),
        "LC_ALL": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,  # as pip understands it: no file at all, not even those of /etc
        "UV_CACHE_DIR": str(shared / "uv"),
        "UV_DEFAULT_INDEX": bench.index.as_uri(),
        "UV_NO_CONFIG": "1",
        "VIRTUALENV_OVERRIDE_APP_DATA": str(shared / "virtualenv"),
        "XDG_CACHE_HOME": str(shared / "cache"),
        "TOX_DISABLED_EXTERNAL_PLUGINS": "tox-uv",  # these tests are about environments of stock tox
        "NO_COLOR": "1",
    }
    return bench
