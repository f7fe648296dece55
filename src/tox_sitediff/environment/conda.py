"""What only Windows needs (pure paths; tried on other systems with stand-ins)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_CONDA: Final = (
    (),
    ("Library", "mingw-w64", "bin"),
    ("Library", "usr", "bin"),
    ("Library", "bin"),
    ("bin",),
)
"""Without ``Scripts``, which holds programs: those that nobody declared would run, under the base's interpreter."""


def dll_directories(base_prefix: Path) -> list[Path]:
    """Name the directories from which programs of a conda base load DLLs.

    An activated conda environment has them on PATH; an environment over it finds neither OpenSSL nor MKL without.

    Args:
        base_prefix: The directory of the base interpreter.

    Returns:
        The directories that exist, in conda's order; none where the base is not conda's.
    """
    if not (base_prefix / "conda-meta").is_dir():
        return []
    return [path for parts in _CONDA if (path := base_prefix.joinpath(*parts)).is_dir()]
