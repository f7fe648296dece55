"""The nox front end: ``from tox_sitediff.nox import session`` in place of ``nox.session``.

It translates between nox and the engine, and holds no logic of its own. nox has no plugins: a session gets a `Session`
whose ``install`` is ours, and the environment below is set up for it first.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, Literal, ParamSpec, Protocol, TypeVar, overload

import nox
from nox.popen import DEFAULT_INTERRUPT_TIMEOUT, DEFAULT_TERMINATE_TIMEOUT

from ..core.advice import Ways
from ..core.model import Visibility
from ..core.outcome import python_of
from ..core.render import base
from ..core.requirements import key
from ..core.target import Target
from ..engine.engine import Engine
from ..engine.request import uv_request
from ..environment.bytecode import bytecode_variables
from ..environment.conda import dll_directories
from ..environment.pyvenv import damage, environment_of, inherits, interpreter_of, let_inherit
from ..environment.state_file import STATE_NAME
from ..errors import InterpreterProblem, SitediffError
from ..files import path_of
from ..text import is_off, lines
from ..uv.arguments import without_pip_only
from ..uv.settings import choose
from . import table
from .given import is_reused, make_anew, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import IO

    from nox._decorators import Func
    from nox.command import ExternalType

    from ..core.snapshot import Snapshot

__all__ = ["Session", "session"]

_P = ParamSpec("_P")
_Q = ParamSpec("_Q")
_R = TypeVar("_R")
_S = TypeVar("_S")

_BACKENDS: Final = frozenset({"uv", "virtualenv", "venv"})
_WAYS: Final = Ways(
    declare="add '{}' to the same session.install",
    give_up="take {} out of session.install",
    exclude="session(sitediff_exclude=['{}'])",
    again="run nox without -r, if something else changed the environment",
)


@dataclass(frozen=True, kw_only=True)
class _Options:
    """What ``session`` takes for itself."""

    on: bool
    exclude: Sequence[str]
    layers: Sequence[str]
    visibility: str
    declare: Sequence[str]


class _Slim:
    """The environment of one session."""

    def __init__(self, given: nox.Session, options: _Options) -> None:
        self._given = given
        self._is_uv = given.venv_backend == "uv"
        self._noted: set[str] = set()
        self.engine = Engine(
            Target(
                name=given.name,
                directory=given.env_dir.absolute(),
                python=interpreter_of(given.env_dir.absolute()),
                project=Path.cwd(),
                exclude=frozenset(key(name) for name in options.exclude),
                layers=self._layers(options.layers),
                seeds=() if self._is_uv else (key("pip"),),
                visibility=self._visibility(options.visibility),
                declare=tuple(sorted({key(name) for name in options.declare})),
            ),
            warn=lambda line: given.warn("sitediff: %s", line),
        )

    def _visibility(self, text: str) -> Visibility:
        if text not in {*Visibility}:
            self._given.error(f"sitediff_visibility={text!r}: choose one of {', '.join(Visibility)}")
        return Visibility(text)

    def _layers(self, named: Sequence[str]) -> tuple[Path, ...]:
        here = Path.cwd()
        layers = [path_of(text, start=here) for text in named]
        python = self._given.python
        if isinstance(python, str) and {os.sep, "/"} & {*python}:
            below = environment_of(here / python)
            if below is not None and below not in layers:
                self._given.warn(
                    "sitediff: python names the virtual environment %s: its site-packages are stacked as a layer over "
                    "the interpreter below it",
                    below,
                )
                layers.append(below)
        return tuple(layers)

    def variables(self, more: Mapping[str, str | None] | None = None, *, outer: bool = True) -> dict[str, str]:
        """Return the variables that commands of the session get."""
        merged = {**(os.environ if outer else {}), **self._given.env, **(more or {})}
        found = {name: value for name, value in merged.items() if value is not None}
        found["PATH"] = os.pathsep.join([*(self._given.bin_paths or ()), *filter(None, [found.get("PATH")])])
        return found

    def set_up(self) -> None:
        """Make the environment inherit, or make it anew where it can't be used as it is."""
        venv = self._given.virtualenv
        view: Snapshot | None = None
        if is_reused(venv):
            with told(self._given):
                reason = self._unusable()
            if reason is not None:
                self._given.warn("sitediff: the environment is made anew: %s", lines(reason))
                make_anew(venv)
        with told(self._given):
            if not is_reused(venv):
                let_inherit(self.engine.target.directory)
                self.engine.begin()
            view = self.engine.prepare(self.variables(), full=not is_reused(venv))
            self._set_variables(view)
            self._given.log("sitediff: %s", base(python_of(view), offered=self.engine.offered()))

    def _unusable(self) -> str | None:
        directory = self.engine.target.directory
        if (reason := damage(directory)) is not None:
            return reason
        if not inherits(directory):
            return "it does not inherit from its base"
        try:
            return self.engine.stale(self.variables()) or self.engine.reexposed()
        except InterpreterProblem as error:
            return str(error)

    def _set_variables(self, view: Snapshot) -> None:
        env = self._given.env
        if not {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"} & self.variables().keys():
            env.update(bytecode_variables(view.interpreter))
        if sys.platform == "win32" and (found := dll_directories(Path(view.interpreter.base_prefix))):
            env["PATH"] = os.pathsep.join([*map(os.fspath, found), env.get("PATH") or os.environ.get("PATH", "")])

    def install(
        self,
        arguments: Sequence[str],
        run: Callable[[Sequence[str], Mapping[str, str]], None],
        variables: Mapping[str, str],
    ) -> None:
        """Install the difference."""
        here = Path.cwd()
        # relative paths start where the session is now
        self.engine.target = target = replace(self.engine.target, project=here)
        with told(self._given):
            if self._is_uv:
                settings = choose.from_uv(variables, project=here)
            else:
                settings = choose.from_pip(variables, prefix=target.directory, project=here)
                arguments = without_pip_only(arguments)
            for line in settings.warnings:
                self.engine.warn(line)
            request = uv_request(
                arguments,
                variables=variables,
                settings=settings,
                directory=target.directory,
                python=target.python,
                project=here,
                ways=_WAYS,
            )
            self.engine.install(request, run)

    def finish(self) -> None:
        """Bring the record up to date, and keep it for the table."""
        try:
            record = self.engine.finish(self.variables())
            if record is not None:
                table.keep(
                    record,
                    cache=self._given.cache_dir,
                    name=self.engine.target.directory.name,
                    is_worker=getattr(self._given, "parallel", False),
                )
        except (SitediffError, OSError) as error:
            self._given.warn("sitediff: the record of this environment could not be written: %s", lines(str(error)))


class Session(nox.Session):
    """nox's session, in which ``install`` takes what the base has."""

    __slots__ = ("_slim",)

    def __init__(self, given: nox.Session, slim: _Slim) -> None:
        """Stand in for a session that nox made."""
        super().__init__(given._runner)  # noqa: SLF001  # a subclass can't be made otherwise
        self._slim = slim

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
            self.log("sitediff install %s", subprocess.list2cmdline(arguments))

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

        self._slim.install(arguments, run, self._slim.variables(env, outer=include_outer_env))


def _with(given: nox.Session, options: _Options) -> Iterator[nox.Session]:
    slim = _Slim(given, options)
    slim.set_up()
    try:
        yield Session(given, slim)
    finally:
        slim.finish()


def _is_off() -> bool:
    return is_off(os.environ.get("TOX_SITEDIFF", ""))


@contextmanager
def _entered(given: nox.Session, options: _Options) -> Iterator[nox.Session]:
    """Give the session that a function of the noxfile gets."""
    if given.venv_backend not in _BACKENDS:
        yield given  # the environment is the base, or conda's
        return
    table.hide_from(given.env)
    if options.on and not _is_off():
        yield from _with(given, options)
        return
    if is_reused(given.virtualenv) and (given.env_dir / STATE_NAME).exists():
        given.warn("sitediff: the environment is made anew: it inherits from its base, and sitediff is off")
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
        sitediff_declare: Distributions of the base that may be seen without being a dependency.

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

    ours = _Options(
        on=sitediff,
        exclude=sitediff_exclude,
        layers=sitediff_layers,
        visibility=sitediff_visibility,
        declare=sitediff_declare,
    )

    def decorate(function: Callable[Concatenate[nox.Session, _Q], _S], /) -> Func:
        @functools.wraps(function)
        def run(given: nox.Session, *args: _Q.args, **options: _Q.kwargs) -> _S:
            with _entered(given, ours) as entered:
                return function(entered, *args, **options)

        registered: Func = register()(run)
        return registered

    return decorate if func is None else decorate(func)
