"""How large the page of a report is, how soon it is painted, and how long a table takes to be sorted.

For a matrix of 200 environments with 500 distributions each, in a real Chromium (Debian: chromium, chromium-driver);
and how long it takes to write a report of such records. Needs the dependency group `test`.

    python benchmarks/page.py [--environments 200] [--distributions 500] [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, os.fspath(ROOT / "tests"))

from support.browser import Browser, missing, started  # noqa: E402
from support.matrices import matrix  # noqa: E402
from tox_sitediff.report.page import page  # noqa: E402

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"
SORTED = """
const button = document.querySelector(arguments[0]);
const start = performance.now();
button.click();
document.body.getBoundingClientRect();
return performance.now() - start;
"""
"""From the click to the layout of what it leaves, in milliseconds."""
VIEWS = {
    "#environments": "#environments-table",
    "#environment-3": "#environment-body",
    "#distributions": "#distributions-body",
}


def main() -> int:
    """Measure, and print a table of medians and worst values."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=int, default=200)
    parser.add_argument("--distributions", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5, help="how often each is measured (default: %(default)s)")
    options = parser.parse_args()
    if name := missing():
        print(f"there is no {name}; on Debian: apt-get install chromium chromium-driver", file=sys.stderr)
        return 2
    rows = matrix(options.environments, options.distributions)
    with tempfile.TemporaryDirectory() as text:
        directory = Path(text)
        records = directory / "records"
        for at, row in enumerate(rows):
            (records / str(at)).mkdir(parents=True)
            (records / str(at) / "sitediff.json").write_text(json.dumps(row.record.as_json(), indent=2), "utf-8")
        print("| what | median | worst |\n| --- | ---: | ---: |")
        for form in ("table", "json", "html"):
            show(f"report --format {form}, user CPU", [report(records, form) for _ in range(options.runs)], "ms")
        file = directory / "report.html"
        file.write_text(page(rows), encoding="ascii")
        show("size of the page", [file.stat().st_size / 1e6], "MB")
        with started(directory / "profile") as browser:
            browser.size(1400)
            measured(browser, file, options.runs)
    return 0


def report(records: Path, form: str) -> float:
    """Write a report as a user does, and return the processor's time that it took, in milliseconds."""
    before = os.times()
    program = "from tox_sitediff.cli.main import main; raise SystemExit(main())"
    command = [sys.executable, "-c", program, "report", os.fspath(records), "--format", form]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return 1000 * (after.children_user - before.children_user)


def measured(browser: Browser, file: Path, runs: int) -> None:
    """Open the page and sort its tables."""
    painted, ready = [], []
    for _ in range(runs):
        start = time.perf_counter()
        browser.open(file)
        ready.append(1000 * (time.perf_counter() - start))
        deadline = time.monotonic() + 10
        while cast("float", found := browser.ask(PAINTED)) < 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        painted.append(cast("float", found))
    show("first paint", painted, "ms")
    show("loaded, with its script", ready, "ms")
    for view, table in VIEWS.items():
        browser.open(file, view)
        heads = f"[...document.querySelectorAll('{table} th[data-sort]')]"
        keys = cast("list[str]", browser.ask(f"{heads}.map((one) => one.dataset.sort)"))
        times = [
            cast("float", browser.driver.execute_script(SORTED, f"{table} th[data-sort={key}] button"))
            for _ in range(runs)
            for key in keys
        ]
        show(f"sorting {view.removeprefix('#')}", times, "ms")


def show(what: str, values: list[float], unit: str) -> None:
    """Print a row."""
    print(f"| {what} | {statistics.median(values):.3g} {unit} | {max(values):.3g} {unit} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
