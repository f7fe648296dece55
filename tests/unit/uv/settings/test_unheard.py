"""Variables of pip's that say nothing to uv."""

from __future__ import annotations

import pytest

from tox_sitediff.uv.settings.unheard import unheard


@pytest.mark.parametrize(
    ("variables", "options"),
    [
        ({}, []),
        ({"PIP_CONSTRAINT": ""}, []),
        ({"PIP_NO_COLOR": "1"}, []),
        ({"PIP_CONSTRAINT": "c.txt", "UV_CONSTRAINT": "d.txt"}, []),
        ({"PIP_CONSTRAINT": "c.txt", "PIP_INDEX_URL": "x"}, ["-c", "--default-index"]),
    ],
)
def test_where_nothing_is_lost_nothing_is_said(variables: dict[str, str], options: list[str]) -> None:
    assert unheard(variables, options) is None


def test_each_is_named_with_what_uv_reads_and_without_its_value() -> None:
    """An index may hold a password."""
    one = unheard({"PIP_CONSTRAINT": "/etc/pip/constraint.txt"}, ["-q"])
    assert one == "PIP_CONSTRAINT is set, for pip: uv does not read it, but UV_CONSTRAINT"
    two = unheard({"PIP_INDEX_URL": "https://me:secret@host.example", "PIP_FIND_LINKS": "x"}, [])
    assert two == (
        "PIP_FIND_LINKS and PIP_INDEX_URL are set, for pip: uv does not read them, but UV_FIND_LINKS, UV_DEFAULT_INDEX"
    )
