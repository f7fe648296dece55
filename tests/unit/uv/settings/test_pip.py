"""pip's configuration, as uv gets to see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.machine import EXTRA, MAIN, VALUES, Machine, make_machine
from tox_sitediff.uv.settings.pip import PipSettings, uv_settings_from_pip


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(tmp_path, monkeypatch)


# Where pip's settings come from.


def test_nothing_set_is_nothing_to_add(machine: Machine) -> None:
    """Without a configuration of pip, uv gets nothing, and may be left asleep."""
    assert machine.settings() == PipSettings()


# Whose word counts.


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_variables_that_name_the_main_index_win(machine: Machine, name: str) -> None:
    """Such a variable of uv, and pip's indexes stay away, which is said; other subjects are not touched by it."""
    variables = {"PIP_INDEX_URL": MAIN, "PIP_EXTRA_INDEX_URL": EXTRA, "PIP_TIMEOUT": "7"}
    found = machine.settings({**variables, name: EXTRA})
    assert found.variables == {"UV_HTTP_TIMEOUT": "7"}
    assert found.warnings == (
        f"pip's setting index-url (PIP_INDEX_URL) gives way to uv's: {name}",
        f"pip's setting extra-index-url (PIP_EXTRA_INDEX_URL) gives way to uv's: {name}",
    )
    found = machine.settings({**variables, "PIP_NO_INDEX": "1", name: EXTRA})
    assert (found.variables, found.arguments) == ({"UV_HTTP_TIMEOUT": "7"}, ())
    assert found.warnings == (f"pip's setting no-index (PIP_NO_INDEX) gives way to uv's: {name}",)
    assert machine.settings({**variables, "PIP_NO_INDEX": "1", name: ""}).arguments == ("--no-index",)


@pytest.mark.parametrize("name", ["UV_INDEX", "UV_EXTRA_INDEX_URL"])
def test_variables_that_add_an_index_leave_the_main_one_alone(machine: Machine, name: str) -> None:
    """pip's main index stays the main one; without any, there is none, and least of all the public one."""
    found = machine.settings({"PIP_INDEX_URL": MAIN, "PIP_EXTRA_INDEX_URL": EXTRA, name: EXTRA})
    assert found.variables == {"UV_INDEX_URL": MAIN}
    assert found.warnings == (f"pip's setting extra-index-url (PIP_EXTRA_INDEX_URL) gives way to uv's: {name}",)
    found = machine.settings({"PIP_INDEX_URL": MAIN, "PIP_NO_INDEX": "1", name: EXTRA})
    assert found.variables == {"UV_DEFAULT_INDEX": (machine.prefix / "no-index").as_uri()}
    assert found.arguments == ()
    assert found.warnings == (
        f"pip's setting no-index (PIP_NO_INDEX) gives way to uv's: {name}; no other index is asked",
    )


MAIN_OF_UV = [
    ("project/uv.toml", 'index-url = "x"'),
    ("project/uv.toml", '[pip]\nindex-url = "x"'),
    ("project/uv.toml", 'index = [{ url = "x", default = true }]'),
    ("project/uv.toml", "index = 1"),
    ("project/pyproject.toml", '[[tool.uv.index]]\nurl = "x"\ndefault = true'),
    ("pyproject.toml", '[[tool.uv.index]]\nurl = "x"\ndefault = true'),
    ("home/.config/uv/uv.toml", '[[index]]\nurl = "x"\ndefault = true'),
    ("etc/uv/uv.toml", 'index-url = "x"'),
    ("etc/xdg/uv/uv.toml", 'index-url = "x"'),
]


@pytest.mark.parametrize(("path", "text"), MAIN_OF_UV)
def test_the_main_index_of_a_file_of_uv_wins(machine: Machine, path: str, text: str) -> None:
    """A main index in any file of uv keeps pip's away, which is said, unless uv is told to read no files."""
    file = machine.write(path, text)
    found = machine.settings({"PIP_INDEX_URL": MAIN})
    assert not found.variables
    assert len(found.warnings) == 1
    assert found.warnings[0].endswith(f"in {file}")
    found = machine.settings({"PIP_INDEX_URL": MAIN, "UV_NO_CONFIG": "1"})
    assert (found.variables, found.warnings) == ({"UV_INDEX_URL": MAIN}, ())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("project/uv.toml", 'index = [{ url = "x" }]'),
        ("project/uv.toml", "no-index = true"),
        ("project/pyproject.toml", '[tool.uv]\nno-index = false\n[project]\nname = "x"'),
        ("project/pyproject.toml", '[[tool.uv.index]]\nurl = "x"'),
        ("home/.config/uv/uv.toml", 'extra-index-url = ["x"]'),
    ],
)
def test_what_adds_an_index_or_takes_all_away_leaves_the_main_one_alone(machine: Machine, path: str, text: str) -> None:
    """Attack: one more index in a checkout sent all private names to the public one."""
    machine.write(path, text)
    assert machine.settings({"PIP_INDEX_URL": MAIN}).variables == {"UV_INDEX_URL": MAIN}


