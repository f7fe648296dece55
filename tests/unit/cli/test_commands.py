"""The commands, and the options of each."""

from __future__ import annotations

import re

from tox_sitediff.cli.commands import COMMANDS
from tox_sitediff.cli.options import (
    Parser,
    add,
)


def test_each_option_has_one_meaning_and_one_attribute_in_a_command() -> None:
    """A flag stands in one option of a command, and argparse names no two of them alike."""
    for command in COMMANDS.values():
        flags = [flag for option in command.all_options for flag in option.flags]
        assert len(flags) == len({*flags})
        parser = Parser(prog=command.name)
        add(parser, command.all_options)
        names = [action.dest for action in parser._actions]
        assert len(names) == len({*names})


def test_one_thing_has_one_name() -> None:
    """What is installed is a distribution; a package is what one has modules in, such as the project's own."""
    texts = [
        text
        for command in COMMANDS.values()
        for text in (
            command.summary,
            command.description,
            *(option.help for option in command.all_options),
            *(positional.help for positional in command.positionals),
        )
    ]
    assert [text for text in texts if re.search(r"(?<!project's )\bpackages?\b", text)] == []
