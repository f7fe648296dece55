"""The commands: their names, options and help, and where they are carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from ..report import FORMS, SUMS
from ..values import frozen
from .options import (
    ANY,
    BASE,
    CHECK,
    DECLARE,
    DIRECTORY,
    DRY_RUN,
    EXCLUDE,
    LAYER,
    PYTHON,
    QUIET,
    TABLE,
    UNVERIFIED,
    VISIBILITY,
    Option,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context


class Run(Protocol):
    """What carries out a command."""

    def __call__(self, context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
        """Carry it out, and return the exit status."""


@frozen
class Positional:
    """An argument without a dash.

    Attributes:
        name: Its name for us.
        metavar: Its name in the help.
        help: What it is, in one line.
        nargs: How often it comes, as for argparse; empty for once.
        values: What it may be, for completion, where that is little.
    """

    name: str
    metavar: str
    help: str
    nargs: str = ""
    values: tuple[str, ...] = ()


@frozen
class Command:
    """One command.

    Attributes:
        name: Its name.
        summary: What it does, in a line.
        description: What it does, for its help.
        options: Its options, without those of all commands.
        positionals: Its further arguments.
        for_uv: How its usage names arguments that go to uv; empty where there are none.
        for_program: The same of arguments that are a command of the user's.
        examples: Command lines.
        run: The module and the function that carry it out.
    """

    name: str
    summary: str
    description: str
    options: tuple[Option, ...]
    positionals: tuple[Positional, ...] = ()
    for_uv: str = ""
    for_program: str = ""
    examples: tuple[str, ...]
    run: str

    @property
    def all_options(self) -> tuple[Option, ...]:
        """Its options, and those of all commands."""
        return (*self.options, DIRECTORY, QUIET)


_ARGUMENTS: Final = "ARGUMENTS OF uv pip install"
_UV: Final = (
    "All arguments of `uv pip install` are taken: requirements, paths and URLs, -r, -c, -e, --group, --extra,\n"
    "--all-extras, indexes, resolution and hashes; see `uv pip install --help`"
)

COMMANDS: Final = {
    command.name: command
    for command in (
        Command(
            name="inventory",
            summary="what a base offers, and from where",
            description="List the distributions that an environment inherits, or a new one over a base would.",
            options=(
                ANY,
                TABLE,
                Option(
                    flags=("--module",), metavar="NAME", help="only what has this module, such as yaml or google.auth"
                ),
            ),
            examples=(
                "sitediff inventory",
                "sitediff inventory --python /opt/conda --format json",
                "sitediff inventory --module yaml",
            ),
            run="inventory:inventory",
        ),
        Command(
            name="plan",
            summary="what would be reused and installed, and why; changes nothing",
            description="Tell what an installation would reuse and install. Of a base, tell it for a new environment\n"
            f"over it; none has to exist.\n\n{_UV}",
            options=(
                ANY,
                EXCLUDE,
                UNVERIFIED,
                LAYER,
                TABLE,
                DRY_RUN,
                CHECK,
                Option(
                    flags=("--explain",),
                    metavar="NAME",
                    repeated=True,
                    is_name=True,
                    help="say why this distribution is reused, or not",
                ),
            ),
            for_uv=_ARGUMENTS,
            examples=(
                "sitediff plan numpy pandas pytest-mock",
                "sitediff plan --python /opt/conda -r requirements.txt --format json",
                "sitediff plan 'pandas>=3' --explain numpy",
            ),
            run="plan:plan",
        ),
        Command(
            name="install",
            summary="install what the base lacks into an environment",
            description="Install what is asked for into the active (or named) environment, as far as it does not\n"
            f"inherit it, make the console scripts of what is reused, and write sitediff.json there.\n\n{_UV}",
            options=(
                PYTHON,
                EXCLUDE,
                UNVERIFIED,
                LAYER,
                VISIBILITY,
                DECLARE,
                TABLE,
                DRY_RUN,
                CHECK,
            ),
            for_uv=_ARGUMENTS,
            examples=(
                "sitediff install -r requirements.txt",
                "sitediff install -e . --group test --python .venv",
                "sitediff install torchmetrics --exclude pillow",
            ),
            run="install:install",
        ),
        Command(
            name="uninstall",
            summary="remove distributions from an environment",
            description="Remove distributions from the environment. A copy of the base that they stood before is seen\n"
            "again, with its console scripts. What is inherited is not removed: it is no longer declared then.",
            options=(PYTHON, TABLE),
            positionals=(Positional(name="names", metavar="NAME", nargs="+", help="a distribution"),),
            examples=("sitediff uninstall numpy",),
            run="uninstall:uninstall",
        ),
        Command(
            name="venv",
            summary="make an environment over the base",
            description="Make a virtual environment that inherits the base interpreter's distributions, or also those\n"
            "of other environments and directories.\n\nAll arguments of `uv venv` are taken; see `uv venv --help`",
            options=(BASE, LAYER, VISIBILITY, DECLARE),
            for_uv="[DIR] [OPTIONS OF uv venv]",
            examples=(
                "sitediff venv",
                "sitediff venv --python /opt/conda/bin/python --prompt work .venv",
                "sitediff venv --layer /shared/team-env --layer /opt/site .venv",
            ),
            run="venv:venv",
        ),
        Command(
            name="sync",
            summary="the locked set, less what the base has",
            description="Make the environment what a lock file says: what the base has in that version is reused,\n"
            "the rest is installed, and what is not locked is removed from the environment. The file is uv.lock,\n"
            "read through `uv export`, or pylock.toml; without a name, the nearest one here or above.\n\n"
            "The options of `uv sync` are taken, such as --frozen, --extra, --group, --no-dev, --inexact and\n"
            "--no-install-project; see `uv sync --help`",
            options=(
                PYTHON,
                EXCLUDE,
                UNVERIFIED,
                LAYER,
                TABLE,
                Option(
                    flags=("--prefer-base",),
                    help="where the base meets what pyproject.toml requires, it wins over the lock",
                ),
                DRY_RUN,
            ),
            for_uv="[uv.lock | pylock.toml] [OPTIONS OF uv sync]",
            examples=(
                "sitediff sync --frozen",
                "sitediff sync --prefer-base --no-dev --python .venv",
                "sitediff sync pylock.toml --dry-run --format json",
            ),
            run="sync:sync",
        ),
        Command(
            name="run",
            summary="run a command in an environment over the base",
            description="Run a command in the active (or named) environment, or the .venv here or above. Where there\n"
            "is none, or something is asked for besides, a new environment is made for this command, over the base\n"
            "and the environment that there is, and removed afterwards.\n\n"
            "A Python script with inline metadata (PEP 723) gets an environment over the base with what it requires.\n"
            "The exit status is that of the command.",
            options=(
                ANY,
                LAYER,
                EXCLUDE,
                Option(flags=("--with",), metavar="REQUIREMENT", repeated=True, help="what has to be there besides"),
                Option(
                    flags=("--with-requirements",), metavar="FILE", repeated=True, help="the same, from a file of them"
                ),
                Option(
                    flags=("--with-editable",), metavar="PATH", repeated=True, help="the same, a project as it is there"
                ),
                Option(flags=("--isolated",), help="over the base alone, whatever environment there is"),
                Option(flags=("--no-activate",), help="without the variables that activating a conda base would set"),
            ),
            for_program="[--] COMMAND [ARGUMENTS]",
            examples=(
                "sitediff run pytest -q",
                "sitediff run --with pytest-mock --python /opt/conda pytest -q",
                "sitediff run script.py",
            ),
            run="run:run",
        ),
        Command(
            name="check",
            summary="audit an environment, and the drift of its base",
            description="Tell whether what was declared is still met, whether the base changed, and what is used\n"
            f"without being declared. With arguments, these are audited instead.\n\n{_UV}",
            options=(
                PYTHON,
                EXCLUDE,
                TABLE,
                Option(
                    flags=("--undeclared",),
                    help="fail also where something of the base was imported without being declared "
                    "(this and the next ones: seen in environments with --visibility report)",
                ),
                Option(
                    flags=("--transitive",),
                    help="fail also where the project imports what only something else that is declared needs",
                ),
                Option(flags=("--unused",), help="fail also where something is declared, and nothing used it"),
                Option(
                    flags=("--misplaced",),
                    help="fail also where the project's package imports what is declared for its development alone",
                ),
                Option(
                    flags=("--unstated",),
                    help="fail also where what is reused or installed imports something without requiring it",
                ),
            ),
            for_uv=f"[{_ARGUMENTS}]",
            examples=("sitediff check", "sitediff check -r requirements.txt --format json"),
            run="check:check",
        ),
        Command(
            name="uv",
            summary="run a `uv pip` command with the base in its view",
            description="Run `uv pip list`, `tree`, `check`, `freeze`, `show` and the like as if what is inherited\n"
            "were installed in the environment. `install`, `uninstall` and `sync` are sitediff's own.",
            options=(ANY,),
            for_uv="pip COMMAND ...",
            examples=("sitediff uv pip list", "sitediff uv pip tree --package pandas", "sitediff uv pip check"),
            run="uv:uv",
        ),
        Command(
            name="report",
            summary="merge records: environments, machines, a CI matrix",
            description="Read sitediff.json files, results of tox (--result-json) and directories of them, and show\n"
            "what was reused, installed and saved, the largest environment first. Without arguments: those of the\n"
            "active environment, .venv, .tox and .nox.\n\nIn a job of GitHub or Azure, the table goes to the summary "
            "of the job too.\nSITEDIFF_SUMMARY names another file for it, or switches it off (0).",
            options=(
                Option(
                    flags=("--format",),
                    metavar="FORM",  # the usage has no room for the names of so many
                    choices=FORMS,
                    help="the form of the output: table (default), json, markdown, html (a page for a browser), "
                    "cyclonedx (a bill of materials), mermaid (a graph), openmetrics (for merge requests of GitLab)",
                ),
                Option(
                    flags=("--by",),
                    choices=SUMS,
                    repeated=True,
                    help="show sums too, by environment, base or machine",
                ),
                Option(
                    flags=("--compare",),
                    metavar="OLD",
                    repeated=True,
                    help="records of another time: tell what got larger, what the base changed, and what that did",
                ),
                Option(
                    flags=("--fail-over",),
                    metavar="SIZE",
                    help="end with status 1 where an environment is larger, such as 50MB",
                ),
                Option(
                    flags=("--fail-increase",),
                    metavar="SIZE",
                    help="end with status 1 where one grew by more since --compare",
                ),
                Option(flags=("-o", "--output"), metavar="FILE", help="write to this file"),
            ),
            positionals=(
                Positional(
                    name="paths", metavar="PATH", nargs="*", help="a record, a result of tox, or a directory of them"
                ),
            ),
            examples=(
                "sitediff report",
                "sitediff report artifacts/ --format html --output report.html",
                "sitediff report artifacts/ --compare main/ --fail-increase 10MB",
            ),
            run="report:report",
        ),
        Command(
            name="prune",
            summary="remove what no environment uses any more",
            description="Remove from the user cache the views of bases that no environment uses any more\n"
            "(--visibility declared), also those beside environments here (.tox, .nox), and bytecode of bases, which\n"
            "Python makes again where it is needed; from the temporary directory what killed runs had shown to uv.",
            options=(),
            examples=("sitediff prune",),
            run="prune:prune",
        ),
        Command(
            name="debug",
            summary="what to send along with a report of something that went wrong",
            description="Show versions, the environment and its base, the layers, the settings that count, and the\n"
            "head of the newest record, without passwords, tokens, names of users and home directories. Look it\n"
            "through all the same before you publish it.",
            options=(ANY, TABLE),
            examples=("sitediff debug", "sitediff debug --python .tox/py312 --format json"),
            run="debug:debug",
        ),
        Command(
            name="completion",
            summary="complete command lines in a shell",
            description="Write what bash, zsh or fish has to read to complete the commands and options of sitediff.",
            options=(),
            positionals=(
                Positional(name="shell", metavar="SHELL", help="bash, zsh or fish", values=("bash", "zsh", "fish")),
            ),
            examples=(
                "sitediff completion bash >> ~/.bash_completion",
                "sitediff completion zsh > _sitediff",
                "sitediff completion fish > ~/.config/fish/completions/sitediff.fish",
            ),
            run="completion:completion",
        ),
    )
}
