"""Worlds on disk: an index, a base interpreter with its layers, and an environment over it, used again and again.

uv knows an interpreter by its place, so base and environment stay where they are and are only emptied. It knows a
wheel by its place too, so each index gets a place of its own.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from support.distributions import SHORT, make_prefix, tree_hash, write
from support.wheels import write_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from support.differential.worlds import Copy, Release, World

_KEPT: Final = ("pyvenv.cfg", "bin", "lib")


def metadata(item: Release | Copy, *, damage: str = "") -> str:
    """Write the metadata of a distribution, broken in one way or not."""
    lines = ["Metadata-Version: 2.1", f"Name: {item.name}"]
    if damage != "no version":
        lines.append(f"Version: {'not.a' if damage == 'bad version' else ''}{item.version}")
    if python := getattr(item, "python", ""):
        lines.append(f"Requires-Python: {python}")
    lines += [f"Provides-Extra: {extra}" for extra in item.extras]
    lines += [f"Requires-Dist: {line}" for line in item.requires]
    if damage == "bad requirement":
        lines.append("Requires-Dist: what is this")
    return "\n".join((*lines, "", ""))


def _base(item: Release | Copy) -> str:
    return f"{canonicalize_name(item.name).replace('-', '_')}-{item.version}"


def make_wheel(directory: Path, item: Release) -> Path:
    """Make a wheel that holds a module, always of the same bytes."""
    base = _base(item)
    module = f"{canonicalize_name(item.name).replace('-', '_')}.py"
    return write_wheel(directory, base, metadata(item), {module: f"version = {item.version!r}\n"})


def make_index(directory: Path, releases: Iterable[Release]) -> None:
    """Make a package index (PEP 503) that can be read from the file system."""
    pages: dict[str, list[str]] = {}
    for item in releases:
        name = canonicalize_name(item.name)
        folder = directory / name
        folder.mkdir(parents=True, exist_ok=True)
        wheel = make_wheel(folder, item)
        python = f' data-requires-python="{html.escape(item.python)}"' if item.python and item.announced else ""
        yanked = ' data-yanked=""' if item.yanked else ""
        pages.setdefault(name, []).append(f'<a href="{wheel.name}"{python}{yanked}>{wheel.name}</a>\n')
    for folder_name, links in pages.items():
        write(directory / folder_name / "index.html", f"<!DOCTYPE html><html><body>\n{''.join(links)}</body></html>\n")
    directory.mkdir(exist_ok=True)


def put(site: Path, item: Copy, origin: str | None) -> None:
    """Put an installed distribution into a site directory, as an installer of its kind does."""
    base = _base(item)
    if item.kind == "egg-info file":
        write(site / f"{item.name.replace('-', '_')}-{item.version}.egg-info", metadata(item))
        return
    if item.kind == "egg-info":
        folder = (
            site
            / f"{item.name.replace('-', '_')}-{item.version}-py{sys.version_info[0]}.{sys.version_info[1]}.egg-info"
        )
        without = "\n".join(line for line in metadata(item).split("\n") if not line.startswith("Requires-Dist"))
        write(folder / "PKG-INFO", without)
        write(folder / "requires.txt", _requires_txt(item.requires))
        write(folder / "top_level.txt", f"{item.name}\n")
        return
    folder = site / f"{base}.dist-info"
    if item.damage == "no metadata":
        write(folder / "INSTALLER", "pip\n")
        return
    files = {"METADATA": metadata(item, damage=item.damage), "INSTALLER": "pip\n"}
    if origin is not None:
        files["direct_url.json"] = json.dumps({"url": origin, "archive_info": {}})
    module = f"{canonicalize_name(item.name).replace('-', '_')}.py"
    files["RECORD"] = "".join(f"{base}.dist-info/{name},,\n" for name in (*files, "RECORD")) + f"{module},,\n"
    write(site / module, f"version = {item.version!r}\n")
    for name, text in files.items():
        write(folder / name, text)


def _requires_txt(lines: Sequence[str]) -> str:
    """Write requirements as setuptools does for an egg: in sections of extra and marker."""
    sections: dict[str, list[str]] = {}
    for line in lines:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        alternatives = [part.strip() for part in marker.split(" or ")] if marker else [""]
        for alternative in alternatives:
            extra, conditions = "", []
            for part in alternative.split(" and "):
                if part.startswith("extra =="):
                    extra = part.partition("==")[2].strip(" '\"")
                elif part:
                    conditions.append(part)
            sections.setdefault(f"{extra}{':' if conditions else ''}{' and '.join(conditions)}", []).append(requirement)
    plain = "".join(f"{line}\n" for line in sections.pop("", ()))
    return plain + "".join(f"\n[{name}]\n" + "".join(f"{line}\n" for line in found) for name, found in sections.items())


class Places:
    """A base interpreter, an environment over it, one that inherits nothing, and the index of the moment."""

    def __init__(self, root: Path) -> None:
        """Make what is used again and again.

        Args:
            root: Where; a directory that exists, and is empty.
        """
        self.root = root
        base = make_prefix(root / "prefix")
        self.prefix = root / "prefix"
        self.home = root / "home"
        self.project = root / "project"
        self.project.mkdir()
        self.env = root / "env"
        self.python = _make_environment(self.env, base, inherits=True)
        self.full = root / "full"
        _make_environment(self.full, base, inherits=False)
        self.layers = {
            "base": self.prefix / "lib" / SHORT / "site-packages",
            "second": root / "second",
            "user": self.home / ".local" / "lib" / SHORT / "site-packages",
            "stacked": root / "stacked",
            "injected": root / "injected",
            "own": self.env / "lib" / SHORT / "site-packages",
        }
        self.index = root / "index-0"
        self._indexes = 0
        self._offered: tuple[tuple[Release, ...], tuple[Release, ...]] | None = None
        self.archives: list[Path] = []
        self.variables = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "UV_CACHE_DIR": str(root / "cache" / "uv"),
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CACHE_HOME": str(root / "cache"),
            "NO_COLOR": "1",
        }

    def furnish(self, world: World) -> None:
        """Bring a world to the disk, and take the one before away."""
        self._offer(world)
        _empty(self.env, _KEPT)
        _empty(self.env / "bin", ("python", "python3", SHORT))
        for site in self.layers.values():
            _empty(site)
            site.mkdir(parents=True, exist_ok=True)
        if any(item.layer == "second" for item in world.copies):
            write(self.layers["base"] / "second.pth", f"{self.layers['second']}\n")
        for item in world.copies:
            origin = None
            if item.origin is not None:
                known = 0 <= item.origin < len(self.archives)
                origin = self.archives[item.origin].as_uri() if known else "file:///elsewhere/some-1.0-py3-none-any.whl"
            put(self.layers[item.layer], item, origin)
        write(self.project / "constraints.txt", "".join(f"{line}\n" for line in world.constraints))
        self.variables["UV_DEFAULT_INDEX"] = self.index.as_uri()
        self.variables.pop("PYTHONPATH", None)
        if any(item.layer == "injected" for item in world.copies):
            self.variables["PYTHONPATH"] = str(self.layers["injected"])

    def _offer(self, world: World) -> None:
        offered = (world.releases, world.archives)
        if offered == self._offered:
            return
        if self._offered is not None:
            shutil.rmtree(self.index, ignore_errors=True)
        self._indexes += 1
        self.index = self.root / f"index-{self._indexes}"
        self._offered = offered
        make_index(self.index, world.releases)
        self.archives = []
        for at, item in enumerate(world.archives):
            folder = self.index / f"archives-{at}"
            folder.mkdir()
            self.archives.append(make_wheel(folder, item))

    def arguments(self, world: World) -> list[str]:
        """Return what is asked for, as arguments that pip and uv read alike."""
        words = ["--pre"] if world.pre else []
        if world.constraints:
            words += ["-c", "constraints.txt"]
        for ask in world.declared:
            if ask.archive is None:
                words.append(ask.text)
                continue
            path = self.archives[ask.archive]
            digest = hashlib.sha256(path.read_bytes() if ask.digest == "right" else b"").hexdigest()
            words.append(f"{ask.text} @ {path.as_uri()}{f'#sha256={digest}' if ask.digest else ''}")
        return words

    def base_hash(self) -> str:
        """Hash all that must never change."""
        return "".join(tree_hash(self.layers[name]) for name in self.layers if name != "own")


def _make_environment(directory: Path, base: Path, *, inherits: bool) -> Path:
    """Make a virtual environment as ``venv`` does (PEP 405), without starting anything."""
    version = ".".join(map(str, sys.version_info[:3]))
    write(
        directory / "pyvenv.cfg",
        f"home = {base.parent}\ninclude-system-site-packages = {str(inherits).lower()}\nversion = {version}\n",
    )
    (directory / "lib" / SHORT / "site-packages").mkdir(parents=True)
    (directory / "bin").mkdir()
    python = directory / "bin" / "python"
    python.symlink_to(base)
    for name in ("python3", SHORT):
        (directory / "bin" / name).symlink_to("python")
    return python


def _empty(directory: Path, kept: Sequence[str] = ()) -> None:
    if not directory.is_dir():
        return
    for path in directory.iterdir():
        if path.name in kept:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
