"""Command lines of interpreters that pass over the variables about bytecode (pure).

``python -I`` and ``python -E`` ignore every ``PYTHON...`` variable, so that what these say of bytecode has to be said
by options (https://docs.python.org/3/using/cmdline.html).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NOT_WRITTEN: Final = "PYTHONDONTWRITEBYTECODE"
ELSEWHERE: Final = "PYTHONPYCACHEPREFIX"

_VERSION: Final = "0123456789."
_KINDS: Final = frozenset({"", "t", "w", "tw"})
"""Behind the version: free-threaded, without a console."""
_ISOLATING: Final = frozenset("IE")
_WITH_VALUE: Final = frozenset("WX")
_ENDS: Final = frozenset("cm")
"""Options behind which the program and its own arguments come."""
_LONG_WITH_VALUE: Final = "--check-hash-based-pycs"


def is_decided(variables: Mapping[str, str]) -> bool:
    """Tell whether variables say already what is to become of bytecode."""
    return NOT_WRITTEN in variables or ELSEWHERE in variables


def is_python(command: Sequence[str]) -> bool:
    """Tell whether a command is an interpreter's, by the name of the program, with or without a path."""
    if not command:
        return False
    name = command[0].replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")
    # no regular expression: each run would compile it
    return any(name[len(word) :].lstrip(_VERSION) in _KINDS for word in ("python", "pypy") if name.startswith(word))


def is_isolated(command: Sequence[str]) -> bool:
    """Tell whether a command starts an interpreter that passes over all variables.

    Args:
        command: The words of the command.

    Returns:
        Whether it is Python with ``-I`` or ``-E`` before what it is to run, alone or among others (``-sEm``).
    """
    return is_python(command) and not _ISOLATING.isdisjoint(_letters(iter(command[1:])))


def _letters(words: Iterator[str]) -> Iterator[str]:
    """Give the short options before what an interpreter is to run, whether they stand alone or together."""
    for word in words:
        if word.startswith("--"):
            if word == _LONG_WITH_VALUE:
                next(words, None)
            continue
        if not word.startswith("-") or word == "-":
            return
        for at, letter in enumerate(word[1:], 2):
            if letter in _ENDS:
                return
            yield letter
            if letter in _WITH_VALUE:
                if at == len(word):
                    next(words, None)
                break


def with_options(command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Say by options what an interpreter would not read in variables.

    Args:
        command: The words of a command.
        variables: The variables that it gets.

    Returns:
        The command; where it is an isolated interpreter's, with options that keep it from writing bytecode beside the
        modules, if the variables ask for that. Only pip, which is slow without, leaves it where the variables say.
        Others read what is there: of the options only ``-B`` is handed on to the processes that Python starts itself
        (``multiprocessing``), and they could not be told where else to write.
    """
    words = list(command)
    elsewhere = variables.get(ELSEWHERE)
    if not (elsewhere or variables.get(NOT_WRITTEN)) or not is_isolated(words):
        return words
    options = ["-X", f"pycache_prefix={elsewhere}"] if elsewhere else []
    if not (elsewhere and _runs_pip(words)):
        options.insert(0, "-B")
    return [words[0], *options, *words[1:]]


def _runs_pip(words: Sequence[str]) -> bool:
    return any(option.startswith("-") and option.endswith("m") and name == "pip" for option, name in pairwise(words))


def without_bytecode(command: Sequence[str]) -> list[str]:
    """Have an interpreter write no bytecode, whatever its variables are; other commands stay as they are."""
    return [command[0], "-B", *command[1:]] if is_python(command) else list(command)
