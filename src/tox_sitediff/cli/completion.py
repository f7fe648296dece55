"""``sitediff completion``: what a shell sources to complete command lines, made from the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .commands import COMMANDS
from .options import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from .context import Context
    from .options import Option

_ALWAYS = ("-h", "--help")


def completion(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Write the script of one shell."""
    make = _SHELLS.get(options.shell)
    if make is None:
        raise UsageError(f"there is no completion for {options.shell}, but for {', '.join(_SHELLS)}")
    context.show(make())
    return 0


def _flags(options: Sequence[Option]) -> list[str]:
    return [*_ALWAYS, *(flag for option in options for flag in option.flags)]


def _bash() -> str:
    """Complete commands, their options, and values where these are few; all else is taken for a file."""
    cases = []
    for command in COMMANDS.values():
        values = [
            f"        {command.name}:{flag}) words='{' '.join(option.choices)}';;"
            for option in command.all_options
            if option.choices
            for flag in option.flags
        ]
        cases += [*values, f"        {command.name}:*) words='{' '.join(_flags(command.all_options))}';;"]
    return "\n".join(
        (
            "# bash completion of sitediff; in ~/.bashrc: source <(sitediff completion bash)",
            "_sitediff() {",
            "    local now=${COMP_WORDS[COMP_CWORD]} words",
            '    if [ "$COMP_CWORD" -eq 1 ]; then',
            f"        COMPREPLY=($(compgen -W '{' '.join((*COMMANDS, *_ALWAYS, '--version'))}' -- \"$now\"))",
            "        return",
            "    fi",
            "    case ${COMP_WORDS[1]}:${COMP_WORDS[COMP_CWORD-1]} in",
            *cases,
            "    esac",
            "    COMPREPLY=()",
            "    # a plain word is a requirement or a file, unless the option before it has few values",
            '    case $now:$words in -*:*|*:[!-]*) COMPREPLY=($(compgen -W "$words" -- "$now"));; esac',
            "}",
            "complete -o default -F _sitediff sitediff",
        )
    )


def _zsh() -> str:
    """Use zsh's own reader of bash's completions."""
    return "\n".join(
        (
            "# zsh completion of sitediff; in ~/.zshrc: source <(sitediff completion zsh)",
            "autoload -U +X compinit && compinit",
            "autoload -U +X bashcompinit && bashcompinit",
            *_bash().splitlines()[1:],
        )
    )


def _fish() -> str:
    lines = ["# fish completion of sitediff; sitediff completion fish > ~/.config/fish/completions/sitediff.fish"]
    for command in COMMANDS.values():
        start = f"complete -c sitediff -n '__fish_use_subcommand' -f -a {command.name}"
        lines.append(f"{start} -d {_quoted(command.summary)}")
        for option in command.all_options:
            words = [f"-{'l' if flag.startswith('--') else 's'} {flag.lstrip('-')}" for flag in option.flags]
            if option.choices:
                words.append(f"-x -a {_quoted(' '.join(option.choices))}")
            elif option.takes_value:
                words.append("-r")
            where = f"-n '__fish_seen_subcommand_from {command.name}'"
            lines.append(f"complete -c sitediff {where} {' '.join(words)} -d {_quoted(option.help)}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Quote for fish, where only a backslash and a quote count within quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SHELLS: Mapping[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
