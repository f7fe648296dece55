"""What several tests draw from: requirements, graphs of distributions, records."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from tox_sitediff.core.closure import Root
from tox_sitediff.core.findings import Kind, Misplaced, Undeclared, Unstated
from tox_sitediff.core.inventory import Inventory, listings
from tox_sitediff.core.model import Broken, Distribution, Entry, Interpreter, Layer, Origin, Role
from tox_sitediff.core.plan import Plan
from tox_sitediff.core.record import (
    Bytes,
    Conflict,
    DataFiles,
    Files,
    Installed,
    Machine,
    Python,
    Record,
    Reused,
    Shadowed,
    from_json,
)
from tox_sitediff.core.requirements import parse
from tox_sitediff.core.snapshot import Snapshot
from tox_sitediff.times import Seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from packaging.utils import NormalizedName

T = TypeVar("T")

MARKERS: Final[Mapping[str, str]] = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_release": "6.1.0",
    "platform_system": "Linux",
    "platform_version": "#1 SMP",
    "python_full_version": "3.12.1",
    "platform_python_implementation": "CPython",
    "python_version": "3.12",
    "sys_platform": "linux",
}
"""A marker environment that is nobody's: the tests do not depend on where they run."""

OWN: Final = Layer(path="/env/lib/site-packages", role=Role.OWN)
BASE: Final = Layer(path="/base/lib/site-packages", role=Role.BASE)
INJECTED: Final = Layer(path="/injected", role=Role.INJECTED)
TEAM: Final = Layer(path="/team", role=Role.EXTRA)


PYTHON: Final = Python(executable="/base/python", version="3.12.1", implementation="cpython", base_prefix="/base")
EMPTY: Final = Plan(
    python=PYTHON, declared=(), reused=(), install=(), shadowed=(), conflicts=(), unmet=()
)  # fmt: skip
"""A plan that does nothing."""


def distribution(
    name: str, version: str = "1.0", *requires: str, layer: Layer = BASE, extras: tuple[str, ...] = ()
) -> Distribution:
    """Make a distribution."""
    return Distribution(
        name=canonicalize_name(name),
        version=Version(version),
        path=f"{layer.path}/{name}-{version}.dist-info",
        layer=layer,
        requires=requires,
        extras=frozenset(canonicalize_name(extra) for extra in extras),
    )


def from_url(name: str, url: str, kind: str = "archive") -> Distribution:
    """Make a distribution of the environment's own that was installed from a URL."""
    return replace(distribution(name, layer=OWN), origin=Origin(url=url, kind=kind))


def root(text: str, *, deep: bool = True) -> Root:
    """Make a declared requirement."""
    return Root(requirement=parse(text), deep=deep)


def stock(*found: Distribution | tuple[Distribution, str]) -> Inventory:
    """Make an inventory of distributions, in the order of the path; one with a reason is broken."""
    known: dict[Entry, Distribution | Broken] = {}
    for item in found:
        copy, reason = item if isinstance(item, tuple) else (item, "")
        entry = Entry(name=copy.name, path=copy.path, layer=copy.layer)
        known[entry] = Broken(entry=entry, reason=reason) if reason else copy
    return Inventory(listings(known), known.__getitem__)


def view(inventory: Inventory, *exclude: str) -> Snapshot:
    """Look at some distributions."""
    interpreter = Interpreter(
        executable="/env/python",
        version="3.12.1",
        implementation="cpython",
        prefix="/env",
        base_prefix="/base",
        base_executable="/base/python",
        purelib=OWN.path,
        layers=(OWN, TEAM, BASE),
        markers=MARKERS,
        scripts="/env/bin",
    )
    return Snapshot(interpreter=interpreter, inventory=inventory, exclude=frozenset(map(canonicalize_name, exclude)))


# --- requirements

extras = st.sampled_from(["", "x", "y", "test", "Foo.Bar", "foo_bar"])
_comparisons = st.one_of(
    st.builds(
        lambda operator, version: f'python_version {operator} "{version}"',
        st.sampled_from(["<", "<=", "==", ">=", ">", "!="]),
        st.sampled_from(["3.8", "3.11", "3.12", "3.13"]),
    ),
    st.sampled_from(
        [
            'sys_platform == "win32"',
            "'linux' == sys_platform",
            'os_name in "posix nt"',
            'platform_machine not in "arm64"',
            "platform_version == \"extra == 'x'\"",
            'platform_version == " or "',
        ]
    ),
    st.builds(
        lambda operator, quote, extra: f"extra {operator} {quote}{extra}{quote}",
        st.sampled_from(["==", "==", "==", "!="]),
        st.sampled_from("'\""),
        extras,
    ),
    st.builds(lambda extra: f'"{extra}"==extra', extras),
)
markers = st.recursive(
    _comparisons,
    lambda inner: st.builds(
        lambda left, operator, right: f"({left}){operator}({right})",
        inner,
        st.sampled_from(["and", " and ", "or", " or ", "\tor "]),
        inner,
    ),
    max_leaves=4,
)
_specifiers = ("", "", "", ">=1.0", "<2", "==1.0", "~=1.0", "!=1.0", ">1", ">=2.0")
specifiers = st.sampled_from(_specifiers)
_versions = ("1.0", "1.5", "2.0", "2.0a1", "1.0+local")


