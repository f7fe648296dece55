"""A Python with tox, the plugin and uv that an ordinary user can start, wherever the checks themselves run.

Home directories and work trees of root are closed to others, so the interpreter and the installed tools are copied.
"""

from __future__ import annotations

import shutil
from importlib import metadata
from typing import TYPE_CHECKING

from support.bases.made import Base, uv_program
from support.index import Index, repacked

if TYPE_CHECKING:
    from pathlib import Path


def make_open_tools(directory: Path, index: Index) -> Base:
    """Make the Python.

    Args:
        directory: Where to; everybody can reach it.
        index: Holds the wheels of the tools for a while.
    """
    tools = Base(directory / "tools", copy=True)
    uv = directory / "uv"
    shutil.copy2(uv_program(), uv)
    names = ["tox-sitediff"]
    try:
        metadata.distribution("tox-uv-bare")
    except metadata.PackageNotFoundError:
        pass
    else:
        names.append("tox-uv-bare")
    for name in names:
        with repacked(index, name):
            tools.install(index, name)
    (tools.site / "uv" / "__init__.py").write_text(f"def find_uv_bin():\n    return {str(uv)!r}\n", "utf-8")
    return tools
