"""Markers, as we evaluate them for a target and as the target's own interpreter does."""

from __future__ import annotations

import json
import random
import shutil
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import packaging
import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from virtualenv.seed.wheels.embed import BUNDLE_FOLDER

from support import interpreters
from tox_sitediff.core.requirements import applies
from tox_sitediff.interpreter.probe import probe

if TYPE_CHECKING:
    from collections.abc import Mapping


COUNT: Final = 400


EXTRAS: Final = ("x", "y-z")


_VERSION_LIKE: Final = ("python_version", "python_full_version", "implementation_version")


_VERSIONS: Final = ("3", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.8.18", "3.12.1", "3.13.0", "3.13.0rc1", "4")


_PLAIN: Final = ("==", "!=", "in", "not in")


_ORDERED: Final = ("<", "<=", ">", ">=", "~=")


_EVALUATE: Final = """
import json, sys
try:
    from packaging.markers import Marker, UndefinedComparison
except ImportError:
    from pip._vendor.packaging.markers import Marker, UndefinedComparison
def holds(text, extra):
    try:
        return Marker(text).evaluate({"extra": extra})
    except UndefinedComparison:
        return False
texts, extras = json.load(sys.stdin)
print(json.dumps([any(holds(text, extra) for extra in ("", *extras)) for text in texts]))
"""


def comparison(chance: random.Random, environment: Mapping[str, str], *, odd: bool) -> str:
    """Draw a comparison: what is ordered is a version, and names are normalised, unless it may be odd."""
    name = chance.choice([*environment, "extra", "extra"])
    operators: tuple[str, ...] = ("==", "!=")
    if name == "extra":
        # packaging 26.0 to 26.2 does not normalise within parentheses
        value = chance.choice(["x", "Y.z" if odd else "y-z", "other"])
    elif name in _VERSION_LIKE:
        value = chance.choice([*_VERSIONS, environment[name]])
        operators += _ORDERED if value != "3" else _ORDERED[:-1]
        if chance.random() < 0.2:
            value, operators = f"{value} {chance.choice(_VERSIONS)}", ("in", "not in")
        elif chance.random() < 0.1:
            value, operators = f"{value}.*", ("==", "!=")
    else:
        value = chance.choice([environment[name], environment[name][:3] or "x", "linux win32", "PyPy"])
        operators = (*_PLAIN, *_ORDERED) if odd else _PLAIN
    operator, quote = chance.choice(operators), chance.choice("'\"")
    quoted = f"{quote}{value.replace(quote, '')}{quote}"
    if chance.random() < 0.2 and operator not in {"~=", "in", "not in"} and not value.endswith("*"):
        return f"{quoted} {operator} {name}"
    return f"{name} {operator} {quoted}"


def marker(chance: random.Random, environment: Mapping[str, str], *, odd: bool, depth: int = 3) -> str:
    """Draw a marker."""
    if depth == 0 or chance.random() < 0.4:
        return comparison(chance, environment, odd=odd)
    left, right = (marker(chance, environment, odd=odd, depth=depth - 1) for _ in range(2))
    joined = f"{left} {chance.choice(['and', 'or'])} {right}"
    return joined if chance.random() < 0.5 else f"({joined})"


@pytest.mark.parametrize("version", interpreters.SUPPORTED)
def test_markers_mean_for_us_what_they_mean_for_the_target(tmp_path: Path, version: str) -> None:
    """What is evaluated from the probe's answer is what `packaging` says in that interpreter itself.

    On the target it is our `packaging`, where that runs there, and the one in the pip that virtualenv has for it.
    """
    python = interpreters.environment(tmp_path / "env", interpreters.needed(version), inherit=False)
    library = tmp_path / "library"
    shutil.copytree(Path(packaging.__file__).parent, library / "packaging")
    environment = probe(python, interpreters.variables()).markers
    wheels = sorted(BUNDLE_FOLDER.glob("pip-*.whl"))
    runs_ours = SpecifierSet(metadata("packaging")["Requires-Python"]).contains(version)
    for number, path in enumerate([wheels[0], *([library] if runs_ours else [])]):
        odd = path == library
        chance = random.Random(f"{version} {number}")
        texts = [marker(chance, environment, odd=odd) for _ in range(COUNT)]
        theirs = json.loads(interpreters.ask(python, _EVALUATE, json.dumps([texts, EXTRAS]), PYTHONPATH=str(path)))
        ours = [applies(Marker(text), environment, EXTRAS) for text in texts]
        assert [text for text, one, other in zip(texts, ours, theirs, strict=True) if one != other] == []
        assert COUNT / 10 < sum(ours) < COUNT * 9 / 10
