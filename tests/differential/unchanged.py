"""Whether "all is as it was" is ever said where the check of an environment finds a change.

    python tests/differential/unchanged.py --cases 3000 --seed 7 [--only 1234]

Each case makes a base of its own, an environment over it, variables and start-up files, notes what there is, changes
some of it at random, and has both ways judge: the fast one (`interpreter.fingerprint.unchanged`) may say "look" to
anything, but never "same" where the slow one (the interpreter is asked, all is listed and read) sees something else.
The times of what is changed are set back in half of the cases, and no time passes before it is changed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bases.made import clean_environment
from support.distributions import SHORT, install, make_prefix, write
from tox_sitediff.core.drift import rely
from tox_sitediff.core.fingerprint import FILE_NAME, digest
from tox_sitediff.core.requirements import key
from tox_sitediff.core.state import Wanted
from tox_sitediff.core.target import Target
from tox_sitediff.engine.audit import audit
from tox_sitediff.engine.slim import Slim
from tox_sitediff.environment.state_file import STATE_NAME
from tox_sitediff.errors import SitediffError
from tox_sitediff.interpreter.fingerprint import TICK, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONFIGURATION: Final = "home = {home}\nimplementation = CPython\nversion_info = {version}\n{inherits}\n"
INHERITS: Final = "include-system-site-packages = true"
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
    """A base, an environment over it, and what else decides about what is seen."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        """Make it."""
        self.root = root
        self.rng = rng
        self.python = make_prefix(root / "base")
        self.base = self.python.parent.parent
        self.site = self.base / "lib" / SHORT / "site-packages"
        install(self.site, "numlib", "1.0")
        install(self.site, "frame", "2.0", requires=("numlib>=0.5",))
        install(self.site, "other", "3.0")
        write(self.site / "demo-1.0.egg-info" / "PKG-INFO", "Name: demo\nVersion: 1.0\n")
        self.source = root / "source"
        write(self.source / "edited.egg-info" / "PKG-INFO", "Name: edited\nVersion: 0.1\n")
        write(self.site / "edited.pth", f"{self.source}\n{root / 'later'}\n")
        write(self.site / "spaces-nspkg.pth", NAMESPACE)
        self.beside = root / "beside"
        install(self.beside, "besides", "1.0")
        self.home = root / "home"
        self.home.mkdir()
        self.env = root / "env"
        self.own = self.env / "lib" / SHORT / "site-packages"
        self.own.mkdir(parents=True)
        install(self.own, "mine", "1.0")
        write(self.own / "_virtualenv.py")
        write(self.own / "_virtualenv.pth", "import _virtualenv")
        (self.env / "bin").mkdir()
        (self.env / "bin" / "python").symlink_to(self.python)
        self.configure()
        # not with a home whose user site is there already
        self.variables = {**clean_environment(), "HOME": str(self.home)}
        if rng.random() < 0.3:
            self.variables["PYTHONPATH"] = str(self.beside)

    def configure(self, inherits: str = INHERITS, home: Path | None = None) -> None:
        """Write ``pyvenv.cfg``."""
        version = ".".join(map(str, sys.version_info[:3]))
        text = CONFIGURATION.format(home=home or self.python.parent, version=version, inherits=inherits)
        write(self.env / "pyvenv.cfg", text)

    def slim(self) -> Slim:
        """The environment as a new run has it."""
        target = Target(
            name="env", directory=self.env, python=self.env / "bin" / "python", project=self.root, layers=()
        )
        return Slim(target, self.variables, warn=lambda line: None)

    def inputs(self) -> str:
        """What decides and is no file."""
        return digest([str(self.env), os.getcwd() if self.variables.get("PYTHONPATH") else ""], self.variables)

    def note(self) -> dict[str, object]:
        """Fill the environment, note what there is, and return what the slow way sees."""
        time.sleep(_WAIT)  # as if the base had been there before
        slim = self.slim()
        slim.begin()
        slim.environment.look()
        declared = tuple(Wanted(text=name, audit=name) for name in ("frame", "demo", "edited", "mine"))
        seen = slim.environment.look()
        closure = audit(declared, seen)
        assert not closure.unmet, closure.unmet
        state = slim.history.current()
        slim.history.keep(
            type(state)(created=state.created, directory=state.directory, declared=declared, relied=rely(closure))
        )
        slim.history.write_record(closure, seen)
        assert slim.finish(self.inputs(), uv="") is not None
        return self.seen(slim)

    @staticmethod
    def seen(slim: Slim) -> dict[str, object]:
        """Tell what the slow way sees."""
        found = slim.environment.look(full=False)
        effective: dict[str, object] = {}
        for name in map(key, ("frame", "numlib", "demo", "edited", "mine")):
            item = next(found.inventory.copies(name), None)
            effective[name] = None if item is None else (item.path, str(item.version), item.requires)
        interpreter = found.interpreter
        return {
            "layers": interpreter.layers,
            "version": (interpreter.version, interpreter.base_prefix, interpreter.foreign_finders),
            "effective": effective,
            "own": [(item.name, str(item.version)) for item in found.inventory.own()],
            "offered": found.inventory.offered(),
        }

    def is_fast(self) -> bool:
        """Ask the fast way whether all is as it was."""
        return unchanged(self.env, self.env / "bin" / "python", self.inputs()) is not None

    def change(self, before: dict[str, object]) -> str | None:
        """Ask the slow way what changed."""
        slim = self.slim()
        try:
            if (reason := slim.unusable()) is not None:
                return reason
            slim.environment.complete(full=False)
            now = self.seen(slim)
        except SitediffError as error:
            return str(error)
        if slim.history.read_record() is None:
            return "no record"
        return next((f"{name}: {before[name]} -> {now[name]}" for name in before if before[name] != now[name]), None)

    # --- changes

    def rewrite(self, path: Path, text: str) -> None:
        """Write a file, in its place or by a rename, and set its times back as often as not."""
        was = path.stat() if path.exists() else None
        if self.rng.random() < 0.5 or not path.parent.is_dir():
            write(path, text)
        else:
            new = path.with_name(f"{path.name}.new")
            new.write_text(text)
            os.replace(new, path)
        if was is not None and self.rng.random() < 0.5:
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a part of a file in the environment."""
        path = self.env / name
        self.rewrite(path, path.read_text().replace(old, new))

    def move(self) -> None:
        """Move the environment."""
        new = self.root / "moved"
        self.env.rename(new)
        self.env, self.own = new, new / self.own.relative_to(self.env)

    def quietly(self, directory: Path, change: Callable[[], object]) -> None:
        """Change something in a directory, whose times are set back as often as not."""
        was = directory.stat()
        change()
        if self.rng.random() < 0.5 and directory.is_dir():
            os.utime(directory, ns=(was.st_atime_ns, was.st_mtime_ns))


