"""Files as installers leave them: distributions, wheels, a prefix of an interpreter; and trees to compare."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from packaging.utils import canonicalize_name
from packaging.version import Version

from support.wheels import write_wheel
from tox_sitediff.core.model import Distribution, Layer, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHORT: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Wheel(TypedDict, total=False):
    """What `wheel` takes beside a name and a version."""

    requires: Iterable[str]
    extras: Iterable[str]
    files: int


class Installation(TypedDict, total=False):
    """What `install` takes beside a name and a version."""

    requires: Iterable[str]
    extras: Iterable[str]
    scripts: Mapping[str, str]
    direct_url: str


def write(path: Path, content: str | bytes = "") -> Path:
    """Write a file, with the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fill(root: Path, files: Mapping[str, int | str | bytes]) -> Path:
    """Write files of so many bytes, or with that content, into a directory."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * content if isinstance(content, int) else os.fsencode(content))
    return root


def demo(site: Path, *, folder: str = "demo-1.0.dist-info", name: str = "demo") -> Distribution:
    """Name a distribution of a base by the folder of its metadata, whether it is there or not."""
    return Distribution(
        name=canonicalize_name(name),
        version=Version("1.0"),
        path=str(site / folder),
        layer=Layer(path=str(site), role=Role.BASE),
    )


def metadata(name: str, version: str, requires: Iterable[str] = (), extras: Iterable[str] = ()) -> str:
    """Write the METADATA of a distribution."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {line}" for line in requires]
    return "\n".join((*lines, "", ""))


def module(version: str) -> str:
    """Write a module that tells its version."""
    return f"version = {version!r}\n"


def install(
    site: Path,
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    extras: Iterable[str] = (),
    scripts: Mapping[str, str] | None = None,
    direct_url: str | None = None,
) -> Path:
    """Put a distribution into a site directory as an installer would, and return its dist-info."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        site / f"{name.replace('-', '_')}.py": module(version),
        folder / "METADATA": metadata(name, version, requires, extras),
        folder / "INSTALLER": "pip\n",
    }
    if scripts:
        lines = [f"{script} = {target}" for script, target in scripts.items()]
        files[folder / "entry_points.txt"] = "\n".join(("[console_scripts]", *lines, ""))
    if direct_url is not None:
        files[folder / "direct_url.json"] = direct_url
    files[folder / "RECORD"] = "".join(
        f"{path.relative_to(site).as_posix()},,\n" for path in (*files, folder / "RECORD")
    )
    for path, text in files.items():
        write(path, text)
    return folder


def wheel(
    directory: Path,
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    extras: Iterable[str] = (),
    files: int = 0,
) -> Path:
    """Make a wheel of one module and so many further files, in an index that can be read from the file system."""
    base = f"{name.replace('-', '_')}-{version}"
    folder = directory / canonicalize_name(name)
    content = {
        f"{name.replace('-', '_')}.py": module(version),
        **{f"{name.replace('-', '_')}_data/{number}.txt": str(number) for number in range(files)},
    }
    path = write_wheel(folder, base, metadata(name, version, requires, extras), content)
    links = "".join(f'<a href="{file.name}">{file.name}</a>\n' for file in sorted(folder.glob("*.whl")))
    write(folder / "index.html", f"<!DOCTYPE html><html><body>\n{links}</body></html>\n")
    return path


def sha256(path: Path) -> str:
    """Hash a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree_hash(directory: Path) -> str:
    """Hash a tree: names, kinds, modes, contents, times; links are not followed."""
    total = hashlib.sha256()
    for folder, folders, files in os.walk(directory):
        folders.sort()
        for name in sorted((*folders, *files)):
            path = Path(folder, name)
            found = path.lstat()
            total.update(f"{path}|{found.st_mode}|{found.st_mtime_ns}|".encode("utf-8", "surrogateescape"))
            if stat.S_ISLNK(found.st_mode):
                total.update(os.fsencode(path.readlink()))
            elif stat.S_ISREG(found.st_mode):
                total.update(path.read_bytes())
    return total.hexdigest()


def make_prefix(prefix: Path) -> Path:
    """Make an interpreter's prefix with an empty site-packages, and return the interpreter."""
    source = Path(sys.base_prefix)
    library = prefix / "lib" / SHORT
    library.mkdir(parents=True)
    (prefix / "bin").mkdir()
    for entry in (source / "lib" / SHORT).iterdir():
        if entry.name in {"site-packages", "dist-packages"}:
            continue
        (library / entry.name).symlink_to(entry)
    (library / "site-packages").mkdir()
    for shared in (source / "lib").glob("libpython*"):
        (prefix / "lib" / shared.name).symlink_to(shared)
    python = prefix / "bin" / SHORT
    # a link would lead the interpreter back to the prefix that it came from
    shutil.copy2(source / "bin" / SHORT, python)
    for name in ("python3", "python"):
        (prefix / "bin" / name).symlink_to(SHORT)
    return python


def pretending_in(site: Path) -> list[str]:
    """Name what is shown as installed in a site directory and is not: no installer wrote down its files."""
    return sorted(path.name for path in site.glob("*.dist-info") if not (path / "RECORD").exists())
