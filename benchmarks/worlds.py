"""Bases of any size, and an index, which stand for the real ones: distributions with metadata, and next to no code."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SUSPECTS: Final = ("numpy", "scipy", "pandas", "matplotlib", "pytest")
"""What the base has, of the seven usual suspects."""
REMAINDER: Final = ("pytest-mock", "pytest-randomly")
"""What it lacks."""
SEVEN: Final = (*SUSPECTS, *REMAINDER)
WINPYTHON: Final = (
    *("numpy", "scipy", "pandas", "matplotlib", "scikit-learn", "jupyterlab", "dask[complete]", "streamlit"),
    *("pytest", "pytest-mock", "pytest-randomly"),
)
"""What a team with WinPython may declare: all but lz4, which dask[complete] asks for, and the last two are in it."""
NEEDS: Final = {
    "numpy": (),
    "scipy": ("numpy>=1.22",),
    "pandas": ("numpy>=1.22", "python-dateutil>=2.8", "pytz>=2020.1", "tzdata>=2022.1"),
    "matplotlib": (
        *("contourpy>=1.0.1", "cycler>=0.10", "fonttools>=4.22", "kiwisolver>=1.0.1", "numpy>=1.20"),
        *("packaging>=20.0", "pillow>=8", "pyparsing>=2.3.1", "python-dateutil>=2.7"),
    ),
    "pytest": ("iniconfig", "packaging", "pluggy<3,>=0.12", "pygments>=2"),
    "python-dateutil": ("six>=1.5",),
    "contourpy": ("numpy>=1.20",),
    **dict.fromkeys(("pytz", "tzdata", "cycler", "fonttools", "kiwisolver", "packaging", "pillow", "pyparsing"), ()),
    **dict.fromkeys(("iniconfig", "pluggy", "pygments", "six"), ()),
}
"""The closure of the suspects: 19 distributions."""
VERSIONS: Final = {"pluggy": "1.6.0", "python-dateutil": "2.9.0", "contourpy": "1.3.0", "cycler": "0.12.0"}
_VERSION: Final = "2026.1"
_ABOUT: Final = "A line of the long description that most distributions carry in their metadata.\n" * 40
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: benchmarks\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_STAMP: Final = "made-2"


@dataclass(frozen=True, kw_only=True)
class MadeBase:
    """A prefix of its own.

    Attributes:
        prefix: The directory.
        python: The interpreter.
        site: The site directory.
    """

    prefix: Path
    python: Path
    site: Path


def make_base(prefix: Path, count: int) -> MadeBase:
    """Make a base with that many distributions, or take the one that is there: the suspects' closure, and others.

    Args:
        prefix: Where to. The interpreter is a copy of the running one's, its standard library links.
        count: How many distributions; at least as many as the closure has.
    """
    short = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = MadeBase(prefix=prefix, python=prefix / "bin" / short, site=prefix / "lib" / short / "site-packages")
    stamp = prefix / _STAMP
    if stamp.exists():
        return base
    shutil.rmtree(prefix, ignore_errors=True)
    standard = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    (prefix / "lib" / short).mkdir(parents=True)
    (prefix / "bin").mkdir()
    source = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    shutil.copy2(source, base.python)
    for name in ("python", "python3"):
        (prefix / "bin" / name).symlink_to(short)
    for path in standard.iterdir():
        if path.name not in {"site-packages", "dist-packages", "EXTERNALLY-MANAGED", "sitecustomize.py"}:
            (prefix / "lib" / short / path.name).symlink_to(path)
    for path in (source.parent.parent / "lib").glob("libpython*[!a]"):
        (prefix / "lib" / path.name).symlink_to(path)
    base.site.mkdir()
    for name, needs in NEEDS.items():
        add(base.site, name, needs)
    for number in range(count - len(NEEDS)):
        two = [f"some-package-{at:05}>=1" for at in (number // 2, number // 3) if at < number]
        add(base.site, f"some-package-{number:05}", two)
    stamp.touch()
    return base


def add(site: Path, name: str, needs: Sequence[str]) -> None:
    """Put a distribution into a site directory, as an installer would."""
    stem = name.replace("-", "_")
    info = site / f"{stem}-{VERSIONS.get(name, _VERSION)}.dist-info"
    info.mkdir()
    files = {
        site / f"{stem}.py": b"",
        info / "METADATA": metadata(name, needs).encode(),
        info / "INSTALLER": b"pip\n",
        info / "WHEEL": _WHEEL.encode(),
    }
    lines = [f"{path.relative_to(site)},sha256={'0' * 43},{len(data)}" for path, data in files.items()]
    files[info / "RECORD"] = "\n".join([*lines, f"{(info / 'RECORD').relative_to(site)},,", ""]).encode()
    for path, data in files.items():
        path.write_bytes(data)


def metadata(name: str, needs: Sequence[str]) -> str:
    """Write the METADATA of a distribution, as long as real ones are."""
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {VERSIONS.get(name, _VERSION)}",
        "Summary: one of many",
    ]
    lines += [f"Classifier: Programming Language :: Python :: 3.{minor}" for minor in range(9, 16)]
    lines += [f"Requires-Dist: {need}" for need in needs]
    return "\n".join([*lines, "", _ABOUT])


def make_index(directory: Path) -> str:
    """Make an index of files (PEP 503) that has the suspects, the remainder, and what they need.

    Returns:
        Its URL, for pip and for uv.
    """
    shutil.rmtree(directory, ignore_errors=True)
    for name, needs in {**NEEDS, **dict.fromkeys(REMAINDER, ("pytest>=7",))}.items():
        version = VERSIONS.get(name, _VERSION)
        stem = f"{name.replace('-', '_')}-{version}"
        content = {
            f"{name.replace('-', '_')}.py": "",
            f"{stem}.dist-info/METADATA": metadata(name, needs),
            f"{stem}.dist-info/WHEEL": _WHEEL,
        }
        record = "".join(f"{path},{_digest(text)},{len(text.encode())}\n" for path, text in content.items())
        content[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n"
        folder = directory / name
        folder.mkdir(parents=True)
        wheel = f"{stem}-py3-none-any.whl"
        with zipfile.ZipFile(folder / wheel, "w") as archive:
            for path, text in content.items():
                archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
        digest = hashlib.sha256((folder / wheel).read_bytes()).hexdigest()
        page = f'<!DOCTYPE html><html><body><a href="{wheel}#sha256={digest}">{wheel}</a></body></html>\n'
        (folder / "index.html").write_text(page, "utf-8")
    return directory.as_uri()


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
