"""Broken and hostile metadata in the base: what is reused in spite of it, what is not, and what is said."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from support.distributions import metadata, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.bench import Bench


@pytest.fixture
def ready(bench: Bench) -> Bench:
    """A base where all is well but for what the test breaks, and an index that has a whole alpha."""
    bench.base("other", "1.0")
    bench.wheel("alpha", "9.0")
    bench.configure(["alpha", "other"])
    return bench


def without_metadata(bench: Bench) -> None:
    (bench.base("alpha", "1.0") / "METADATA").unlink()


def without_version(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", "Metadata-Version: 2.1\nName: alpha\n\n")


def unparsable_version(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "of\x1b[31mold"))


def left_over(bench: Bench) -> None:
    write(bench.site / "alpha-1.0.dist-info" / "REQUESTED")


def fifo_as_metadata(bench: Bench) -> None:
    folder = bench.base("alpha", "1.0")
    (folder / "METADATA").unlink()
    os.mkfifo(folder / "METADATA")


def fifo_as_folder(bench: Bench) -> None:
    os.mkfifo(bench.site / "alpha-1.0.dist-info")


def loop(bench: Bench) -> None:
    (bench.site / "alpha-1.0.dist-info").symlink_to("alpha-1.0.dist-info")


def unreadable_requirement(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "1.0", ["other", "\x1b]0;\x07 ((("]))


def not_utf8_requirement(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "1.0")[:-1].encode() + b"Requires-Dist: \xff\n\n")


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (without_metadata, "no readable METADATA"),
        (without_version, "has no Version"),
        (unparsable_version, r"its version 'of\x1b[31mold' is not valid"),
        (left_over, "no readable METADATA"),
        (fifo_as_metadata, "no readable METADATA"),
        (fifo_as_folder, "no readable METADATA"),
        (loop, "no readable METADATA"),
        (unreadable_requirement, "is not valid (PEP 508)"),
        (not_utf8_requirement, "is not valid (PEP 508)"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_distribution_is_named_and_not_reused(
    ready: Bench, break_it: Callable[[Bench], None], why: str
) -> None:
    """One line names it and the reason; a whole copy is installed, the rest is reused, the next run is quiet."""
    break_it(ready)
    outcome = ready.tox()
    assert outcome.code == 0
    (line,) = outcome.lines("not reused")
    assert str(ready.site / "alpha-1.0.dist-info") in line
    assert why in line
    assert "\x1b]" not in outcome.text
    assert ready.names("installed") == {"alpha": "9.0"}
    assert ready.names("reused") == {"other": "1.0"}
    again = ready.tox()
    assert again.code == 0
    assert not again.lines("not reused")


def test_what_is_broken_elsewhere_does_not_matter(ready: Bench) -> None:
    """Only what an environment is about to use is read: the rest of an inconsistent base stays unmentioned."""
    ready.base("alpha", "1.0")
    for number, break_it in enumerate([without_metadata, without_version, left_over, fifo_as_metadata]):
        break_it(ready)
        (ready.site / "alpha-1.0.dist-info").rename(ready.site / f"broken{number}-1.0.dist-info")
    ready.base("alpha", "1.0")
    outcome = ready.tox()
    assert outcome.code == 0
    assert not outcome.lines("not reused")
    assert ready.names("reused") == {"alpha": "1.0", "other": "1.0"}


def test_a_left_over_beside_the_real_one_is_named(ready: Bench) -> None:
    """A dist-info that holds only REQUESTED does not hide the whole one in the same directory."""
    left_over(ready)
    ready.base("alpha", "2.0")
    outcome = ready.tox()
    assert ready.names("reused") == {"alpha": "2.0", "other": "1.0"}
    assert len(outcome.lines("sitediff: not reused")) <= 1  # which of the two is met first is up to the file system


def test_two_versions_in_one_directory_are_named(ready: Bench) -> None:
    """The one that importlib.metadata sees counts, in the record and in a warning that names the other."""
    ready.base("alpha", "1.0")
    ready.base("alpha", "2.0")
    outcome = ready.tox()
    assert outcome.code == 0
    assert ready.names("reused")["alpha"] == ready.seen()["alpha"]
    (line,) = outcome.lines("is there more than once")
    assert "1.0" in line
    assert "2.0" in line


def test_metadata_that_becomes_unreadable_is_the_reason_to_recreate(ready: Bench) -> None:
    """The next run says what is wrong with it, rather than that it is gone."""
    folder = ready.base("alpha", "1.0")
    assert ready.tox().code == 0
    (folder / "METADATA").unlink()
    outcome = ready.tox()
    assert outcome.code == 0
    assert outcome.lines("recreate env because the base changed: alpha 1.0 is unusable: it has no readable METADATA")
    assert ready.names("installed") == {"alpha": "9.0"}


def test_hostile_files_of_a_reused_distribution_reach_nothing(ready: Bench) -> None:
    """RECORD lines and entry points that point elsewhere are skipped, and nothing unprintable is shown."""
    folder = ready.base(
        "alpha", "1.0", scripts={"../../evil": "alpha:x", "a\x1bb": "alpha:x", "python": "alpha:x", "good": "alpha:x"}
    )
    outside = write(ready.root / "outside", "untouched")
    write(
        folder / "RECORD",
        f"{'../' * 12}{str(outside).lstrip('/')},,\n{outside},,9999999999999999999\n"
        "../../../bin/../../../outside,,\n\0,,\n" + "../" * 3000 + "x,,\n",
    )
    outcome = ready.tox()
    assert outcome.code == 0
    assert "\x1bb" not in outcome.text
    scripts = {path.name for path in (ready.env_dir / "bin").iterdir()}
    assert "good" in scripts
    assert not {"evil", "outside", "a\x1bb"} & scripts
    assert outside.read_text() == "untouched"
    assert ready.names("reused") == {"alpha": "1.0", "other": "1.0"}


def test_fifos_beside_good_metadata_do_not_hang(ready: Bench) -> None:
    """Files that would block are not opened, whichever of a distribution's files they stand for."""
    folder = ready.base("alpha", "1.0")
    (folder / "RECORD").unlink()
    for name in ("RECORD", "entry_points.txt", "direct_url.json", "requires.txt"):
        os.mkfifo(folder / name)
    outcome = ready.tox()
    assert outcome.code == 0
    assert ready.names("reused")["alpha"] == "1.0"


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(
            '{"url": "https://x.invalid/a.whl", "archive_info": {"hash": "bogus", "hashes": 3}}', id="archive"
        ),
        pytest.param('{"url": "https://x.invalid/a", "vcs_info": {"vcs": "zzz", "commit_id": "no"}}', id="vcs"),
        pytest.param('{"url": "::: \\u001b", "vcs_info": {"vcs": "git", "commit_id": "\\n"}}', id="url"),
        pytest.param('{"url": "", "archive_info": {}, "subdirectory": 3}', id="subdirectory"),
        pytest.param("{nonsense", id="no JSON"),
    ],
)
def test_an_odd_direct_url_does_not_stop_uv(ready: Bench, parts: str) -> None:
    """uv fails on a direct_url.json with anything odd in it; it never gets to see it, and the version counts."""
    ready.base("alpha", "1.0", direct_url=parts)
    ready.wheel("gamma", "1.0", requires=["alpha==1.0"])
    ready.configure(["gamma"])
    assert ready.tox().code == 0
    assert ready.names("reused") == {"alpha": "1.0"}
    assert ready.names("installed") == {"gamma": "1.0"}


def test_a_file_where_a_folder_should_be_counts_as_python_sees_it(ready: Bench) -> None:
    """A dist-info that is a file is read as importlib.metadata reads it."""
    write(ready.site / "alpha-1.0.dist-info", metadata("alpha", "1.0"))
    assert ready.tox().code == 0
    assert ready.names("reused")["alpha"] == ready.seen()["alpha"] == "1.0"


def test_a_repaired_base_is_used_again(ready: Bench) -> None:
    """Once the broken distribution is mended, a new environment takes it from the base."""
    without_metadata(ready)
    assert ready.tox().code == 0
    shutil.rmtree(ready.site / "alpha-1.0.dist-info")
    ready.base("alpha", "1.0")
    assert ready.tox("-r").code == 0
    assert ready.names("reused") == {"alpha": "1.0", "other": "1.0"}
