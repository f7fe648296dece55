"""A real Chromium, as Debian has it, which opens pages and is asked what they show."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

PROGRAMS: Final = ("chromium", "chromedriver")
_OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",  # of which root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str:
    """Name the first program that a browser needs and that is not here; nothing where all are."""
    return next((name for name in PROGRAMS if shutil.which(name) is None), "")


@dataclass(frozen=True, kw_only=True)
class Browser:
    """A browser, with one page in it."""

    driver: Chrome

    def open(self, page: Path, anchor: str = "") -> None:
        """Open a page anew."""
        self.driver.get("about:blank")
        self.driver.get(f"{page.as_uri()}{anchor}")

    def ask(self, expression: str) -> object:
        """Evaluate an expression of JavaScript in the page."""
        return cast("object", self.driver.execute_script(f"return {expression};"))

    def wait(self, condition: str) -> None:
        """Wait until a condition holds, of something that comes by itself; it fails if that never does."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 60).until(lambda _: self.ask(condition))

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that a selector finds, as it is written."""
        found = self.ask(f"[...document.querySelectorAll({selector!r})].map((one) => one.textContent.trim())")
        return cast("list[str]", found)

    def click(self, selector: str) -> None:
        """Click on the first element that a selector finds."""
        self.driver.execute_script("document.querySelector(arguments[0]).click();", selector)

    def type(self, *keys: str) -> None:
        """Type keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def command(self, name: str, **parameters: object) -> dict[str, object]:
        """Send a command of the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""
        return cast("dict[str, object]", self.driver.execute_cdp_cmd(name, dict(parameters)))

    def size(self, width: int, height: int = 900) -> None:
        """Give the page another size, in CSS pixels."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def media(self, kind: str = "", *, dark: bool = False) -> None:
        """Show the page on a screen or on paper, dark or light."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=kind, features=[scheme])

    def complaints(self) -> list[str]:
        """Return what the browser said of the page since it was asked last: errors, and what a policy refused."""
        found = cast("list[dict[str, object]]", self.driver.get_log("browser"))  # type: ignore[no-untyped-call]
        return [str(entry["message"]) for entry in found]

    def violations(self) -> list[str]:
        """Check the page with axe (https://github.com/dequelabs/axe-core), all of its rules.

        Returns:
            What it holds against the page: the rule, and the elements.
        """
        program = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        # by the debugger: a page's own policy would not let it run
        self.command("Runtime.evaluate", expression=program)
        answer = self.command(
            "Runtime.evaluate",
            expression="axe.run().then((found) => found.violations.map((one) => "
            "`${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`))",
            awaitPromise=True,
            returnByValue=True,
        )
        result = cast("dict[str, list[str]]", answer["result"])
        assert "value" in result, answer
        return result["value"]


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """Start a browser.

    Args:
        profile: An empty directory for what it keeps.
    """
    from selenium.webdriver import Chrome
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    program, server = map(shutil.which, PROGRAMS)
    assert program is not None
    assert server is not None
    options.binary_location = program
    for option in (*_OPTIONS, f"--user-data-dir={os.fspath(profile)}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(server))
    try:
        yield Browser(driver=driver)
    finally:
        driver.quit()
