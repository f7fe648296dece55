"""What makes a tox environment slim: it inherits the base, and is filled through the engine."""

from __future__ import annotations

import logging
import os
import re
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from tox.tox_env.errors import Fail, Recreate

from ..core.summary import note as note_of
from ..environment import busy
from ..environment.bytecode import bytecode_variables
from ..errors import SitediffError
from ..files import path_of
from ..text import lines
from . import session
from .as_it_was import INFORMATION, AsItWas
from .failures import as_failures
from .named_base import NamedBase
from .seeds import lacks_pip, names, seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tox.tox_env.api import ToxEnvCreateArgs

    from ..core.record import Record
    from ..engine.slim import Slim
    from ..environment.find import Place
    from ..lock.sync import Sync
    from ..terminal import Progress


class SlimEnvironment(AsItWas, NamedBase):
    """Stands before one of tox's own environment classes."""

    PACKAGING = False
    """Whether environments of this class build packages."""

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Prepare; nothing is created before tox sets the environment up."""
        self._slim: Slim | None = None
        self._stacked: tuple[Path, ...] | None = None
        self._is_ready = False
        self._is_new = False
        self._is_noted = False
        self._is_interrupted = False
        self.has_run = False
        super().__init__(create_args)

    # --- what differs between tox's environments and tox-uv's

    def base_request(self) -> tuple[str, Sequence[str]]:
        """Name the base for ``uv venv``: what it takes as ``--python``, and further options."""
        return os.fspath(self.base_python.extra["executable"]), ()

    def install_command(self, words: Sequence[str]) -> list[str]:
        """Make the whole command of the installer."""
        raise NotImplementedError

    def locked(self) -> Sync | None:
        """Return what a run would do with a lock file; None where that is not what fills the environment."""
        return None

    # --- creation

    @property
    def slim(self) -> Slim:
        """This environment, as the engine has it."""
        if self._slim is None:
            from ..core import visible
            from ..core.model import Visibility
            from ..core.requirements import key
            from ..core.target import Target
            from ..engine.slim import Slim  # a run that finds nothing changed has no use for the engine
            from ..engine.variables import LiveVariables
            from ..environment.pyvenv import interpreter_of

            self._seen = None  # from here on it looks by itself
            exclude = self.conf.get("sitediff_exclude", list[str])
            self._slim = Slim(
                Target(
                    name=self.name,
                    directory=self.env_dir,
                    # where virtualenv and uv put it; asking tox would start the search for the base interpreter
                    python=interpreter_of(self.env_dir),
                    project=self.core.get("tox_root", Path),
                    exclude=frozenset(key(name) for name in exclude),
                    layers=self._layers(),
                    seeds=names(self),
                    visibility=Visibility(self.conf.get("sitediff_visibility", str)),
                    also_visible=tuple(sorted(map(visible.entry, {*self.conf.get("sitediff_declare", list[str])}))),
                    temporary=(INFORMATION,),
                    refuses_unverified=self.conf.get("sitediff_unverified", str) == "error",
                ),
                LiveVariables(lambda: self.environment_variables),
                warn=self.say,
                progress=self._progress(),
            )
        return self._slim

    def _progress(self) -> Progress | None:
        """Return what shows progress: nothing where several environments write at once, or nothing is wanted."""
        from ..terminal import progress  # which what finds nothing changed has no use for

        is_alone = not getattr(self.options, "parallel", 0) and self.options.verbosity > 0
        return progress(sys.stderr, os.environ) if is_alone else None

    def _settings(self) -> dict[str, object]:
        """Collect the settings with which an environment is made anew where they are others."""
        exclude = self.conf.get("sitediff_exclude", list[str])
        declare = {*self.conf.get("sitediff_declare", list[str])}
        if declare:
            from ..core import visible  # few declare any

            declare = {*map(visible.entry, declare)}
        return {
            # tox-uv compares versions alone, so that a base would go on being used when another one is named
            "base": str(self.base_python.extra.get("executable", "")),
            "exclude": sorted({*map(canonicalize_name, exclude)}),
            "layers": [os.fspath(layer) for layer in self._layers()],
            "visibility": self.conf.get("sitediff_visibility", str),
            "declare": sorted(declare),
            # where it is an error, nothing may be left from when it was none
            **({"unverified": "error"} if self.conf.get("sitediff_unverified", str) == "error" else {}),
        }

    # --- what it says

    def say(self, line: str) -> None:
        """Say something of the environment, and keep it for the end of a run that does not show what went well."""
        logging.warning("sitediff: %s", line)
        is_shown = not self._has_display_suspended or getattr(self.options, "list_dependencies", False)
        is_shown = is_shown or ("parallel_show_output" in self.conf and self.conf.get("parallel_show_output", bool))
        if not is_shown and (current := session.of(self.options)) is not None:
            current.unseen.setdefault(self.name, []).append(line)

    def is_seen(self) -> None:
        """Take in that tox shows all that the environment said, because something went wrong."""
        if (current := session.of(self.options)) is not None:
            current.unseen.pop(self.name, None)

    @contextmanager
    def standing_in(self, place: Place, *, warn: Callable[[str], None]) -> Iterator[Slim]:
        """Let another environment stand in for this one, which stays untouched.

        Args:
            place: The other environment.
            warn: Takes a line that the user should read.
        """
        from ..engine.slim import Slim
        from ..engine.variables import LiveVariables

        target = replace(self.slim.target, directory=place.directory, python=place.python)
        own, self._slim = self._slim, Slim(target, LiveVariables(lambda: self.environment_variables), warn=warn)
        try:
            yield self._slim
        finally:
            self._slim = own

    def _layers(self) -> tuple[Path, ...]:
        if self._stacked is None:  # once: what is stacked for a base that is named is said
            self._stacked = self._layers_named()
        return self._stacked

    def _layers_named(self) -> tuple[Path, ...]:
        root = self.core.get("tox_root", Path)
        layers = [path_of(text, start=root) for text in self.conf.get("sitediff_layers", list[str])]
        python, where = self.environment_named()
        if python is None:
            return tuple(layers)
        from ..environment.pyvenv import layers_for  # few name such a base

        return layers_for(
            layers,
            python,
            words=f"{where} names the virtual environment {{}}",
            warn=self.say,
        )

    def _setup_env(self) -> None:
        # before tox and virtualenv, which would fail on it in each run
        if self._has_leftovers():
            if (self.env_dir / INFORMATION).is_dir():
                raise Recreate(f"{self.env_dir / INFORMATION} is a directory")
            from ..environment.pyvenv import damage

            if (reason := damage(self.env_dir)) is not None:
                raise Recreate(reason)
        super()._setup_env()

    def ensure_python_env(self) -> None:
        """Create the environment, and have it made anew where it no longer fits its base.

        Raises:
            Recreate: When the base changed under it, its settings did, or an earlier run left it half-made.
        """
        has_leftovers = self._has_leftovers()
        super().ensure_python_env()
        settings = self._settings()
        with as_failures():
            with self.cache.compare(settings, "SiteDiff") as (is_same, old):
                if old is not None and not is_same:
                    raise Recreate(_change(settings, old))
                if old is None and has_leftovers:
                    raise Recreate("its directory holds what no finished run accounts for")
                if old is None:
                    self.demand_base(self.slim.environment.look().interpreter)
                    self.slim.begin()
            if old is not None and self._seen is not None:
                self._go_on(self._seen)
                self._is_ready = True
                return
            if old is not None and (reason := self.slim.unusable(base_answers=self._base_answers)) is not None:
                raise Recreate(lines(reason))
            if self._inputs is None:
                self._inputs = self._deciding()
            self._prepare(is_new=old is None)
        self._is_ready = True

    def _prepare(self, *, is_new: bool) -> None:
        from ..errors import InterpreterProblem

        self._say_refusal()
        try:
            self.slim.prepare(full=is_new)
            seen = self.slim.environment.look(full=is_new)
        except InterpreterProblem as error:
            if not is_new and self._base_answers():
                raise Recreate(str(error)) from None
            raise
        if is_new and self.slim.target.seeds:
            self.slim.provide(self.slim.target.seeds)
        self._bytecode = bytecode_variables(seen.interpreter)
        self.activate(Path(seen.interpreter.base_prefix))
        self._is_new = self._is_new or is_new

    def _base_answers(self) -> bool:
        """Tell whether the base's interpreter can be asked where the environment's can't."""
        from ..interpreter.probe import probe

        try:
            probe(Path(self.base_python.extra["executable"]), self.environment_variables, full=False)
        except (SitediffError, KeyError):
            return False
        return True

    def _has_leftovers(self) -> bool:
        """Tell whether there is an environment already, or a part of one.

        A run killed while it removed one leaves files without their metadata, and metadata without its files. Outside
        tox's own directory (``tox devenv``) nothing is taken for a leftover: recreating would remove it.
        """
        parts = ("bin", "Scripts", "lib", "Lib", "lib64", "pyvenv.cfg")
        return self.env_dir.is_relative_to(self.core.get("work_dir", Path)) and any(
            os.path.lexists(self.env_dir / part) for part in parts
        )

    def _clean(self, transitive: bool = False) -> None:  # noqa: FBT001, FBT002  # tox's
        from ..environment.state_file import forget

        # first of all, so that a run killed while it removes the rest leaves nothing that looks whole
        forget(self.env_dir)
        self._seen = None
        super()._clean(transitive)

    def setup(self) -> None:
        """Set the environment up, and say in a line what it took from the base."""
        # tox and virtualenv write too, and would end in a traceback
        with as_failures(self.env_dir), self._alone():
            if not self._is_ready and not self.conf.get("recreate", bool):
                self._find_unchanged()
                if self._seen is None:
                    self.slim.ask()
            with self._noting_failure():
                super().setup()
            if self._is_noted or not self._is_ready:
                return
            self._is_noted = True
            if self._seen is not None:
                self.say(note_of(self._seen.facts.summary, offered=self._seen.facts.offered))
                return
            from ..core.render import note

            seed(self)
            record = self.slim.history.record()
            self.slim.environment.look(full=False)  # if it was as it was, until something was installed
        self.say(note(record, offered=self.slim.environment.offered()))
        if self._is_new and not self.PACKAGING:
            from . import elsewhere

            for words in (
                elsewhere.another(self.name, record, named=self.bases_named(), options=self.options),
                elsewhere.spoilt(self.slim.environment, options=self.options),
            ):
                if words is not None:
                    self.say(words)

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Note in the session that this environment could not be set up, so that the table does not look as if."""
        try:
            yield
        except BaseException:
            if (current := session.of(self.options)) is not None:
                current.failed.add(self.name)
            raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes out of the environment; tox does that itself for those that build packages."""
        if self.PACKAGING or not self._fits_platform():  # which leaves no directory
            yield
            return
        if not os.path.lexists(self.env_dir):
            work = self.core.get("work_dir", Path)
            work.mkdir(mode=0o700, parents=True, exist_ok=True)  # for nobody else, as tox makes it
            self.env_dir.mkdir(parents=True, exist_ok=True)
        with busy.alone(
            self.env_dir,
            waiting=lambda who: self.say(f"waiting for {who} at work in {self.env_dir}"),
            stopped=lambda: self._is_interrupted,
        ):
            yield

    def _fits_platform(self) -> bool:
        """Tell whether tox will set the environment up on this platform at all."""
        wanted = self.conf.get("platform", str)
        try:
            return not wanted or re.fullmatch(wanted, self.runs_on_platform) is not None
        except re.error:  # which tox will say
            return False

    def interrupt(self) -> None:
        """Stop what runs, and what waits for another process."""
        self._is_interrupted = True
        super().interrupt()

    def say_out_of_sight(self) -> None:
        """Say, where a command failed, how much of the base it did not see, and whether it had a pip to use."""
        if self._seen is not None and not self._seen.facts.lacks_pip:
            return
        if (line := self.slim.history.out_of_sight()) is not None:
            logging.warning("sitediff: %s", line)
        if self._is_ready and lacks_pip(self):
            logging.warning(
                "sitediff: the base has no pip, so this environment has none; add pip to deps if one is used"
            )

    def teardown(self) -> None:
        """End the run in this environment, and write down what it left."""
        super().teardown()
        if not self._is_noted:  # it was not even set up
            self.is_seen()
        self.finish()

    def finish(self) -> None:
        """Bring the record up to date, and hand it to tox's own report and to the table of the run."""
        if not self._is_ready:
            return
        self._is_ready = False
        try:
            with nullcontext(enter_result=True) if self.PACKAGING else busy.if_free(self.env_dir) as is_free:
                if is_free and self._seen is not None and self._is_as_it_was(self._seen):
                    if (current := session.of(self.options)) is not None:
                        current.summaries[self.name] = self._seen.facts.summary
                    return
                record = self._finished(is_free=is_free)
        except (SitediffError, OSError) as error:
            logging.warning("sitediff: the record of this environment could not be written: %s", lines(str(error)))
            return
        if record is not None:
            if self.journal:
                self.journal["sitediff"] = record.as_json()
            if (current := session.of(self.options)) is not None:
                current.records[self.name] = record

    def _finished(self, *, is_free: bool) -> Record | None:
        """Bring the record up to date, and note what was seen for a later run."""
        slim = self.slim
        if not is_free:  # another process that fills the environment meanwhile writes the record when it is done
            return slim.history.read_record()
        if slim.environment.last is None:  # it was as it was, until a command changed it
            slim.environment.look(full=False)
        inputs = self._inputs if self._inputs == self._deciding() else ""
        try:
            uv = os.fspath(self.uv_program())
        except Fail:  # as the run said when it wanted to install; a later one looks for it again
            uv = ""
        return slim.finish(inputs, uv=uv, is_complete=self.has_run)


def _change(new: Mapping[str, object], old: object) -> str:
    before = old if isinstance(old, dict) else {}
    keys = {
        "base": "base_python",
        "exclude": "sitediff_exclude",
        "layers": "sitediff_layers",
        "visibility": "sitediff_visibility",
        "declare": "sitediff_declare",
        "unverified": "sitediff_unverified",
    }
    return f"{', '.join(key for name, key in keys.items() if new.get(name) != before.get(name))} changed"
