"""The hooks of the tox plugin (https://tox.wiki/en/latest/plugins.html)."""

from __future__ import annotations

import logging
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from tox.plugin import impl

from . import session

if TYPE_CHECKING:
    from collections.abc import Callable

    from tox.config.cli.parser import ToxParser
    from tox.config.sets import ConfigSet, EnvConfigSet
    from tox.execute.api import Outcome
    from tox.session.state import State
    from tox.tox_env.api import ToxEnv
    from tox.tox_env.register import ToxEnvRegister

_RUNNING: Final = ("run", "run-parallel", "legacy", "exec", "devenv")


class ThenTable:
    """A command of tox with the table of the run behind it."""

    def __init__(self, command: Callable[[State], int]) -> None:
        """Wrap a command."""
        self._command = command

    def __call__(self, state: State) -> int:
        """Run the command, then print the table, unless asked to be silent."""
        found = session.of(state.conf.options)
        if found is not None and found.foreign is not None:
            logging.warning("sitediff: %s", session.say_foreign(found.foreign))
        slim = session.slim_now(state) if found is not None and not found.on else ()
        try:
            return self._command(state)
        finally:
            anew = sorted({*slim} - {*session.slim_now(state)}) if slim else ()
            if anew and state.conf.options.verbosity > 0:
                print(
                    f"sitediff: made anew without the base for this run: {', '.join(anew)}; the next run with sitediff "
                    "makes that anew again. To keep both, give runs without it a directory of their own: "
                    "tox --no-sitediff --workdir .tox-full",
                    flush=True,
                )
            if found is not None and found.records and state.conf.options.verbosity > 0:
                from ..core.render import table, undeclared
                from ..text import lines

                order = {name: at for at, name in enumerate(state.envs.iter())}
                records = sorted(found.records.items(), key=lambda item: order.get(item[0], len(order)))
                shown = [record for _, record in records]
                if state.conf.options.verbosity > 1:  # as for the warnings that they are
                    for name, _ in records:
                        for line in found.unseen.get(name, ()):
                            print(f"{name}: sitediff: {lines(line)}", flush=True)
                print("\n\n".join(filter(None, (table(shown, failed=found.failed), undeclared(shown)))), flush=True)


@impl(trylast=True)  # behind tox's own commands, which must be there
def tox_add_option(parser: ToxParser) -> None:
    """Add ``--no-sitediff``, ``tox sitediff``, and the table to the commands that run environments."""
    parser.add_argument(
        "--no-sitediff",
        action="store_true",
        default=False,
        dest="no_sitediff",
        help="do not inherit from the base interpreter in this run (the same as TOX_SITEDIFF=0); environments that do "
        "are made anew for it, and again by the next run without it",
    )
    for name, (own, command) in list(parser.handlers.items()):
        canonical = {"r": "run", "p": "run-parallel", "le": "legacy", "e": "exec", "d": "devenv"}.get(name, name)
        if canonical in _RUNNING and not isinstance(command, ThenTable):
            parser.handlers[name] = (own, ThenTable(command))
    from . import subcommand

    subcommand.register(parser)


@impl(trylast=True)  # behind tox and tox-uv: their packaging environments keep their names and get our opt-in
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Register the slim environments."""
    from .stock import SlimCommandBuilder, SlimPackager, SlimRunner

    register.add_run_env(SlimRunner)
    register.add_package_env(SlimPackager)
    register.add_package_env(SlimCommandBuilder)
    if "uv-venv-runner" in register.env_runners and find_spec("tox_uv") is not None:
        try:
            from .tox_uv_family import SlimUvCommandBuilder, SlimUvPackager, SlimUvRunner
            from .tox_uv_lock import SlimUvLockRunner
        except (ImportError, AttributeError):  # it has nothing public, and may change; `session.start` will say so
            return

        register.add_run_env(SlimUvRunner)
        register.add_run_env(SlimUvLockRunner)
        register.add_package_env(SlimUvPackager)
        register.add_package_env(SlimUvCommandBuilder)


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:  # noqa: ARG001
    """Begin a session: the first moment at which the options of the run are known."""
    session.start(state)


@impl
def tox_add_env_config(env_conf: EnvConfigSet, state: State) -> None:  # noqa: ARG001
    """Register the keys of environments that are not slim too, so that they are known everywhere."""
    session.add_keys(env_conf, packaging=False)


@impl
def tox_after_run_commands(tox_env: ToxEnv, exit_code: int, outcomes: list[Outcome]) -> None:  # noqa: ARG001
    """Say where commands failed that did not see all of the base."""
    if exit_code:
        from .environment import SlimEnvironment

        if isinstance(tox_env, SlimEnvironment):
            tox_env.say_out_of_sight()
            tox_env.is_seen()


@impl
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Say where tox provisioned itself without this plugin."""
    if (line := session.says_provisioned(tox_env)) is not None:
        logging.warning("sitediff: %s", line)


def tox_append_version_info() -> str:
    """Name the uv that fills slim environments, for ``tox --version``."""
    try:
        return f"with uv=={version('uv')}"
    except PackageNotFoundError:
        return "with the uv on PATH"
