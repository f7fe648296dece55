"""A view beside a clean environment that is made of the same files: whatever looks has to see the same in both."""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from support import interpreters
from tox_sitediff.core import closure as closures
from tox_sitediff.core.model import Visibility
from tox_sitediff.core.requirements import parse
from tox_sitediff.interpreter.observer import Observer
from tox_sitediff.visibility import views
from tox_sitediff.visibility.selection import seen_names
from tox_sitediff.visibility.showing import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_INSTALLED: Final = """\
import importlib.metadata as m, json, sys, sysconfig
site = sysconfig.get_path("purelib")
found = [
    [d.metadata["Name"], d.requires or [], [str(f) for f in d.files or []]]
    for d in m.distributions(path=[site])
]
print(json.dumps([site, sys.version.split()[0], found]))
"""
_LOOK: Final = """\
import importlib.metadata as m, importlib.util as u, json, os, pkgutil, sys, traceback
started = sorted(sys.modules)
found = list(m.distributions())
said = {
    "modules at the start": started,
    "finders": [getattr(one, "__name__", type(one).__name__) for one in sys.meta_path] + [len(sys.path_hooks)],
    "distributions": sorted([d.metadata["Name"], d.version] for d in found),
    "files": sorted([d.metadata["Name"], len(d.files or [])] for d in found),
    "entry points": sorted([e.group, e.name, e.value] for d in found for e in d.entry_points),
    "modules": sorted([i.name, i.ispkg] for i in pkgutil.iter_modules()),
}
if hasattr(m, "packages_distributions"):
    said["modules of distributions"] = {k: sorted(v) for k, v in m.packages_distributions().items()}
said["found"] = {}
said["messages"] = {}
for name in sys.argv[1:]:
    try:
        spec = u.find_spec(name)
        said["found"][name] = spec and [spec.origin and os.path.basename(spec.origin), type(spec.loader).__name__]
    except ImportError as error:
        spec, said["found"][name] = None, repr(error)
    if spec is None:
        try:
            __import__(name)
        except ImportError as error:
            depth = len(traceback.extract_tb(error.__traceback__))
            said["messages"][name] = [type(error).__name__, str(error), error.name, error.path, depth]
print(json.dumps(said, sort_keys=True))
"""
_PASSED_OVER: Final = re.compile(r"(^|/)__pycache__(/|$)|\.pyc$")


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A distribution of the base, as its own interpreter tells."""

    name: str
    requires: Sequence[str]
    files: Sequence[str]

    @property
    def modules(self) -> set[str]:
        """What it has right in the site directory that can be imported."""
        tops = {file.partition("/")[0] for file in self.files if not file.startswith("..")}
        names = {top.removesuffix(".py") for top in tops if "." not in top.removesuffix(".py")}
        return {name for name in names if name.isidentifier()}


class Pair:
    """Two environments over one base: one with a view, and a clean one of the same files."""

    def __init__(self, base: Path, root: Path) -> None:
        """Make both, with nothing in them.

        Args:
            base: The base interpreter, with one site directory.
            root: Where to.
        """
        site, version, found = json.loads(interpreters.run(base, _INSTALLED))
        self.base = base
        self.site = Path(site)
        self.installed = {
            str(canonicalize_name(name)): Installed(name=name, requires=requires, files=files)
            for name, requires, files in found
        }
        self._markers = {
            **{key: str(value) for key, value in default_environment().items()},
            "python_version": ".".join(version.split(".")[:2]),
            "python_full_version": version,
        }
        self.viewing = interpreters.environment(root / "viewing", base)
        self.clean = interpreters.environment(root / "clean", base, inherit=False)
        self.clean_site = interpreters.purelib(self.clean)
        self.view_site = Path(os.devnull)
        self._seen = Observer(self.viewing, frozenset(), self.variables()).look()
        self._linked: set[str] = set()
        self._parsed: dict[str, list[Requirement]] = {}

    def variables(self, **more: str) -> dict[str, str]:
        """What programs get."""
        return interpreters.variables(PYTHONDONTWRITEBYTECODE="1", **more)

    @cached_property
    def modules(self) -> list[str]:
        """All modules of the base."""
        return sorted({module for one in self.installed.values() for module in one.modules})

    def closure(self, names: Iterable[str]) -> set[str]:
        """Work out, as naively as can be, what some distributions need."""
        asked = {(name, "") for name in names}
        while True:
            found = {
                (str(canonicalize_name(needed.name)), extra)
                for name, of in asked
                for needed in self._requires(name)
                if needed.marker is None or needed.marker.evaluate({**self._markers, "extra": of})
                for extra in ("", *needed.extras)
            }
            if found <= asked:
                return {name for name, _ in asked if name in self.installed}
            asked |= found

    def _requires(self, name: str) -> list[Requirement]:
        if name not in self._parsed:
            self._parsed[name] = []
            for line in self.installed[name].requires if name in self.installed else ():
                try:
                    self._parsed[name].append(Requirement(line))
                except InvalidRequirement:
                    continue
        return self._parsed[name]

    def show(self, names: Iterable[str]) -> set[str]:
        """Let both environments see some distributions with what these need; returns them all."""
        declared = [*names]
        roots = [closures.Root(requirement=parse(name)) for name in declared]
        walked = closures.walk(roots, lookup=self._seen.lookup, environment=self._seen.interpreter.markers)
        shown = seen_names(self._seen, walked.reached)
        directory = self.viewing.parents[1]
        write(self._seen, Visibility.DECLARED, directory=directory, names=shown)
        name = views.named((self._seen.purelib / views.PTH_NAME).read_bytes())
        view = views.find(name or "", directory)
        assert view is not None
        self.view_site = view / views.SITE
        wanted = self.closure(declared)
        self._link({file for one in wanted for file in self.installed[one].files if not file.startswith("..")})
        return wanted

    def _link(self, files: set[str]) -> None:
        """Have these files of the base in the clean environment, and no others."""
        folders = {os.path.dirname(file) for file in files}
        for file in self._linked - files:
            os.unlink(f"{self.clean_site}/{file}")
        for folder in sorted({os.path.dirname(file) for file in self._linked - files} - folders, reverse=True):
            with suppress(OSError):  # there is something in it
                os.removedirs(self.clean_site / folder)
        for folder in folders:
            os.makedirs(self.clean_site / folder, exist_ok=True)
        for file in files - self._linked:
            os.symlink(f"{self.site}/{file}", f"{self.clean_site}/{file}")
        self.clean_site.mkdir(parents=True, exist_ok=True)
        self._linked = files

    def differences(self, asked: Iterable[str]) -> Iterator[str]:
        """Say what is not the same in both: files, and what an interpreter sees.

        Args:
            asked: Modules to ask for, there or not.
        """
        view, clean = _files(self.view_site), _files(self.clean_site)
        for what, more in (("only in the view", view - clean), ("only in the clean one", clean - view)):
            if more:
                yield f"{what}: {len(more)} files, {', '.join(sorted(more)[:5])}"
        # what a ``.pth`` file says comes before it
        noise, said = zip(*(self._look(one) for one in self.each("-c", _LOOK, *asked)), strict=True)
        if noise[0] != noise[1]:
            yield f"noise: {noise[0]} / {noise[1]}"
        for part in said[0]:
            if said[0][part] != said[1][part]:
                yield f"{part}: {_shorter(said[0][part], said[1][part])}"

    @staticmethod
    def _look(text: str) -> tuple[list[str], dict[str, object]]:
        lines = text.splitlines()
        return sorted(line for line in lines if not line.startswith("{")), json.loads(
            next(line for line in lines if line.startswith("{"))
        )

    def each(self, *command: str | Path, cwd: Path | None = None, **more: str) -> tuple[str, str]:
        """Run a program of Python's in both, and return what it says, with its exit status if that is not 0."""
        return tuple(  # type: ignore[return-value]
            self._told(python, command, cwd, more) for python in (self.viewing, self.clean)
        )

    def _told(self, python: Path, command: Sequence[str | Path], cwd: Path | None, more: Mapping[str, str]) -> str:
        done = subprocess.run(
            [python, *command],
            cwd=cwd,
            env=self.variables(**more),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        text = done.stdout + done.stderr + (f"exit status {done.returncode}\n" if done.returncode else "")
        for place, word in (
            (self.view_site, "SITE"),
            (self.clean_site, "SITE"),
            (python.parents[1], "ENV"),
        ):
            text = text.replace(os.fspath(place), word)
        return text


def _files(site: Path) -> set[str]:
    """All files below a directory, through links, without bytecode."""
    found = set()
    for folder, folders, files in os.walk(site, followlinks=True):
        place = os.path.relpath(folder, site)
        prefix = "" if place == "." else f"{place}/"
        folders[:] = [name for name in folders if name != "__pycache__"]
        found |= {prefix + name for name in files if not _PASSED_OVER.search(prefix + name)}
    return found


def _shorter(one: object, other: object) -> str:
    """Show where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        return "; ".join(f"{key}: {one.get(key)} / {other.get(key)}" for key in keys[:5])
    if isinstance(one, list) and isinstance(other, list):
        only = [item for item in one if item not in other], [item for item in other if item not in one]
        return f"{only[0][:5]} / {only[1][:5]}"
    return f"{one} / {other}"
