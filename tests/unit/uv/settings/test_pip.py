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


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"])
def test_uv_variables_win(machine: Machine, name: str) -> None:
    """One variable of uv on indexes, and pip's indexes stay away; other subjects are not touched by it."""
    variables = {"PIP_INDEX_URL": MAIN, "PIP_NO_INDEX": "1", "PIP_TIMEOUT": "7"}
    assert machine.settings({**variables, name: EXTRA}).variables == {"UV_HTTP_TIMEOUT": "7"}
    assert machine.settings({**variables, name: ""}).arguments == ("--no-index",)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("project/uv.toml", 'index-url = "x"'),
        ("project/uv.toml", '[pip]\nindex-url = "x"'),
        ("project/uv.toml", 'index = [{ url = "x" }]'),
        ("project/pyproject.toml", '[tool.uv]\nno-index = false\n[project]\nname = "x"'),
        ("project/pyproject.toml", '[[tool.uv.index]]\nurl = "x"'),
        ("pyproject.toml", '[[tool.uv.index]]\nurl = "x"'),
        ("home/.config/uv/uv.toml", 'extra-index-url = ["x"]'),
        ("etc/uv/uv.toml", 'index-url = "x"'),
        ("etc/xdg/uv/uv.toml", 'index-url = "x"'),
    ],
)
def test_uv_configuration_wins(machine: Machine, path: str, text: str) -> None:
    """A key in any file of uv keeps pip's setting of the same subject away, unless uv is told to read no files."""
    machine.write(path, text)
    assert not machine.settings({"PIP_INDEX_URL": MAIN}).variables
    assert machine.settings({"PIP_INDEX_URL": MAIN, "UV_NO_CONFIG": "1"}).variables == {"UV_INDEX_URL": MAIN}


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