@pytest.mark.parametrize(("path", "text"), [*MAIN_OF_UV, ("project/pyproject.toml", '[[tool.uv.index]]\nurl = "x"')])
def test_no_file_of_a_project_lifts_no_index(machine: Machine, path: str, text: str) -> None:
    """Attack: pip.conf keeps this machine from every index, and a checkout names one."""
    file = machine.write(path, text)
    found = machine.settings({"PIP_NO_INDEX": "1"})
    assert found.arguments == (() if path.startswith(("home", "etc")) else ("--no-index",))
    assert found.warnings
    assert all(str(file) in warning for warning in found.warnings)


def test_what_adds_up_adds_up(machine: Machine) -> None:
    """Links and constraints of uv are more of the same; where an argument hides a variable, both are in it."""
    file = machine.write("project/uv.toml", 'find-links = ["x"]\nconstraint-dependencies = ["a<1"]')
    links = machine.write("project/links/page.html", "").parent
    given = {"PIP_FIND_LINKS": "links", "PIP_CONSTRAINT": "c.txt", "PIP_BUILD_CONSTRAINT": "d.txt"}
    found = machine.settings(given)
    assert file.exists()
    expected = (f"--find-links={links.as_uri()}", "--constraints=c.txt", "--build-constraints=d.txt")
    assert (found.arguments, found.variables) == (expected, {})
    more = {"UV_FIND_LINKS": "a,b", "UV_CONSTRAINT": "e.txt", "UV_BUILD_CONSTRAINT": "f.txt"}
    found = machine.settings({**given, **more})
    assert found.variables == {"UV_CONSTRAINT": "e.txt c.txt"}
    assert found.arguments == (
        *("--find-links=a", "--find-links=b", expected[0], "--build-constraints=f.txt", "--build-constraints=d.txt"),
    )


@pytest.mark.parametrize("name", ["project/uv.toml", "home/.config/uv/uv.toml"])
def test_no_file_of_a_project_lifts_require_hashes(machine: Machine, name: str) -> None:
    file = machine.write(name, "[pip]\nrequire-hashes = false\n")
    found = machine.settings({"PIP_REQUIRE_HASHES": "1"})
    if name.startswith("project"):
        assert (found.variables, found.warnings) == ({"UV_REQUIRE_HASHES": "true"}, ())
    else:
        assert found.variables == {}
        assert found.warnings == (
            f"pip's setting require-hashes (PIP_REQUIRE_HASHES) gives way to uv's: pip.require-hashes in {file}",
        )


def test_an_index_for_single_packages_does_not_send_the_rest_to_the_public_one(machine: Machine) -> None:
    """An `explicit` index of uv leaves pip's index-url in force."""
    machine.write("project/pyproject.toml", '[[tool.uv.index]]\nname = "t"\nurl = "x"\nexplicit = true\n')
    assert machine.settings({"PIP_INDEX_URL": MAIN}).variables == {"UV_INDEX_URL": MAIN}


def test_one_named_file_replaces_all_others(machine: Machine) -> None:
    """UV_CONFIG_FILE is read in place of the discovered files."""
    machine.write("project/uv.toml", 'index-url = "x"')
    named = machine.write("named.toml", "offline = true")
    variables = {"PIP_INDEX_URL": MAIN, "UV_CONFIG_FILE": str(named)}
    assert machine.settings(variables).variables == {"UV_INDEX_URL": MAIN}


# Connections and certificates.


