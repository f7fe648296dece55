"""What a front end asks for, translated for the engine."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.core.advice import Ways
from tox_sitediff.core.declared import added
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.state import State
from tox_sitediff.core.target import Target
from tox_sitediff.engine.request import make_request
from tox_sitediff.interpreter.metadata import read
from tox_sitediff.tox_plugin.unlogged import hide_secrets
from tox_sitediff.uv.arguments import parse_arguments
from tox_sitediff.uv.hidden import in_file
from tox_sitediff.uv.settings.choose import from_pip
from tox_sitediff.uv.settings.pip import PipSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tox_sitediff.core.request import Request

NOWHERE = Path("/nowhere")
SECRET = "s3cret"
PASSWORDS = st.sampled_from([SECRET, f"{SECRET}@", f"a@{SECRET}", f"%40{SECRET}", f"{SECRET}:{SECRET}", f"-{SECRET}/x"])
PLACES = st.builds(
    lambda scheme, user, password, rest: f"{scheme}://{user}:{password}@host.example{rest}",
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["me", "", "git", "__token__"]),
    PASSWORDS,
    st.sampled_from(["/a-1.0.zip", "/simple/", "/a-1.0-py3-none-any.whl#sha256=0", ":8080/x"]),
)
ARGUMENTS = st.one_of(
    st.just(["name>=1"]),
    PLACES.map(lambda url: [f"demo @ {url}"]),
    PLACES.map(lambda url: [f"demo[x] @ git+{url}@main ; os_name == 'posix'"]),
    PLACES.map(lambda url: [url]),
    st.builds(
        lambda option, url: [option, url],
        st.sampled_from(["-i", "-f", "-e", "-r", "-c", "--index", "--default-index", "--extra-index-url"]),
        PLACES,
    ),
    st.builds(
        lambda option, url: [f"{option}={url}"],
        st.sampled_from(["--index-url", "--find-links", "--requirement", "--constraints", "--editable", "--index"]),
        PLACES,
    ),
)
NAMES = ["INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "PROXY", "CONSTRAINT", "BUILD_CONSTRAINT", "REQUIREMENT", "CERT"]


def requested(
    arguments: Sequence[str],
    variables: Mapping[str, str],
    settings: PipSettings,
    *,
    command: Sequence[str] = ("uv", "pip", "install"),
    project: Path = NOWHERE,
) -> Request:
    return make_request(
        arguments,
        build=lambda words: [*command, *words],
        target=Target(name="a", directory=NOWHERE, python=NOWHERE / "bin" / "python", project=project),
        variables=variables,
        settings=settings,
        ways=Ways(),
    )


UV = ("uv", "pip", "install")


def request(
    tmp_path: Path, *arguments: str, settings: PipSettings, program: tuple[str, ...] = UV, **variables: str
) -> Request:
    return make_request(
        arguments,
        build=lambda words: [*program, *words],
        target=Target(name="e", directory=tmp_path / "e", python=tmp_path / "python", project=tmp_path),
        variables=variables,
        settings=settings,
        ways=Ways(),
    )


@pytest.mark.parametrize("upgrades", [True, False])
def test_pips_upgrade_is_of_what_is_asked_for_by_name(tmp_path: Path, upgrades: bool) -> None:
    """And nothing else: not of what stands in constraints, comes from a URL, or has no name."""
    (tmp_path / "r.txt").write_text("B_b>=1\n./directory\n-c c.txt\n", "utf-8")
    (tmp_path / "c.txt").write_text("c<2\n", "utf-8")
    arguments = ("a", "-r", "r.txt", "d @ https://host.example/d-1.0-py3-none-any.whl")
    made = request(tmp_path, *arguments, settings=PipSettings(constrains=True, upgrades=upgrades))
    more = ["--upgrade-package=a", "--upgrade-package=b-b"] if upgrades else []
    python = ["--python", str(tmp_path / "python")]
    assert made.build(["x"]) == [*UV, *more, *python, "x"]
    assert not made.neutral
    pip = request(tmp_path, *arguments, settings=PipSettings(upgrades=upgrades), program=("pip", "install"))
    assert pip.build(["x"]) == ["pip", "install", "x"]


def test_options_that_lead_to_other_settings_count_where_these_are_read(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "uv.toml").write_text('override-dependencies = ["a==1"]\n', "utf-8")
    for arguments in (("--project", "other"), ("--config-file", "other/uv.toml")):
        made = request(tmp_path, *arguments, "a", settings=PipSettings())
        assert {*made.ignored} == {"a"}
        assert not made.neutral
    made = request(tmp_path, "a", settings=PipSettings(), UV_PROJECT="other")
    assert {*made.ignored} == {"a"}
    made = request(tmp_path, "a", "--no-config", settings=PipSettings(), UV_PROJECT="other")
    assert not made.ignored
    assert not made.neutral
    assert request(tmp_path, "a", settings=PipSettings()).neutral


@pytest.mark.parametrize(
    "variable",
    ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", None],
)
def test_uv_trusts_whom_pip_would_trust(variable: str | None) -> None:
    """Whom the system trusts, unless a user has set something."""
    given = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "HOME": "/nowhere"}
    given |= {variable: "/nowhere/bundle.pem"} if variable else {"PIP_INDEX_URL": "https://host.example/simple"}
    request = requested(["a"], given, from_pip(given, prefix=NOWHERE, project=NOWHERE))
    assert ("UV_SYSTEM_CERTS" in request.settings) == (variable in {None, "UV_SYSTEM_CERTS"})


def test_an_installer_that_is_not_uv_gets_what_it_was_given_and_no_more() -> None:
    """The user's own command is the user's own; what is pip's configuration, pip reads itself."""
    settings = PipSettings(arguments=("--no-index", "--constraints=https://me:s3cret@host/c.txt"))
    words = ["-i", "https://me:s3cret@host/simple", "a"]
    request = requested(words, {}, settings, command=["python", "-m", "pip", "install"])
    assert request.build(words) == ["python", "-m", "pip", "install", *words]
    assert (request.arguments, list(request.declared)) == (tuple(words), words)


