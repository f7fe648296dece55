"""A base, an environment over it, what else decides about what is seen, and both ways to look at it."""

from __future__ import annotations

import os
import py_compile
import shutil
import sys
import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Final

from support.bases.made import clean_environment
from support.distributions import SHORT, install, make_prefix, write
from tox_sitediff.core.drift import rely
from tox_sitediff.core.fingerprint import digest
from tox_sitediff.core.render import summary
from tox_sitediff.core.requirements import key
from tox_sitediff.core.state import Wanted
from tox_sitediff.core.target import Target
from tox_sitediff.engine import seen as notes
from tox_sitediff.engine.audit import audit
from tox_sitediff.engine.history import holds_others
from tox_sitediff.engine.slim import Slim
from tox_sitediff.environment.bytecode import inherited_by
from tox_sitediff.errors import SitediffError
from tox_sitediff.interpreter.fingerprint import TICK, unchanged

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping
    from pathlib import Path

CONFIGURATION: Final = "home = {home}\nimplementation = CPython\nversion_info = {version}\n{inherits}\n"
INHERITS: Final = "include-system-site-packages = true"
NAMES: Final = ("frame", "numlib", "demo", "edited", "found", "stacked", "mine")
FINDER: Final = """\
import sys
from importlib.machinery import ModuleSpec, PathFinder

MAPPING = {{'found': {source!r}}}


class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return PathFinder.find_spec(name, [MAPPING[name]]) if name in MAPPING else None


def install():
    sys.meta_path.append(Finder)
"""
"""What setuptools writes for an editable installation, but shorter."""
NAMESPACE: Final = (
    "import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('spaces',));"
    "importlib = __import__('importlib.util');__import__('importlib.machinery');"
    "m = sys.modules.setdefault('spaces', importlib.util.module_from_spec("
    "importlib.machinery.PathFinder.find_spec('spaces', [os.path.dirname(p)])));"
    "m = m or sys.modules.setdefault('spaces', types.ModuleType('spaces'));"
    "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)\n"
)
"""What setuptools below 82 writes for a namespace package."""
_WAIT: Final = 2 * TICK / 1e9


