"""The environment of one session of nox, as the engine has it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core import visible
from ..core.advice import Ways
from ..core.isolated import is_decided
from ..core.model import Visibility
from ..core.outcome import python_of
from ..core.render import base
from ..core.requirements import key
from ..core.target import Target
from ..engine.elsewhere import another_base
from ..engine.request import make_request
from ..engine.slim import Slim
from ..engine.variables import LiveVariables
from ..environment.activation import activation
from ..environment.bytecode import bytecode_variables
from ..environment.conda import dll_directories
from ..environment.pyvenv import interpreter_of, layers_for, let_inherit
from ..environment.uv_cache import FALLBACK, has_cache
from ..errors import SitediffError
from ..files import path_of
from ..text import lines
from ..user_cache import refusal
from ..uv.options import without_pip_only
from ..uv.program import find_uv
from ..uv.settings import choose
from ..values import frozen
from . import table
from .internals import as_nox_errors, is_reused, make_anew

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import nox

    from ..core.record import Record
    from ..core.request import Run
    from ..core.snapshot import Snapshot

_WAYS: Final = Ways(
    declare="add '{}' to the same session.install",
    give_up="take {} out of session.install",
    exclude="session(sitediff_exclude=['{}'])",
    verify="session(sitediff_exclude=...): {}",
    again="run nox without -r, if something else changed the environment",
)


@frozen
class Options:
    """What ``session`` takes for itself."""

    on: bool
    exclude: Sequence[str]
    layers: Sequence[str]
    visibility: str
    also_visible: Sequence[str]
    unverified: str
    activates: bool


class SessionEnvironment:
    """The environment of one session."""

    def __init__(self, given: nox.Session, options: Options) -> None:
        """Prepare, without touching anything.

        Args:
            given: nox's session.
            options: What is asked for it.
        """
        self._given = given
        self._is_uv = given.venv_backend == "uv"
        self._has_failed = False
        self._activates = options.activates
        target = Target(
            name=given.name,
            directory=given.env_dir.absolute(),
            python=interpreter_of(given.env_dir.absolute()),
            project=Path.cwd(),
            exclude=frozenset(key(name) for name in options.exclude),
            layers=self._layers(options.layers),
            seeds=() if self._is_uv else (key("pip"),),
            visibility=self._visibility(options.visibility),
            also_visible=tuple(sorted(map(visible.entry, {*options.also_visible}))),
            refuses_unverified=self._unverified(options.unverified),
        )
        self._slim = Slim(target, LiveVariables(self.variables), warn=self._warn)

    def _warn(self, line: str) -> None:
        self._given.warn("sitediff: %s", line)

    def _visibility(self, text: str) -> Visibility:
        if text not in {*Visibility}:
            self._given.error(f"sitediff_visibility={text!r}: choose one of {', '.join(Visibility)}")
        return Visibility(text)

    def _unverified(self, text: str) -> bool:
        if text not in {"warn", "error"}:
            self._given.error(f"sitediff_unverified={text!r}: choose one of warn, error")
        return text == "error"

    def _layers(self, named: Sequence[str]) -> tuple[Path, ...]:
        here = Path.cwd()
        python = self._given.python
        is_path = isinstance(python, str) and bool({os.sep, "/"} & {*python})
        return layers_for(
            [path_of(text, start=here) for text in named],
            here / str(python) if is_path else None,
            words="python names the virtual environment {}",
            warn=self._warn,
        )

    def variables(self, more: Mapping[str, str | None] | None = None, *, outer: bool = True) -> dict[str, str]:
        """Return the variables that commands of the session get.

        Args:
            more: Further ones; None takes a variable away.
            outer: Whether those of nox count too.
        """
        merged = {**(os.environ if outer else {}), **self._given.env, **(more or {})}
        found = {name: value for name, value in merged.items() if value is not None}
        found["PATH"] = os.pathsep.join([*(self._given.bin_paths or ()), *filter(None, [found.get("PATH")])])
        return found

    def set_up(self) -> None:
        """Make the environment inherit, or make it anew where it can't be used as it is."""
        if (line := refusal()) is not None and table.begin().said.is_news(line):
            self._warn(line)
        venv = self._given.virtualenv
        if is_reused(venv):
            with as_nox_errors(self._given):
                reason = self._slim.unusable()
            if reason is not None:
                self._given.warn("sitediff: the environment is made anew: %s", lines(reason))
                make_anew(venv)
        with as_nox_errors(self._given):
            if not is_reused(venv):
                let_inherit(self._slim.target.directory)
                self._slim.begin()
            environment = self._slim.environment
            self._slim.prepare(full=not is_reused(venv))
            seen = environment.look(full=not is_reused(venv))
            self._set_variables(seen)
            self._given.log("sitediff: %s", base(python_of(seen), offered=environment.offered()))

    def _set_variables(self, seen: Snapshot) -> None:
        env = self._given.env
        if not has_cache(self.variables(), uv=find_uv, directory=Path.cwd()):
            env["UV_CACHE_DIR"] = os.fspath(self._slim.target.directory.parent / FALLBACK)
            self._given.warn("sitediff: uv can't write its cache; it lies in %s now", env["UV_CACHE_DIR"])
        if not is_decided(self.variables()):
            env.update(bytecode_variables(seen.interpreter))
        if self._activates:
            prefix = Path(seen.interpreter.base_prefix)
            given = self.variables()
            activated = activation(prefix, variables=given, warn=self._warn)
            env.update({name: value for name, value in activated.items() if name not in given})
            line = f"{prefix} counts as activated: {', '.join(activated)} (sitediff_activate=False: not)"
            if activated and table.begin().said.is_news(line):
                self._given.log("sitediff: %s", line)
        if sys.platform == "win32" and (found := dll_directories(Path(seen.interpreter.base_prefix))):
            env["PATH"] = os.pathsep.join([*map(os.fspath, found), env.get("PATH") or os.environ.get("PATH", "")])

    def install(self, arguments: Sequence[str], run: Run, variables: Mapping[str, str]) -> None:
        """Install the difference.

        Args:
            arguments: Arguments of ``session.install``.
            run: Runs a command with variables, and raises where it fails.
            variables: The variables of this installation.
        """
        here = Path.cwd()
        environment = self._slim.environment
        # relative paths start where the session is now
        environment.target = target = replace(environment.target, project=here)
        with as_nox_errors(self._given):
            if self._is_uv:
                settings = choose.from_uv(variables, project=here)
            else:
                settings = choose.from_pip(variables, prefix=target.directory, project=here)
                arguments = without_pip_only(arguments)
            for line in settings.warnings:
                environment.warn(line)
            start = [os.fspath(find_uv()), "pip", "install"]
            request = make_request(
                arguments,
                build=lambda words: [*start, *words],
                target=target,
                variables=variables,
                settings=settings,
                ways=_WAYS,
            )
            try:
                self._slim.installation(request).install(run)
            except BaseException:
                self._has_failed = True
                raise

    def _say_another_base(self, record: Record) -> None:
        """Say of a base that nobody named by its path which other one would offer more."""
        python = self._given.python
        named = python if isinstance(python, str) else ""
        if not {os.sep, "/"} & {*named}:
            line = 'session(python=["{}"])'
            words = another_base(record, os.environ, line=line, any_version=not named)
            if words is not None:
                self._warn(words)

    def say_out_of_sight(self) -> None:
        """Say, where a command failed, how much of the base it did not see."""
        if (line := self._slim.history.out_of_sight()) is not None:
            self._warn(line)

    def finish(self, *, has_failed: bool) -> None:
        """Bring the record up to date, and keep it for the table.

        Args:
            has_failed: Whether a command failed, so that not all was run that there is.
        """
        try:
            record = self._slim.finish(is_complete=False if has_failed else None)
            if record is not None:
                self._say_another_base(record)
                table.keep(
                    record,
                    cache=self._given.cache_dir,
                    directory=self._slim.target.directory,
                    is_worker=getattr(self._given, "parallel", False),
                    has_failed=self._has_failed,
                )
        except (SitediffError, OSError) as error:
            self._given.warn("sitediff: the record of this environment could not be written: %s", lines(str(error)))
