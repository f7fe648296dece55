"""The views of a user (edge): directories of links, which environments that see the same share.

A view is code, so that nobody else may write into it, nor into what is above it. It lies outside of all environments:
pip takes what lies below ``sys.prefix`` for the environment's own, and would remove it through the links.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import files
from ..errors import EnvironmentProblem
from ..files import read_bytes, read_text
from ..interpreter import start_up
from ..interpreter.trees import directory_bytes
from ..user_cache import is_private, part
from ..user_cache import make as make_private
from .farm import digest, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .farm import Farm

STEM: Final = "_sitediff_view"
PTH_NAME: Final = f"{STEM}.pth"
"""In the environment's own site directory, it leads to its view; the probe knows this name."""
SITE: Final = "site-packages"
"""The directory that is on ``sys.path``, by the name that many tools know for what is not the user's own."""
BESIDE: Final = ".sitediff-views"
"""Where views lie beside an environment."""
PART: Final = "views"
"""Where they lie in the user cache."""
_IS_WINDOWS: Final = sys.platform == "win32"
_WAY_OUT: Final = (
    "the base and that directory have to lie on local drives with NTFS"
    if _IS_WINDOWS
    else "set XDG_CACHE_HOME to a directory of yours in a file system with links"
)
_MANIFEST: Final = "manifest.json"
_USERS: Final = "users"
_LIMIT: Final = 64 * 1024 * 1024
_NAME: Final = re.compile("[0-9a-f]{24}")
_NAMED: Final = re.compile(rb"#[^\n]*: view ([0-9a-f]{24})\n")


def roots(directory: Path) -> Iterator[Path]:
    """Name where views of an environment may lie, the better place first.

    Args:
        directory: The environment's directory.
    """
    cache = part(PART)
    if cache is not None and not cache.is_relative_to(directory):
        yield cache
    yield directory.parent / BESIDE


def make(farm: Farm, directory: Path, *, of: Mapping[str, str]) -> Path:
    """Make a view, or heal the one that is there, and note who uses it.

    Args:
        farm: What it holds.
        directory: The environment that uses it.
        of: What else decides whether two views are the same.

    Returns:
        The view.

    Raises:
        EnvironmentProblem: When no place or no link can be made.
    """
    manifest = farm.manifest({**of, **_stamps(farm)})
    root = next(roots(directory))
    try:
        make_private(root)
        if not is_private(root):
            raise EnvironmentProblem(
                f"others can write into {root}, or have put a link there, so that what an environment sees can't lie "
                "there; make it your own (chmod go-w), or set XDG_CACHE_HOME to a directory of yours"
            )
        view = root / digest(manifest)
        if read_text(view / _MANIFEST, _LIMIT) != manifest or not _is_whole(view / SITE, farm):
            _build(view, farm, manifest)
        users = view / _USERS
        if files.is_link(users):
            files.unlink(users)
        users.mkdir(mode=0o700, exist_ok=True)
        note = users / _key(directory)
        if read_text(note) != os.fspath(directory):
            files.put(note, os.fspath(directory))
    except OSError as error:
        raise EnvironmentProblem(
            f"no view of the base can be made in {root} ({error}); {_WAY_OUT}, or take sitediff_visibility = report or "
            "base"
        ) from error
    return view


def _stamps(farm: Farm) -> dict[str, str]:
    """Sum up files that can't be linked to, because a copy of them is as old as they were."""
    stamps = []
    if _IS_WINDOWS:
        for place, source in sorted(farm.links.items()):
            if not place.endswith("/"):
                with suppress(OSError):
                    found = os.stat(source)
                    stamps.append(f"{place} {found.st_size} {found.st_mtime_ns}")
    return {"files": hashlib.sha256("\n".join(stamps).encode("utf-8", "surrogateescape")).hexdigest()} if stamps else {}


def _key(directory: Path) -> str:
    return hashlib.sha256(os.fsencode(directory)).hexdigest()[:24]


# --- the links


