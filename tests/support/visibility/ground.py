"""A base with packages of every kind, and environments that see it in the three modes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support import interpreters
from support.bases.made import Base
from support.visibility.ways import HIDDEN
from tox_sitediff.core.requirements import key
from tox_sitediff.core.state import Wanted
from tox_sitediff.interpreter.observer import Observer
from tox_sitediff.visibility.findings import clear, collect
from tox_sitediff.visibility.selection import seen_names
from tox_sitediff.visibility.showing import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.visibility.ways import Way
    from tox_sitediff.core.findings import Findings
    from tox_sitediff.core.model import Visibility
    from tox_sitediff.core.snapshot import Snapshot

VERSIONS: Final = tuple(f"3.{minor}" for minor in range(8, max(14, sys.version_info[1] + 1)))
DECLARED: Final = ("wanted", "shared-one", "legacy-one")
EXTEND: Final = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
MODULE: Final = "VALUE = 1\ndef plugin(): pass\n"
FINDER: Final = """\
import sys
from importlib.util import spec_from_file_location
MAPPING: dict = {{'edited': {path!r}}}
class Finder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return spec_from_file_location(fullname, MAPPING[fullname])
def install():
    sys.meta_path.append(Finder)
"""


def distribution(site: Path, name: str, files: Mapping[str, str], *, entry_points: str = "") -> None:
    """Put a distribution into a site directory, as an installer does."""
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    texts = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\n"}
    if entry_points:
        texts[f"{info}/entry_points.txt"] = entry_points
    texts[f"{info}/top_level.txt"] = "".join(
        f"{top}\n" for top in sorted({f.split("/")[0].removesuffix(".py") for f in files})
    )
    texts[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*texts, f"{info}/RECORD"))
    for path, text in texts.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one way.

    Attributes:
        said: What the program printed, or the error that ended it.
        noise: What else came on the error stream.
        noted: What was noted, as ``distribution: module``.
        importers: Where it was imported.
    """

    said: str
    noise: str
    noted: tuple[str, ...]
    importers: tuple[str, ...]


class Ground:
    """A base of one Python version."""

    def __init__(self, root: Path, version: str) -> None:
        """Make the base."""
        self.root = root
        self.base = Base(root / "base", of=interpreters.needed(version))
        self.minor = int(version.partition(".")[2])
        self.user_base = root / "user"
        self.link = root / "link"
        self.link.symlink_to(self.base.site)
        self.fill(self.base.site)

    def fill(self, site: Path) -> None:
        """Put in one of each kind."""
        points = "[demo]\n{0} = {0}:plugin\n"
        distribution(
            site,
            "wanted",
            {
                "wanted/__init__.py": "def late():\n    import unwanted\ndef plugin(): pass\n",
                "wanted/user.py": "from . import other\nfrom .other import VALUE\n",
                "wanted/other.py": MODULE,
                "wanted/data.txt": "data",
            },
            entry_points=points.format("wanted"),
        )
        distribution(
            site,
            "unwanted",
            {
                "unwanted/__init__.py": MODULE,
                "unwanted/sub.py": MODULE,
                "unwanted/__main__.py": "print('reached')\n",
                "wanted/added.py": MODULE,
            },
            entry_points=points.format("unwanted"),
        )
        distribution(site, "single", {"single.py": MODULE})
        for part in ("one", "two"):
            distribution(site, f"shared-{part}", {f"shared/{part}.py": MODULE, f"shared/deep/{part}.py": MODULE})
            distribution(site, f"legacy-{part}", {"legacy/__init__.py": EXTEND, f"legacy/{part}.py": MODULE})
        (site / "orphan.py").write_text(MODULE, encoding="utf-8")
        dynload = Path(interpreters.run(self.base.python, "import _queue; print(_queue.__file__, end='')"))
        distribution(site, "unwanted-c", {"unwanted_c/__init__.py": "", f"unwanted_c/{dynload.name}": ""})
        shutil.copy(dynload, site / "unwanted_c")
        for name, module, owned in (("pathed", "in_path", True), ("nobody", "by_hand", False)):
            directory = self.root / name
            directory.mkdir()
            (directory / f"{module}.py").write_text(MODULE, encoding="utf-8")
            if owned:
                distribution(site, name, {f"{name}.pth": f"{directory}\n"})
            else:
                (site / f"{name}.pth").write_text(f"{directory}\n", encoding="utf-8")
        distribution(site, "booted", {"booted.py": MODULE, "booted.pth": "import booted\n"})
        source = self.root / "edited.py"
        source.write_text(MODULE, encoding="utf-8")
        distribution(
            site,
            "edited",
            {
                "__editable___edited_1_0_finder.py": FINDER.format(path=str(source)),
                "__editable__.edited-1.0.pth": "import __editable___edited_1_0_finder as f; f.install()\n",
            },
        )
        with zipfile.ZipFile(site / "zipped-1.0.egg", "w") as egg:
            egg.writestr("zipped.py", MODULE)
            egg.writestr("EGG-INFO/PKG-INFO", "Metadata-Version: 1.0\nName: zipped\nVersion: 1.0\n\n")
        (site / "easy-install.pth").write_text("./zipped-1.0.egg\n", encoding="utf-8")
        where = "import site; print(site.getusersitepackages(), end='')"
        user = Path(interpreters.run(self.base.python, where, env=self.variables()))
        distribution(user, "of-user", {"of_user.py": MODULE})

    def variables(self) -> dict[str, str]:
        """What the commands of the environments get."""
        more = {
            "PYTHONUSERBASE": str(self.user_base),
            "LINK_TO_BASE": str(self.link),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BASE_SITE": str(self.base.site) if hasattr(self, "base") else "",
        }
        return interpreters.variables(**more)

    def environment(self, mode: Visibility) -> Environment:
        """Make an environment that inherits from the base."""
        return Environment(self, self.root / f"env-{mode}", mode)


