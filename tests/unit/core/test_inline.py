"""Inline script metadata: what a script says that it requires."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.core.inline import Script, read

# the reader of the specification, https://packaging.python.org/en/latest/specifications/inline-script-metadata/
NAIVE = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
SCRIPT = """\
#!/usr/bin/env python
# /// script
# requires-python = ">=3.9"
# dependencies = [
#   "numpy>=2",
#   "rich; python_version > '3'",
# ]
#
# [tool.uv]
# constraint-dependencies = ["pygments<3"]
# override-dependencies = ["markdown-it-py==4"]
# exclude-dependencies = ["mdurl"]
# ///
import numpy
"""


def texts(script: Script | None) -> tuple[list[str], list[str], list[str]]:
    assert script is not None
    return tuple([str(item) for item in part] for part in (script.dependencies, script.constraints, script.ignored))  # type: ignore[return-value]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_it_requires_and_what_limits_that(end: str) -> None:
    assert texts(read(SCRIPT.replace("\n", end))) == (
        ["numpy>=2", 'rich; python_version > "3"'],
        ["pygments<3"],
        ["markdown-it-py==4", "mdurl"],
    )


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("# dependencies = []", []),
        ("#", []),
        ('# requires-python = ">=3"', []),
        ('# dependencies = ["a"]\n# ///\n# x = 1', None),  # a block ends at the last line that can end it
        ('# dependencies = "a"', None),
        ("# dependencies = [1]", None),
        ('# dependencies = ["a>=>1"]', None),
        ("# dependencies = [", None),
        ("# [tool]\n# uv = 1", []),
        ("# tool = 1", []),
        ("#dependencies = []", None),
    ],
)
def test_blocks(block: str, found: list[str] | None) -> None:
    script = read(f"# /// script\n{block}\n# ///\n")
    assert (None if script is None else [str(item) for item in script.dependencies]) == found


@pytest.mark.parametrize(
    "text",
    ["", "import numpy\n", "# /// script\n", "# /// other\n# ///\n", SCRIPT + SCRIPT, "# /// script\nx\n# ///\n"],
)
def test_where_there_are_none_or_more_than_one(text: str) -> None:
    assert read(text) is None


@given(
    text=st.lists(
        st.sampled_from(["# /// script", "# ///", "#", "# a = 1", "# b = 2", "x", "", "#c", "# /// other"]), max_size=8
    ).map(lambda lines: "\n".join((*lines, "")))
)
def test_blocks_are_found_as_by_the_specification(text: str) -> None:
    """Where it leaves no doubt: a line ``# ///`` within a block, and white space at line ends, are read in two ways."""
    blocks = [match for match in NAIVE.finditer(text) if match["type"] == "script"]
    expected = None
    if len(blocks) == 1:
        content = "".join(
            line[2:] if line.startswith("# ") else line[1:] for line in blocks[0]["content"].splitlines(keepends=True)
        )
        try:
            tomllib.loads(content)
            expected = Script(dependencies=())
        except tomllib.TOMLDecodeError:
            expected = None
    if "\n\n" not in text and not text.startswith("\n") and "# /// other" not in text:
        assert read(text) == expected
