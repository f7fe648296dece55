"""A report as text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from support.strategies import records
from tox_sitediff.core.findings import Undeclared
from tox_sitediff.core.record import Machine
from tox_sitediff.report.compare import compare
from tox_sitediff.report.texts import described, markdown, signed, table

if TYPE_CHECKING:
    from tox_sitediff.core.record import Record


LINUX = row("py312", reused={"a": ("1", 2_000_000)}, installed={"b": ("2", 500)}, source="ci/linux/sitediff.json")
OTHER = row("py312", installed={"b": ("2", 700)}, base="/opt", python="3.13.0", source="ci/other/sitediff.json")


def test_the_table_tells_two_jobs_of_one_name_apart() -> None:
    assert table([OTHER, LINUX]).splitlines() == [
        "environment  reused  installed    size   saved  files  base   python  from",
        "py312             0          1   700 B     0 B    700  /opt   3.13.0  other",
        "py312             1          1   500 B  2.0 MB    500  /base  3.12.1  linux",
        "total             1          2  1.2 kB  2.0 MB   1200",
        "",
        "machine: Linux x86_64",
        "from: ci/*/sitediff.json",
    ]


def test_one_environment_is_narrow_and_has_no_total() -> None:
    assert table([LINUX]).splitlines() == [
        "environment  reused  installed   size   saved  files",
        "py312             1          1  500 B  2.0 MB    500",
        "",
        "base: /base",
        "python: 3.12.1",
        "machine: Linux x86_64",
        "from: ci/linux/sitediff.json",
    ]


def test_what_is_not_known_is_said_to_be_so() -> None:
    """Nothing known is a question mark, a part of it a lower bound."""
    unknown = row("u", reused={"a": ("1", None)})
    unknown = replace(unknown, record=unknown.record.measured(None, None, None))
    lines = table([LINUX, unknown]).splitlines()
    assert re.split(" +", lines[2])[:6] == ["u", "1", "0", "?", ">0", "B"]
    assert re.split(" +", lines[3])[:8] == ["total", "2", "1", ">500", "B", ">2.0", "MB", ">500"]


def test_a_failed_installation_is_marked_in_both() -> None:
    rows = [LINUX, replace(OTHER, failed=True)]
    assert table(rows).splitlines()[2].endswith("  installation failed")
    assert markdown(rows).splitlines()[3].endswith("| `other` | installation failed |")


def test_sums_are_shown_by_what_is_asked_for() -> None:
    lines = table([LINUX, OTHER], by=["base", "machine"]).splitlines()
    assert lines[-6:] == [
        "base   environments  reused  installed   size   saved  files",
        "/opt              1       0          1  700 B     0 B    700",
        "/base             1       1          1  500 B  2.0 MB    500",
        "",
        "machine       environments  reused  installed    size   saved  files",
        "Linux x86_64             2       1          2  1.2 kB  2.0 MB   1200",
    ]
    assert "| `/opt` | 1 | 0 | 1 | 700 B | 0 B | 700 |" in markdown([LINUX, OTHER], by=["base"]).splitlines()


def test_what_changed_is_below_the_table_with_the_reason() -> None:
    old = row("py312", reused={"a": ("1", 2_000_000)}, place="x")
    new = row("py312", installed={"a": ("1", 2_000_000)}, place="x", base="/new")
    gone, fresh = row("old"), row("new")
    pairs = compare([old, gone], [new, fresh])
    compared, reasons = table([new, fresh], pairs=pairs).split("\n\n")[-2:]
    assert compared.splitlines() == [
        "compared with before    size   change  saved",
        "py312                 2.0 MB  +2.0 MB    0 B",
        "new                      0 B      new    0 B",
        "old                      0 B     gone    0 B",
    ]
    assert reasons.splitlines() == [
        "py312: base: /base -> /new",
        "py312: a 1 reused -> 1 installed, environment +2.0 MB, full 0 B: the base no longer has it (for top -> a)",
    ]
    assert "| `py312` | 2.0 MB | +2.0 MB | 0 B |\n" in markdown([new, fresh], pairs=pairs)
    assert "\n- `py312`: `base: /base -> /new`\n" in markdown([new, fresh], pairs=pairs)
    assert "compared" not in table([new], pairs=[]).lower() + markdown([new], pairs=[]).lower()


def test_where_nothing_changed_there_is_no_list_of_it() -> None:
    pairs = compare([LINUX], [LINUX])
    assert table([LINUX], pairs=pairs).endswith("saved\npy312                 500 B     0 B  2.0 MB")
    assert markdown([LINUX], pairs=pairs).endswith("| `py312` | 500 B | 0 B | 2.0 MB |")


def test_rows_without_anything_in_common_and_no_rows_at_all() -> None:
    far = row("x", base="/x", python="3.9.1", machine=Machine(), source="y")
    assert [part.count("\n") for part in table([LINUX, far]).split("\n\n")] == [3]
    assert markdown([LINUX, far]).count("\n\n") == 0
    assert table([]).startswith("environment ")
    assert table([]).count("\n") == 0


def test_many_changes_are_counted() -> None:
    many = {f"d{at}": ("1", 10) for at in range(12)}
    pairs = compare([row()], [row(installed=many)])
    assert table([row()], pairs=pairs).endswith("py312: and 2 other changes of distributions")
    assert described(pairs[0].changes[0]) == "d0 1 installed, new, environment +10 B: needed now (for top -> d0)"
    direct = replace(compare([row(installed=many)], [row()])[0].changes[0], chain=("d0",))
    assert described(direct) == "d0 1 installed, gone, environment -10 B: no longer needed"


def test_growth_has_a_sign() -> None:
    assert [signed(count) for count in (1500, -3, 0, None)] == ["+1.5 kB", "-3 B", "0 B", "?"]


def test_findings_are_in_both_forms() -> None:
    """In Markdown folded, with what each kind means, and no more of them than one reads."""
    found = tuple(Undeclared(name=f"u{at}", module="u", imported_by="t.py:1") for at in range(60))
    one = replace(LINUX, record=replace(LINUX.record, undeclared=found))
    assert "not declared" in table([one])
    text = markdown([one])
    assert "<details><summary>Findings: 60 undeclared</summary>" in text
    assert "| undeclared | `u0` | `t.py:1: import u` | `py312` |" in text
    assert text.count("| undeclared |") == 50
    assert "\nand 10 more\n" in text
    assert "\n- undeclared: imported, and nothing that is declared needs it" in text
    few = replace(LINUX, record=replace(LINUX.record, undeclared=found[:2]))
    assert " more\n" not in markdown([few])


HOSTILE = st.sampled_from(["\x1b[2J", "a|b", "`", "<script>", "\n# x", "](http://x)", "@all"])


@given(records, HOSTILE, st.booleans())
def test_whatever_a_record_holds_both_can_be_shown_and_no_text_leaves_its_cell(
    record: Record, hostile: str, failed: bool
) -> None:
    """Each row of Markdown has as many cells as its head."""
    one = replace(LINUX, record=replace(record, env=hostile), failed=failed)
    other = replace(one, source=hostile)
    text = table([one, other], by=["environment"])
    assert all(line.isprintable() for line in text.split("\n"))
    for block in markdown([one, other], by=["environment"], pairs=compare([one], [other])).split("\n\n"):
        lines = block.split("\n")
        assert all(line.isprintable() for line in lines)
        if lines[0].startswith("|"):
            assert len({line.count("|") for line in lines}) == 1
            outside = [re.sub("`[^`]*`", "", line) for line in lines]
            assert not any(char in line for line in outside for char in "<[@#\x1b")
