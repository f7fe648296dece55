"""What is noted of an environment, and what of it can be relied on."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.core.fields import Malformed
from tox_sitediff.core.fingerprint import (
    Facts,
    Seen,
    as_json,
    devices,
    digest,
    from_json,
    is_local,
    is_young,
    loads_at_start,
    named_paths,
    searched,
    unknown_line,
)
from tox_sitediff.core.summary import Summary

SEEN = Seen(
    inputs="a",
    real="/base/bin/python3.12",
    marks={"/base": [1, 2, 3, 4, 5, 6], "/gone": None},
    own=("/env",),
    contents={"/env": "b"},
    record="c",
    held=[1, 2, 3],
    facts=Facts(
        summary=Summary(
            env="e",
            base=("/base/bin/python", "cpython", "3.12.1"),
            is_declared=True,
            reused=3,
            installed=1,
            environment=None,
            saved=7,
            is_lower=True,
        ),
        offered=5,
        lacks_pip=False,
        base_prefix="/base",
        uv="/bin/uv",
        inherited=("/base/site",),
        compiled=[("/base/site/a/__pycache__/__init__.pyc",)],
    ),
)
WHOLE: Final[dict[str, object]] = json.loads(json.dumps(as_json(SEEN)))
TICK = 10_000_000
DISTUTILS: Final = (
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; "
    "enabled and __import__('_distutils_hack').add_shim();"
)
SHORT: Final = (
    "import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *{parts!r});"
    "importlib = __import__('importlib.util');__import__('importlib.machinery');"
    "m = sys.modules.setdefault({name!r}, importlib.util.module_from_spec("
    "importlib.machinery.PathFinder.find_spec({name!r}, [os.path.dirname(p)])));"
    "m = m or sys.modules.setdefault({name!r}, types.ModuleType({name!r}));"
    "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)"
)
"""What setuptools 80 writes for a namespace package."""
NAMESPACE: Final = SHORT.format(name="mpl_toolkits", parts=("mpl_toolkits",))
BELOW: Final = SHORT.format(name="a.b", parts=("a", "b")) + ";m and setattr(sys.modules['a'], 'b', m)"
OLD: Final = (
    NAMESPACE.replace("os;p =", "os;has_mfs = sys.version_info > (3, 5);p =")
    .replace("importlib = _", "importlib = has_mfs and _")
    .replace(";__import__", ";has_mfs and __import__")
    .replace("m = sys.", "m = has_mfs and sys.")
)
"""What it wrote before, as in Debian's matplotlib."""
MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
30 27 0:30 / /net rw - nfs4 server:/x rw
31 30 0:31 / /net/near\\040by rw shared:1 - tmpfs tmpfs rw
32 31 0:32 / /net/near\\040by rw - fuse.sshfs x rw
33 27 0:33 / /data rw - xfs /dev/vdb rw
35 27 7:1 / /image ro - squashfs /dev/loop1 ro
damaged
34 - x y z
"""


def test_what_was_noted_is_read_back() -> None:
    assert from_json(WHOLE) == SEEN


def removed(name: str, *, within: str | None = None) -> object:
    data = json.loads(json.dumps(as_json(SEEN)))
    del (data[within] if within else data)[name]
    return data


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {**WHOLE, "format": 0},
        *(removed(name) for name in ("inputs", "real", "marks", "own", "contents", "record", "facts")),
        *(removed(name, within="facts") for name in ("summary", "offered", "lacks_pip", "uv", "inherited", "compiled")),
        {**WHOLE, "marks": {"/base": "x"}},
        {**WHOLE, "facts": {**vars(SEEN.facts), "summary": {"base": ["one"]}}},
    ],
)
def test_what_is_damaged_is_malformed(data: object) -> None:
    """Whatever part of it is missing, or something else: then a run looks by itself."""
    with pytest.raises(Malformed):
        from_json(data)


def test_a_mark_of_something_else_than_numbers_equals_none_that_is_taken() -> None:
    found = from_json({**WHOLE, "marks": {"/base": [1, "x"]}, "held": None})
    assert found.marks == {"/base": [1, -1]}
    assert found.held == ()


@given(st.dictionaries(st.sampled_from(["PYTHONPATH", "HOME", "LC_ALL", "LD_PRELOAD", "LANG"]), st.text(), max_size=3))
def test_variables_that_have_a_part_in_a_start_count(variables: dict[str, str]) -> None:
    """And those that have none, or that tox sets anew in each run, don't."""
    first = digest(["x"], variables)
    assert first == digest(["x"], {**variables, "PYTHONHASHSEED": "1", "EDITOR": "vi", "PYTHONDONTWRITEBYTECODE": "1"})
    assert first != digest(["y"], variables)
    for name in ("PYTHONPATH", "HOME", "LC_ALL", "LD_PRELOAD", "LANG", "PYTHONNOUSERSITE", "PYTHONWARNINGS"):
        assert first != digest(["x"], {**variables, name: f"{variables.get(name, '')}more"})


