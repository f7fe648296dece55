"""What may be seen besides the declared closure."""

from __future__ import annotations

import pytest

from tox_sitediff.core.findings import Undeclared
from tox_sitediff.core.requirements import key
from tox_sitediff.core.visible import entry, mends, names


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ruamel.YAML", "ruamel-yaml"),
        ("Pandas: NumPy, python_dateutil  pytz", "pandas: numpy, python-dateutil, pytz"),
        ("pandas :numpy", "pandas: numpy"),
        ("pandas:", "pandas: "),
    ],
)
def test_entries_are_normalised(text: str, wanted: str) -> None:
    """A name, or what one needs beyond its metadata; once more, it stays as it is."""
    assert entry(text) == entry(entry(text)) == wanted


def test_what_is_needed_is_seen_with_what_needs_it() -> None:
    """By a name that is reached, that is named itself, or that another one needs; cycles end."""
    entries = ["plain", "a: b, c", "c: d, a", "plain: e", "elsewhere: f", "g: "]
    assert names(entries, [key("a"), key("g")]) == {"plain", "a", "b", "c", "d", "e"}
    assert names(entries, []) == {"plain", "e"}
    assert names([], [key("a")]) == frozenset()


def test_what_distributions_import_without_requiring_it_can_be_pasted() -> None:
    """An entry for each of them, as it is written; what nothing declared needs is in none."""
    found = [
        Undeclared(name="pytz", module="x", imported_by="x", needed_by=("pandas",)),
        Undeclared(name="numpy", module="x", imported_by="x", needed_by=("matplotlib", "pandas")),
        Undeclared(name="six", module="x", imported_by="x"),
    ]
    assert mends(found) == ["matplotlib: numpy", "pandas: numpy, pytz"]
    assert [entry(line) for line in mends(found)] == mends(found)
    assert mends(found[2:]) == []
