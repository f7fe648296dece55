"""The house: which room may import which, what is pure, and what tests import."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
from _house import (
    DECIDING,
    PACKAGE,
    READING,
    covered,
    deciding,
    imports,
    modules,
    parsed,
    pure,
    reaches_outside,
    statements,
)

ROOMS: Final = (
    ("errors", "text", "values", "files", "times", "programs", "terminal", "user_cache"),
    ("core",),
    ("interpreter",),
    ("environment",),
    ("uv",),
    ("visibility",),
    ("lock",),
    ("engine",),
    ("report",),
    ("cli", "tox_plugin", "nox"),
)
"""Each room imports itself and those above it; of those beside each other only the first ones, the leaves, do."""
TESTS: Final = Path(__file__).parents[1]
OF_THE_WHOLE: Final = {Path(__file__), Path(__file__).with_name("test_documentation.py")}
"""Unit tests that are of no single module."""
ENDS: Final = (".py", "/__init__.py")
MODULES: Final = modules()
LEVELS: Final = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}


def allowed(importing: str, imported: str) -> bool:
    """Tell whether a module may import another one of ours."""
    room, other = importing.split(".", maxsplit=1)[0], imported.split(".", maxsplit=1)[0]
    if not room or not other:  # the package itself: its version
        return not other
    return room == other or LEVELS[other] < LEVELS[room] or LEVELS[other] == LEVELS[room] == 0


def test_each_module_has_a_room() -> None:
    assert {name.split(".")[0] for name in MODULES} == {"", *LEVELS}


@pytest.mark.parametrize("name", MODULES)
def test_a_room_imports_only_those_above_it(name: str) -> None:
    """Also within functions, and for type checkers alone."""
    wrong = {item.name for item in imports(MODULES[name]) if item.ours and not allowed(name, item.name)}
    assert wrong == set()


def test_the_package_imports_itself_relative_to_its_modules() -> None:
    """A room can be moved as a whole."""
    absolute = [
        f"{name}:{item.line}"
        for name, path in MODULES.items()
        for item in imports(path)
        if item.ours and not item.relative
    ]
    assert absolute == []


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("core")])
def test_the_core_reaches_nothing_outside(name: str) -> None:
    """No file, no process, no network, no variable of this process."""
    assert reaches_outside(MODULES[name]) == []


# --- what the tests have to cover


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import re\nfrom urllib.parse import quote\nfrom packaging.version import Version\n", []),
        ("def late():\n    import os\n", ["line 2 imports os"]),
        ("from os import path\n", ["line 1 imports os"]),
        ("import os.path\n", ["line 1 imports os.path"]),
        ("from urllib import request\n", ["line 1 imports urllib"]),
        ("import urllib.request\n", ["line 1 imports urllib.request"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import subprocess\n", []),
        ("from pathlib import Path\nHERE = Path('a') / 'b'\n", []),
        ("from pathlib import Path\ntext = Path('a').read_text()\n", ["line 2 calls .read_text()"]),
        ("text = open('a').read()\n", ["line 1 calls open()"]),
    ],
)
def test_what_reaches_outside(tmp_path: Path, source: str, found: list[str]) -> None:
    path = tmp_path / "package" / "module.py"
    path.parent.mkdir()
    path.write_text(source)
    assert reaches_outside(path, path.parent) == found


def test_what_imports_something_that_is_not_pure_is_not_pure(tmp_path: Path) -> None:
    """However far away; a type alone does not count."""
    texts = {
        "__init__": "",
        "edge": "import os\n",
        "room/__init__": "",
        "room/near": "from ..edge import x\n",
        "room/far": "def late():\n    from . import near\n",
        "room/typed": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..edge import x\n",
        "room/calm": "from .typed import y\nfrom .. import room\n",
    }
    for name, text in texts.items():
        path = tmp_path / "package" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert pure(tmp_path / "package") == {"", "room", "room.typed", "room.calm"}


def test_the_gate_has_the_core_what_is_pure_and_what_decides() -> None:
    names = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in covered()}
    assert {name.replace(".", "/") for name in MODULES if name.startswith("core.")} <= names
    assert {"errors", "text", "lock/choice", "visibility/rules"} <= names, "they are pure"
    assert {"lock/pylock", "uv/arguments"} <= names
    others = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in deciding()}
    assert {"engine/installation", "engine/history", "lock/sync", "uv/remainder"} <= others, "they decide"
    assert not {"files", "interpreter/probe", "cli/main", "uv/program"} & names
    assert all(any(PACKAGE.glob(f"{pattern}.py")) for pattern in (*DECIDING, *READING))


# --- the tests


def test_each_unit_test_mirrors_a_module() -> None:
    """`tests/unit/core/test_plan.py` is of `core/plan.py`, `tests/unit/nox/test_nox.py` of `nox/__init__.py`."""
    lost = []
    for path in sorted((TESTS / "unit").rglob("test_*.py")):
        folder = PACKAGE / path.parent.relative_to(TESTS / "unit")
        name = path.stem.removeprefix("test_")
        package = folder.name == name and (folder / "__init__.py").exists()
        if not (path in OF_THE_WHOLE or package or (folder / f"{name}.py").exists()):
            lost.append(path.relative_to(TESTS).as_posix())
    assert lost == []


def test_programs_within_strings_import_what_there_is() -> None:
    """No type checker reads these."""
    lost = []
    for path in sorted({*TESTS.rglob("*.py"), *TESTS.parent.glob("benchmarks/*.py")}):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                lost += [
                    f"{path.name}, line {node.lineno}: {name}"
                    for name in re.findall(r"from tox_sitediff\.([\w.]+) import ", node.value)
                    if not any((PACKAGE / part).exists() for part in (f"{name.replace('.', '/')}{end}" for end in ENDS))
                ]
    assert lost == []


def imported_by(path: Path) -> list[str]:
    """Name what a module of the tests imports from where: ``support.wheels.make_wheel``."""
    found = []
    for node in statements(parsed(path)):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(path.relative_to(TESTS).parts[: -node.level]) if node.level else ""
            holder = ".".join(filter(None, (base, node.module)))
            found += [f"{holder}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def test_tests_import_support_and_no_test() -> None:
    """Nor a conftest; from another room nothing at all, and support imports no room.

    A room may have programs for the command line: its own tests, and they themselves, import those.
    """
    rooms = {folder.name for folder in TESTS.iterdir() if (folder / "__init__.py").exists()} - {"support"}
    assert {"unit", "process", "end_to_end", "faults"} <= rooms
    wrong = []
    for path in sorted(TESTS.rglob("*.py")):
        room = path.relative_to(TESTS).parts[0]
        for name in imported_by(path):
            top, *rest = name.split(".")
            is_test = any(part.startswith("test_") or part == "conftest" for part in (top, *rest))
            if (top in rooms or top == "conftest") and (is_test or top != room):
                wrong.append(f"{path.relative_to(TESTS)} imports {name}")
    assert wrong == []


def test_nothing_is_installed_but_on_the_one_way_that_carries_the_settings_of_the_user() -> None:
    """Attack: a command of our own without `--no-index` or an index goes to the public one, whatever the user has set.

    So a command that installs begins where a request is made of it (`engine.request`), which adds all of that. What
    tries what a uv does, and what takes the pip that virtualenv carries, looks nowhere else.
    """
    beginnings = {
        name
        for name, path in MODULES.items()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.List | ast.Tuple)
        for words in [[item.value if isinstance(item, ast.Constant) else None for item in node.elts]]
        if "pip" in words[:-1] and words[words.index("pip") + 1] in {"install", None}
    }
    alone = {"uv.behaviour": "--offline", "uv.options": "--offline", "tox_plugin.seeds": "--no-index"}
    requesting = {
        "cli.context",
        "nox.environment",
        "tox_plugin.installer",
        "tox_plugin.planning",
        "tox_plugin.tox_uv_lock",
    }
    assert beginnings == {*requesting, *alone}
    for name, option in alone.items():
        assert option in MODULES[name].read_text("utf-8")
    for name in requesting - {"tox_plugin.installer"}:
        assert re.search(r"make_request\(|\.request\(", MODULES[name].read_text("utf-8")), name
    # what tox's own bookkeeping installs with is taken apart, and made a request of
    assert "self.request(command.arguments" in MODULES["tox_plugin.filled"].read_text("utf-8")


def test_no_test_looks_at_the_clock() -> None:
    """How long something takes says more about the machine: tests count, or guard against what has no end."""
    clocks = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "process_time_ns"}
    found = [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for path in sorted(TESTS.rglob("test_*.py"))
        if path != Path(__file__) and any(clock in path.read_text(encoding="utf-8") for clock in clocks)
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in clocks)
        or (isinstance(node, ast.ImportFrom) and clocks & {alias.name for alias in node.names})
    ]
    assert found == []


def test_a_unit_test_that_starts_a_program_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"is a unit test, and subprocess\.Popen .* is for tests/process"):
        subprocess.run(["true"], check=False)


def test_each_promise_names_a_test_that_there_is() -> None:
    """In the table of `docs/security.md`, none without."""
    text = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
    table = text[text.index("| promise |") : text.index("Long forms")]
    rows = [line for line in table.splitlines()[2:] if line]
    named = [re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row) for row in rows]
    assert [row for row, found in zip(rows, named, strict=True) if not found] == []
    lost = [
        f"{file}::{name}"
        for file, name in {pair for found in named for pair in found}
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in parsed(TESTS.parent / file).body)
    ]
    assert lost == []
