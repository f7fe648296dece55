"""What leads uv to certificates, and is taken away where it connects to nothing."""

from __future__ import annotations

from tox_sitediff.uv.certificates import LEADING, without


def test_all_that_leads_to_certificates_is_taken_away() -> None:
    others = {"UV_OFFLINE": "1", "UV_INSECURE_HOST": "host"}
    assert without({**dict.fromkeys(LEADING, "x"), **others}) == others
