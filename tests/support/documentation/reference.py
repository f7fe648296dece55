"""The parts of the reference that the code says: keys, commands, the record, exit statuses, nox."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast, get_args, get_origin

import tox_sitediff
from tox_sitediff.cli.commands import COMMANDS
from tox_sitediff.cli.main import make_parser
from tox_sitediff.errors import EXIT_STATUS
from tox_sitediff.tox_plugin import session, subcommand

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from tox.config.cli.parser import ToxParser
    from tox.config.sets import EnvConfigSet

    from tox_sitediff.cli.commands import Command

ROOT: Final = Path(__file__).parents[3]
PAGES: Final = ROOT / "docs" / "reference"
SCHEMA: Final = Path(tox_sitediff.__file__).with_name("sitediff.schema.json")
_COMMON: Final = ("--directory", "--quiet", "--help")
_FIRST: Final = "<!-- from the code: {}; python tests/documentation/write.py -->\n"
_LAST: Final = "<!-- end -->\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table in Markdown; a bar in a cell does not end it."""
    lines = [list(head), ["---"] * len(list(head)), *map(list, rows)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def code(text: str) -> str:
    """Write something as code."""
    return f"`{text}`"


class _Keys:
    """Stands in for the configuration of an environment: notes what is registered."""

    def __init__(self) -> None:
        self.found: list[tuple[list[str], object, object, str]] = []

    def __contains__(self, key: str) -> bool:
        return False

    def add_config(self, *, keys: list[str], of_type: object, default: object, desc: str) -> None:
        """Note a key."""
        self.found.append((keys, of_type, default, desc))


def _registered(*, packaging: bool) -> list[tuple[list[str], object, object, str]]:
    noted = _Keys()
    session.add_keys(cast("EnvConfigSet", noted), packaging=packaging)
    return noted.found


def _type(of_type: object) -> str:
    if get_origin(of_type) is Literal:
        *first, last = map(code, map(str, get_args(of_type)))
        return f"{', '.join(first)} or {last}"
    return {bool: "bool", str: "string", list[str]: "list"}[of_type]  # type: ignore[index]


def _value(value: object) -> str:
    return "empty" if value == [] else code(str(value).lower() if isinstance(value, bool) else str(value))


def keys() -> str:
    """The keys of an environment, as they are registered with tox."""
    rows = []
    for plain, build in zip(_registered(packaging=False), _registered(packaging=True), strict=True):
        (key,), of_type, default, desc = plain
        shown = _value(default) + (f"; {_value(build[2])} for packaging environments" if build[2] != default else "")
        rows.append((code(key), f"{_type(of_type)}: {shown}", desc))
    return table(("key", "type: default", "meaning"), rows)


def _options(actions: Iterable[argparse.Action], *, but: Container[str] = _COMMON) -> Iterator[tuple[str, str]]:
    for action in actions:
        if not action.option_strings or action.option_strings[-1] in but:
            continue
        value = "|".join(map(str, action.choices)) if action.choices else action.metavar
        is_switch = action.nargs == 0
        *short, long = action.option_strings
        yield ", ".join(map(code, [*short, long if is_switch else f"{long} {value}"])), action.help or ""


def _command(command: Command, parser: argparse.ArgumentParser) -> str:
    usage = re.sub(r"\s+", " ", parser.format_usage().removeprefix("usage: ")).strip()
    usage = re.sub(r"\[-h\] .*\[-q\]", "[OPTIONS]", usage).replace(" [-h]", "")
    description = re.sub(r"(?<!\n)\n(?!\n)", " ", command.description)
    description = re.sub(
        r"`[^`]*`|(?<![\w-])(--?[a-z][\w-]*)", lambda found: code(found[1]) if found[1] else found[0], description
    )
    parts = [f"## sitediff {command.name}\n", f"```text\n{usage}\n```\n", f"{description}\n"]
    rows = list(_options(parser._actions))
    if rows:
        parts.append(table(("option", "meaning"), rows))
    examples = "\n".join(f"$ {line}" for line in command.examples)
    return "\n".join([*parts, f"```console\n{examples}\n```\n"])


def commands() -> str:
    """The commands of ``sitediff``, as their parsers have them."""
    parser = make_parser()
    (chosen,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    parsers = cast("Mapping[str, argparse.ArgumentParser]", chosen.choices)
    overview = table(
        ("command", "what it does"),
        ((f"[{code(name)}](#sitediff-{name})", command.summary) for name, command in COMMANDS.items()),
    )
    common = [action for action in parsers["inventory"]._actions if action.option_strings[-1] in _COMMON]
    shown = table(("option", "meaning"), _options(common, but=()))
    each = "\n".join(_command(command, parsers[name]) for name, command in COMMANDS.items())
    return f"{overview}\nAll of them take these options.\n\n{shown}\n{each}"


class _Tox(argparse.ArgumentParser):
    """Stands in for tox's parser: takes the command, and has no flags of tox's own."""

    handlers: Mapping[str, object] = {}

    def add_command(self, name: str, _aliases: object, _text: str, _handler: object) -> argparse.ArgumentParser:
        """Take the command for the whole of this parser."""
        self.prog = f"tox {name}"
        return self


def tox_command() -> str:
    """``tox sitediff``: its actions and forms."""
    parser = _Tox(add_help=False)
    subcommand.register(cast("ToxParser", parser))
    (action,) = [action for action in parser._actions if not action.option_strings]
    rows = []
    for line in (parser.description or "").strip().splitlines():
        name, _, meaning = line.partition(": ")
        if name in (action.choices or ()):
            rows.append(
                (code(f"tox sitediff {name}"), meaning.rstrip("."), ", ".join(map(code, subcommand._FORMATS[name])))
            )
    return table(("command", "what it shows", "`--format`"), rows)


def _kind(found: Mapping[str, object], schema: Mapping[str, object]) -> str:
    if "$ref" in found:
        name = str(found["$ref"]).rpartition("/")[2]
        definitions = cast("Mapping[str, Mapping[str, object]]", schema["$defs"])
        return _kind(definitions[name], schema)
    if "const" in found:
        return code(json.dumps(found["const"]))
    if "enum" in found:
        return ", ".join(code(str(value)) for value in cast("list[object]", found["enum"]))
    if found.get("type") == "array":
        return f"list of {_plural(_kind(cast('Mapping[str, object]', found['items']), schema))}"
    kind = found.get("type", "object")
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)


def _plural(kind: str) -> str:
    return kind if kind.startswith("`") else f"{kind}s"


def _meaning(found: Mapping[str, object], schema: Mapping[str, object]) -> str:
    if "description" not in found and "$ref" in found:
        name = str(found["$ref"]).rpartition("/")[2]
        found = cast("Mapping[str, Mapping[str, object]]", schema["$defs"])[name]
    return str(found.get("description", ""))


def record() -> str:
    """The record, as its JSON Schema describes it: the object, and those in it."""
    schema = cast("Mapping[str, object]", json.loads(SCHEMA.read_text("utf-8")))
    properties = cast("Mapping[str, Mapping[str, object]]", schema["properties"])
    required = cast("list[str]", schema["required"])

    def rows(within: Mapping[str, Mapping[str, object]], needed: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        for name, found in within.items():
            optional = "" if name in needed else " (may be missing)"
            yield code(name), _kind(found, schema) + optional, _meaning(found, schema)

    parts = [table(("key", "type", "what it holds"), rows(properties, required))]
    for name, found in properties.items():
        inner = cast("Mapping[str, object]", found.get("items", found))
        if "properties" in inner:
            what = "Each entry of" if "items" in found else "The object"
            members = cast("Mapping[str, Mapping[str, object]]", inner["properties"])
            needed = cast("list[str]", inner.get("required", []))
            parts.append(f"### {name}\n\n{what} `{name}` has these keys.\n")
            parts.append(table(("key", "type", "what it holds"), rows(members, needed)))
    return "\n".join(parts)


def statuses() -> str:
    """What exit statuses say."""
    return table(("exit status", "meaning"), ((str(number), meaning) for number, meaning in EXIT_STATUS.items()))


def nox_keywords() -> str:
    """The keywords of the decorator for nox, from its signature and its docstring."""
    module = importlib.import_module("tox_sitediff.nox")
    decorator = cast("Callable[[], object]", module.session)
    text = inspect.getdoc(decorator) or ""
    arguments = text[text.index("Args:") : text.index("Returns:")]
    found = {
        match[1]: re.sub(r"\s+", " ", match[2]).strip().rstrip(".").replace("``", "`")
        for match in re.finditer(r"^ {4}(\w+): ((?:.+\n?(?: {8}.+\n?)*))", arguments, re.MULTILINE)
    }
    rows = []
    for name, parameter in inspect.signature(decorator).parameters.items():
        if name.startswith("sitediff"):
            default = parameter.default
            shown = "empty" if default == () else code(f'"{default}"' if isinstance(default, str) else str(default))
            rows.append((code(name), shown, found[name]))
    return table(("keyword", "default", "meaning"), rows)


PARTS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "configuration": {"keys": keys},
    "commands": {"tox sitediff": tox_command, "commands": commands},
    "record": {"schema": record},
    "exit-status": {"exit statuses": statuses},
    "nox": {"keywords": nox_keywords},
}
"""What of which page the code says."""


def page(name: str) -> Path:
    """Where a page of the reference lies."""
    return PAGES / f"{name}.md"


def renewed(name: str) -> str:
    """A page of the reference, with what the code says now.

    Args:
        name: The page.

    Raises:
        ValueError: When the page lacks the place for a part.
    """
    text = page(name).read_text(encoding="utf-8")
    for title, write in PARTS[name].items():
        first = _FIRST.format(title)
        head, found, rest = text.partition(first)
        if not found or _LAST not in rest:
            raise ValueError(f"{name}.md has no place for {title}: {first.strip()} and {_LAST.strip()}")
        text = f"{head}{first}\n{write()}\n{_LAST}{rest.partition(_LAST)[2]}"
    return text
