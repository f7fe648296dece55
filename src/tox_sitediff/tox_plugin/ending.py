"""What is said at the end of a run of tox: the table, and what went on without us."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Final

from tox.tox_env.python.api import Python
from tox.tox_env.register import REGISTER

from ..core.fingerprint import STATE_NAME
from ..core.summary import table
from ..files import listing
from ..report import JOBS
from ..text import lines
from .session import of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tox.session.state import State
    from tox.tox_env.api import ToxEnv

    from .session import Session

_QUIET: Final = frozenset({"list", "l", "config", "c", "schema", "quickstart", "q", "depends", "de", "man"})
"""Commands of tox whose output is for programs, or has nothing to do with environments."""


def show(found: Session, state: State) -> None:
    """Print the table, and what environments said that nobody has seen, unless asked to be silent.

    Where the system that runs this job has a place for such a table, it is there too.
    """
    if state.conf.options.verbosity > 0:
        _print(found, state)
    if JOBS & {*os.environ}:
        _show_elsewhere(found, state)


def _print(found: Session, state: State) -> None:
    order = {name: at for at, name in enumerate(state.envs.iter())}
    names = sorted({*found.records, *found.summaries}, key=lambda name: order.get(name, len(order)))
    if state.conf.options.verbosity > 1:  # as for the warnings that they are
        for name in names:
            for line in found.unseen.get(name, ()):
                print(f"{name}: sitediff: {lines(line)}", flush=True)
    summaries, more, room = found.summaries, "", None
    if sys.stdout.isatty():
        from ..terminal import width

        room = width(sys.stdout, os.environ)
    if found.records:
        from ..core.render import summary, undeclared  # not where nothing was to do

        summaries = {**summaries, **{name: summary(record) for name, record in found.records.items()}}
        more = undeclared([found.records[name] for name in names if name in found.records], width=room)
    shown = table([summaries[name] for name in names], failed=found.failed, width=room)
    text = "\n\n".join(filter(None, (shown, more)))
    if state.conf.options.is_colored:
        from ..core.colour import coloured

        text = coloured(text)
    print(text, flush=True)


def _show_elsewhere(found: Session, state: State) -> None:
    from ..core.record import FILE_NAME
    from ..report.summary import Kept, summarize_run

    summarize_run(
        [
            Kept(record=record, file=state.envs[name].conf["env_dir"] / FILE_NAME, failed=name in found.failed)
            for name, record in found.records.items()
        ],
        directory=state.conf.core["work_dir"],
        variables=os.environ,
        show=lambda line: print(line, flush=True),
        say=lambda line: logging.warning("sitediff: %s", line),
    )


def without_us(command: Callable[[State], int], state: State, found: Session) -> int:
    """Carry a command of tox out whose environments are full ones, and say what that means.

    Args:
        command: The command.
        state: The run.
        found: The same, as we know it: switched off, or with the runner of another plugin.
    """
    if found.foreign is not None:
        logging.warning("sitediff: %s", _foreign(found.foreign))
    slim = _slim_now(state) if not found.on else []
    try:
        return command(state)
    finally:
        anew = sorted({*slim} - {*_slim_now(state)}) if slim else ()
        if anew and state.conf.options.verbosity > 0:
            print(
                f"sitediff: made anew without the base for this run: {', '.join(anew)}; the next run with sitediff "
                "makes that anew again. To keep both, give runs without it a directory of their own: "
                "tox --no-sitediff --workdir .tox-full",
                flush=True,
            )
        if found.records or found.summaries:
            show(found, state)


def _foreign(runner: str) -> str:
    """Say that another plugin's runner makes the environments, and how to have slim ones."""
    plugin = REGISTER.runner(runner).__module__.partition(".")[0]
    return (
        f"environments are full ones here, because {plugin} has tox take its own runner ({runner}); for slim ones: "
        "runner = sitediff in an environment, or tox --runner sitediff"
    )


def _slim_now(state: State) -> list[str]:
    """Name the environments in tox's work directory that are slim, as earlier runs left them."""
    work = state.conf.core["work_dir"]
    return [path.parent.name for path in work.glob(f"*/{STATE_NAME}")]


def say_provisioned(env: ToxEnv) -> None:
    """Say that tox provisions itself without this plugin, and what to add, where it does.

    Args:
        env: The environment that it is provisioned in, which has done its work.
    """
    session = of(env.options)
    if session is None or not session.on or session.foreign is not None or not isinstance(env, Python):
        return
    if env.options.command in _QUIET:
        return
    # not by asking tox-uv, which would start the interpreter once more
    sites = [*env.env_dir.glob("lib/*/site-packages"), env.env_dir / "Lib" / "site-packages"]
    installed = {name.partition("-")[0] for site in sites for name in listing(site)}
    if "tox" not in installed or "tox_sitediff" in installed:  # it was not even filled; or all is well
        return
    logging.warning(
        "sitediff: %s",
        f"tox made itself anew in {env.env_dir}, as `requires` asks, and this plugin is not there: environments are "
        "full ones; add tox-sitediff to requires",
    )
