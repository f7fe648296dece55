"""``tox sitediff plan`` and ``tox sitediff report``, for the environments that tox selects.

The standard output is the artefact; what is meant for people, tox's messages too, goes to the standard error.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tox.report import ToxHandler
from tox.session.env_select import CliEnv, register_env_select_flags
from tox.tox_env.errors import Fail, Skip
from tox.tox_env.python.api import NoInterpreter

from ..core.record import FILE_NAME
from ..core.render import plan_table
from ..environment.state_file import load_record
from ..errors import SitediffError, Unsatisfied
from ..report import FORMS, SUMS
from ..text import lines
from .elsewhere import another
from .environment import SlimEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tox.config.cli.parser import ToxParser
    from tox.session.state import State

    from ..core.plan import Plan

_FORMATS: Final = {"plan": ("table", "json"), "report": FORMS}
_NOT_SLIM: Final = "is not slim (sitediff = false, a runner of your own, or switched off): takes nothing from a base"
_DESCRIPTION: Final = """\
plan: what setting up the selected environments would reuse and install, and why; nothing is created or changed.
report: what the records of the selected environments say, the largest first; see: sitediff report --help
Exit status: 0 done, 1 requirements can't be met or a size is over its limit, 2 usage or environment.
"""
_OF_REPORT: Final = ("by", "compare", "fail_over", "fail_increase", "output")
"""Options that a plan does not have."""


def register(parser: ToxParser) -> None:
    """Add the command."""
    our = parser.add_command("sitediff", [], "what environments take from their base: plan, report", _run)
    our.description = _DESCRIPTION
    our.add_argument("sitediff_action", metavar="plan|report", choices=sorted(_FORMATS), help="what to show")
    our.add_argument(
        "--format",
        dest="sitediff_format",
        choices=_FORMATS["report"],
        default="table",
        help="the form of the output; a plan has table and json",
    )
    of_report = our.add_argument_group("report")
    for name, metavar, words in (
        ("by", "", "show sums too, by environment, base or machine (may be repeated)"),
        ("compare", "OLD", "records of another time: tell what got larger, and why (may be repeated)"),
        ("fail-over", "SIZE", "end with status 1 where an environment is larger, such as 50MB"),
        ("fail-increase", "SIZE", "end with status 1 where one grew by more since --compare"),
        ("output", "FILE", "write to this file"),
    ):
        of_report.add_argument(
            f"--{name}",
            dest=f"sitediff_{name.replace('-', '_')}",
            metavar=metavar or None,
            choices=SUMS if name == "by" else None,
            action="append" if name in {"by", "compare"} else "store",
            default=[] if name in {"by", "compare"} else "",  # tox takes the type from it
            help=words,
        )
    register_env_select_flags(our, default=CliEnv())


def _say(name: str, line: str) -> None:
    print(f"{name}: sitediff: {lines(line)}", file=sys.stderr, flush=True)


def _print(state: State, plans: Mapping[str, Plan]) -> None:
    # every run of tox loads this module, and most plan nothing
    from ..core.colour import coloured
    from ..terminal import width

    room = width(sys.stdout, os.environ)
    text = "\n\n".join(f"{name}:\n{plan_table(found, width=room)}" for name, found in plans.items())
    print(coloured(text) if state.conf.options.is_colored else text)


@contextmanager
def _messages_aside() -> Iterator[None]:
    """Send what tox says to the standard error."""
    with ExitStack() as stack:
        for handler in logging.getLogger().handlers:
            if isinstance(handler, ToxHandler) and isinstance(sys.stderr, TextIOWrapper):
                stack.enter_context(handler.suspend_out_err(yes=True, out_err=(sys.stderr, sys.stderr)))
        yield


def _run(state: State) -> int:
    options = state.conf.options
    action, form = str(options.sitediff_action), str(options.sitediff_format)
    if form not in _FORMATS[action]:
        _say(action, f"there is no {form} of it; choose one of: --format {', '.join(_FORMATS[action])}")
        return 2
    if action == "plan" and (given := [name for name in _OF_REPORT if getattr(options, f"sitediff_{name}")]):
        _say(action, f"--{given[0].replace('_', '-')} is for report")
        return 2
    with _messages_aside():
        names = list(state.envs.iter())
        if not names:
            _say(action, "no environment is selected; see: tox list")
            return 2
        return _plan(state, names, form) if action == "plan" else _report(state, names, form)


def _plan(state: State, names: list[str], form: str) -> int:
    plans: dict[str, Plan] = {}
    status = 0
    for name in names:
        found, code = _plan_one(state, name)
        status = max(status, code)
        if found is not None:
            plans[name] = found
    if form == "json":
        print(json.dumps({name: found.as_json() for name, found in plans.items()}, indent=2))
    elif plans:
        _print(state, plans)
    return status


def _plan_one(state: State, name: str) -> tuple[Plan | None, int]:
    from .planning import plan

    env = state.envs[name]
    if not isinstance(env, SlimEnvironment):
        _say(name, _NOT_SLIM)
        return None, 0
    try:
        with env.display_context(suspend=False):
            found = plan(env, say=lambda line: _say(name, line))
    except Skip as error:
        _say(name, f"is skipped: {error}")
        return None, 0
    except NoInterpreter as error:
        _say(name, f"no interpreter was found for base_python {', '.join(error.base_pythons)}")
        return None, 2
    except SitediffError as error:
        _say(name, str(error))
        return None, 1 if isinstance(error, Unsatisfied) else 2
    except Fail as error:
        _say(name, str(error))
        return None, 2
    if (words := another(name, found, named=env.bases_named(), options=state.conf.options)) is not None:
        _say(name, words)
    for conflict in found.conflicts:
        _say(name, str(conflict))
    for unmet in found.unmet:
        _say(name, f"not met: {unmet}")
    if found.message:
        _say(name, found.message.strip())
    return None if found.refused else found, found.status


def _report(state: State, names: list[str], form: str) -> int:
    # every run of tox loads this module, and most report nothing
    from ..report.collect import relative
    from ..report.deliver import deliver, wanted_of
    from ..report.rows import Row

    rows: list[Row] = []
    is_missing = False
    for name in names:
        env = state.envs[name]
        file = env.conf.get("env_dir", Path) / FILE_NAME
        if (found := load_record(file.parent)) is not None:
            rows.append(Row(record=found, source=relative(file, Path.cwd()), file=str(file)))
        elif not isinstance(env, SlimEnvironment):  # nor would a run make a record
            _say(name, _NOT_SLIM)
        elif file.exists():
            is_missing = True
            _say(name, f"{file} is damaged; make it anew: tox -r -e {name} --notest")
        else:
            is_missing = True
            _say(name, f"has no record yet; make one: tox -e {name} --notest")
    if not rows and is_missing:
        return 2
    try:
        wanted = wanted_of(
            form=form,
            by=state.conf.options.sitediff_by,
            compare=[Path(path) for path in state.conf.options.sitediff_compare],
            fail_over=state.conf.options.sitediff_fail_over or None,
            fail_increase=state.conf.options.sitediff_fail_increase or None,
            output=Path(state.conf.options.sitediff_output) if state.conf.options.sitediff_output else None,
            start=Path.cwd(),
        )
        return deliver(
            rows,
            wanted,
            variables=os.environ,
            say=lambda line: _say("report", line),
            coloured=state.conf.options.is_colored,
        )
    except SitediffError as error:
        _say("report", str(error))
        return 2
