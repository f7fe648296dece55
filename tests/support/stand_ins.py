"""Programs that take uv's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def stand_in_maker(tmp_path: Path) -> Callable[[str], Path]:
    """Return what makes a program that takes uv's place, of a shell script."""

    def make(script: str) -> Path:
        program = tmp_path / "bin" / "uv"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return make
