"""``sitediff completion``: what a shell sources to complete command lines, made from the table of commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .commands import COMMANDS
from .options import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from .commands import Command
    from .context import Context
    from .options import Option

_ALWAYS = ("-h", "--help")
_FIRST = ("-V", "--version")


def completion(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Write the script of one shell."""
    make = _SHELLS.get(options.shell)
    if make is None:
        raise UsageError(f"there is no completion for {options.shell}, but for {', '.join(_SHELLS)}")
    context.show(make(), for_programs=True)
    return 0


def _flags(options: Sequence[Option]) -> list[str]:
    return [*_ALWAYS, *(flag for option in options for flag in option.flags)]


def _values(command: Command) -> str:
    """The words that a command takes without a dash, where these are few."""
    return " ".join(value for positional in command.positionals for value in positional.values)


# --- bash: https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html


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
        words = f"words='{' '.join(_flags(command.all_options))}'"
        few = f"; few='{_values(command)}'" if _values(command) else ""
        cases += [*values, f"        {command.name}:*) {words}{few};;"]
    return "\n".join(
        (
            "# bash completion of sitediff; in ~/.bashrc: source <(sitediff completion bash)",
            "_sitediff() {",
            "    local now=${COMP_WORDS[COMP_CWORD]} word command= words= few= at",
            "    for ((at = 1; at < COMP_CWORD; at++)); do",
            "        word=${COMP_WORDS[at]}",
            f"        case $word in {'|'.join(COMMANDS)}) command=$word; break;; esac",
            "    done",
            '    if [ -z "$command" ]; then',
            f"        COMPREPLY=($(compgen -W '{' '.join((*COMMANDS, *_ALWAYS, *_FIRST))}' -- \"$now\"))",
            "        return",
            "    fi",
            "    case $command:${COMP_WORDS[COMP_CWORD-1]} in",
            *cases,
            "    esac",
            "    COMPREPLY=()",
            "    # a plain word is a requirement or a file, unless the option before it has few values",
            '    case $now:$words in -*:*|*:[!-]*) COMPREPLY=($(compgen -W "$words" -- "$now")); return;; esac',
            '    COMPREPLY=($(compgen -W "$few" -- "$now"))',
            "}",
            "complete -o default -F _sitediff sitediff",
        )
    )


# --- zsh: https://zsh.sourceforge.io/Doc/Release/Completion-System.html


def _zsh() -> str:
    """The same, with what each command and option is for."""
    listed = "\n".join(f"        {_quoted(f'{one.name}:{_plain(one.summary)}')}" for one in COMMANDS.values())
    cases = "\n".join(
        f"        {command.name})\n            _arguments -s \\\n"
        + " \\\n".join(f"                {line}" for line in _zsh_arguments(command))
        + "\n            ;;"
        for command in COMMANDS.values()
    )
    return f"""\
#compdef sitediff
# zsh completion of sitediff; in ~/.zshrc: source <(sitediff completion zsh), or as _sitediff in a directory of fpath
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}
_sitediff() {{
    local -a commands
    commands=(
{listed}
    )
    while (( CURRENT > 2 )) && [[ $words[2] == -* ]]; do
        shift words; (( CURRENT-- ))
    done
    if (( CURRENT == 2 )); then
        _describe -t commands command commands
        _arguments -s '(- *)'{{-h,--help}}'[show the help]' '(- *)'{{-V,--version}}'[show the version]'
        return
    fi
    shift words; (( CURRENT-- ))
    case $words[1] in
{cases}
    esac
}}
if [[ $funcstack[1] == _sitediff ]]; then _sitediff "$@"; else compdef _sitediff sitediff; fi"""


def _zsh_arguments(command: Command) -> list[str]:
    found = ["'(- *)'{-h,--help}'[show the help]'"]
    for option in command.all_options:
        text = f"[{_plain(option.help)}]"
        if option.choices:
            text += f":{option.flags[-1].lstrip('-')}:({' '.join(option.choices)})"
        elif option.takes_value:
            text += f":{option.metavar}:_files"
        again = "*" if option.repeated else f"({' '.join(option.flags)})"
        ends = ("+", "=") if option.takes_value else ("", "")  # a value may stand in the same word
        flags = [f"{flag}{ends[flag.startswith('--')]}" for flag in option.flags]
        names = f"{{{','.join(flags)}}}" if len(flags) > 1 else flags[0]
        found.append(f"{_quoted(again)}{names}{_quoted(text)}")
    if values := _values(command):
        return [*found, _quoted(f"*:{command.positionals[0].metavar}:({values})")]
    return [*found, _quoted("*::: : _normal" if command.for_program else "*: :_files")]


def _plain(text: str) -> str:
    """Take away what has a meaning in zsh's descriptions."""
    return re.sub(r"([][:\\])", r"\\\1", text)


# --- fish: https://fishshell.com/docs/current/completions.html


def _fish() -> str:
    lines = ["# fish completion of sitediff; sitediff completion fish > ~/.config/fish/completions/sitediff.fish"]
    first = "complete -c sitediff -n __fish_use_subcommand"
    lines += [f"{first} -s h -l help -d 'show the help'", f"{first} -s V -l version -d 'show the version'"]
    for command in COMMANDS.values():
        lines.append(f"{first} -f -a {command.name} -d {_quoted_for_fish(command.summary)}")
        where = f"complete -c sitediff -n '__fish_seen_subcommand_from {command.name}'"
        if values := _values(command):
            lines.append(f"{where} -f -a {_quoted_for_fish(values)}")
        for option in command.all_options:
            words = [f"-{'l' if flag.startswith('--') else 's'} {flag.lstrip('-')}" for flag in option.flags]
            if option.choices:
                words.append(f"-x -a {_quoted_for_fish(' '.join(option.choices))}")
            elif option.takes_value:
                words.append("-r")
            lines.append(f"{where} {' '.join(words)} -d {_quoted_for_fish(option.help)}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Quote for zsh, where nothing counts within single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def _quoted_for_fish(text: str) -> str:
    """Quote for fish, where only a backslash and a quote count within quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SHELLS: Mapping[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
