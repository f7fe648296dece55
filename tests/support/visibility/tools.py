"""Programs that look at an environment in their own ways, and what each is asked, for a comparison."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from support.visibility.clean import Pair

PROGRAM: Final = "program.py"
_JEDI: Final = """\
import jedi, sys
names = sorted(found.name for found in jedi.Script("import ").complete(1, 7))
print(names)
for name in sys.argv[1:]:
    found = jedi.Script("import " + name).goto(1, 7, follow_imports=True)
    print(name, [(one.full_name, one.type) for one in found])
"""
_GRAPH: Final = """\
import sys
from PyInstaller.lib.modulegraph.modulegraph import ModuleGraph
graph = ModuleGraph(sys.path)
graph.add_script(sys.argv[1])
print(sorted((node.identifier, type(node).__name__) for node in graph.nodes()))
"""
TOOLS: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "mypy": [["-m", "mypy", "--config-file=", "--cache-dir", os.devnull, "--follow-imports=skip", PROGRAM]],
    "pylint": [
        ["-m", "pylint", "--disable=all", "--enable=import-error,no-name-in-module", "--persistent=n", PROGRAM],
    ],
    "flake8": [["-m", "flake8", "--isolated", PROGRAM], ["-m", "flake8", "--version"]],
    "jedi": [["-c", _JEDI, "*"]],
    "pip": [
        ["-m", "pip", "list", "--format", "json"],
        ["-m", "pip", "check"],
        ["-m", "pip", "inspect"],
    ],
    "pyinstaller": [["-c", _GRAPH, PROGRAM]],
}
"""What each is asked; a star stands for the modules."""


def compare(pair: Pair, tools: Iterable[str], asked: Sequence[str], directory: Path) -> Iterator[str]:
    """Say what tools do not find alike in both environments, which have to see these tools.

    Args:
        pair: The environments.
        tools: Names of `TOOLS`.
        asked: Modules, there or not.
        directory: Where they may write; it must not exist.
    """
    work = directory / "work"
    work.mkdir(parents=True)
    (work / PROGRAM).write_text("".join(f"import {name}\n" for name in asked), encoding="utf-8")
    more = {
        "XDG_CACHE_HOME": str(directory / "cache"),
        "PYLINTHOME": str(directory / "cache"),
        "PYINSTALLER_CONFIG_DIR": str(directory / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "MYPYPATH": "",
    }
    for tool in tools:
        for command in TOOLS[tool]:
            words = [word for part in command for word in (asked if part == "*" else [part])]
            view, clean = pair.each(*words, cwd=work, **more)
            if view != clean:
                lines = [line for line in view.splitlines() if line not in clean.splitlines()]
                others = [line for line in clean.splitlines() if line not in view.splitlines()]
                yield f"{tool} ({' '.join(command)[:40]}): {lines[:3]} / {others[:3]}"
