"""Distributions of each kind that a shadow can show."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from support.strategies import distribution
from tox_sitediff.core.model import Origin

COMMIT: Final = "0123456789abcdef0123456789abcdef01234567"
ALL: Final = (
    distribution("numpy", "2.0.1"),
    distribution("Foo.Bar", "1!2.0rc1+local.1", "numpy>=1", 'x; extra == "test"', extras=("test", "docs")),
    replace(
        distribution("from-git", "1.0"),
        origin=Origin(
            url="https://host.example/r.git",
            kind="vcs",
            commit=COMMIT,
            text=json.dumps({"url": "https://host.example/r.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}),
        ),
    ),
)
