"""How the command line tells its own options from uv's, and what its help looks like."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.cli.options import (
    DECLARE,
    EXCLUDE,
    LAYER,
    PYTHON,
    QUIET,
    TABLE,
    VISIBILITY,
    Formatter,
    Option,
    Parser,
    UsageError,
    add,
    leading,
    mended,
    operands,
    separate,
)

OURS: Final = (PYTHON, EXCLUDE, QUIET, TABLE)


@pytest.mark.parametrize(
    ("words", "ours", "others"),
    [
        ("numlib -r r.txt", "", "numlib -r r.txt"),
        ("--python here numlib -q", "--python here -q", "numlib"),
        ("-p here numlib", "-p here", "numlib"),
        ("-phere numlib -p=there", "-phere -p=there", "numlib"),
        ("--python=here --format=json", "--python=here --format=json", ""),
        ("numlib --exclude a --exclude=b", "--exclude a --exclude=b", "numlib"),
        # what looks like an option of ours is the value of one of uv's
        ("-c --python -e -q numlib", "", "-c --python -e -q numlib"),
        ("--index-url --format numlib", "", "--index-url --format numlib"),
        ("--index-url=x --format json", "--format json", "--index-url=x"),
        # and the other way round
        ("--exclude -r numlib", "--exclude -r", "numlib"),
        # behind two dashes there are no options
        ("-q -- -q --python", "-q", "-- -q --python"),
        ("--help numlib", "--help", "numlib"),
        ("numlib -h", "-h", "numlib"),
        # a value that is missing is for the parser to miss
        ("numlib --python", "--python", "numlib"),
        ("numlib -r", "", "numlib -r"),
        # one that we do not know, uv may
        ("--upgrade --python-version 3 x", "", "--upgrade --python-version 3 x"),
    ],
)
def test_options_of_ours_are_told_from_uvs(words: str, ours: str, others: str) -> None:
    assert separate(words.split(), OURS) == (ours.split(), others.split())


_WORDS: Final = st.sampled_from(
    [
        "a",
        "-",
        "--",
        "-p",
        "-px",
        "--python",
        "--python=x",
        "-r",
        "-rx",
        "-q",
        "--format",
        "--exclude=",
        "--upgrade",
        "",
    ]
)


@given(words=st.lists(_WORDS, max_size=8))
def test_no_word_is_lost_or_moved(words: list[str]) -> None:
    """Whatever is given: each word goes to one of the two, in its order."""
    ours, others = separate(words, OURS)
    assert sorted([*ours, *others]) == sorted(words)
    for part in (ours, others):
        rest = iter(words)
        assert all(word in rest for word in part)


@pytest.mark.parametrize(
    ("words", "found", "others"),
    [
        ("", "", ""),
        ("here --seed", "here", "--seed"),
        ("--prompt name here", "here", "--prompt name"),
        ("--prompt=name here", "here", "--prompt=name"),
        ("here --prompt", "here", "--prompt"),
        ("--seed -- -odd here", "-odd here", "--seed"),
    ],
)
def test_operands_are_told_from_options(words: str, found: str, others: str) -> None:
    assert operands(words.split(), frozenset({"--prompt"})) == (found.split(), others.split())


def test_what_is_parsed_is_there_once_or_as_often_as_it_may_be() -> None:
    parser = Parser(prog="sitediff it", allow_abbrev=False)
    add(parser, (PYTHON, EXCLUDE, QUIET, TABLE))
    nothing = parser.parse_args([])
    assert (nothing.python, nothing.exclude, nothing.quiet, nothing.format) == (None, [], False, None)
    found = parser.parse_args(["-p", "x", "--exclude", "a", "--exclude", "b", "-q", "--format", "json"])
    assert (found.python, found.exclude, found.quiet, found.format) == ("x", ["a", "b"], True, "json")


def test_names_are_normalised_and_choices_read_as_they_are_typed() -> None:
    """An error lists the choices as Python writes them: not as members of an enumeration."""
    assert [*map(repr, VISIBILITY.choices)] == ["'base'", "'report'", "'declared'"]
    parser = Parser(prog="sitediff it")
    add(parser, (EXCLUDE, VISIBILITY))
    assert parser.parse_args(["--exclude", "A_b.C"]).exclude == ["a-b-c"]
    with pytest.raises(UsageError, match="a==1 is not the name of a distribution"):
        parser.parse_args(["--exclude", "a==1"])


@pytest.mark.parametrize("words", [["--format", "xml"], ["--python"], ["--quiet=yes"]])
def test_what_can_not_be_parsed_is_an_error_of_ours_that_names_the_help(words: list[str]) -> None:
    parser = Parser(prog="sitediff it")
    add(parser, OURS)
    with pytest.raises(UsageError, match=r"; see: sitediff it --help$"):
        parser.parse_args(words)


def test_only_options_with_a_name_for_it_or_choices_have_a_value() -> None:
    assert [option.takes_value for option in (*OURS, DECLARE, Option(flags=("--x",), help=""))] == [
        True, True, False, True, True, False
    ]  # fmt: skip


def test_paragraphs_are_filled_and_examples_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that begin with two spaces are to be copied; options are not cut in two at their hyphens."""
    monkeypatch.setenv("COLUMNS", "40")
    long = "This option is called --no-build-isolation-package,\nwhich is a long name for an option."
    examples = "examples:\n  sitediff plan --python /a/very/long/path/to/an/interpreter numlib"
    parser = Parser(prog="x", description=f"{long}\n\n{long}", epilog=examples, formatter_class=Formatter)
    text = parser.format_help()
    assert examples in text
    assert text.count("--no-build-isolation-package") == 2
    described = text.partition(examples)[0]
    assert max(map(len, described.splitlines())) <= 40


@pytest.mark.parametrize(
    ("text", "wanted"), [("Py_YAML", "py-yaml"), ("pandas: NumPy,pytz", "pandas: numpy, pytz"), ("pandas", "pandas")]
)
def test_what_may_be_seen_is_a_name_or_one_with_what_it_needs(text: str, wanted: str) -> None:
    """Each name in it is checked."""
    assert mended(text) == wanted
    for bad in ("a b", "pandas: numpy>=2", ": numpy", "", "./x: y"):
        with pytest.raises(UsageError, match="is not the name of a distribution"):
            mended(bad)


@pytest.mark.parametrize(
    ("arguments", "ours", "command"),
    [
        ([], [], []),
        (["pytest", "-q", "--with", "x"], [], ["pytest", "-q", "--with", "x"]),
        (["--layer", "a", "-q", "pytest"], ["--layer", "a", "-q"], ["pytest"]),
        (["--layer=a", "--", "-odd"], ["--layer=a"], ["-odd"]),
        (["-", "x"], [], ["-", "x"]),
        (["--layer"], ["--layer"], []),
        (["--unknown", "pytest"], ["--unknown"], ["pytest"]),
    ],
)
def test_options_end_where_a_command_begins(arguments: list[str], ours: list[str], command: list[str]) -> None:
    """All that stands behind the first word without a dash belongs to the command."""
    assert leading(arguments, (LAYER,)) == (ours, command)
