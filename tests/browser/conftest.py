from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.browser import Browser, missing, started
from support.matrices import matrix
from tox_sitediff.report.compare import compare
from tox_sitediff.report.page import page
from tox_sitediff.report.rows import largest_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tox_sitediff.report.rows import Row


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium, started once for all tests."""
    if name := missing():
        pytest.skip(f"there is no {name} (Debian: apt-get install chromium chromium-driver)")
    pytest.importorskip("selenium")
    with started(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="session")
def rows() -> Sequence[Row]:
    """Twelve environments of 150 distributions."""
    return largest_first(matrix(12, 150))


@pytest.fixture(scope="session")
def report(rows: Sequence[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their page, compared with that of eleven smaller ones."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page(rows, pairs=compare(matrix(11, 140), rows)), encoding="ascii")
    return file


@pytest.fixture
def shown(browser: Browser, report: Path) -> Browser:
    """The browser with that page, wide and light, as nobody has touched it."""
    browser.size(1400)
    browser.media()
    browser.complaints()
    browser.open(report)
    browser.driver.execute_script("localStorage.clear();")
    browser.open(report)
    return browser
