"""What one run of tox knows of all its environments: whether they are slim, and their records for the final table."""

from __future__ import annotations

import logging
import os
import re
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from tox.config.loader.api import ConfigLoadArgs
from tox.config.loader.memory import MemoryLoader
from tox.config.loader.str_convert import StrConvert
from tox.plugin import impl
from tox.plugin.manager import MANAGER
from tox.report import HandledError
from tox.tox_env.register import REGISTER

from .entry import only_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tox.config.cli.parser import Parsed
    from tox.config.main import Config
    from tox.config.sets import EnvConfigSet
    from tox.session.state import State
    from tox.tox_env.api import ToxEnv, ToxEnvCreateArgs

    from ..core.record import Record
    from ..core.said import Said
    from ..core.summary import Summary

RUNNERS: Final = {"virtualenv": "sitediff", "uv-venv-runner": "sitediff-uv"}
"""The slim runner that takes the place of a default runner."""

Visible: TypeAlias = Literal["base", "report", "declared"]
"""Values of ``sitediff_visibility``."""
Unverified: TypeAlias = Literal["warn", "error"]
"""Values of ``sitediff_unverified``."""

_INHERIT: Final = ("system_site_packages", "sitepackages")
_VARIABLE: Final = "VIRTUALENV_SYSTEM_SITE_PACKAGES"
_ASSIGNED: Final = rf"(?m)^\s*{_VARIABLE}\s*=\s*(\S*)\s*$"
_LATER: Final = ("filelock", "packaging.dependency_groups", "packaging.direct_url", "packaging.pylock", "tomli_w")
"""What is imported only where something is installed, when it would be too late."""


class Session:
    """One run of tox.

    Attributes:
        config: Its configuration.
        on: Whether environments may be slim.
        foreign: The runner of another plugin's that environments have unless they say otherwise.
        records: What the environments of this run hold, by name.
        summaries: The same, in a line, of those in which there was nothing to do.
        unseen: What environments said whose output is not shown: of parallel runs, where all goes well.
        failed: Names of those that could not be set up.
        poor: Bases that were said to offer next to nothing.
        is_inside_said: Whether it was looked at what our own dependencies broke in a base that we run inside.
    """

    def __init__(self, config: Config, *, on: bool) -> None:
        """Begin one."""
        self.config = config
        self.on = on
        self.foreign: str | None = None
        self.records: dict[str, Record] = {}
        self.summaries: dict[str, Summary] = {}
        self.unseen: dict[str, list[str]] = {}
        self.failed: set[str] = set()
        self.poor: set[str] = set()
        self.is_inside_said = False
        self._said: Said | None = None

    @property
    def said(self) -> Said:
        """What holds for more than one environment, and was said."""
        if self._said is None:
            from ..core.said import Said  # in many runs there is nothing to say

            self._said = Said()
        return self._said


def of(options: Parsed) -> Session | None:
    """Return the session that `start` left with the options of a run; none before."""
    found = getattr(options, "sitediff_session", None)
    return found if isinstance(found, Session) else None


def start(state: State) -> None:
    """Begin a session, and choose the slim runner unless the user chose one."""
    if not MANAGER.manager.is_registered(_HOOKS):
        MANAGER.manager.register(_HOOKS)  # for what follows, to which tox calls no plugin before
    options = state.conf.options
    try:
        on = StrConvert().to_bool(os.environ.get("TOX_SITEDIFF") or "true")
    except TypeError as error:
        raise HandledError(f"TOX_SITEDIFF: {error}") from error
    on = on and not getattr(options, "no_sitediff", False)
    session = options.sitediff_session = Session(state.conf, on=on)
    if not on or _runner_chosen(state.args):
        return
    slim = RUNNERS.get(options.default_runner)
    if slim is not None and slim in REGISTER.env_runners:
        options.default_runner = slim
    elif options.default_runner not in RUNNERS.values():
        session.foreign = options.default_runner


@impl
def tox_add_env_config(env_conf: EnvConfigSet) -> None:
    """Register the keys of environments that are not slim too, so that they are known everywhere."""
    add_keys(env_conf, packaging=False)


@impl
def tox_after_run_commands(tox_env: ToxEnv, exit_code: int) -> None:
    """Say where commands failed that did not see all of the base, and note where all went well."""
    if f"{__package__}.environment" in sys.modules:
        from .environment import SlimEnvironment

        if isinstance(tox_env, SlimEnvironment):
            tox_env.has_run = not exit_code
            if exit_code:
                tox_env.say_out_of_sight()
                tox_env.is_seen()