class World:
    """An environment over a base.

    Attributes:
        root: Where all of it lies.
        rng: Decides what is made, and how it is changed.
        base: The prefix of the base.
        python: Its interpreter.
        site: Its site-packages.
        source: The source of an editable installation in the base, named by a ``.pth`` file.
        beside: A directory that may be on ``PYTHONPATH``.
        layer: A directory that may be stacked.
        home: The home directory.
        user: The user site, which may be there.
        libraries: A directory that may be on ``LD_LIBRARY_PATH``.
        env: The environment.
        own: Its site-packages.
        variables: Those of its commands.
        layers: What is stacked.
        is_known: Whether nothing runs at start-up of which nobody knows what it looks at.
        is_usable: Whether a run can go on with the environment, when the slow way last looked.
    """

    def __init__(self, root: Path, rng: random.Random) -> None:
        """Make it."""
        self.root = root
        self.rng = rng
        self.python = make_prefix(root / "base")
        self.base = root / "base"
        self.site = self.base / "lib" / SHORT / "site-packages"
        self.source, self.beside, self.layer = root / "source", root / "beside", root / "layer"
        self.home, self.libraries = root / "home", root / "libraries"
        self.user = self.home / ".local" / "lib" / SHORT / "site-packages"
        self.env = root / "env"
        self.own = self.env / "lib" / SHORT / "site-packages"
        # not with a home whose user site is there already
        self.variables = {**clean_environment(), "HOME": str(self.home)}
        self.layers: tuple[Path, ...] = ()
        self.is_known = self.is_usable = True
        self._filled_with: tuple[Path, ...] = ()
        self._make_base()
        self._make_environment()
        self._add()

    def _make_base(self) -> None:
        _unlink(self.base / "lib" / SHORT / "encodings")
        install(self.site, "numlib", "1.0")
        install(self.site, "frame", "2.0", requires=("numlib>=0.5",))
        install(self.site, "other", "3.0")
        write(self.site / "demo-1.0.egg-info" / "PKG-INFO", "Name: demo\nVersion: 1.0\n")
        write(self.source / "edited.egg-info" / "PKG-INFO", "Name: edited\nVersion: 0.1\n")
        write(self.site / "edited.pth", f"{self.source}\n{self.root / 'later'}\n../near\n")
        write(self.site / "spaces-nspkg.pth", NAMESPACE)
        source = self.root / "found"
        write(source / "found.py")
        install(
            self.site, "found", "1.0", direct_url=f'{{"url": "{source.as_uri()}", "dir_info": {{"editable": true}}}}'
        )
        write(self.site / "__editable___found_1_0_finder.py", FINDER.format(source=str(source)))
        finder = "__editable___found_1_0_finder"
        write(self.site / "__editable__.found-1.0.pth", f"import {finder}; {finder}.install()")
        install(self.beside, "besides", "1.0")
        write(self.beside / "ours.py", f"{self.running()}\nclass OurWarning(Warning): pass\n")
        install(self.layer, "stacked", "1.0")
        self.libraries.mkdir()
        self.home.mkdir()

    def _make_environment(self) -> None:
        self.own.mkdir(parents=True)
        install(self.own, "mine", "1.0")
        write(self.own / "_virtualenv.py")
        write(self.own / "_virtualenv.pth", "import _virtualenv")
        (self.env / "bin").mkdir()
        (self.env / "bin" / "python").symlink_to(self.python)
        self.configure()

    def _add(self) -> None:
        """Add what not every base or environment has."""
        chance = self.rng.random
        if chance() < 0.3:
            self.variables["PYTHONPATH"] = str(self.beside)
        if chance() < 0.3:
            self.layers = (self.layer,)
        if chance() < 0.2:
            install(self.user, "users", "1.0")
        if chance() < 0.2:
            write(self.site / "sitecustomize.py", "# nothing\n")
        if chance() < 0.2:
            self.variables["LD_LIBRARY_PATH"] = str(self.libraries)
        if chance() < 0.2:
            self.site.rename(self.root / "packages")
            self.site.symlink_to(self.root / "packages")
        if chance() < 0.15:
            self.is_known = False
            self.rng.choice(
                (
                    lambda: write(self.site / "sitecustomize.py", self.running()),
                    lambda: write(self.site / "sitecustomize" / "__init__.py", self.running()),
                    lambda: self.compiled(self.site, "sitecustomize"),
                    lambda: self.compiled(self.site, "usercustomize"),
                    lambda: write(self.own / "usercustomize.py", self.running()),
                    lambda: write(self.site / "run.pth", self.running()),
                    lambda: write(self.site / "run.pth", f"import _virtualenv\x0c;{self.running()}"),
                    lambda: self.variables.update(
                        PYTHONPATH=str(self.beside), PYTHONWARNINGS="error,ignore::ours.OurWarning"
                    ),
                )
            )()

    def running(self) -> str:
        """Code for start-up that looks at a file which nobody else knows of."""
        return f"import os, sys; sys.path += [{str(self.beside)!r}] * os.path.exists({str(self.root / 'secret')!r})\n"

    def compiled(self, directory: Path, name: str) -> None:
        """Write such code as bytecode without a source."""
        source = write(self.root / f"{name}.py", self.running())
        py_compile.compile(str(source), str(directory / f"{name}.pyc"), doraise=True)

    def configure(self, inherits: str = INHERITS, home: Path | None = None, version: str = "") -> None:
        """Write ``pyvenv.cfg``."""
        version = version or ".".join(map(str, sys.version_info[:3]))
        text = CONFIGURATION.format(home=home or self.python.parent, version=version, inherits=inherits)
        write(self.env / "pyvenv.cfg", text)

    # --- both ways to look at it

    def slim(self) -> Slim:
        """The environment as a new run has it."""
        python = self.env / "bin" / "python"
        target = Target(name="env", directory=self.env, python=python, project=self.root, layers=self.layers)
        return Slim(target, self.variables, warn=lambda line: None)

    def inputs(self) -> str:
        """What decides and is no file."""
        place = os.getcwd() if any(map(self.variables.get, ("PYTHONPATH", "LD_LIBRARY_PATH"))) else ""
        return digest([str(self.env), place, [*map(str, self.layers)]], self.variables)

    def fill(self, meanwhile: Callable[[], object] | None = None) -> dict[str, object]:
        """Fill the environment, and note what there is, as the first run does.

        Args:
            meanwhile: What happens in the run, behind what it installs.

        Returns:
            What the slow way saw.
        """
        time.sleep(_WAIT)  # as if the base had been there before
        self._filled_with = self.layers
        slim = self.slim()
        slim.begin()
        slim.prepare()
        declared = tuple(Wanted(text=name, audit=name) for name in NAMES if name != "stacked" or self.layers)
        seen = slim.environment.look()
        closure = audit(declared, seen)
        assert not closure.unmet, closure.unmet
        state = slim.history.current()
        slim.history.keep(
            type(state)(created=state.created, directory=state.directory, declared=declared, relied=rely(closure))
        )
        slim.history.write_record(closure, seen)
        return self._finish(slim, meanwhile)

    def again(self, meanwhile: Callable[[], object] | None = None) -> dict[str, object]:
        """Do what a run does that finds something changed, and nothing to do; see `fill`."""
        slim = self.slim()
        reason = slim.unusable()
        assert reason is None, reason
        slim.prepare(full=False)
        return self._finish(slim, meanwhile)

    def _finish(self, slim: Slim, meanwhile: Callable[[], object] | None) -> dict[str, object]:
        before, inputs = self._seen(slim), self.inputs()
        if meanwhile is not None:
            meanwhile()
            # what a run leaves in the environment is its own work, and on record
            before = {name: value for name, value in before.items() if name not in {"own", "mine", "offered"}}
        with suppress(SitediffError) if meanwhile is not None else nullcontext():  # which a run says, and goes on
            assert slim.finish(inputs, uv="") is not None
        return before

    def is_fast(self) -> bool:
        """Ask the fast way whether all is as it was."""
        return unchanged(self.env, self.env / "bin" / "python", self.inputs()) is not None

    def change(self, before: Mapping[str, object]) -> str | None:
        """Ask the slow way what changed, and do what a run does that finds nothing.

        Args:
            before: What it saw.

        Returns:
            What changed; None where nothing did that counts.
        """
        slim = self.slim()
        noted = notes.load(self.env)
        self.is_usable = False
        try:
            if (reason := slim.unusable()) is not None:
                return reason
            now = self._seen(slim)
            if slim.prepare(full=False):
                self.is_usable = self.slim().unusable() is None
                return "the layers are stacked anew"
        except (SitediffError, OSError) as error:
            return str(error) or type(error).__name__
        self.is_usable = self.layers == self._filled_with  # with others, tox makes it anew
        record, last = slim.history.read_record(), slim.environment.last
        if record is None or last is None or holds_others(record, last):
            return "no record of what is there"
        known: Mapping[str, object] = before
        if noted is not None and noted.inputs:
            facts = noted.facts
            known = {
                **before,
                "offered": facts.offered,
                "base": facts.base_prefix,
                "lacks pip": facts.lacks_pip,
                "summary": facts.summary,
                "inherited": [*facts.inherited],
            }
            now |= {"summary": summary(record), "inherited": [*inherited_by(last.interpreter)]}
        return next((f"{name}: {was} -> {now[name]}" for name, was in known.items() if was != now[name]), None)

    @staticmethod
    def _seen(slim: Slim) -> dict[str, object]:
        """Tell what the slow way sees."""
        found = slim.environment.look(full=False)
        interpreter = found.interpreter
        seen: dict[str, object] = {
            "layers": interpreter.layers,
            "base": interpreter.base_prefix,
            "version": (interpreter.version, interpreter.base_executable, interpreter.foreign_finders),
            "own": [(item.name, str(item.version)) for item in found.inventory.own()],
            "offered": found.inventory.offered(),
            "lacks pip": key("pip") not in found.inventory,
        }
        for name in NAMES:
            item = next(found.inventory.copies(key(name)), None)
            seen[name] = None if item is None else (item.path, str(item.version), item.requires)
        return seen

    # --- ways to change it

    def rewrite(self, path: Path, text: str) -> None:
        """Write a file: in its place, by a rename or a hard link; and set times back as often as not."""
        assert path.parent.resolve().is_relative_to(self.root.resolve()), path
        was = path.stat() if path.exists() else None
        above = path.parent.stat() if path.parent.is_dir() else None
        if path.is_symlink():  # the library is made of links to that of the interpreter that runs this
            path.unlink()
        way = self.rng.choice(("in place", "renamed", "linked"))
        if way == "in place" or above is None:
            write(path, text)
        else:
            new = path.with_name(f"{path.name}.new")
            new.write_text(text)
            if way == "linked":
                os.link(new, self.root / "linked")
            os.replace(new, path)
            (self.root / "linked").unlink(missing_ok=True)
        for place, times in ((path, was), (path.parent, above)):
            if times is not None and self.rng.random() < 0.5:
                os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))

    def quietly(self, directory: Path, change: Callable[[], object]) -> None:
        """Change something in a directory, whose times are set back as often as not."""
        was = directory.stat()
        change()
        if self.rng.random() < 0.5 and directory.is_dir():
            os.utime(directory, ns=(was.st_atime_ns, was.st_mtime_ns))

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a part of a file in the environment."""
        path = self.env / name
        self.rewrite(path, path.read_text().replace(old, new))

    def move(self) -> None:
        """Move the environment."""
        new = self.root / "moved"
        self.env.rename(new)
        self.env, self.own = new, new / self.own.relative_to(self.env)


def _unlink(directory: Path) -> None:
    """Make a directory of copies of what is a link to a directory, so that something can be put into it."""
    files = [*directory.resolve().iterdir()]
    directory.unlink()
    directory.mkdir()
    for path in files:  # copies: what is changed here must not be changed where the links lead to
        if path.is_file():
            shutil.copy2(path, directory / path.name)
        else:
            (directory / path.name).symlink_to(path)


def swap(path: Path, change: Callable[[Path], object]) -> None:
    """Put a link to a changed copy in the place of a directory."""
    copy = path.with_name(f"{path.name}-copy")
    shutil.copytree(path, copy, symlinks=True)
    change(copy)
    path.rename(path.with_name(f"{path.name}-old"))
    path.symlink_to(copy)


def move_behind(path: Path) -> None:
    """Move a directory, and leave a link to it in its place."""
    path.rename(path.with_name(f"{path.name}-moved"))
    path.symlink_to(path.with_name(f"{path.name}-moved"))
