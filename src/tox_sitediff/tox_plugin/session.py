"""What one run of tox knows of all its environments: whether they are slim, and their records for the final table."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from tox.config.loader.api import ConfigLoadArgs
from tox.config.loader.str_convert import StrConvert
from tox.report import HandledError
from tox.tox_env.python.api import Python
from tox.tox_env.register import REGISTER

from ..core.said import Said
from ..environment.state_file import STATE_NAME
from ..files import listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.config.cli.parser import Parsed
    from tox.config.main import Config
    from tox.config.sets import EnvConfigSet
    from tox.session.state import State
    from tox.tox_env.api import ToxEnv, ToxEnvCreateArgs

    from ..core.record import Record

RUNNERS: Final = {"virtualenv": "sitediff", "uv-venv-runner": "sitediff-uv"}
"""The slim runner that takes the place of a default runner."""

Visible: TypeAlias = Literal["base", "report", "declared"]
"""Values of ``sitediff_visibility``."""
Unverified: TypeAlias = Literal["warn", "error"]
"""Values of ``sitediff_unverified``."""

_QUIET: Final = frozenset({"list", "l", "config", "c", "schema", "quickstart", "q", "depends", "de", "man"})
"""Commands of tox whose output is for programs, or has nothing to do with environments."""
_INHERIT: Final = ("system_site_packages", "sitepackages")
_VARIABLE: Final = "VIRTUALENV_SYSTEM_SITE_PACKAGES"
_ASSIGNED: Final = re.compile(rf"^\s*{_VARIABLE}\s*=\s*(\S*)\s*$", re.MULTILINE)


@dataclass(kw_only=True)
class Session:
    """One run of tox.

    Attributes:
        config: Its configuration.
        on: Whether environments may be slim.
        records: What the environments of this run hold, by name.
        failed: Names of those that could not be set up.
        poor: Bases that were said to offer next to nothing.
        is_inside_said: Whether it was looked at what our own dependencies broke in a base that we run inside.
    """

    config: Config
    on: bool
    foreign: str | None = None
    """The runner of another plugin's that environments have unless they say otherwise."""
    records: dict[str, Record] = field(default_factory=dict)
    unseen: dict[str, list[str]] = field(default_factory=dict)
    """What environments said whose output is not shown: of parallel runs, where all goes well."""
    failed: set[str] = field(default_factory=set)
    poor: set[str] = field(default_factory=set)
    is_inside_said: bool = False
    said: Said = field(default_factory=Said)


def of(options: Parsed) -> Session | None:
    """Return the session that `start` left with the options of a run; none before."""
    found = getattr(options, "sitediff_session", None)
    return found if isinstance(found, Session) else None


def start(state: State) -> None:
    """Begin a session, and choose the slim runner unless the user chose one."""
    options = state.conf.options
    try:
        on = StrConvert().to_bool(os.environ.get("TOX_SITEDIFF") or "true")
    except TypeError as error:
        raise HandledError(f"TOX_SITEDIFF: {error}") from error
    on = on and not getattr(options, "no_sitediff", False)
    session = options.sitediff_session = Session(config=state.conf, on=on)
    if not on or _runner_chosen(state.args):
        return
    slim = RUNNERS.get(options.default_runner)
    if slim is not None and slim in REGISTER.env_runners:
        options.default_runner = slim
    elif slim is not None:
        logging.warning(
            "sitediff: environments of this tox-uv are not slim, because it lacks what the plugin uses of it; "
            "a newer tox-sitediff may know it, and so may an older or newer tox-uv"
        )
    elif options.default_runner not in RUNNERS.values():
        session.foreign = options.default_runner


def say_foreign(runner: str) -> str:
    """Say that another plugin's runner makes the environments, and how to have slim ones."""
    plugin = REGISTER.runner(runner).__module__.partition(".")[0]
    return (
        f"environments are full ones here, because {plugin} has tox take its own runner ({runner}); for slim ones: "
        "runner = sitediff in an environment, or tox --runner sitediff"
    )


def says_provisioned(env: ToxEnv) -> str | None:
    """Say that tox provisions itself without this plugin, and what to add; None where it does not.

    Args:
        env: An environment that has done its work.
    """
    session = of(env.options)
    if session is None or not session.on or session.foreign is not None or not isinstance(env, Python):
        return None
    if env.options.command in _QUIET:
        return None
    if "provision_tox_env" not in env.core or env.core["provision_tox_env"] != env.conf.name:
        return None
    # not by asking tox-uv, which would start the interpreter once more
    sites = [*env.env_dir.glob("lib/*/site-packages"), env.env_dir / "Lib" / "site-packages"]
    installed = {name.partition("-")[0] for site in sites for name in listing(site)}
    if "tox" not in installed or "tox_sitediff" in installed:  # it was not even filled; or all is well
        return None
    return (
        f"tox made itself anew in {env.env_dir}, as `requires` asks, and this plugin is not there: environments are "
        "full ones; add tox-sitediff to requires"
    )


def slim_now(state: State) -> list[str]:
    """Name the environments in tox's work directory that are slim, as earlier runs left them."""
    work = state.conf.core["work_dir"]
    return [path.parent.name for path in work.glob(f"*/{STATE_NAME}")]


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
        desc="inherit the packages of the base interpreter and install only the difference",
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
            elif (found := _ASSIGNED.search(str(written))) is not None:
                value = found[1]
    try:
        return StrConvert().to_bool(value) if value else None
    except TypeError:  # tox says what is wrong with it
        return None
