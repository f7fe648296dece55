"""What people get to read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from support.strategies import RECORD, records
from tox_sitediff.core.findings import Misplaced, Undeclared, Unstated
from tox_sitediff.core.plan import Plan, Planned
from tox_sitediff.core.record import Bytes, Record, Reused, Shadowed
from tox_sitediff.core.render import note, plan_table, saved, table, undeclared
from tox_sitediff.core.summary import columns
from tox_sitediff.text import size


def sized(*, reused: int | None, environment: int | None, env: str = "py312") -> Record:
    """Give the example other sizes: one reused distribution, and an environment."""
    return replace(
        RECORD,
        env=env,
        reused=(replace(RECORD.reused[0], bytes=reused),),
        bytes=Bytes(reused=reused, installed=0, environment=environment, unshared=None),
    )


@given(st.integers(min_value=0, max_value=(1 << 63) - 1))
def test_a_size_has_at_most_three_digits_before_the_point_and_is_right_to_the_last_one(count: int) -> None:
    match = re.fullmatch(r"(\d+(?:\.\d)?) (B|kB|MB|GB|TB|PB)", size(count))
    assert match is not None
    number, scale = float(match[1]), 1000 ** ["B", "kB", "MB", "GB", "TB", "PB"].index(match[2])
    assert number < 1000 or match[2] == "PB"
    assert number >= 1 or match[2] == "B"
    assert abs(number * scale - count) <= 0.0501 * scale


def test_what_is_saved_is_a_lower_bound_where_a_part_is_unknown() -> None:
    assert saved(sized(reused=1500, environment=0)) == "1.5 kB"
    record = sized(reused=None, environment=0)
    record = replace(record, reused=(*record.reused, replace(record.reused[0], bytes=2000)))
    assert saved(record) == ">2.0 kB"


def test_the_note_names_the_base_and_what_came_from_it_in_one_line() -> None:
    assert note(RECORD, offered=498) == (
        "base /base/python (cpython 3.12.1, 498 distributions): 1 reused, 1 installed, 7 B saved"
    )


def test_the_table_of_one_environment_has_no_total() -> None:
    assert table([sized(reused=312_400_000, environment=161_000)]) == (
        "environment  reused  installed      size     saved\npy312             1          1  161.0 kB  312.4 MB"
    )


def test_the_total_of_several_adds_up_and_says_where_a_part_is_unknown() -> None:
    first = sized(reused=1_000_000, environment=2_000)
    assert table([first, sized(reused=500_000, environment=500, env="a-long-environment")]) == (
        "environment         reused  installed    size     saved\n"
        "py312                    1          1  2.0 kB    1.0 MB\n"
        "a-long-environment       1          1   500 B  500.0 kB\n"
        "total                    2          2  2.5 kB    1.5 MB"
    )
    assert table([first, sized(reused=None, environment=None, env="b")]) == (
        "environment  reused  installed     size    saved\n"
        "py312             1          1   2.0 kB   1.0 MB\n"
        "b                 1          1        ?     >0 B\n"
        "total             2          2  >2.0 kB  >1.0 MB"
    )


def test_a_failed_installation_does_not_look_like_a_success() -> None:
    """The row of its environment says so, whatever the record holds; the other rows and the total stay."""
    several = [sized(reused=0, environment=2_000), sized(reused=500_000, environment=500, env="b")]
    assert table(several, failed={"py312"}) == (
        "environment  reused  installed    size     saved\n"
        "py312             1          1  2.0 kB       0 B  installation failed\n"
        "b                 1          1   500 B  500.0 kB\n"
        "total             2          2  2.5 kB  500.0 kB"
    )
    assert table(several[:1], failed={"py312", "gone"}).endswith("  installation failed")


def test_where_nothing_was_declared_the_note_names_the_base_alone() -> None:
    """What commands install is known later, and the table says it; one distribution is no plural."""
    bare = replace(RECORD, declared=(), reused=(), installed=())
    assert note(bare, offered=1) == "base /base/python (cpython 3.12.1, 1 distribution)"
    assert note(replace(RECORD, declared=()), offered=0).endswith("0 distributions): 1 reused, 1 installed, 7 B saved")


def test_without_environments_the_table_is_its_head() -> None:
    assert table([]) == "environment  reused  installed  size  saved"


@given(st.lists(records.map(lambda record: replace(record, env=f"py{len(record.env)}")), min_size=1, max_size=4))
def test_the_columns_of_a_table_end_where_their_heads_end(several: list[Record]) -> None:
    head, *rows = table(several).split("\n")
    assert len(rows) == (len(several) if len(several) == 1 else len(several) + 1)
    ends = [head.index(word) + len(word) for word in ("reused", "installed", "size", "saved")]
    for row in rows:
        assert len(row) == len(head)
        assert all(row[end - 1] != " " and row[end : end + 1].strip() == "" for end in ends)


@given(record=records)
def test_the_note_and_the_table_are_printable(record: Record) -> None:
    """Whatever a record holds, each line can be shown."""
    assert note(record, offered=3).isprintable()
    assert all(line.isprintable() for line in table([record, record]).split("\n"))


# --- what was imported without being declared


def used(env: str, *found: tuple[str, str]) -> Record:
    """Give the example other findings."""
    items = tuple(Undeclared(name=name, module=name, imported_by=importer) for name, importer in found)
    return replace(RECORD, env=env, undeclared=items, unused=(), used=(), misplaced=(), unstated=())


def test_what_was_not_declared_is_a_row_for_each_environment_and_distribution() -> None:
    found = [
        used("a", ("numpy", "t.py:1"), ("numpy", "t.py:2"), ("six", "t.py:2")),
        used("b"),
        used("c", ("x", "y")),
    ]
    assert [re.split(r"\s{2,}", line.strip()) for line in undeclared(found).splitlines()] == [
        ["environment", "not declared", "first imported by"],
        ["a", "numpy", "t.py:1: import numpy"],
        ["a", "six", "t.py:2: import six"],
        ["c", "x", "y: import x"],
    ]


def test_what_distributions_do_not_require_is_written_to_be_pasted() -> None:
    """Once for all environments, below the table, as tox reads it."""
    first, second = used("a", ("numpy", "x")), used("b", ("pytz", "x"))
    found = [
        replace(record, undeclared=(replace(record.undeclared[0], needed_by=("pandas",)),))
        for record in (first, second)
    ]
    assert undeclared([first, second]).count("\n") == 2
    assert undeclared(found).splitlines()[3:] == [
        "",
        "what declared distributions import without requiring it, to be seen by them under declared:",
        "sitediff_declare =",
        "    pandas: numpy, pytz",
    ]


def test_what_else_was_found_stands_below_the_table() -> None:
    """Merged over the environments, once; without a table where all is declared."""
    misplaced = (Misplaced(name="m", module="m", imported_by="d.py:1", group="test"),)
    unstated = (Unstated(name="p", needs="q", module="q", imported_by="p.py:1"),)
    first = replace(used("a"), unused=("x", "y"), misplaced=misplaced, unstated=unstated)
    second = replace(used("b"), used=("x",), misplaced=misplaced)
    below = [
        "declared, and used by none of the commands: y",
        "m is declared for development alone (test), and imported by the package: d.py:1: import m",
        "imported without being required, by p: q",
    ]
    assert undeclared([first, second]).splitlines() == below
    assert undeclared([first, second, used("c", ("six", "t.py:1"))]).splitlines()[2:] == ["", *below]


def test_where_all_was_declared_nothing_is_said_of_it() -> None:
    assert undeclared([used("a"), used("b")]) == ""


def test_a_file_name_does_not_reach_the_terminal_as_it_is() -> None:
    assert "\x1b" not in undeclared([used("a", ("x", "\x1b[2J.py:1"))])


def test_columns_are_aligned_and_nothing_in_them_acts_on_a_terminal() -> None:
    assert columns(("a", "number"), [("long", "1"), ("\x1b", "23")], right={1}).split("\n") == [
        "a     number",
        "long       1",
        "\\x1b      23",
    ]


EMPTY: Final = Plan(
    python=RECORD.python, declared=(), reused=(), install=(), shadowed=(), conflicts=(), unmet=()
)  # fmt: skip


def test_the_table_of_a_plan_says_what_happens_to_each_distribution_and_for_what() -> None:
    plan = replace(
        EMPTY,
        reused=(Reused(name="b", version="1", location="/base", bytes=1500, why=("a", "b")),),
        install=(
            Planned(name="c", version="2", why=("c",)),
            Planned(name="a", version=None, why=("a",), is_built=True),
            Planned(name="d", version="3", why=("d",), is_built=True),
        ),
        shadowed=tuple(Shadowed(name=name, base_version="1", version="2") for name in "cd"),
    )
    assert plan_table(plan).split("\n") == [
        "distribution  version  would be             for",
        "a             ?        built                a",
        "b             1        reused               a -> b",
        "c             2        installed (base: 1)  c",
        "d             3        built (base: 1)      d",
        "",
        "would be: 1 reused (1.5 kB), 3 installed",
        "reused: from /base",
        "built here, from source, which can fail: a, d 3",
    ]


def test_the_table_of_a_plan_tells_places_apart_below_where_there_are_several() -> None:
    reused = [
        Reused(name=name, version="1", location=place, bytes=None, why=(name,))
        for name, place in (("a", "/team"), ("b", "/base"), ("c", "/base"))
    ]
    assert plan_table(replace(EMPTY, reused=tuple(reused))).split("\n") == [
        "distribution  version  would be    for",
        "a             1        reused [2]  a",
        "b             1        reused [1]  b",
        "c             1        reused [1]  c",
        "",
        "would be: 3 reused (>0 B), 0 installed",
        "reused [1]: from /base",
        "reused [2]: from /team",
    ]


def test_the_table_of_a_plan_without_anything_to_do_is_one_line() -> None:
    assert plan_table(EMPTY) == "would be: 0 reused (0 B), 0 installed"


# --- tables on a terminal


@given(
    st.lists(st.tuples(*[st.text(alphabet="ab -/", max_size=60)] * 3), max_size=5),
    st.integers(min_value=44, max_value=120),
)
def test_a_table_fits_the_terminal_and_loses_nothing(rows: list[tuple[str, str, str]], width: int) -> None:
    """Three columns, one of which is not broken; of a cell only spaces at which it is broken are gone."""
    rows = [(first, second, third[:8]) for first, second, third in rows]
    shown = columns(("first", "second", "third"), rows, right=[2], width=width).split("\n")
    plain = columns(("first", "second", "third"), rows, right=[2]).split("\n")
    assert all(len(line) <= width for line in shown)
    assert "".join(sorted("".join(shown).replace(" ", ""))) == "".join(sorted("".join(plain).replace(" ", "")))
    if all(len(line) <= width for line in plain) and max(map(len, plain)) <= width:
        assert len(shown) == len(plain)


def test_long_cells_go_on_below() -> None:
    """The widest column gives way, between words; a path without any is broken where the line ends."""
    rows = [
        ("numpy", "pandas -> numpy -> and more than fits here"),
        ("six", "/opt/python/lib/python3.12/site-packages/six"),
    ]
    assert columns(("distribution", "for"), rows, width=40) == (
        "distribution  for\n"
        "numpy         pandas -> numpy -> and\n"
        "              more than fits here\n"
        "six           /opt/python/lib/python3.12\n"
        "              /site-packages/six"
    )