# --- graphs: few names, so that cycles, diamonds and gaps are frequent; each part is one draw, which is quick

_names = tuple(map(canonicalize_name, "abcdefg"))
names = st.sampled_from(_names)
_graph_extras = ("", "", "[x]", "[y]", "[x,y]")
_graph_markers = (
    "",
    "",
    "",
    '; extra == "x"',
    '; extra == "y"',
    '; python_version < "3.8"',
    '; extra == "x" and python_version >= "3.8"',
    '; extra == "x" or extra == "y"',
    '; extra != "x"',
)
graph_requirements = st.sampled_from(
    [
        f"{name}{extra}{specifier}{marker}"
        for marker, specifier, extra, name in product(_graph_markers, _specifiers, _graph_extras, _names)
    ]
)
graph_roots = st.sampled_from(
    [
        (f"{name}{extra}{specifier}{marker}", deep)
        for deep, marker, specifier, extra, name in product(
            (True, True, True, False),
            ("", "", "", '; python_version < "3.8"'),
            _specifiers,
            _graph_extras,
            _names,
        )
    ]
).map(lambda made: root(made[0], deep=made[1]))
_requirements = st.lists(graph_requirements, max_size=4)
_kinds = st.sampled_from(list(product((OWN, BASE), _versions)))


@st.composite
def graphs(draw: st.DrawFn) -> dict[NormalizedName, Distribution]:
    """Draw some distributions, which require each other, and some that are missing."""
    return {
        name: distribution(name, version, *draw(_requirements), layer=layer, extras=("x", "y"))
        for name in draw(st.sets(names, max_size=7))
        for layer, version in (draw(_kinds),)
    }


# --- records

RECORD_FILE: Final = Path(__file__).with_name("record.json")
"""A record with something in each of its parts."""
RECORD: Final = from_json(json.loads(RECORD_FILE.read_text(encoding="utf-8")))

_MADE_UP = ("a", "b0", "c-1", "long-name-2", "numpy", "x9-y", "zz")


def _record(
    texts: tuple[str, ...],
    versions: tuple[str, ...],
    names: list[str],
    sizes: tuple[int | None, ...],
    seconds: tuple[float, ...],
    created: datetime,
    seed: int,
) -> Record:
    """Make a record of some values: which of them stands where, and how often, is chance."""
    chance = random.Random(seed)

    def some(make: Callable[[], T]) -> tuple[T, ...]:
        return tuple(make() for _ in range(chance.randrange(4)))

    def text() -> str:
        return chance.choice(texts)

    def version() -> str:
        return chance.choice(versions)

    def name() -> str:
        return chance.choice(names)

    def size() -> int | None:
        return chance.choice(sizes)

    def time() -> float:
        return chance.choice(seconds)

    return Record(
        env=text(),
        created=created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        python=Python(executable=text(), version=text(), implementation=text(), base_prefix=text()),
        layers=some(lambda: Layer(path=text(), role=chance.choice(list(Role)))),
        declared=some(text),
        reused=some(
            lambda: Reused(
                name=name(),
                version=version(),
                location=text(),
                bytes=size(),
                files=size(),
                why=some(name),
                verified=chance.random() < 0.5,
            )
        ),
        installed=some(lambda: Installed(name=name(), version=version(), bytes=size(), files=size(), why=some(name))),
        shadowed=some(lambda: Shadowed(name=name(), base_version=version(), version=version())),
        conflicts=some(lambda: Conflict(name=name(), version=version(), requires=text(), found=version())),
        undeclared=some(
            lambda: Undeclared(
                name=name(),
                module=text(),
                imported_by=text(),
                kind=chance.choice(list(Kind)),
                optional=chance.random() < 0.5,
                by_project=chance.random() < 0.5,
                entry_point=text(),
                in_distribution=chance.random() < 0.5,
                needed_by=some(name),
            )
        ),
        unused=some(name),
        used=some(name),
        misplaced=some(lambda: Misplaced(name=name(), module=text(), imported_by=text(), group=text())),
        unstated=some(
            lambda: Unstated(
                name=name(),
                needs=name(),
                module=text(),
                imported_by=text(),
                kind=chance.choice(list(Kind)),
                optional=chance.random() < 0.5,
            )
        ),
        data=DataFiles(files=size() or 0, bytes=size() or 0),
        bytes=Bytes(reused=size(), installed=size(), environment=size(), unshared=size()),
        files=Files(reused=size(), installed=size(), environment=size()),
        machine=Machine(system=text(), architecture=text()),
        seconds=Seconds(probe=time(), plan=time(), install=time(), audit=time(), total=time()),
    )


_text = st.text(max_size=12)
_version = st.text(min_size=1, max_size=8)
_size = st.none() | st.integers(min_value=0, max_value=1 << 61)
_seconds = st.floats(min_value=0, max_value=1e6).map(lambda value: round(value, 4))
records = st.builds(
    _record,
    texts=st.tuples(_text, _text, _text),
    versions=st.tuples(_version, _version),
    names=st.permutations(_MADE_UP).map(lambda names: names[:3]),
    sizes=st.tuples(_size, _size, _size),
    seconds=st.tuples(_seconds, _seconds),
    created=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1)),  # noqa: DTZ001
    seed=st.integers(min_value=0, max_value=1 << 32),
)
"""Any record, with what ``as_json`` rounds already rounded."""
