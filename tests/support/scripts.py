"""A layer with scripts, and what is made of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from tox_sitediff.core.model import Distribution, Layer, Role
from tox_sitediff.environment.scripts import Provided, provide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PYTHON = Path(sys.executable)
SHOW = "import sys\n\ndef main():\n    print(sys.argv[1:], sys.executable, sys.prefix)\n    return 3\n"


class Base:
    """A layer with a scripts directory, in the layout of a prefix."""

    def __init__(self, prefix: Path, *, windows: bool = False, site: str | None = None) -> None:
        self.site = prefix / (site or ("Lib/site-packages" if windows else "lib/python3.12/site-packages"))
        self.bin = prefix / ("Scripts" if windows else "bin")
        self.up = "../../Scripts" if windows else "../../../bin"
        for directory in (self.site, self.bin):
            directory.mkdir(parents=True, exist_ok=True)

    def add(
        self,
        name: str,
        entry_points: str | bytes = "",
        record: Iterable[str] | bytes = (),
        suffix: str = "dist-info",
    ) -> Distribution:
        metadata = self.site / f"{name}-1.0.{suffix}"
        metadata.mkdir()
        if entry_points:
            text = entry_points.encode() if isinstance(entry_points, str) else entry_points
            (metadata / "entry_points.txt").write_bytes(text)
        if record:
            lines = record if isinstance(record, bytes) else "".join(f"{line},,\n" for line in record).encode()
            (metadata / "RECORD").write_bytes(lines)
        return self.at(name, metadata)

    def at(self, name: str, metadata: Path) -> Distribution:
        return Distribution(
            name=canonicalize_name(name),
            version=Version("1.0"),
            path=str(metadata),
            layer=Layer(path=str(self.site), role=Role.BASE),
        )

    def script(self, name: str, content: str | bytes, mode: int = 0o755) -> str:
        path = self.bin / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return f"{self.up}/{name}"


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment)


def itself(python: Path = PYTHON) -> str:
    """Ask an interpreter for its path and its prefix: started through a link, it may know itself by another name."""
    done = run(python, "-c", "import sys; print(sys.executable, sys.prefix)")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make(directory: Path, *distributions: Distribution, python: Path = PYTHON, ours: Sequence[str] = ()) -> Provided:
    return provide(distributions, directory=directory, python=python, ours=ours, windows=False)


def windows(directory: Path, *distributions: Distribution, ours: Sequence[str] = ()) -> Provided:
    return provide(distributions, directory=directory, python=PYTHON, ours=ours, windows=True)
