"""Wheels that hold what a test says."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
