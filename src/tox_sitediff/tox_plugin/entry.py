"""What tox loads: the hooks of the plugin (https://tox.wiki/en/latest/plugins.html), or what stands in for them.

tox loads its plugins in each run of a machine, also in projects that don't use this one. A tox that is older or newer
than what was tried must not end these runs, nor may they take longer. So nothing is imported here that may be missing,
and the hooks load what they need only when they need it: a run that makes no slim environment loads beside this module
no more than `session`.
"""

from __future__ import annotations

import os
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pluggy import HookimplMarker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tox.config.cli.parser import Parsed, ToxParser
    from tox.session.state import State
    from tox.tox_env.api import ToxEnv, ToxEnvCreateArgs
    from tox.tox_env.package import PackageToxEnv
    from tox.tox_env.register import ToxEnvRegister
    from tox.tox_env.runner import RunToxEnv

    from .stand_in import StandIn

    Namespace = TypeVar("Namespace")

OLDEST: Final = "4.59.0"
"""The first tox that has all that is used; with an older one, what is missing is noticed only in the midst of a run."""
impl: Final = HookimplMarker("tox")
_RUNNING: Final = frozenset({"run", "run-parallel", "legacy", "exec", "devenv", "r", "p", "le", "e", "d"})
_ELSEWHERE: Final = frozenset({"TOX_NO_SITEDIFF", "TOXNO_SITEDIFF", "_ARGCOMPLETE"})
"""Variables that have to do with options of ours: tox takes any from a variable, and completes them for a shell."""


def only_hooks(module: str) -> ModuleType:
    """Make what pluggy registers of a module of ours: its hooks alone, because pluggy takes long to look at a name.

    Args:
        module: The full name of a module that is loaded.

    Returns:
        A module with the functions of that one that tox calls.
    """
    source = sys.modules[module]
    found = ModuleType(module)
    found.__file__ = source.__file__  # which tox shows with its version
    named = ((name, value) for name, value in vars(source).items() if name.startswith("tox_"))
    vars(found).update({name: value for name, value in named if isinstance(value, FunctionType)})
    return found


class ThenTable:
    """A command of tox with the table of the run behind it."""

    def __init__(self, command: Callable[[State], int]) -> None:
        """Wrap a command."""
        self._command = command

    def __call__(self, state: State) -> int:
        """Run the command, then print the table, unless asked to be silent."""
        from .session import of  # which is there already: a run has begun

        found = of(state.conf.options)
        if found is not None and (not found.on or found.foreign is not None):
            from .ending import without_us  # few runs are such

            return without_us(self._command, state, found)
        try:
            return self._command(state)
        finally:
            if found is not None and (found.records or found.summaries):
                from .ending import show

                show(found, state)


class LateOptions:
    """Adds ``--no-sitediff`` and ``tox sitediff`` to a parser where somebody may have asked for them.

    tox makes the parsers of all its commands twice at each start, and each has every option: to have ours there would
    take more than all the rest of what a run without us loads of us.
    """

    def __init__(self, parser: ToxParser) -> None:
        """Stand before a parser's own method."""
        self._parser = parser
        self._parse = parser.parse_known_args
        self._is_done = False

    def __call__(
        self, args: Iterable[str] | None = None, namespace: Namespace | None = None
    ) -> tuple[Namespace | Parsed, list[str]]:
        """Parse arguments as tox does (``parse_known_args``)."""
        words = sys.argv[1:] if args is None else [*args]
        if any(map(_may_ask_for_us, words)):
            self.add()
        return self._parse(words, namespace)

    def add(self) -> None:
        """Add them, once."""
        if self._is_done:
            return
        self._is_done = True
        self._parser.add_argument(
            "--no-sitediff",
            action="store_true",
            default=False,
            dest="no_sitediff",
            help="do not inherit from the base interpreter in this run (the same as TOX_SITEDIFF=0); environments that "
            "do are made anew for it, and again by the next run without it",
        )
        from .subcommand import register

        register(self._parser)
        self._parser.handlers["sitediff"][0].fix_defaults()  # which tox has done for all others


def _may_ask_for_us(word: str) -> bool:
    """Tell whether an argument is, or begins, one of ours (argparse takes a part of it), or asks for help."""
    return word == "sitediff" or word.startswith(("--n", "--h")) or (word[:1] == "-" != word[1:2] and "h" in word)


