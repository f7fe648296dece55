"""What several tests draw from: requirements, graphs of distributions, records."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from tox_sitediff.core.closure import Root
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Broken, Distribution, Entry, Interpreter, Layer, Origin, Role
from tox_sitediff.core.record import Bytes, Conflict, Installed, Python, Record, Reused, Shadowed, Undeclared, from_json
from tox_sitediff.core.requirements import parse
from tox_sitediff.core.snapshot import Snapshot
from tox_sitediff.times import Seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    return Inventory(list(known), known.__getitem__)


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
specifiers = st.sampled_from(["", "", "", ">=1.0", "<2", "==1.0", "~=1.0", "!=1.0", ">1", ">=2.0"])
versions = st.sampled_from(["1.0", "1.5", "2.0", "2.0a1", "1.0+local"])


# --- graphs: few names, so that cycles, diamonds and gaps are frequent

names = st.sampled_from("abcdefg").map(canonicalize_name)
_graph_extras = st.sampled_from(["", "", "[x]", "[y]", "[x,y]"])
_graph_markers = st.sampled_from(
    [
        "",
        "",
        "",
        '; extra == "x"',
        '; extra == "y"',
        '; python_version < "3.8"',
        '; extra == "x" and python_version >= "3.8"',
        '; extra == "x" or extra == "y"',
        '; extra != "x"',
    ]
)
graph_requirements = st.builds(
    lambda name, extra, specifier, marker: f"{name}{extra}{specifier}{marker}",
    names,
    _graph_extras,
    specifiers,
    _graph_markers,
)
graph_roots = st.builds(
    lambda name, extra, specifier, marker, deep: root(f"{name}{extra}{specifier}{marker}", deep=deep),
    names,
    _graph_extras,
    specifiers,
    st.sampled_from(["", "", "", '; python_version < "3.8"']),
    st.sampled_from([True, True, True, False]),
)


@st.composite
def graphs(draw: st.DrawFn) -> dict[NormalizedName, Distribution]:
    """Draw some distributions, which require each other, and some that are missing."""
    return {
        name: distribution(
            name,
            draw(versions),
            *draw(st.lists(graph_requirements, max_size=4)),
            layer=draw(st.sampled_from([OWN, BASE])),
            extras=("x", "y"),
        )
        for name in draw(st.sets(names, max_size=7))
    }


# --- records

RECORD_FILE: Final = Path(__file__).with_name("record.json")
"""A record with something in each of its parts."""
RECORD: Final = from_json(json.loads(RECORD_FILE.read_text(encoding="utf-8")))

_text = st.text(max_size=12)
_names = st.from_regex("[a-z0-9]{1,4}(-[a-z0-9]{1,3})?", fullmatch=True)
_version = st.text(min_size=1, max_size=8)
_size = st.none() | st.integers(min_value=0, max_value=1 << 61)
_why = st.lists(_names, max_size=3).map(tuple)
_seconds = st.floats(min_value=0, max_value=1e6).map(lambda value: round(value, 4))


def _some(items: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(items, max_size=3).map(tuple)


records = st.builds(
    Record,
    env=_text,
    created=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1)).map(  # noqa: DTZ001
        lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ")
    ),
    python=st.builds(Python, executable=_text, version=_text, implementation=_text, base_prefix=_text),
    layers=_some(st.builds(Layer, path=_text, role=st.sampled_from(Role))),
    declared=_some(_text),
    reused=_some(
        st.builds(Reused, name=_names, version=_version, location=_text, bytes=_size, why=_why, verified=st.booleans())
    ),
    installed=_some(st.builds(Installed, name=_names, version=_version, bytes=_size, why=_why)),
    shadowed=_some(st.builds(Shadowed, name=_names, base_version=_version, version=_version)),
    conflicts=_some(st.builds(Conflict, name=_names, version=_version, requires=_text, found=_version)),
    undeclared=_some(st.builds(Undeclared, name=_names, imported_by=_text)),
    bytes=st.builds(Bytes, reused=_size, installed=_size, environment=_size, unshared=_size),
    seconds=st.builds(Seconds, probe=_seconds, plan=_seconds, install=_seconds, audit=_seconds, total=_seconds),
)
"""Any record, with what ``as_json`` rounds already rounded."""
