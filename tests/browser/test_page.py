"""The page of a report in a real browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from support.matrices import matrix
from support.rows import row
from tox_sitediff.report.page import page
from tox_sitediff.text import size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from support.browser import Browser
    from tox_sitediff.core.record import Installed, Reused
    from tox_sitediff.report.rows import Row

VIEWS = ("#environments", "#environment-1", "#distributions", "#findings", "#changes")
NAMES = "#environments-table tbody th a"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (1400, True), (360, False)])
def test_every_view_is_for_everybody(shown: Browser, report: Path, view: str, width: int, dark: bool) -> None:
    """axe finds nothing, wide and narrow, light and dark; the page itself never scrolls sideways."""
    shown.size(width)
    shown.media(dark=dark)
    shown.open(report, view)
    assert shown.violations() == []
    assert cast("int", shown.ask("document.scrollingElement.scrollWidth")) <= width
    assert shown.complaints() == []


def test_nothing_is_fetched_and_nothing_else_may_run(shown: Browser) -> None:
    """The page asks for no other file; a script, a style and a handler that got into it are refused."""
    assert shown.ask("performance.getEntriesByType('resource').map((one) => one.name)") == []
    assert shown.complaints() == []
    shown.driver.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "document.body.append(script);"
        "const image = document.createElement('img'); image.src = 'https://example.org/x.png';"
        "document.body.append(image);"
        "document.body.setAttribute('onclick', 'window.ran = 1'); document.body.click();"
        "document.body.setAttribute('style', 'display: none');"
    )
    assert shown.ask("window.ran === undefined && getComputedStyle(document.body).display === 'block'") is True
    refused = " ".join(shown.complaints())
    assert "Content Security Policy" in refused
    assert "example.org" in refused


HOSTILE = (
    "</script><img src=x onerror='window.ran=1'>",
    "<!--<script>window.ran=1//",
    "{{7*7}}",
    "' onclick='window.ran=1",
)


def test_hostile_names_are_shown_as_they_are(browser: Browser, tmp_path: Path) -> None:
    """Of environments, bases, files, distributions and what imports them, in every view."""
    one = row("x")
    rows: list[Row] = []
    for at, name in enumerate(HOSTILE):
        made = row(name, reused={name: (name, 5)}, installed={f"n{at}": (name, 5)}, base=name, source=name)
        rows.append(replace(made, record=replace(made.record, declared=(name,), conflicts=one.record.conflicts)))
    file = tmp_path / "hostile.html"
    file.write_text(page(rows), encoding="ascii")
    for view in (*VIEWS[:-1], *(f"#environment-{at}" for at in range(len(HOSTILE)))):
        browser.open(file, view)
        browser.click("button")
        for button in range(cast("int", browser.ask("document.querySelectorAll('button.open').length"))):
            browser.driver.execute_script("document.querySelectorAll('button.open')[arguments[0]].click();", button)
        assert browser.ask("window.ran === undefined && document.images.length === 0") is True
    assert browser.complaints() == []
    browser.open(file)
    assert sorted(browser.texts(NAMES)) == sorted(HOSTILE)
    browser.open(file, "#environment-0")
    assert browser.texts("#title-environment") == [rows[0].environment]


# --- the tables


def heads(browser: Browser) -> list[str]:
    return browser.texts("#environments-table th[aria-sort]")


def test_environments_are_sorted_by_any_column_both_ways(shown: Browser, rows: Sequence[Row]) -> None:
    """Against the same order made here; a screen reader is told which column it is."""
    assert heads(shown) == ["size"]
    by_size = [item.environment for item in rows]
    assert shown.texts(NAMES) == by_size
    shown.click("#environments-table th[data-sort=size] button")
    assert shown.ask("document.querySelector('th[data-sort=size]').ariaSort") == "ascending"
    sizes = [item.record.bytes.environment for item in rows]
    assert shown.texts("#environments-table tbody .strong") == [size(held) for held in sorted(sizes)]  # type: ignore[type-var]
    shown.click("#environments-table th[data-sort=name] button")
    assert (heads(shown), shown.texts(NAMES)) == (["environment"], sorted(by_size))


def test_environments_are_found_by_what_is_in_them(shown: Browser, rows: Sequence[Row]) -> None:
    """By name, base, machine, and by a distribution; how many there are is said."""
    shown.click("#search")
    for query, expected in (
        ("PY312", [item for item in rows if item.environment == "py312"]),
        ("darwin", [item for item in rows if item.machine.startswith("Darwin")]),
        ("dist-161", [item for item in rows if any(held.name == "dist-161" for held in item.record.reused)]),
        ("nowhere", []),
    ):
        shown.driver.execute_script(
            "const field = document.getElementById('search'); field.value = arguments[0];"
            "field.dispatchEvent(new Event('input'));",
            query,
        )
        assert shown.texts(NAMES) == [item.environment for item in expected], query
        assert shown.texts("#status-environments") == [f"{len(expected)} of 12 environments"]


@pytest.mark.parametrize("by", ["name", "base", "machine"])
def test_environments_are_grouped_with_their_sums(shown: Browser, rows: Sequence[Row], by: str) -> None:
    shown.driver.execute_script(
        "const field = document.getElementById('group'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('change'));",
        by,
    )
    names = [{"name": item.environment, "base": item.base, "machine": item.machine}[by] for item in rows]
    assert sorted(shown.texts("tr.group th")) == sorted({*names})
    assert len(shown.texts(NAMES)) == 12
    first = shown.texts("tr.group th")[0]
    held = sum(item.record.bytes.environment or 0 for item, name in zip(rows, names, strict=True) if name == first)
    assert shown.texts("tr.group td.number")[0] == size(held)
    assert shown.violations() == []


def test_an_environment_shows_what_it_has_why_and_from_where(shown: Browser, report: Path, rows: Sequence[Row]) -> None:
    """The largest first, with the chain; its layers, what is shadowed, what was found; and all of it when printed."""
    at = next(at for at, item in enumerate(rows) if item.record.shadowed and item.record.undeclared)
    record = rows[at].record
    shown.open(report, f"#environment-{at}")
    everything: list[Reused | Installed] = [*record.reused, *record.installed]
    held = sorted(everything, key=lambda item: (-(item.bytes or 0), item.name))
    names = shown.texts("#environment-body tbody th")
    assert names == [item.name for item in held][: len(names)]
    assert len(names) < len(held), "the others come as one scrolls"
    assert shown.texts("#environment-body td.why")[0] == " \u2192 ".join(held[0].why)
    layers = shown.texts("ol.layers li")
    assert [part.split(" ")[0] for part in layers] == ["environment", "layer", "base"] or len(layers) == 3
    text = " ".join(shown.texts("#environment-body"))
    assert f"{record.shadowed[0].name}: {record.shadowed[0].version} before the base's 0.9" in text
    assert "tests/test_pyarrow.py:3: import pyarrow" in text
    shown.media("print")
    shown.driver.execute_script("dispatchEvent(new Event('beforeprint'));")
    assert len(shown.texts("#environment-body tbody th")) == len(held)
    assert shown.ask("getComputedStyle(document.querySelector('.tools')).display") == "none"
    assert len(str(shown.command("Page.printToPDF", preferCSSPageSize=True)["data"])) > 10_000


def test_rows_are_made_as_they_are_needed(browser: Browser, tmp_path: Path) -> None:
    """Of 200 environments with 500 distributions each, a view has few elements; the page is below 5 MB."""
    file = tmp_path / "large.html"
    file.write_text(page(matrix(200, 500)), encoding="ascii")
    assert file.stat().st_size < 5_000_000
    for view in ("#environments", "#distributions", "#environment-7"):
        browser.open(file, view)
        assert cast("int", browser.ask("document.querySelectorAll('.view:not([hidden]) tr').length")) <= 401
    before = len(browser.texts("#environment-body tbody th"))
    browser.driver.execute_script("document.querySelector('button.more').click();")
    after = browser.texts("#environment-body tbody th")
    assert before < len(after) < 500
    assert browser.ask("document.activeElement.closest('table') !== null || document.activeElement === document.body")


def test_a_distribution_opens_to_where_it_is(shown: Browser, report: Path) -> None:
    shown.open(report, "#distributions")
    shown.click("button.open")
    assert shown.ask("document.querySelector('button.open').ariaExpanded") == "true"
    assert "in " in shown.texts("tr.detail")[0]
    assert shown.violations() == []
    shown.click("button.open")
    assert shown.texts("tr.detail") == []


# --- keyboard, colours, no script


def test_all_of_it_can_be_done_with_the_keyboard(shown: Browser) -> None:
    """The first stop leads past the head; `/` leads to the search; a view that opens has the focus on its heading."""
    from selenium.webdriver.common.keys import Keys

    shown.type(Keys.TAB)
    assert shown.ask("document.activeElement.className") == "skip"
    shown.type("/")
    assert shown.ask("document.activeElement.id") == "search"
    shown.type("docs")
    assert {*shown.texts(NAMES)} == {"docs"}
    shown.type(Keys.ESCAPE)
    assert len(shown.texts(NAMES)) == 12
    shown.driver.execute_script("document.querySelector('th[data-sort=name] button').focus();")
    shown.type(Keys.ENTER)
    assert heads(shown) == ["environment"]
    shown.driver.execute_script(f"document.querySelector('{NAMES}').focus();")
    assert shown.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid", "one sees where one is"
    shown.type(Keys.ENTER)
    shown.wait("document.activeElement.id === 'title-environment'")
    assert shown.ask("document.title").startswith("docs - ")  # type: ignore[attr-defined]
    shown.driver.back()
    shown.wait("document.activeElement.id === 'title-environments'")


def test_dark_and_light_follow_the_system_and_the_switch(shown: Browser, report: Path) -> None:
    """What was switched is kept, and paper is always light."""
    colour = "getComputedStyle(document.body).backgroundColor"
    light = shown.ask(colour)
    shown.media(dark=True)
    dark = shown.ask(colour)
    assert dark != light
    shown.click("#theme")
    assert (shown.ask(colour), shown.texts("#theme")) == (light, ["Theme: light"])
    shown.media()
    shown.click("#theme")
    assert (shown.ask(colour), shown.texts("#theme")) == (dark, ["Theme: dark"])
    shown.open(report)
    assert shown.ask(colour) == dark
    shown.media("print", dark=True)
    assert shown.ask(colour) == "rgb(255, 255, 255)"


def test_without_scripts_the_environments_are_still_there(browser: Browser, report: Path, rows: Sequence[Row]) -> None:
    browser.size(1400)
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(report)
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.texts(NAMES) == [item.environment for item in rows]
    assert browser.ask("getComputedStyle(document.querySelector('.tools')).display") == "none"
    assert browser.ask("document.querySelector('noscript').checkVisibility()") is not None