def _swap(path: Path, change: Callable[[Path], object]) -> None:
    """Put a link to a changed copy in the place of a directory."""
    copy = path.with_name(f"{path.name}-copy")
    shutil.copytree(path, copy, symlinks=True)
    change(copy)
    path.rename(path.with_name(f"{path.name}-old"))
    path.symlink_to(copy)


def _metadata(world: World, name: str = "frame-2.0", version: str = "2.0", more: str = "") -> None:
    path = world.site / f"{name}.dist-info" / "METADATA"
    world.rewrite(
        path, f"Metadata-Version: 2.1\nName: frame\nVersion: {version}\nRequires-Dist: numlib>=0.{more or 5}\n\n"
    )


def _linked(world: World, python: Path) -> None:
    link = world.env / "bin" / "python"
    link.unlink()
    link.symlink_to(python)


def _copied_anew(python: Path) -> None:
    python.unlink()
    shutil.copy2(Path(sys.base_prefix) / "bin" / SHORT, python)


def _zip(world: World, code: str) -> None:
    name = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    with zipfile.ZipFile(world.base / "lib" / name, "w") as file:
        file.writestr("sitecustomize.py", code)


_PATH: Final = "import sys; sys.path.insert(1, {!r})\n"
CHANGES: Final[dict[str, Callable[[World], object]]] = {
    "nothing": lambda world: None,
    "a file of a command": lambda world: write(world.env / "tmp" / "x", "x"),
    "a log of tox": lambda world: write(world.env / "log" / "1.log", "x"),
    "a variable without a part": lambda world: world.variables.update(EDITOR="vi", PYTHONHASHSEED="7"),
    "an unrelated distribution": lambda world: install(world.site, "more", "1.0"),
    "another version": lambda world: world.quietly(
        world.site, lambda: (world.site / "numlib-1.0.dist-info").rename(world.site / "numlib-1.1.dist-info")
    ),
    "requirements edited": lambda world: _metadata(world, more="6"),
    "version edited": lambda world: _metadata(world, version="2.1"),
    "an egg's requirements": lambda world: world.rewrite(world.site / "demo-1.0.egg-info" / "requires.txt", "numlib\n"),
    "metadata removed": lambda world: (world.site / "numlib-1.0.dist-info" / "METADATA").unlink(),
    "metadata emptied": lambda world: world.rewrite(world.site / "numlib-1.0.dist-info" / "METADATA", ""),
    "a distribution removed": lambda world: world.quietly(
        world.site, lambda: shutil.rmtree(world.site / "numlib-1.0.dist-info")
    ),
    "an unrelated one edited": lambda world: world.rewrite(
        world.site / "other-3.0.dist-info" / "METADATA", "Version: 4\n\n"
    ),
    "a second copy": lambda world: install(world.site, "frame", "1.9"),
    "a link for its metadata": lambda world: _swap(
        world.site / "frame-2.0.dist-info", lambda copy: write(copy / "METADATA", "Name: frame\nVersion: 2.2\n\n")
    ),
    "a link for site-packages": lambda world: _swap(
        world.site, lambda copy: shutil.rmtree(copy / "numlib-1.0.dist-info")
    ),
    "a link for the same site-packages": lambda world: _swap(world.site, lambda copy: None),
    "the base moved": lambda world: _swap(
        world.base, lambda copy: install(copy / "lib" / SHORT / "site-packages", "a", "1")
    ),
    "a path file": lambda world: world.rewrite(world.site / "new.pth", f"{world.beside}\n"),
    "a path file in the environment": lambda world: world.rewrite(world.own / "new.pth", f"{world.beside}\n"),
    "a path file edited": lambda world: world.rewrite(
        world.site / "edited.pth", f"{world.beside}\n{world.root / 'later'}\n"
    ),
    "a path file removed": lambda world: world.quietly(world.site, (world.site / "edited.pth").unlink),
    "a path file that runs": lambda world: world.rewrite(world.site / "run.pth", _PATH.format(str(world.beside))),
    "a namespace package": lambda world: write(world.site / "spaces" / "inner" / "__init__.py"),
    "code in a namespace package": lambda world: world.rewrite(
        world.site / "spaces" / "__init__.py", _PATH.format(str(world.beside))
    ),
    "a namespace package edited": lambda world: world.rewrite(
        world.site / "spaces-nspkg.pth", f"{NAMESPACE}{world.beside}\n"
    ),
    "what a path file names": lambda world: (world.root / "later").mkdir(),
    "an editable source moved": lambda world: world.source.rename(world.root / "elsewhere"),
    "an editable source edited": lambda world: world.rewrite(
        world.source / "edited.egg-info" / "PKG-INFO", "Name: edited\nVersion: 0.2\n"
    ),
    "sitecustomize": lambda world: world.rewrite(world.site / "sitecustomize.py", _PATH.format(str(world.beside))),
    "sitecustomize in a library": lambda world: world.rewrite(
        world.base / "lib" / SHORT / "sitecustomize.py", _PATH.format(str(world.beside))
    ),
    "sitecustomize in an archive": lambda world: _zip(world, _PATH.format(str(world.beside))),
    "sitecustomize beside": lambda world: world.rewrite(
        world.beside / "sitecustomize.py", _PATH.format(str(world.root / "source"))
    ),
    "a user site": lambda world: install(world.home / ".local" / "lib" / SHORT / "site-packages", "frame", "9.0"),
    "another home": lambda world: world.variables.update(HOME=str(world.root)),
    "PYTHONPATH": lambda world: world.variables.update(PYTHONPATH=str(world.beside)),
    "PYTHONPATH with a dot": lambda world: world.variables.update(PYTHONPATH="."),
    "no PYTHONPATH": lambda world: world.variables.pop("PYTHONPATH", None),
    "PYTHONUSERBASE": lambda world: (
        install(world.root / "user" / "lib" / SHORT / "site-packages", "demo", "2.0"),
        world.variables.update(PYTHONUSERBASE=str(world.root / "user")),
    ),
    "a distribution before all": lambda world: install(world.beside, "mine", "0.9"),
    "PYTHONHOME": lambda world: world.variables.update(PYTHONHOME=str(world.base)),
    "own distribution": lambda world: install(world.own, "frame", "3.0"),
    "own distribution removed": lambda world: shutil.rmtree(world.own / "mine-1.0.dist-info"),
    "own version edited": lambda world: world.rewrite(
        world.own / "mine-1.0.dist-info" / "METADATA", "Name: mine\nVersion: 1.1\n\n"
    ),
    "no inheritance": lambda world: world.rewrite(world.env / "pyvenv.cfg", f"home = {world.python.parent}\n"),
    "another home of the interpreter": lambda world: world.configure(home=Path(sys.base_prefix) / "bin"),
    "a second pyvenv.cfg": lambda world: shutil.copy(world.env / "pyvenv.cfg", world.env / "bin" / "pyvenv.cfg"),
    "another interpreter": lambda world: _linked(world, Path(sys.base_prefix) / "bin" / SHORT),
    "the interpreter gone": lambda world: (world.env / "bin" / "python").unlink(),
    "the interpreter copied anew": lambda world: _copied_anew(world.python),
    "the environment moved": World.move,
    "no state": lambda world: (world.env / STATE_NAME).unlink(),
    "an installation under way": lambda world: world.edit(STATE_NAME, '"installing": false', '"installing": true'),
    "no record": lambda world: (world.env / "sitediff.json").unlink(),
    "a damaged record": lambda world: world.rewrite(world.env / "sitediff.json", "{"),
    "damaged notes": lambda world: world.rewrite(
        world.env / FILE_NAME, (world.env / FILE_NAME).read_text()[: world.rng.randrange(2000)]
    ),
}
HARMLESS: Final = ("nothing", "a file of a command", "a log of tox", "a variable without a part")


