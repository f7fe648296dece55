"""The nox front end: ``from tox_sitediff.nox import session`` in place of ``nox.session``.

It translates between nox and the engine, and holds no logic of its own. nox has no plugins: a session gets a `Session`
whose ``install`` is ours, and the environment below is set up for it first.
"""

from __future__ import annotations

import functools
import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Concatenate, Final, Literal, ParamSpec, Protocol, TypeVar, overload

import nox
from nox.command import CommandFailed
from nox.popen import DEFAULT_INTERRUPT_TIMEOUT, DEFAULT_TERMINATE_TIMEOUT

from ..core.isolated import with_options
from ..environment.state_file import STATE_NAME
from ..text import is_off, redacted
from . import table
from .environment import Options, SessionEnvironment
from .internals import SLIM, is_reused, keep_bases_from_bytecode, make_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import IO

    from nox._decorators import Func
    from nox.command import ExternalType


__all__ = ["Session", "session"]

_P = ParamSpec("_P")
_Q = ParamSpec("_Q")
_R = TypeVar("_R")
_S = TypeVar("_S")

_BACKENDS: Final = frozenset({"uv", "virtualenv", "venv"})


class Session(nox.Session):
    """nox's session, in which ``install`` takes what the base has."""

    __slots__ = ("_environment",)

    def __init__(self, given: nox.Session, environment: SessionEnvironment) -> None:
        """Stand in for a session that nox made."""
        super().__init__(given._runner)  # noqa: SLF001  # a subclass can't be made otherwise
        self._environment = environment

    def install(
        self,
        *args: str,
        env: Mapping[str, str | None] | None = None,
        include_outer_env: bool = True,
        silent: bool | None = None,
        success_codes: Iterable[int] | None = None,
        log: bool = True,
        external: ExternalType | None = None,  # noqa: ARG002  # nox ignores it too
        stdout: int | IO[str] | None = None,
        stderr: int | IO[str] | None = subprocess.STDOUT,
        interrupt_timeout: float | None = DEFAULT_INTERRUPT_TIMEOUT,
        terminate_timeout: float | None = DEFAULT_TERMINATE_TIMEOUT,
    ) -> None:
        """Install what the environment does not inherit; the arguments are those of nox's own ``install``."""
        if not args:
            raise ValueError("At least one argument required to install().")
        options = self._runner.global_config
        if options.no_install and is_reused(self.virtualenv):
            return
        arguments = [os.fspath(word) for word in args]
        if log:
            self.log("sitediff install %s", redacted(subprocess.list2cmdline(arguments)))

        def run(command: Sequence[str], variables: Mapping[str, str]) -> None:
            self.run_install(
                *command,
                env=variables,
                include_outer_env=False,
                silent=not options.verbose if silent is None else silent,
                success_codes=success_codes,
                log=log,
                external=True,
                stdout=stdout,
                stderr=stderr,
                interrupt_timeout=interrupt_timeout,
                terminate_timeout=terminate_timeout,
            )

        self._environment.install(arguments, run, self._environment.variables(env, outer=include_outer_env))

    def _run(
        self,
        *args: str | os.PathLike[str],
        env: Mapping[str, str | None] | None = None,
        include_outer_env: bool = True,
        **options: object,
    ) -> str | bool:
        """Run a command, for all that runs one; an isolated interpreter gets options in the place of variables."""
        variables = self._environment.variables(env, outer=include_outer_env)
        words = with_options([os.fspath(word) for word in args], variables)
        return super()._run(*words, env=env, include_outer_env=include_outer_env, **options)  # type: ignore[arg-type]


def _with(given: nox.Session, options: Options) -> Iterator[nox.Session]:
    environment = SessionEnvironment(given, options)
    environment.set_up()
    has_failed = False
    try:
        yield Session(given, environment)
    except CommandFailed:
        has_failed = True
        environment.say_out_of_sight()
        raise
    finally:
        environment.finish(has_failed=has_failed)


def _is_off() -> bool:
    return is_off(os.environ.get("TOX_SITEDIFF", ""))


@contextmanager
def _entered(given: nox.Session, options: Options) -> Iterator[nox.Session]:
    """Give the session that a function of the noxfile gets."""
    if given.venv_backend not in _BACKENDS:
        yield given  # the environment is the base, or conda's
        return
    table.hide_from(given.env)
    if options.on and not _is_off():
        yield from _with(given, options)
        return
    if is_reused(given.virtualenv) and (given.env_dir / STATE_NAME).exists():
        given.warn(
            "sitediff: the environment is made anew: it inherits from its base, and sitediff is off; the "
            "next run with it makes it anew again"
        )
        make_anew(given.virtualenv)
    yield given


class Decorator(Protocol):
    """What ``session`` with arguments returns."""

    def __call__(self, func: Callable[Concatenate[nox.Session, _P], _R], /) -> Func:
        """Designate a function as a session."""
        ...


