"""What options ask for besides an installation."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from tox_sitediff.core.plan import Change
from tox_sitediff.engine.options import would_be_installed
from tox_sitediff.errors import Unsatisfied

CHANGES = (Change(name=canonicalize_name("a"), version="1.0"), Change(name=canonicalize_name("b"), version=None))


def test_what_would_be_installed_is_named() -> None:
    assert would_be_installed(CHANGES, ["--dry-run"]) == "would be installed: a 1.0, b; nothing was changed"
    assert would_be_installed((), ["--check"]) == "would be installed: nothing; nothing was changed"


def test_what_is_missing_is_an_error_where_that_was_asked_for() -> None:
    with pytest.raises(Unsatisfied, match=r"does not meet what is asked for: missing are a 1\.0, b$"):
        would_be_installed(CHANGES, ["--check", "a"])
    with pytest.raises(Unsatisfied, match=r"does not meet what is asked for$"):
        would_be_installed(None, ["--dry-run"])
