"""What makes a tox environment slim: it inherits the base, and is filled through the engine."""

from __future__ import annotations

import glob
import logging
import os
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tox.config.loader.memory import MemoryLoader
from tox.execute.request import StdinSource
from tox.tox_env.errors import Recreate
from tox.tox_env.python.api import Python

from ..core.model import Visibility
from ..core.render import note
from ..core.requirements import key
from ..core.target import Target
from ..engine.engine import Engine
from ..environment import busy
from ..environment.bytecode import bytecode_variables
from ..environment.conda import dll_directories
from ..environment.pyvenv import damage, environment_of, interpreter_of
from ..environment.state_file import forget
from ..errors import InterpreterProblem, SitediffError
from ..files import path_of
from ..interpreter.probe import probe
from ..text import lines
from . import session
from .failures import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tox.tox_env.api import ToxEnvCreateArgs

    from ..core.request import Request
    from ..environment.find import Place
    from ..lock.sync import Sync
    from ..uv.settings.pip import PipSettings


class SlimEnvironment(Python):
    """Stands before one of tox's own environment classes."""

    PACKAGING = False
    """Whether environments of this class build packages."""
    SEEDS: tuple[str, ...] = ()
    """What an environment of this kind holds in tox without anybody declaring it."""

    def __new__(cls, create_args: ToxEnvCreateArgs) -> Self:
        """Make a slim environment, or exactly tox's own where sitediff is off for it."""
        session.add_keys(create_args.conf, packaging=cls.PACKAGING)
        if not session.is_slim(create_args):
            return cls.plain()(create_args)  # type: ignore[return-value]  # tox asks for no more than an environment
        # the last loader: it counts where the user says nothing
        create_args.conf.loaders.append(MemoryLoader(system_site_packages=True))
        return super().__new__(cls)

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Prepare; nothing is created before tox sets the environment up."""
        self._engine: Engine | None = None
        self._is_ready = False
        self._is_noted = False
        self._is_interrupted = False
        self._setting_up = ExitStack()
        self._install_variables: dict[str, str] | None = None
        self._bytecode: dict[str, str] = {}
        super().__init__(create_args)

    @classmethod
    def plain(cls) -> type[Python]:
        """Return tox's own class."""
        raise NotImplementedError

    def uv_program(self) -> Path:
        """Return the uv that fills this environment."""
        raise NotImplementedError

    def uv_settings(self) -> PipSettings:
        """Return what further settings uv gets, and whether any can make an installed distribution not good enough."""
        raise NotImplementedError

    def base_request(self) -> tuple[str, Sequence[str]]:
        """Name the base for ``uv venv``: what it takes as ``--python``, and further options."""
        return os.fspath(self.base_python.extra["executable"]), ()

    def install_command(self, words: Sequence[str]) -> list[str]:
        """Make the whole command of the installer."""
        raise NotImplementedError

    def locked(self) -> Sync | None:
        """Return what a run would do with a lock file; none where that is not what fills the environment."""
        return None

    # --- creation

    @property
    def engine(self) -> Engine:
        """The engine of this environment."""
        if self._engine is None:
            exclude = self.conf.get("sitediff_exclude", list[str])
            self._engine = Engine(
                Target(
                    name=self.name,
                    directory=self.env_dir,
                    # where virtualenv and uv put it; asking tox would start the search for the base interpreter
                    python=interpreter_of(self.env_dir),
                    project=self.core.get("tox_root", Path),
                    exclude=frozenset(key(name) for name in exclude),
                    layers=self._layers(),
                    seeds=tuple(key(name) for name in self.SEEDS),
                    visibility=Visibility(self.conf.get("sitediff_visibility", str)),
                    declare=tuple(sorted({key(name) for name in self.conf.get("sitediff_declare", list[str])})),
                ),
                warn=lambda line: logging.warning("sitediff: %s", line),
            )
        return self._engine

    @contextmanager
    def standing_in(self, place: Place, *, warn: Callable[[str], None]) -> Iterator[Engine]:
        """Let another environment stand in for this one, which stays untouched.

        Args:
            place: The other environment.
            warn: Takes a line that the user should read.
        """
        target = replace(self.engine.target, directory=place.directory, python=place.python)
        own, self._engine = self._engine, Engine(target, warn=warn)
        try:
            yield self._engine
        finally:
            self._engine = own

    def _layers(self) -> tuple[Path, ...]:
        root = self.core.get("tox_root", Path)
        layers = [path_of(text, start=root) for text in self.conf.get("sitediff_layers", list[str])]
        given = any(
            {"base_python", "basepython"} & (loader.found_keys() | set(loader.overrides))
            for loader in self.conf.loaders
        )
        # a name is looked up by tox, which means the interpreter; only a path names an environment
        named = [text for text in (self.conf.get("base_python", list[str]) if given else ()) if {os.sep, "/"} & {*text}]
        python = next((path for text in named if (path := root / text).exists()), None)
        if python is not None and (directory := environment_of(python)) is not None:
            logging.warning(
                "sitediff: base_python names the virtual environment %s: its site-packages are stacked "
                "as a layer over the interpreter below it",
                lines(os.fspath(directory)),
            )
            layers.append(directory)
        return tuple(layers)

    def _setup_env(self) -> None:
        # before tox and virtualenv, which would fail on it in each run
        if self._has_leftovers() and (reason := damage(self.env_dir)) is not None:
            raise Recreate(reason)
        super()._setup_env()

    def ensure_python_env(self) -> None:
        """Create the environment, and have it made anew where it no longer fits its base.

        Raises:
            Recreate: When the base changed under it, its settings did, or an earlier run left it half-made.
        """
        has_leftovers = self._has_leftovers()
        super().ensure_python_env()
        engine = self.engine
        settings = {
            # tox-uv compares versions alone, so that a base would go on being used when another one is named
            "base": str(self.base_python.extra.get("executable", "")),
            "exclude": sorted(engine.target.exclude),
            "layers": [os.fspath(layer) for layer in engine.target.layers],
            "visibility": engine.target.visibility,
            "declare": [*(engine.target.declare or ())],
        }
        variables = self.environment_variables
        with told():
            with self.cache.compare(settings, "SiteDiff") as (is_same, old):
                if old is not None and not is_same:
                    raise Recreate(_change(settings, old))
                if old is None and has_leftovers:
                    raise Recreate("its directory holds what no finished run accounts for")
                if old is None:
                    engine.begin()
            try:
                if old is not None and (reason := engine.stale(variables)) is not None:
                    raise Recreate(lines(reason))
                view = engine.prepare(variables, full=old is None)
            except InterpreterProblem as error:
                if old is not None and not self.env_python().exists():
                    raise Recreate("its interpreter is gone") from None
                if old is not None and self._base_answers(variables):
                    raise Recreate(str(error)) from None
                raise
        self._bytecode = bytecode_variables(view.interpreter)
        self._is_ready = True

    def _base_answers(self, variables: Mapping[str, str]) -> bool:
        """Tell whether the base's interpreter can be asked where the environment's can't."""
        try:
            probe(Path(self.base_python.extra["executable"]), variables, full=False)
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
        # first of all, so that a run killed while it removes the rest leaves nothing that looks whole
        forget(self.env_dir)
        super()._clean(transitive)

    def setup(self) -> None:
        """Set the environment up, and say in a line what it took from the base."""
        # tox and virtualenv write too, and would end in a traceback
        with told(self.env_dir), ExitStack() as self._setting_up:
            super().setup()
            if self._is_noted or not self._is_ready:
                return
            self._is_noted = True
            record = self.engine.current(self.environment_variables)
        logging.warning("sitediff: %s", note(record, offered=self.engine.offered()))

    def _platform_check(self) -> None:
        # what tox's setup begins with: a platform that is refused leaves no directory, and all the rest is ours alone
        super()._platform_check()
        if not self.PACKAGING:  # tox locks these itself
            if not os.path.lexists(self.env_dir):
                work = self.core.get("work_dir", Path)
                work.mkdir(mode=0o700, parents=True, exist_ok=True)  # for nobody else, as tox makes it
                self.env_dir.mkdir(parents=True, exist_ok=True)
            self._setting_up.enter_context(
                busy.alone(
                    self.env_dir,
                    waiting=lambda: logging.warning(
                        "sitediff: waiting for another process at work in %s", self.env_dir
                    ),
                    stopped=lambda: self._is_interrupted,
                )
            )
        if not self.conf.get("recreate", bool):
            self.engine.ask(self.environment_variables)

    def interrupt(self) -> None:
        """Stop what runs, and what waits for another process."""
        self._is_interrupted = True
        super().interrupt()

    def _teardown(self) -> None:
        # not teardown(), which tox does not call for packaging environments
        super()._teardown()
        if not self._is_ready:
            return
        self._is_ready = False
        try:
            with nullcontext(enter_result=True) if self.PACKAGING else busy.if_free(self.env_dir) as is_free:
                # another process that fills the environment meanwhile writes the record when it is done
                record = self.engine.finish(self.environment_variables) if is_free else self.engine.recorded()
        except (SitediffError, OSError) as error:
            logging.warning("sitediff: the record of this environment could not be written: %s", lines(str(error)))
            return
        if record is not None:
            if self.journal:
                self.journal["sitediff"] = record.as_json()
            if (current := session.of(self.options)) is not None:
                current.records[self.name] = record

    # --- what commands get

    @property
    def environment_variables(self) -> dict[str, str]:
        """The variables of commands; while an installer runs, those of the installer."""
        if self._install_variables is not None:
            return self._install_variables
        variables = super().environment_variables
        if self._bytecode and not {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"} & variables.keys():
            variables = {**variables, **self._bytecode}
        return variables

    def prepend_env_var_path(self) -> list[Path]:
        """Return what goes before PATH: the environment's programs, on Windows over conda the base's DLLs too."""
        paths = super().prepend_env_var_path()  # type: ignore[safe-super]  # tox's class comes next in the order
        if sys.platform == "win32":
            paths += dll_directories(
                Path(self.engine.look(self.environment_variables, full=False).interpreter.base_prefix)
            )
        return paths

    @property
    def _allow_externals(self) -> list[str]:
        result = super()._allow_externals
        result.append(glob.escape(os.fspath(self.uv_program())))
        return result

    def _default_pass_env(self) -> list[str]:
        return [*super()._default_pass_env(), "UV_*"]

    # --- installation

    def fill(self, arguments: Sequence[str], build: Callable[[Sequence[str]], list[str]], *, of_type: str) -> None:
        """Install the difference.

        Args:
            arguments: What is declared.
            build: Makes the whole command of the installer.
            of_type: What tox calls this step.

        Raises:
            Fail: When the declared requirements can't be met.
        """
        from ..uv.command import aimed, as_dry_run

        with told():
            request = self.request(arguments, build)
            if as_dry_run(build(arguments)) is None and key("pip") not in self.engine.look(request.variables).inventory:
                # an install_command of the user's, which tox would have found pip for
                seed = aimed([os.fspath(self.uv_program()), "pip", "install", "pip"], self.engine.target.python)
                self._execute_with(seed, request.settings, run_id="seed_pip")
                self.engine.look_again(request.variables)
            self.engine.install(
                request, run=lambda words, given: self._execute_with(words, given, run_id=f"install_{of_type}")
            )

    def request(self, arguments: Sequence[str], build: Callable[[Sequence[str]], list[str]]) -> Request:
        """Translate an installation for the engine.

        Args:
            arguments: What is declared.
            build: Makes the whole command of the installer.
        """
        from ..core.advice import Ways
        from ..core.request import Request
        from ..uv.command import aimed, as_dry_run, behind_install, with_arguments
        from ..uv.program import uv_environment
        from ..uv.settings import uv_files

        target = self.engine.target
        variables = self.environment_variables
        settings = self.uv_settings()
        installer = uv_environment({**variables, **settings.variables}, target.directory)

        def command(words: Sequence[str]) -> list[str]:
            built = build(words)
            if as_dry_run(built) is None:
                return built
            return with_arguments(aimed(built, target.python), settings.arguments_beside(built))

        return Request(
            arguments=arguments,
            # what stands in install_command says what to install too: --upgrade, --no-deps, -c
            declared=behind_install(command(arguments)) or arguments,
            build=command,
            variables=variables,
            settings=installer,
            neutral=not settings.constrains,
            ignored=uv_files.resolved_otherwise(installer, project=target.project),
            ways=Ways(
                declare="add '{}' to deps",
                give_up="take {} out of what is declared",
                exclude="sitediff_exclude = {}",
                again="tox -r, if something else changed the environment",
            ),
        )

    def _execute_with(self, command: Sequence[str], variables: Mapping[str, str], *, run_id: str) -> None:
        self._install_variables = dict(variables)
        try:
            outcome = self.execute(command, stdin=StdinSource.OFF, run_id=run_id)
        finally:
            self._install_variables = None
        outcome.assert_success()

    def freeze(self) -> list[str]:
        """List what the environment sees, as ``pip freeze`` in it would."""
        with told():
            return self.engine.freeze(self.environment_variables)


def _change(new: Mapping[str, object], old: object) -> str:
    before = old if isinstance(old, dict) else {}
    keys = {
        "base": "base_python",
        "exclude": "sitediff_exclude",
        "layers": "sitediff_layers",
        "visibility": "sitediff_visibility",
        "declare": "sitediff_declare",
    }
    return f"{', '.join(key for name, key in keys.items() if new[name] != before.get(name))} changed"