@impl(trylast=True)  # behind tox's own commands, which must be there
def tox_add_option(parser: ToxParser) -> None:
    """Add ``--no-sitediff``, ``tox sitediff``, and the table to the commands that run environments."""
    for name, (own, command) in parser.handlers.items():
        if name in _RUNNING and not isinstance(command, ThenTable):
            parser.handlers[name] = (own, ThenTable(command))
    late = LateOptions(parser)
    # where the user has said something elsewhere it may be of us; and whoever completes words wants all that there is
    if parser.file_config or not _ELSEWHERE.isdisjoint(os.environ):
        late.add()
    parser.parse_known_args = late  # type: ignore[assignment,method-assign]  # of this parser alone


class Late:
    """Stands in tox's register for a class of slim environments, until one is made."""

    def __init__(
        self, name: str, own: Callable[[ToxEnvCreateArgs], ToxEnv], *, identity: str, packaging: bool = False
    ) -> None:
        """Take what tells where the class is, and what there is in its place where sitediff is off.

        Args:
            name: The name of the class, behind that of its module and a dot.
            own: tox's or tox-uv's own class.
            identity: What tox calls the class.
            packaging: Whether its environments build packages.
        """
        self._name = name
        self._own = own
        self._identity = identity
        self._packaging = packaging

    def id(self) -> str:
        """Return what tox calls the class (``ToxEnv.id``)."""
        return self._identity

    def __call__(self, create_args: ToxEnvCreateArgs) -> ToxEnv:
        """Make a slim environment, or exactly tox's own where sitediff is off for it."""
        from . import session  # which is there already: a run has begun

        session.add_keys(create_args.conf, packaging=self._packaging)
        if session.is_slim(create_args) and (found := session.load(self._name, create_args)) is not None:
            return found(create_args)
        if self._packaging and session.is_off_by_default(create_args):
            from .bytecode import leaving_none  # nobody switched us off: what it builds for may be slim

            return leaving_none(self._own)(create_args)
        return self._own(create_args)


@impl(trylast=True)  # behind tox and tox-uv: their packaging environments keep their names and get our opt-in
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Register the slim environments."""

    def run(name: str, own: str, identity: str) -> None:
        late = Late(name, register.runner(own), identity=identity)
        register.add_run_env(cast("type[RunToxEnv]", late))  # of which tox wants no more than what this has

    def package(name: str, identity: str) -> None:
        late = Late(name, register.package(identity), identity=identity, packaging=True)
        register.add_package_env(cast("type[PackageToxEnv]", late))

    run("stock.SlimRunner", "virtualenv", "sitediff")
    package("stock_packaging.SlimPackager", "virtualenv-pep-517")
    package("stock_packaging.SlimCommandBuilder", "virtualenv-cmd-builder")
    if "uv-venv-runner" in register.env_runners and "tox_uv" in sys.modules:
        run("tox_uv_family.SlimUvRunner", "uv-venv-runner", "sitediff-uv")
        run("tox_uv_lock.SlimUvLockRunner", "uv-venv-lock-runner", "uv-venv-lock-runner")
        package("tox_uv_family.SlimUvPackager", "uv-venv-pep-517")
        package("tox_uv_family.SlimUvCommandBuilder", "uv-venv-cmd-builder")


@impl
def tox_add_core_config(state: State) -> None:
    """Begin a session: the first moment at which the options of the run are known, and that it is one."""
    from . import session

    session.start(state)


def tox_append_version_info() -> str:
    """Name the uv that fills slim environments, for ``tox --version``."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution("uv").read_text("METADATA") or ""
    except PackageNotFoundError:
        return "with the uv on PATH"
    # parsed as the mail that it is, with a long description, it would take longer than all else here
    version = text.partition("\nVersion:")[2].partition("\n")[0].strip()
    return f"with uv=={version}"


def load(*, oldest: str = OLDEST) -> ModuleType | StandIn | None:
    """Load the plugin.

    Args:
        oldest: The oldest tox that will do.

    Returns:
        The hooks of this module; what stands in for it; for tox 3, which has other hooks, nothing.
    """
    try:
        from packaging.version import Version  # which tox has anyway
        from tox.version import version

        if Version(version) < Version(oldest):
            raise ImportError(f"older than {oldest}")  # noqa: TRY301  # as if it lacked something, which it does
    except (ImportError, AttributeError) as error:  # as modules and names that are not there make themselves felt
        from .stand_in import stand_in  # which most have no use for

        return stand_in(f"{error}")
    return only_hooks(__name__)


loaded: Final = load()
"""The entry point."""
