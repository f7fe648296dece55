"""Stacking further environments or site directories between an environment and its base (edge).

A virtual environment is never itself a base: tools resolve to the interpreter below it. Its site-packages can be
stacked all the same, by a ``.pth`` file in the environment
(https://docs.python.org/3/library/site.html#module-site), from Python 3.15 on with a ``.start`` file beside it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from .. import files
from ..errors import EnvironmentProblem
from ..files import read_text
from . import start_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


_STEM: Final = "_tox_sitediff_layers"
PTH_NAME: Final = f"{_STEM}.pth"

_KNOWN: Final = "locals().get('known_paths')"
"""What the site module knows to be on the path: without, it looks at all that is there for each directory."""
_STACKED: Final = re.compile(
    r"""addsitedir\(os\.fsdecode\((b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*")\)(?:, """ + re.escape(_KNOWN) + r")?\)$"
)


def site_directories(layer: Path, *, version: str) -> list[Path]:
    """Find what a layer contributes to ``sys.path``.

    Args:
        layer: A virtual environment, an interpreter's prefix, or a plain directory with distributions.
        version: The version of the environment's interpreter, such as ``3.12.1``.

    Returns:
        Its site directories for that version.

    Raises:
        EnvironmentProblem: When there is none: the message names the layer and why.
    """
    if not layer.is_dir():
        what = "is not a directory" if layer.exists() else "does not exist"
        raise EnvironmentProblem(f"the layer {layer} {what}; mend sitediff_layers, or --layer")
    short = ".".join(version.split(".")[:2])
    found = [
        path
        for library in ("lib", "lib64")
        for path in (
            layer / library / f"python{short}" / "site-packages",
            layer / library / f"pypy{short}" / "site-packages",
        )
        if path.is_dir()
    ]
    if (windows := layer / "Lib" / "site-packages").is_dir():
        found.append(windows)
    distinct = [path for at, path in enumerate(found) if not any(path.samefile(other) for other in found[:at])]
    is_environment = (layer / "pyvenv.cfg").is_file() or (layer / "conda-meta").is_dir()
    others = sorted(path.parent.name for path in layer.glob("lib/python3*/site-packages"))
    if not distinct and (is_environment or others):
        raise EnvironmentProblem(
            f"the layer {layer} has no site-packages for Python {short}"
            f"{f', only for {chr(44).join(others)}' if others else ''}; use an environment of the same version"
        )
    return distinct or [layer]


def site_directories_of(layers: Iterable[Path], *, version: str) -> list[Path]:
    """Find what several layers contribute to ``sys.path``, each directory once; see `site_directories`."""
    return list(dict.fromkeys(path for layer in layers for path in site_directories(layer, version=version)))


def stack(purelib: Path, directories: Sequence[Path], *, version: str) -> bool:
    """Make an environment see further site directories, behind its own and before the base's.

    Args:
        purelib: The environment's purelib.
        directories: Absolute site directories, the first one first; none removes the file.
        version: The version of the environment's interpreter, such as ``3.12.1``.

    Returns:
        Whether anything changed.

    Raises:
        OSError: When the environment can't be written.
    """
    files.sweep(purelib)
    wanted: dict[str, bytes] = {}
    if directories and start_up.runs_start_files(version):
        wanted[PTH_NAME] = start_up.path_lines(directories).encode("utf-8")
        wanted |= start_up.start_files(_STEM, directories, why="the layers of this environment")
    elif directories:
        # addsitedir, not a bare path, so that the layer's own .pth files count (editable installs, layers of layers);
        # bytes, because it is the locale that says how Python reads this file and how it writes file names
        lines = [
            f"import os, site; site.addsitedir(os.fsdecode({os.fsencode(path)!r}), {_KNOWN})\n" for path in directories
        ]
        wanted[PTH_NAME] = "".join(lines).encode("ascii")
    return start_up.put(purelib, _STEM, wanted)


def stacked(purelib: Path) -> list[Path]:
    """Name the site directories that are stacked behind an environment's own.

    Args:
        purelib: The environment's purelib.

    Returns:
        What `stack` was given last; a line that is damaged is passed over.
    """
    found = map(_STACKED.search, (read_text(purelib / PTH_NAME) or "").splitlines())
    named = [path for line in found if line is not None and (path := start_up.directory(line[1])) is not None]
    return named or start_up.added(purelib, _STEM)
