"""What holds for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# how long an example takes says more about the machine than about the code; the whole check tries more of them
settings.register_profile("project", deadline=None, max_examples=int(os.environ.get("SITEDIFF_TEST_EXAMPLES", "25")))
settings.load_profile("project")