def _build(view: Path, farm: Farm, manifest: str) -> None:
    """Make a view beside its place and put it there, or mend it in its place, where others may be using it."""
    if not os.path.lexists(view):
        temporary = Path(tempfile.mkdtemp(dir=view.parent, prefix=files.TEMPORARY))
        try:
            _plant(temporary / SITE, farm)
            (temporary / _USERS).mkdir(mode=0o700)
            files.put(temporary / _MANIFEST, manifest)
            with suppress(OSError):  # another process was faster
                os.rename(temporary, view)
                return
        finally:
            if temporary.exists():
                shutil.rmtree(temporary, ignore_errors=True)
    if not files.is_directory(view):
        files.discard(view)
        view.mkdir(mode=0o700, exist_ok=True)
    _weed(view / SITE, farm)
    _plant(view / SITE, farm)
    files.put(view / _MANIFEST, manifest)


def _plant(site: Path, farm: Farm) -> None:
    """Make the directories, files and links that are missing."""
    start = os.fspath(site)
    for inner in farm.directories():
        with suppress(FileExistsError):
            os.mkdir(f"{start}/{inner}" if inner else start, 0o700)
    for place, text in farm.texts.items():
        files.put(site / place, text)
    single: dict[str, list[str]] = {}
    for place, source in farm.links.items():
        path = f"{start}/{place}".rstrip("/")
        with suppress(FileExistsError):
            files.link(source, path, is_directory=place.endswith("/"))
        if place.endswith(".py"):
            single.setdefault(os.path.dirname(source), []).append(path)
    for directory, paths in single.items():
        _take_bytecode(f"{directory}/__pycache__", paths)


def _take_bytecode(cache: str, paths: list[str]) -> None:
    """Link the bytecode of single files, which Python looks for beside the links; it checks what it is of."""
    names: dict[str, list[str]] = {}
    for name in files.listing(cache):
        if name.endswith(".pyc"):
            names.setdefault(name.partition(".")[0], []).append(name)
    for path in paths:
        parent, file = os.path.split(path)
        for name in names.get(file[: -len(".py")], ()):
            with suppress(OSError):  # it is as good without
                os.makedirs(f"{parent}/__pycache__", 0o700, exist_ok=True)
                files.link(f"{cache}/{name}", f"{parent}/__pycache__/{name}", is_directory=False)


def _weed(site: Path, farm: Farm) -> None:
    """Remove what does not belong into a view, and nothing behind its links."""
    if not files.is_directory(site):
        files.discard(site)
        return
    for place, is_right in _stock(site, farm):
        if is_right:
            continue
        files.discard(site / place)


def _is_whole(site: Path, farm: Farm) -> bool:
    """Tell whether a view holds what it should, and nothing else."""
    found = 0
    for _, is_right in _stock(site, farm):
        if not is_right:
            return False
        found += 1
    return found == len(farm.links) + len(farm.texts) + len(farm.directories())


def _stock(site: Path, farm: Farm) -> Iterator[tuple[str, bool]]:
    """Give what lies in a view, and whether it is right; Python's bytecode is left out."""
    if not files.is_directory(site):
        return
    real = set(farm.directories())
    stack = [""]
    while stack:
        inner = stack.pop()
        yield inner, True
        with os.scandir(f"{site}/{inner}" if inner else site) as entries:
            for entry in entries:
                place = f"{inner}/{entry.name}" if inner else entry.name
                if entry.name == "__pycache__" and entry.is_dir(follow_symlinks=False):
                    continue
                if place in real and entry.is_dir(follow_symlinks=False) and not files.is_link(entry.path):
                    stack.append(place)
                elif place in farm.texts:
                    yield place, not files.is_link(entry.path) and read_text(entry.path) == farm.texts[place]
                else:
                    source = farm.links.get(place) or farm.links.get(f"{place}/")
                    yield place, source is not None and _leads_to(entry, source)


def _leads_to(entry: os.DirEntry[str], source: str) -> bool:
    if not _IS_WINDOWS:
        # of what the base has no more, the view would be another one
        return entry.is_symlink() and os.readlink(entry.path) == source and os.path.lexists(source)
    with suppress(OSError):
        return os.path.samefile(entry.path, source) or entry.is_file()
    return False


# --- what uses them


def find(name: str, directory: Path) -> Path | None:
    """Find a view of an environment by its name; None where there is none any more."""
    found = (root / name for root in roots(directory) if is_private(root))
    return next((view for view in found if files.is_directory(view)), None)


def load(view: Path) -> Farm | None:
    """Read what a view should hold; None where that is damaged."""
    text = read_text(view / _MANIFEST, _LIMIT)
    if text is None or not text.isascii() or digest(text) != view.name:
        return None
    try:
        return parse(text)
    except ValueError:
        return None


