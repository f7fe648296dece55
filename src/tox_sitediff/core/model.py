"""The records that travel through the engine: plain values, no behaviour that touches a file or a process."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName
    from packaging.version import Version


class Role(StrEnum):
    """Where a directory of ``sys.path`` stands, seen from the environment."""

    OWN = "own"
    """The environment's own site-packages: the only place anything is installed into."""
    INJECTED = "injected"
    """Before the environment's own (``PYTHONPATH``, an executable ``.pth``): can't be shadowed by installing."""
    EXTRA = "extra"
    """A layer that the user stacked between the environment and the base."""
    USER = "user"
    """The user site."""
    BASE = "base"
    """The site directories of the base interpreter, and what their ``.pth`` files and ``sitecustomize`` add."""


class Visibility(StrEnum):
    """What an environment sees of its base (``sitediff_visibility``)."""

    BASE = "base"
    """All of it, as with pip."""
    REPORT = "report"
    """All of it; what is imported without being declared is noted."""
    DECLARED = "declared"
    """What is declared, and nothing else."""


@frozen
class Layer:
    """One directory (or archive) of ``sys.path``."""

    path: str
    role: Role


@frozen
class Interpreter:
    """What the environment's interpreter said of itself.

    Attributes:
        executable: The interpreter that was asked.
        version: Its full version (``3.12.1``).
        implementation: ``cpython``, ``pypy``, ...
        prefix: ``sys.prefix``, the environment's directory.
        base_prefix: ``sys.base_prefix``, the directory of the base interpreter.
        base_executable: The interpreter whose prefix that is; of a base interpreter, itself.
        layers: ``sys.path`` in its order, each directory once.
        markers: The marker environment (PEP 508); empty after a light probe.
        purelib: Where the environment's pure packages are installed.
        platlib: Where those with compiled parts are installed, in most cases the same; both empty after a light probe.
        scripts: The environment's ``bin`` or ``Scripts``.
        foreign_finders: Whether ``sys.meta_path`` has finders of distributions beside the standard ones.
        decides: Files and directories that decided about all this, beside what ``.pth`` files name.
        absent: Those of them that were not there.
    """

    executable: str
    version: str
    implementation: str
    prefix: str
    base_prefix: str
    base_executable: str
    layers: tuple[Layer, ...]
    markers: Mapping[str, str] = field(default_factory=dict)
    purelib: str
    platlib: str = ""
    scripts: str
    foreign_finders: bool = False
    decides: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()


@frozen
class Origin:
    """What ``direct_url.json`` says (PEP 610), where it is well-formed.

    Attributes:
        url: Where the distribution came from.
        kind: ``archive``, ``vcs`` or ``directory``.
        commit: The commit that was installed, of a VCS.
        editable: Whether a directory was installed in editable mode.
        text: The file, verbatim.
    """

    url: str
    kind: str
    commit: str | None = None
    editable: bool = False
    text: str = ""


@frozen
class Entry:
    """A metadata directory (or file) that was seen in a layer, not yet read.

    Attributes:
        name: The normalised name, from the file name, as ``importlib.metadata`` looks it up.
        path: The ``.dist-info`` or ``.egg-info`` directory, or the ``.egg-info`` file.
        layer: Where it lies.
    """

    name: NormalizedName
    path: str
    layer: Layer


@frozen
class Distribution:
    """An installed distribution, read from its metadata.

    Attributes:
        name: The normalised name.
        version: The version, from the metadata.
        path: The metadata directory or file.
        layer: Where it lies.
        requires: ``Requires-Dist`` lines (for an ``.egg-info``: what ``importlib.metadata`` makes of its
            ``requires.txt``).
        extras: Normalised names of the extras it provides.
        origin: Where it was installed from, if that was not an index.
    """

    name: NormalizedName
    version: Version
    path: str
    layer: Layer
    requires: tuple[str, ...] = ()
    extras: frozenset[str] = frozenset()
    origin: Origin | None = None


@frozen
class Size:
    """What an installed distribution takes.

    Attributes:
        bytes: Those of its files, without bytecode.
        files: How many of them there are.
    """

    bytes: int
    files: int


@frozen
class Broken:
    """A metadata directory that can't be used, and why; pip passes over one that ``is_left_over``, without metadata."""

    entry: Entry
    reason: str
    is_left_over: bool = False