def judge(number: int, seed: int, counts: Counter[str], names: Sequence[str] = ()) -> str | None:
    """Try one case, with changes at random or these; say what is wrong with it."""
    rng = random.Random(f"{seed}-{number}")
    with tempfile.TemporaryDirectory(prefix="unchanged-") as directory:
        world = World(Path(directory), rng)
        before = world.note()
        if not names and number % 8 == 0:
            names = [rng.choice(HARMLESS)]
        names = names or rng.sample(sorted(CHANGES), rng.choice((1, 1, 1, 2, 3)))
        for name in names:
            try:
                CHANGES[name](world)
            except OSError:
                counts["not possible any more"] += 1
        is_fast, change = world.is_fast(), world.change(before)
        counts["same" if is_fast else "look"] += 1
        counts["changed" if change else "as it was"] += 1
        if is_fast and change is not None:
            return f"case {number} of seed {seed}: {', '.join(names)}: said to be as it was, but {change}"
        if not is_fast and {*names} <= {*HARMLESS} and change is None:
            return f"case {number} of seed {seed}: {', '.join(names)}: is as it was, and that is not seen"
    return None


def main() -> int:
    """Try cases, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    numbers = range(options.cases) if options.only is None else [options.only]
    wrong = [found for number in numbers if (found := judge(number, options.seed, counts)) is not None]
    print(*wrong, sep="\n")
    print(dict(counts))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
