"""Wheels that hold what a test says."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.metadata import Distribution

TAG: Final = "py3-none-any"


def write_wheel(directory: Path, stem: str, metadata: str, files: Mapping[str, str], *, entry_points: str = "") -> Path:
    """Write a wheel, of the same bytes for the same content: a hash that a test writes down stays true.

    Args:
        directory: Where to; it is made if need be.
        stem: Name and version, as they begin the names of the wheel and of its ``.dist-info`` directory.
        metadata: The content of ``METADATA``.
        files: What is installed: path in the wheel, and content.
        entry_points: The content of ``entry_points.txt``; nothing for no such file.

    Returns:
        The wheel's path.
    """
    info = f"{stem}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {TAG}\n",
    }
    if entry_points:
        content[f"{info}/entry_points.txt"] = entry_points
    record = "".join(f"{path},{_digest(text)},{len(text.encode())}\n" for path, text in content.items())
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    directory.mkdir(parents=True, exist_ok=True)
    wheel = directory / f"{stem}-{TAG}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return wheel


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


_WORD: Final = re.compile(r"[-_.]+")


def normalized(name: str) -> str:
    """The name of a wheel's files."""
    return _WORD.sub("_", name).lower()


class Content(TypedDict, total=False):
    """What a wheel may hold.

    Attributes:
        requires: Requirements.
        extras: Further requirements, by extra.
        entry_points: Console scripts: name, and ``module:function``.
        modules: Path in the wheel, and content; one module that holds ``__version__`` by default.
    """

    requires: Iterable[str]
    extras: Mapping[str, Iterable[str]]
    entry_points: Mapping[str, str]
    modules: Mapping[str, str]


def make_wheel(directory: Path, name: str, version: str, **content: Unpack[Content]) -> Path:
    """Write a wheel with a name and a version into a directory, and return its path."""
    stem = f"{normalized(name)}-{version}"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {line}" for line in content.get("requires", ())]
    for extra, lines in content.get("extras", {}).items():
        metadata.append(f"Provides-Extra: {extra}")
        metadata += [f'Requires-Dist: {line}; extra == "{extra}"' for line in lines]
    modules = content.get("modules", {f"{normalized(name)}.py": f"__version__ = {version!r}\n"})
    lines = "".join(f"{script} = {target}\n" for script, target in content.get("entry_points", {}).items())
    return write_wheel(
        directory,
        stem,
        "\n".join((*metadata, "", "")),
        modules,
        entry_points=f"[console_scripts]\n{lines}" if lines else "",
    )


def pip_wheel() -> Path:
    """The wheel of pip that virtualenv carries for this Python."""
    from virtualenv.seed.wheels.embed import get_embed_wheel

    wheel = get_embed_wheel("pip", f"{sys.version_info[0]}.{sys.version_info[1]}")
    assert wheel is not None
    return Path(wheel.path)


def repack(directory: Path, found: Distribution) -> Path:
    """Make a wheel of something that is installed."""
    stem = f"{normalized(found.name)}-{found.version}"
    files = {str(path): Path(str(path.locate())) for path in found.files or () if ".." not in path.parts}
    if any(path.endswith(".pth") for path in files):  # installed as an editable one
        spec = find_spec(normalized(found.name))
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        files |= {str(path.relative_to(package.parent)): path for path in package.rglob("*") if path.is_file()}
    kept = {name: path for name, path in files.items() if not name.endswith((".pyc", ".pth", "RECORD"))}
    wheel = directory / f"{stem}-py3-none-any.whl"
    record = f"{stem}.dist-info/RECORD"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, path in kept.items():
            archive.write(path, name)
        archive.writestr(record, "".join(f"{name},,\n" for name in (*kept, record)))
    return wheel