def is_whole(view: Path, farm: Farm, directory: Path) -> bool:
    """Tell whether a view is as it was made, and knows of an environment that uses it."""
    users = view / _USERS
    return _is_whole(view / SITE, farm) and (users / _key(directory)).is_file() and not files.is_link(users)


def path_files(view: Path, farm: Farm) -> dict[str, bytes]:
    """Write what leads to a view.

    Args:
        view: The view.
        farm: What it holds.

    Returns:
        Files of the environment's site directory by name: the ``.pth`` file, and where more than path lines is needed
        what does the same from Python 3.15 on. For the site module reads the ``.pth`` files in a directory that such a
        file names only if it is told to, and it is the locale that says how it reads the name of one.
    """
    site = os.path.join(view, SITE)
    paths = [site, *farm.paths]
    lines = [f"# tox-sitediff: of its base, this environment sees what is declared: view {view.name}"]
    lines += [path for path in paths if path.isascii() and path.isprintable()]
    others = [path for path in paths if path not in lines]
    if others:
        add = "; ".join(f"sys.path.append(os.fsdecode({os.fsencode(path)!r}))" for path in others)
        lines.append(f"import os, sys; {add}")
    if farm.starts:
        lines.append(f"import os, site; site.addsitedir(os.fsdecode({os.fsencode(site)!r}))")
    found = {}
    if (others or farm.starts) and start_up.runs_start_files(farm.python):
        starts = [site] if farm.starts else []
        found = start_up.start_files(STEM, starts, paths=others, why=f"leads to view {view.name}")
    return found | {PTH_NAME: ("\n".join(lines) + "\n").encode("ascii")}


def named(content: bytes) -> str | None:
    """Tell which view a ``.pth`` file leads to."""
    found = _NAMED.match(content)
    return None if found is None else found[1].decode("ascii")


def leave(view: Path, directory: Path) -> None:
    """Note that an environment does not use a view any more; with the last one the view goes.

    Args:
        view: The view.
        directory: The environment.
    """
    with suppress(OSError):
        (view / _USERS / _key(directory)).unlink()
    sweep(view)


def sweep(view: Path) -> bool:
    """Remove a view if nothing uses it, and say whether that was so."""
    try:
        os.rmdir(view / _USERS)  # which fails where there is a note in it
    except FileNotFoundError:
        pass
    except OSError:
        return False
    remove(view)
    return True


def prune(root: Path, *, age: float) -> tuple[int, int]:
    """Remove the views that no environment uses any more.

    Args:
        root: Where they lie.
        age: How many seconds old a note must be of an environment that is there and does not lead to the view: one that
            is younger may be about to.

    Returns:
        How many views were removed, and how many bytes that freed.
    """
    count = freed = 0
    if not files.is_directory(root) or not is_private(root):
        return 0, 0  # what came with somebody's checkout may lead anywhere
    now = time.time()
    for name in sorted(files.listing(root)):
        view = root / name
        if name.startswith(files.TEMPORARY):
            with suppress(OSError):
                if now - view.lstat().st_mtime > age:
                    freed += directory_bytes(view).apparent
                    remove(view)
            continue
        if not _NAME.fullmatch(name) or not files.is_directory(view) or files.is_link(view / _USERS):
            continue
        for note in (view / _USERS).glob("*"):
            directory = Path(read_text(note) or os.devnull)
            with suppress(OSError):
                if not directory.is_dir() or (not _leads(directory, name) and now - note.stat().st_mtime > age):
                    note.unlink()
        held = directory_bytes(view).apparent
        if sweep(view):
            count += 1
            freed += held
    return count, freed


def _leads(directory: Path, name: str) -> bool:
    """Tell whether an environment leads to a view."""
    return any(
        named(read_bytes(path) or b"") == name
        for pattern in (f"lib/*/site-packages/{PTH_NAME}", f"Lib/site-packages/{PTH_NAME}")
        for path in directory.glob(pattern)
    )


def remove(tree: Path) -> None:
    """Remove a view; what its links lead to stays, also where there is a link in its place."""
    if files.is_link(tree):
        with suppress(OSError):
            files.unlink(tree)
        return
    aside = tree.with_name(f"{files.TEMPORARY}{tree.name}-{os.getpid()}")
    with suppress(OSError):
        os.rename(tree, aside)
        tree = aside
    shutil.rmtree(tree, ignore_errors=True)