def test_proxy_replaces_the_variables(machine: Machine) -> None:
    """pip ignores the proxy variables beside `proxy`, so uv must not see an exception that they make."""
    variables = machine.settings({"PIP_PROXY": "http://p:1", "no_proxy": "index.example"}).variables
    assert variables["no_proxy"] == ""
    assert {variables[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")} == {"http://p:1"}
    assert machine.settings({"PIP_NO_PROXY_ENV": "1", "HTTPS_PROXY": "http://p:1"}).variables == {"HTTPS_PROXY": ""}


def test_a_proxy_of_uv_stands_for_its_own_scheme(machine: Machine) -> None:
    """One for http, or places without one, do not send all the rest past pip's proxy."""
    file = machine.write("project/uv.toml", 'http-proxy = "http://uv:1"\nno-proxy = ["host.example"]\n')
    found = machine.settings({"PIP_PROXY": "http://p:1", "HTTP_PROXY": "http://q:1"})
    assert found.variables == {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://p:1"}
    assert found.warnings == (f"pip's setting proxy (PIP_PROXY) gives way to uv's: http-proxy in {file}",)
    assert machine.settings({"PIP_NO_PROXY_ENV": "1", "HTTPS_PROXY": "http://p:1"}).variables == {}


def test_certificates(machine: Machine) -> None:
    """cert wins over the variables of pip's HTTP library; a directory is one for uv too; ~ is the home."""
    home = str(machine.home / "ca.pem")
    assert machine.settings({"PIP_CERT": "~/ca.pem", "SSL_CERT_FILE": "/x"}).variables == {"SSL_CERT_FILE": home}
    assert machine.settings({"PIP_CERT": str(machine.home)}).variables == {"SSL_CERT_DIR": str(machine.home)}
    assert machine.settings({"REQUESTS_CA_BUNDLE": home}).variables == {"SSL_CERT_FILE": home}
    assert machine.settings({"CURL_CA_BUNDLE": home, "SSL_CERT_FILE": "/x"}).variables == {}
    assert machine.settings({"PIP_CERT": home, "UV_SYSTEM_CERTS": "1"}).variables == {}
    assert machine.settings({"PIP_USE_FEATURE": "truststore"}).variables == {"UV_SYSTEM_CERTS": "true"}


# What people are told.


@pytest.mark.parametrize(
    "setting",
    [
        *("disable-pip-version-check", "no-color", "quiet", "verbose", "no-input", "progress-bar", "log", "format"),
        *("cache-dir", "no-cache-dir", "root-user-action", "no-warn-script-location", "no-python-version-warning"),
        *("require-virtualenv", "break-system-packages", "check-build-dependencies", "config-file", "no-such-option"),
        "upgrade-strategy",
    ],
)
def test_what_changes_nothing_is_passed_over(machine: Machine, setting: str) -> None:
    """Settings of looks and caches, and those that `pip install` does not know, cause nothing at all."""
    machine.write("prefix/pip.conf", f"[global]\n{setting} = 1\nuser = false\nuse-feature = fast-deps\n")
    assert machine.settings() == PipSettings()


def test_an_upgrade_is_one_of_what_is_asked_for(machine: Machine) -> None:
    """uv's own would be of all that is reached, as pip's with the eager strategy is."""
    assert machine.settings({"PIP_UPGRADE": "1"}) == PipSettings(constrains=True, upgrades=True)
    eager = machine.settings({"PIP_UPGRADE": "1", "PIP_UPGRADE_STRATEGY": "eager"})
    assert eager == PipSettings(constrains=True, arguments=("--upgrade",))
    assert machine.settings({"PIP_UPGRADE": "0"}) == PipSettings()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("target", "x"),
        ("prefix", "x"),
        ("user", "true"),
        ("no-user", "true"),
        ("use-feature", "new"),
        ("use-deprecated", "legacy-resolver"),
        ("prefer-binary", "1"),
        ("ignore-requires-python", "1"),
        ("requirement", "x"),
        ("keyring-provider", "import"),
        ("pre", "perhaps"),
        ("timeout", "soon"),
        ("config-settings", "nonsense"),
        ("uploaded-prior-to", "yesterday"),
        ("only-final", "foo"),
    ],
)
def test_what_has_no_equivalent_is_named(machine: Machine, setting: str, value: str) -> None:
    """One line names the setting, its section and its file."""
    path = machine.write("prefix/pip.conf", f"[install]\n{setting} = {value}\n")
    settings = machine.settings()
    assert len(settings.warnings) == 1
    assert f"([install] in {path})" in settings.warnings[0]
    assert not settings.variables
    assert not settings.arguments


NAMES = sorted([*VALUES, "proxy", "find-links", "constraint", "cert", "retries", "user", "target", "use-feature"])


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).map(
            lambda text: f"https://me:hunter2@{text}"
        )
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
        | st.sampled_from(["file://[", "file:///%00", "x" * 5000, "1e999", "nan", "me:hunter2@a:b"]),
    )
)
def test_no_value_breaks_it_and_no_password_is_shown(values: dict[str, str]) -> None:
    """Whatever the settings hold, there is an answer, and a warning is one line without a credential."""
    environment = {"PIP_" + name.upper().replace("-", "_"): value for name, value in values.items()}
    environment |= {"PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1", "HOME": "/nowhere"}
    nowhere = Path("/nowhere")
    settings = uv_settings_from_pip(environment, prefix=nowhere, project=nowhere, platform="linux")
    for warning in settings.warnings:
        assert "hunter2" not in warning
        assert len(warning.splitlines()) == 1
    for value in settings.variables.values():
        assert "\0" not in value


def test_a_flag_is_not_given_twice() -> None:
    """uv refuses `--no-index --no-index`; options with a value may come again."""
    settings = PipSettings(arguments=("--no-index", "--reinstall", "--find-links=x"))
    assert settings.arguments_beside(["--no-index", "--force-reinstall", "--find-links=y"]) == ("--find-links=x",)
