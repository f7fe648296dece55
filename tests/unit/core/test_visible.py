"""What may be seen besides the declared closure."""

from __future__ import annotations

import pytest

from tox_sitediff.core.requirements import key
from tox_sitediff.core.visible import entry, names


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
