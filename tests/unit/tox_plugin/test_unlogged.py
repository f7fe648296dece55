"""Variables, as tox writes them into its log."""

from __future__ import annotations

import os

from tox.util.redact import redact_value

from tox_sitediff.tox_plugin.unlogged import hide_secrets


def test_what_tox_writes_down_of_a_variable_has_no_secret() -> None:
    """Programs get the value as it is, and what holds no secret is not touched."""
    variables = {"UV_INDEX_URL": "https://me:s3cret@host/simple", "OTHER": "me@host", "MORE": "https://host/x@1"}
    before = dict(variables)
    hide_secrets(variables)
    hide_secrets(variables)
    assert variables == before
    logged = "".join(f"env {name}: {redact_value(name=name, value=value)}\n" for name, value in variables.items())
    assert "env UV_INDEX_URL: https://me:****@host/simple\n" in logged
    assert "s3cret" not in logged + repr(variables)
    assert os.fsencode(variables["UV_INDEX_URL"]) == before["UV_INDEX_URL"].encode()
    assert type(variables["OTHER"]) is type(variables["MORE"]) is str
