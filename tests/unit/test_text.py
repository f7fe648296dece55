"""Text that people get to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.text import anonymous, counted, in_markdown, lines, printable, redacted, size

# --- patience and printing


@given(
    text=st.text(st.characters() | st.sampled_from("\x1b\n\r\0\x9b\u202e\ud800"), max_size=30), limit=st.integers(1, 20)
)
def test_what_is_shown_is_printable_and_bounded_and_leaves_plain_text_alone(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit + 3
    if text.isprintable() and len(text) <= limit and "://" not in text:
        assert shown == text


def test_one_is_no_plural() -> None:
    assert [counted(count, "view") for count in (0, 1, 2)] == ["0 views", "1 view", "2 views"]


@given(text=st.text(st.characters() | st.sampled_from("\x1b\n\r\0\x9b\u202e"), max_size=400))
def test_without_a_limit_all_is_shown(text: str) -> None:
    """As on the standard output, which may be an artefact; the line ends stay."""
    shown = lines(text, None)
    assert shown.replace("\n", "").isprintable()
    assert shown.count("\n") == text.count("\n")
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("py312", "`py312`"),
        ("", "` `"),
        ("![x](https://h.example/p.png) @all <img src=x>", "`![x](https://h.example/p.png) @all <img src=x>`"),
        ("a|b\\|c", r"`a\x7cb\\x7cc`"),
        ("``a`", r"`\x60\x60a\x60`"),
        ("a\nb\x1b", r"`a\nb\x1b`"),
    ],
)
def test_nothing_is_active_in_markdown(text: str, shown: str) -> None:
    """All of it is a code span, which nothing in it can end, nor the cell of the table that it stands in."""
    assert in_markdown(text) == shown


# --- secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:s3cret@host/simple", "https://me:****@host/simple"),
        ("https://t0ken@host/simple", "https://****@host/simple"),
        ("https://t0ken:@host/simple", "https://****:@host/simple"),
        ("https://t0ken:x-oauth-basic@host/x.git", "https://****:x-oauth-basic@host/x.git"),
        ("demo[x] @ git+https://me:s3cret@host/x.git@v1 ; os_name == 'nt'", None),
        ("http:/me:s3cret@host/ and HTTPS:\\\\me:s3cret@host", None),
        ("--find-links=https://me:s3cret@a/x,https://you:0ther@b,https://c", None),
        ("https://me:s3@cret@host/x@1", "https://me:****@host/x@1"),
        ("https://me:s3/cr?e#t@host/x", "https://me:****@host/x"),
        ("https://me:12/s3cret@", "https://me:12/s3cret@"),  # no URL, and no port behind which a path would begin
        # what is no secret
        ("git+https://git@host/x.git@v1", "git+https://git@host/x.git@v1"),
        ("git+ssh://deploy@host/x.git", "git+ssh://deploy@host/x.git"),
        ("https://${USER}:${TOKEN}@host/", "https://${USER}:${TOKEN}@host/"),
        ("https://${TOKEN}@host/ https://${TOKEN}:@host/", "https://${TOKEN}@host/ https://${TOKEN}:@host/"),
        ("https://host:8080/@scope/x@1 http://[::1]:80/a@b", "https://host:8080/@scope/x@1 http://[::1]:80/a@b"),
        ("file:///home/me/demo@1.0/x C:/me:x@y me@host", "file:///home/me/demo@1.0/x C:/me:x@y me@host"),
        ("https://:@host/ https://@host/", "https://:@host/ https://@host/"),
    ],
)
def test_what_a_user_part_holds_is_hidden_unless_everybody_may_know_it(text: str, shown: str | None) -> None:
    found = redacted(text)
    assert found == shown if shown is not None else "****" in found
    assert not {"s3cret", "0ther", "t0ken"} & set(found.replace("@", " ").replace(":", " ").split()) or shown == text
    assert redacted(found) == found
    assert printable(text) == found.replace("\\", "\\")


WORDS = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=8)
SECRETS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20).map(
    lambda text: f"-{text}%-"
)
USERS = st.text(st.characters(categories=["L", "N"]), max_size=8) | st.sampled_from(["git", "__token__", "oauth2"])


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS", "git+https", "ftp", "socks5h", "ssh", "x"]),
    user=USERS,
    secret=SECRETS,
    before=st.sampled_from(["", " ", "demo @ ", "--index-url=", "-i", "(", '"', ","]),
    behind=st.sampled_from(["", "/", "/simple/", ":8080/x", "/x.git@v1#egg=x", "?a=b", " x", '"']),
    more=WORDS,
)
def test_no_password_is_shown_whatever_it_is_made_of(
    scheme: str, user: str, secret: str, before: str, behind: str, more: str
) -> None:
    """Encoded or not, and whatever stands around the URL; the host stays, for people to know which one it is."""
    text = f"{more} {before}{scheme}://{user}:{secret}@host.example{behind} {more}"
    for shown in (redacted(text), printable(text), printable(f"{text}\n{text}", 10_000)):
        assert secret not in shown
        # where a password that is not encoded ends, nobody can tell if another @ follows
        assert "host.example" in shown or ("@" in behind and not {*"\\/?#"}.isdisjoint(secret))
    assert redacted(redacted(text)) == redacted(text)


def test_a_secret_is_hidden_also_where_the_text_is_cut_within_it() -> None:
    assert "s3cret" not in printable(f"{'x' * 290} https://me:{'s3cret' * 100}@host/")


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://me:s3cret@host/x@1", "https://host/x@1"),
        ("https://me:****@host/x", "https://host/x"),
        ("git+https://t0ken@host/x.git@v1", "git+https://host/x.git@v1"),
        ("https://t0ken:@host/x", "https://host/x"),
        ("https://t0ken:x-oauth-basic@host/x", "https://host/x"),
        ("git+ssh://git@host/x", "git+ssh://git@host/x"),
        ("https://host/x", "https://host/x"),
    ],
)
def test_a_place_is_the_same_whoever_may_fetch_from_it(url: str, left: str) -> None:
    assert anonymous(url) == left


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "?"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1049, "1.0 kB"),
        (1051, "1.1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (999_999, "1.0 MB"),
        (312_400_000, "312.4 MB"),
        (999_949_999, "999.9 MB"),
        (999_950_000, "1.0 GB"),
        (10**12, "1.0 TB"),
        (10**15, "1.0 PB"),
        (10**19, "10000.0 PB"),
    ],
)
def test_sizes_at_the_borders_of_units(count: int | None, text: str) -> None:
    assert size(count) == text