@overload
def session(func: Callable[Concatenate[nox.Session, _P], _R], /) -> Func: ...


@overload
def session(
    func: None = None,
    /,
    python: str | Sequence[str] | bool | None = None,  # noqa: FBT001  # here and below, as nox has it
    py: str | Sequence[str] | bool | None = None,  # noqa: FBT001
    reuse_venv: bool | None = None,  # noqa: FBT001
    name: str | None = None,
    venv_backend: str | None = None,
    venv_params: Sequence[str] = (),
    tags: Sequence[str] | None = None,
    *,
    default: bool = True,
    requires: Sequence[str] | None = None,
    download_python: Literal["auto", "never", "always"] | None = None,
    allow_parallel: bool | None = None,
    sitediff: bool = True,
    sitediff_exclude: Sequence[str] = (),
    sitediff_layers: Sequence[str] = (),
    sitediff_visibility: Literal["base", "report", "declared"] = "base",
    sitediff_declare: Sequence[str] = (),
    sitediff_unverified: Literal["warn", "error"] = "warn",
    sitediff_activate: bool = True,
) -> Decorator: ...


def session(
    func: Callable[Concatenate[nox.Session, _P], _R] | None = None,
    /,
    python: str | Sequence[str] | bool | None = None,  # noqa: FBT001
    py: str | Sequence[str] | bool | None = None,  # noqa: FBT001
    reuse_venv: bool | None = None,  # noqa: FBT001
    name: str | None = None,
    venv_backend: str | None = None,
    venv_params: Sequence[str] = (),
    tags: Sequence[str] | None = None,
    *,
    default: bool = True,
    requires: Sequence[str] | None = None,
    download_python: Literal["auto", "never", "always"] | None = None,
    allow_parallel: bool | None = None,
    sitediff: bool = True,
    sitediff_exclude: Sequence[str] = (),
    sitediff_layers: Sequence[str] = (),
    sitediff_visibility: Literal["base", "report", "declared"] = "base",
    sitediff_declare: Sequence[str] = (),
    sitediff_unverified: Literal["warn", "error"] = "warn",
    sitediff_activate: bool = True,
) -> Func | Decorator:
    """Designate a function as a session whose environment inherits from its base.

    All other arguments are those of ``nox.session``.

    Args:
        func: The function, where the decorator is used without parentheses.
        python: As in ``nox.session``.
        py: As in ``nox.session``.
        reuse_venv: As in ``nox.session``.
        name: As in ``nox.session``.
        venv_backend: As in ``nox.session``. ``uv``, ``virtualenv`` and ``venv`` make environments that inherit; all
            others are nox's own matter.
        venv_params: As in ``nox.session``.
        tags: As in ``nox.session``.
        default: As in ``nox.session``.
        requires: As in ``nox.session``.
        download_python: As in ``nox.session``.
        allow_parallel: As in ``nox.session``.
        sitediff: Whether to inherit from the base and install only the difference.
        sitediff_exclude: Distributions that are never taken from the base.
        sitediff_layers: Environments or site directories to stack between the environment and the base; relative paths
            start in the directory of the noxfile.
        sitediff_visibility: What is seen of the base: all of it, all with a report of what was imported without being
            declared, or only what is declared.
        sitediff_declare: Distributions of the base that may be seen without being a dependency; or ``NAME: NAMES``,
            what one of them needs beyond what its metadata say.
        sitediff_unverified: Whether it is said, or an error, that something is taken from the base where hashes are
            asked for.
        sitediff_activate: Whether commands get the variables that activating a conda base would set, beyond PATH.

    Returns:
        What ``nox.session`` returns.
    """
    # what older releases of nox don't know is handed on only where it is used
    recent = {"download_python": download_python, "allow_parallel": allow_parallel}
    register = functools.partial(
        nox.session,
        None,
        python,
        py,
        reuse_venv,
        name,
        venv_backend,
        venv_params,
        tags,
        default=default,
        requires=requires,
        **{option: value for option, value in recent.items() if value is not None},
    )

    ours = Options(
        on=sitediff,
        exclude=sitediff_exclude,
        layers=sitediff_layers,
        visibility=sitediff_visibility,
        also_visible=sitediff_declare,
        unverified=sitediff_unverified,
        activates=sitediff_activate,
    )

    table.begin()  # not on import, which must be without consequences
    keep_bases_from_bytecode()

    def decorate(function: Callable[Concatenate[nox.Session, _Q], _S], /) -> Func:
        @functools.wraps(function)
        def run(given: nox.Session, *args: _Q.args, **options: _Q.kwargs) -> _S:
            with _entered(given, ours) as entered:
                return function(entered, *args, **options)

        setattr(run, SLIM, sitediff and not _is_off())
        registered: Func = register()(run)
        return registered

    return decorate if func is None else decorate(func)