@pytest.mark.parametrize(
    ("changed", "moment", "young"),
    [
        (1_000_000_001, 2_000_000_000, False),
        (1_995_000_000, 2_000_000_000, True),
        (2_000_000_001, 2_000_000_000, True),
        (7_000_000_000, 9_000_000_000, True),  # of a clock that counts seconds, or half of them
        (6_000_000_000, 9_000_000_000, False),
        (None, 0, False),
    ],
)
def test_what_may_have_been_changed_at_a_moment_is_young(changed: int | None, moment: int, young: bool) -> None:
    mark = None if changed is None else [1, 2, 3, 4, 0, changed]
    assert is_young(mark, moment, tick=TICK) is young


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("", True),
        ("/some/where", True),
        ("# import os", True),
        ("import _virtualenv", True),
        ("import _virtualenv  ", True),
        ("import _virtualenv; import os", False),
        ("import\tos", False),
        ("import sys; sys.path.insert(0, 'x')", False),
        ("import __editable___a_1_finder; __editable___a_1_finder.install()", True),
        ("import __editable___a_1_finder; __editable___b_1_finder.install()", False),
        (r"import os, site; site.addsitedir(os.fsdecode(b'/a\'b'))", True),
        ("import os, site; site.addsitedir(os.fsdecode(b'/a'), locals().get('known_paths'))", True),
        ("import os, site; site.addsitedir(os.fsdecode(b'/a')) or exit()", False),
        (DISTUTILS, True),
        (NAMESPACE, True),
        (BELOW, True),
        (OLD, True),
        (f"{NAMESPACE};import site", False),
        (NAMESPACE.replace("'mpl_toolkits', types", "'other', types"), False),
        (NAMESPACE.replace("f_locals['sitedir']", "f_locals['sitedir'] + '/x'"), False),
        ("import _virtualenv\x0c; import os", False),  # for Python, a form feed ends no line
    ],
)
def test_a_line_that_runs_something_is_known_or_not(line: str, known: bool) -> None:
    """Behind whatever comes before it, and with either line end."""
    found = unknown_line(f"\ufeff/first\n{line}\r\n".encode())
    assert (found is None) is known


def test_path_lines_are_named() -> None:
    """Both with the spaces before them and without, because not every Python takes these away."""
    assert named_paths(b"\xef\xbb\xbfa\n#b\n \nimport c\n  /d e \n") == [b"a", b"  /d e", b"/d e"]


@pytest.mark.parametrize(
    ("variables", "places"),
    [
        ({}, []),
        ({"LD_LIBRARY_PATH": ""}, []),
        ({"LD_LIBRARY_PATH": "/a:/b;/c"}, ["/a", "/b", "/c"]),
        ({"LD_LIBRARY_PATH": "/a:"}, ["/a", ""]),  # where it is started
        ({"LD_PRELOAD": "/a.so /b.so", "LD_AUDIT": "/c.so:/d.so"}, ["/a.so", "/b.so", "/c.so", "/d.so"]),
    ],
)
def test_where_the_linker_looks_before_the_system(variables: dict[str, str], places: list[str]) -> None:
    assert searched(variables) == places


@pytest.mark.parametrize(
    ("warnings", "loads"),
    [
        (None, False),
        ("", False),
        ("error", False),
        ("error,ignore::DeprecationWarning:a.b", False),
        ("error,ignore::a.Warn", True),
        ("ignore:words. and more:UserWarning", False),
    ],
)
def test_a_class_of_warnings_may_be_imported_at_the_start(warnings: str | None, loads: bool) -> None:
    assert loads_at_start({} if warnings is None else {"PYTHONWARNINGS": warnings}) is loads


def test_directories_of_namespace_packages_are_named() -> None:
    """An extension module as its ``__init__`` would be run."""
    assert named_paths(f"{NAMESPACE}\n{OLD}\nimport c\n{BELOW}\n/d\n".encode()) == [
        *(b"mpl_toolkits", b"mpl_toolkits"),
        *(b"a/b", b"/d"),
    ]


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/home/me", True),
        ("/", True),
        ("/network", True),
        ("/net/x", False),
        ("/net/near by/x", False),  # of two in one place the last one is seen
        ("/data", True),
        ("/image/x", False),
    ],
)
def test_a_file_system_is_this_machines_or_not(path: str, local: bool) -> None:
    assert is_local(path, MOUNTS) is local


def test_what_no_mount_is_known_for_is_not_relied_on() -> None:
    assert not is_local("/x", "")


def test_one_path_stands_for_each_device() -> None:
    assert devices({"/a": [1, 0], "/b": [2, 0], "/c": [1, 0], "/d": None}) == {1: "/c", 2: "/b"}