@impl
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Say where tox provisioned itself without this plugin."""
    core = tox_env.core
    if "provision_tox_env" in core and core["provision_tox_env"] == tox_env.conf.name:
        from .ending import say_provisioned

        say_provisioned(tox_env)


def load(name: str, create_args: ToxEnvCreateArgs) -> Callable[[ToxEnvCreateArgs], ToxEnv] | None:
    """Load a class of slim environments.

    Args:
        name: Its name, behind that of its module and a dot.
        create_args: What tox makes the environment from; it inherits from its base from now on.

    Returns:
        The class; None where something that it needs is not there, which is said once.
    """
    where, _, of_class = name.partition(".")
    line = None
    if (reason := _missing("stock", later=_LATER)) is not None:
        from .stand_in import left_out  # which most have no use for

        line = left_out(reason)
    elif where.startswith("tox_uv") and _missing("tox_uv_family", "tox_uv_lock") is not None:
        line = (
            "sitediff: environments of this tox-uv are not slim, because it lacks what the plugin uses of it; "
            "a newer tox-sitediff may know it, and so may an older or newer tox-uv"
        )
    if line is not None:
        if (session := of(create_args.options)) is None or session.said.is_news(line):
            logging.warning("%s", line)
        return None
    create_args.conf.loaders.append(MemoryLoader(system_site_packages=True))
    found: Callable[[ToxEnvCreateArgs], ToxEnv] = getattr(import_module(f".{where}", __package__), of_class)
    return found


@cache
def _missing(*modules: str, later: tuple[str, ...] = ()) -> str | None:
    """Say what keeps modules of ours from being imported; None where nothing does, and they are."""
    try:
        for name in modules:
            import_module(f".{name}", __package__)
        missing = [name for name in later if find_spec(name) is None]
    except (ImportError, AttributeError) as error:  # as modules and names that are not there make themselves felt
        return f"{error}"
    return f"{', '.join(missing)} not found" if missing else None


def _runner_chosen(args: Sequence[str]) -> bool:
    given = list(args[: args.index("--")] if "--" in args else args)
    return any(arg == "--runner" or arg.startswith("--runner=") for arg in given) or any(
        name in os.environ for name in ("TOX_RUNNER", "TOX_DEFAULT_RUNNER", "TOXDEFAULT_RUNNER")
    )


def add_keys(conf: EnvConfigSet, *, packaging: bool) -> None:
    """Register the keys of an environment, once.

    Args:
        conf: The configuration of the environment.
        packaging: Whether it is a packaging environment, where inheriting is opt-in: the base's setuptools plugins
            would change what gets built.
    """
    if "sitediff" in conf:
        return
    conf.add_config(
        keys=["sitediff"],
        of_type=bool,
        default=not packaging,
        desc="inherit the distributions of the base interpreter and install only the difference",
    )
    conf.add_config(
        keys=["sitediff_exclude"],
        of_type=list[str],
        default=[],
        desc="names of distributions that are never taken from the base",
    )
    conf.add_config(
        keys=["sitediff_unverified"],
        of_type=cast("type[str]", Unverified),
        default="warn",
        desc="where hashes are asked for, what is taken from the base can't be checked: say so (warn), or fail (error)",
    )
    conf.add_config(
        keys=["sitediff_activate"],
        of_type=bool,
        default=True,
        desc="give commands the variables that activating a conda base would set, beyond PATH",
    )
    conf.add_config(
        keys=["sitediff_layers"],
        of_type=list[str],
        default=[],
        desc="paths of environments or site directories to stack between this environment and the base",
    )
    conf.add_config(
        keys=["sitediff_visibility"],
        of_type=cast("type[str]", Visible),  # tox takes it, but does not say so
        default="declared" if packaging else "base",
        desc="what is seen of the base: all (base), all with a report of what was imported without being declared "
        "(report), or only what is declared (declared)",
    )
    conf.add_config(
        keys=["sitediff_declare"],
        of_type=list[str],
        default=[],
        desc="names of distributions of the base that may be seen without being a dependency; or 'NAME: NAMES', one a "
        "line, what a distribution needs beyond what its metadata say",
    )


def is_slim(create_args: ToxEnvCreateArgs) -> bool:
    """Tell whether an environment about to be made is slim.

    Args:
        create_args: What tox makes the environment from; its keys are registered.

    Returns:
        False where sitediff is off, for provisioning, and where the user said ``system_site_packages = false``, or the
        variable that this key has its default from.
    """
    session = _on(create_args)
    if session is None or not create_args.conf.get("sitediff", bool):
        return False
    said = _explicit(create_args.conf, session.config, _INHERIT)
    return (_by_variable(create_args.conf, session.config) if said is None else said) is not False


def is_off_by_default(create_args: ToxEnvCreateArgs) -> bool:
    """Tell whether an environment about to be made is not slim, and nobody said that it should not be.

    Args:
        create_args: What tox makes the environment from; its keys are registered.
    """
    session = _on(create_args)
    if session is None or create_args.conf.get("sitediff", bool):
        return False
    return _explicit(create_args.conf, session.config, ("sitediff",)) is None


def _on(create_args: ToxEnvCreateArgs) -> Session | None:
    """Return the session; none where sitediff is off for all of it, or for this environment because it provisions."""
    conf, core = create_args.conf, create_args.core
    session = of(create_args.options)
    if session is None or not session.on:
        return None
    if "provision_tox_env" in core and core["provision_tox_env"] == conf.env_name:
        return None
    return session


def _explicit(conf: EnvConfigSet, config: Config, keys: Sequence[str]) -> bool | None:
    """Load what the user says of a key, by any of its names; None where nothing is said."""
    for loader in conf.loaders:
        arguments = ConfigLoadArgs(None, conf.name, conf.env_name)
        try:
            return bool(loader.load(keys[0], bool, None, config, arguments, all_keys=keys[1:]))
        except KeyError:  # also where a loader has no more than `+=` overrides of the key
            continue
    return None


def _by_variable(conf: EnvConfigSet, config: Config) -> bool | None:
    """Load what the variable says that is virtualenv's own, which tox takes for the default; None where it is not set.

    The environment's ``set_env`` is looked at as it is written: what is substituted there is known only later.
    """
    value = os.environ.get(_VARIABLE, "")
    for loader in conf.loaders:
        for key in ("set_env", "setenv"):
            try:
                written = loader.load_raw(key, config, conf.env_name)
            except KeyError:
                continue
            if isinstance(written, dict):
                value = str(written.get(_VARIABLE, value))
            elif (found := re.search(_ASSIGNED, str(written))) is not None:
                value = found[1]
    try:
        return StrConvert().to_bool(value) if value else None
    except TypeError:  # tox says what is wrong with it
        return None


_HOOKS: Final = only_hooks(__name__)
