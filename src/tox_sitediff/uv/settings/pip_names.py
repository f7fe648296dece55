"""What the translation of pip's configuration looks up: which settings say the same, and which have no counterpart.

The names of pip are those of its documentation, page "pip install"; the names of uv those of its documentation, pages
"Environment variables" and "Settings".
"""

from __future__ import annotations

from ...values import frozen

ALIASES = {
    "default-timeout": "timeout",
    "no-dependencies": "no-deps",
    "no-user": "user",  # pip stores the value of either as it is: `no-user = true` is a user installation
    "only-dependencies": "only-deps",
    "pypi-url": "index-url",
}

FLAG_SPELLINGS = {"--upgrade": {"-U"}, "--reinstall": {"--force-reinstall"}}


@frozen
class Family:
    """Everything in uv that says something on one subject; what the user set of it stands.

    Attributes:
        variables: Names of variables, not only uv's own.
        keys: Keys of uv's configuration files, those of the ``pip`` table as ``pip.KEY``.
    """

    variables: frozenset[str]
    keys: frozenset[str]


def _family(variables: str, keys: str) -> Family:
    names = keys.split()
    return Family(
        variables=frozenset(variables.split()),
        keys=frozenset((*names, *(f"pip.{name}" for name in names))),
    )


BINARY = _family(
    "UV_NO_BINARY UV_NO_BINARY_PACKAGE UV_NO_BUILD UV_NO_BUILD_PACKAGE",
    "no-binary no-binary-package no-build no-build-package only-binary",
)
BUILD_ISOLATION = _family("UV_NO_BUILD_ISOLATION", "no-build-isolation no-build-isolation-package")
CERTIFICATE = _family("UV_SYSTEM_CERTS UV_NATIVE_TLS", "system-certs native-tls")
CLIENT_CERTIFICATE = _family("SSL_CLIENT_CERT", "")
CONFIG_SETTINGS = _family("", "config-settings")
EXCLUDE_NEWER = _family("UV_EXCLUDE_NEWER", "exclude-newer")
HASHES = _family("UV_REQUIRE_HASHES", "require-hashes")
INSECURE_HOST = _family("UV_INSECURE_HOST", "allow-insecure-host")
KEYRING = _family("UV_KEYRING_PROVIDER", "keyring-provider")
MAIN_INDEX = _family("UV_DEFAULT_INDEX UV_INDEX_URL", "default-index index-url")
MORE_INDEXES = _family("UV_INDEX UV_EXTRA_INDEX_URL", "index extra-index-url")
NO_DEPS = _family("", "no-deps")
PRERELEASE = _family("UV_PRERELEASE", "prerelease")
PROXIES = {"HTTP_PROXY": _family("", "http-proxy"), "HTTPS_PROXY": _family("", "https-proxy")}
REINSTALL = _family("", "reinstall reinstall-package")
RETRIES = _family("UV_HTTP_RETRIES", "")
STRATEGY = _family("UV_INDEX_STRATEGY", "index-strategy")
TIMEOUT = _family("UV_HTTP_TIMEOUT UV_REQUEST_TIMEOUT HTTP_TIMEOUT", "")
UPGRADE = _family("", "upgrade upgrade-package")

NO_EQUIVALENT = {
    "editable": "add it to the environment's deps",
    "global-option": "uv has no equivalent",
    "group": "use the environment's dependency_groups",
    "ignore-requires-python": "uv always respects Requires-Python",
    "implementation": "uv installs for the environment's own interpreter",
    "abi": "uv installs for the environment's own interpreter",
    "platform": "uv installs for the environment's own interpreter",
    "python-version": "uv installs for the environment's own interpreter",
    "python": "uv installs into the environment",
    "prefix": "uv installs into the environment",
    "root": "uv installs into the environment",
    "target": "uv installs into the environment",
    "prefer-binary": "uv has no equivalent; only-binary may do",
    "report": "uv has no equivalent",
    "requirement": "add it to the environment's deps as -r FILE",
    "requirements-from-script": "add it to the environment's deps",
    "src": "uv keeps checkouts in its cache",
}
NO_EQUIVALENT_FLAGS = {
    "dry-run": "uv installs all the same",
    "only-deps": "uv has no equivalent",
    "user": "uv installs into the environment",
}
SAME_FEATURES = frozenset({"fast-deps", "build-constraint", "inprocess-build-deps", "no-binary-enable-wheel-cache"})