class Environment:
    """An environment in one of the modes."""

    def __init__(self, ground: Ground, directory: Path, mode: Visibility) -> None:
        """Make it."""
        self.ground = ground
        self.directory = directory
        self.mode = mode
        self.python = interpreters.environment(directory, ground.base.python)
        self.work = directory.with_name(f"work-{mode}")
        self.work.mkdir()
        self.write(*DECLARED)

    def view(self) -> Snapshot:
        """Return what the environment sees without a hook."""
        return Observer(self.python, frozenset(), self.ground.variables()).look()

    def write(self, *declared: str) -> None:
        """Bring the hook up to date."""
        self.declared = declared
        self.seen = self.view()
        names = seen_names(self.seen, map(key, declared))
        write(self.seen, self.mode, directory=self.directory, names=names)

    @property
    def purelib(self) -> Path:
        """Its own site directory."""
        return self.seen.purelib

    def run(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run its interpreter."""
        return subprocess.run(
            [self.python, *command],
            cwd=self.work,
            env={**self.ground.variables(), **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def found(self) -> Findings:
        """Return what its programs noted, held against what it declares."""
        return collect(self.directory, self.seen, declared=[Wanted(text=name, audit=name) for name in self.declared])

    def take(self, name: str, way: Way) -> Outcome:
        """Go one way."""
        clear(self.directory)
        program = self.work / f"way_{name}.py"
        program.write_text(way.code, encoding="utf-8")
        options = {"isolated": ("-I",), "no_user": ("-s",)}.get(name, way.options)
        done = self.run(*options, *([] if way.options else [program]))
        said, noise = done.stdout.strip(), done.stderr
        if done.returncode:
            last = noise.strip().splitlines()[-1]
            said, noise = last.partition(": ")[0 if last.startswith(HIDDEN) else 2], ""
        found = self.found().undeclared
        return Outcome(
            said=said,
            noise=noise,
            noted=tuple(
                f"{n.name if n.in_distribution else ''}: {n.module}{f' ({n.entry_point})' if n.entry_point else ''}"
                for n in found
            ),
            importers=tuple(n.imported_by for n in found),
        )
