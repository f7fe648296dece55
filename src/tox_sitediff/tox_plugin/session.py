"""What one run of tox knows of all its environments: whether they are slim, and their records for the final table."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from tox.config.loader.api import ConfigLoadArgs
from tox.config.loader.str_convert import StrConvert
from tox.report import HandledError
from tox.tox_env.register import REGISTER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.config.cli.parser import Parsed
    from tox.config.main import Config
    from tox.config.sets import EnvConfigSet
    from tox.session.state import State
    from tox.tox_env.api import ToxEnvCreateArgs

    from ..core.record import Record

RUNNERS: Final = {"virtualenv": "sitediff", "uv-venv-runner": "sitediff-uv"}
"""The slim runner that takes the place of a default runner."""

Visible: TypeAlias = Literal["base", "report", "declared"]
"""Values of ``sitediff_visibility``."""

_INHERIT: Final = ("system_site_packages", "sitepackages")


@dataclass(kw_only=True)
class Session:
    """One run of tox."""

    config: Config
    on: bool
    records: dict[str, Record] = field(default_factory=dict)


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
    options.sitediff_session = Session(config=state.conf, on=on)
    if on and not _runner_chosen(state.args) and (slim := RUNNERS.get(options.default_runner)) is not None:
        if slim in REGISTER.env_runners:
            options.default_runner = slim
        else:
            logging.warning(
                "sitediff: environments of this tox-uv are not slim, because it lacks what the plugin uses of it; "
                "a newer tox-sitediff may know it, and so may an older or newer tox-uv"
            )


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
        False where sitediff is off, for provisioning, and where the user said ``system_site_packages = false``.
    """
    conf, core = create_args.conf, create_args.core
    session = of(create_args.options)
    if session is None or not session.on or not conf.get("sitediff", bool):
        return False
    if "provision_tox_env" in core and core["provision_tox_env"] == conf.env_name:
        return False
    return _explicit(conf, session.config) is not False


def _explicit(conf: EnvConfigSet, config: Config) -> bool | None:
    """Load what the user says of system site packages; None where nothing is said."""
    for loader in conf.loaders:
        arguments = ConfigLoadArgs(None, conf.name, conf.env_name)
        try:
            return bool(loader.load(_INHERIT[0], bool, None, config, arguments, all_keys=_INHERIT[1:]))
        except KeyError:  # also where a loader has no more than `+=` overrides of the key
            continue
    return None