@pytest.mark.parametrize(("line", "expected"), [("-i https://host/simple", None), ("--pre", "https://main/simple")])
def test_a_file_that_names_the_main_index_counts_more_than_pips_configuration(
    tmp_path: Path, line: str, expected: str | None
) -> None:
    """As in pip; to uv, a variable would count more than the file."""
    (tmp_path / "r.txt").write_text(f"{line}\na\n", "utf-8")
    settings = PipSettings(variables={"UV_INDEX_URL": "https://main/simple"})
    request = requested(["-r", "r.txt"], {"UV_NO_CONFIG": "1"}, settings, project=tmp_path)
    assert request.settings.get("UV_INDEX_URL") == expected


def test_what_is_not_among_the_variables_stays_among_the_arguments() -> None:
    """Words that nobody asked for when the request was made: better seen than lost."""
    request = requested(["a"], {"UV_NO_CONFIG": "1"}, PipSettings())
    words = ["-i", "https://me:s3cret@host/simple"]
    assert request.build(words)[-2:] == words


@given(
    arguments=st.lists(ARGUMENTS, max_size=4).map(lambda lists: [word for words in lists for word in words]),
    settings=st.dictionaries(st.sampled_from(NAMES), PLACES),
    variables=st.dictionaries(
        st.sampled_from(["UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "HTTPS_PROXY"]), PLACES
    ),
)
def test_no_password_gets_into_arguments_notes_or_logs(
    arguments: list[str], settings: dict[str, str], variables: dict[str, str]
) -> None:
    """Wherever it was written down: what others can see of a command, and all that is kept or told, is without it."""
    given = {f"PIP_{name}": value for name, value in settings.items()} | variables
    given |= {"PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1", "HOME": "/nowhere"}
    found = from_pip(given, prefix=NOWHERE, project=NOWHERE)
    request = requested(arguments, given, found)
    with in_file(request.arguments) as without:
        command = request.build(without)
    logged = dict(request.settings)
    hide_secrets(logged)
    asked = parse_arguments(request.declared, directory=NOWHERE, environment=given)
    state = State(created="", declared=added((), asked, Inventory([], read)))
    told = [*command, *found.warnings, *(f"{name}={value}" for name, value in logged.items()), repr(asked)]
    assert SECRET not in "\n".join([*told, json.dumps(asdict(state))])
    # and yet uv gets all of it
    if {"-i", "-f", "--index"} & {*arguments}:
        assert SECRET in "".join(map(str.__str__, request.settings.values()))
