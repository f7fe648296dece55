"""What the recipes are run in: a machine with a rich base, an index with us in it, and a small project."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.bases.made import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import Base
    from support.index import Index

IN_BASE: Final = ("frame==2.1.0", "numlib==1.26.0", "dates==2.8.0", "pip")
TOX_INI: Final = """\
[tox]
requires = tox-sitediff
no_package = true
env_list = py, cov

[testenv]
deps =
    frame
    tiny
commands = python -c "import frame, tiny; print('tests run over', frame.__file__)"
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """A rich base, and the index that a service of continuous integration would reach, with us in it."""

    base: Base
    index: Index

    def variables(self, home: Path) -> dict[str, str]:
        """Those of a machine on which nothing was installed yet, with its home directory."""
        (home / ".config").mkdir(parents=True)
        shutil.copytree(self.index.home / ".config" / "pip", home / ".config" / "pip")
        return {
            **clean_environment(),
            **self.index.variables(),
            "BASE": str(self.base.python),
            "HOME": str(home),
            "PATH": os.pathsep.join([str(self.base.prefix / "bin"), str(home / "bin"), "/usr/bin", "/bin"]),
            "PYTHONPYCACHEPREFIX": str(self.index.directory.parent / "bytecode"),  # not into the base
            "UV_CACHE_DIR": str(self.index.directory / ".cache"),
            "UV_PYTHON_DOWNLOADS": "never",
        }


def project(directory: Path) -> None:
    """Write a clean copy of a small project, as the checkout of a job."""
    directory.mkdir(parents=True)
    (directory / "tox.ini").write_text(TOX_INI, "utf-8")
    (directory / "base.txt").write_text("frame==2.1.0\n", "utf-8")
