"""What an operator may write for a repository of pages, and what is said of a slip."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from digest import paths
from digest.config import load
from digest.config.sample import blocks
from digest.delivery.wikis.git_settings import Settings, place_of
from digest.errors import ConfigError

GITHUB = "https://github.com/example/incidents.wiki.git"


def settings(**over: Any) -> Settings:
    return Settings.model_validate({"url": GITHUB} | over)


@pytest.mark.parametrize(
    ("url", "kind", "host"),
    [
        (GITHUB, "https", "github.com"),
        ("http://127.0.0.1:8080/x.git", "http", "127.0.0.1"),
        ("http://[::1]:8080/x.git", "http", "::1"),
        ("ssh://git@git.example.org:2222/x.git", "ssh", "git.example.org"),
        ("git@github.com:example/x.wiki.git", "ssh", "github.com"),
        ("/srv/git/x.git", "file", ""),
        ("../wiki.git", "file", ""),
        ("~/wiki.git", "file", ""),
    ],
)
def test_these_are_addresses_of_repositories(url: str, kind: str, host: str) -> None:
    place = place_of(url)
    assert (place.kind, place.host) == (kind, host)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://bot:canary@git.example.org/x.git", "write them as `username` and `token`"),
        ("https://canary@git.example.org/x.git", "write them as `username` and `token`"),
        ("ssh://git:canary@git.example.org/x.git", "write them as `username` and `token`"),
        ("http://git.example.org/x.git", "in clear; write https"),
        ("https://git.example.org/x.git?token=canary", "without"),
        ("https://git.example.org/x.git#canary", "without"),
        ("https://git.example.org", "expected https://host/path"),
        ("https://git.example.org:canary/x.git", "expected https://host/path"),
        ("git://git.example.org/x.git", "expected https://host/path"),
        ("file:///srv/x.git", "expected https://host/path"),
        ("ext::sh -c canary", "expected the address"),
        ("ext::canary", "expected https://host/path"),
        ("host:path/x.git", "expected https"),
        ("--upload-pack=canary", "expected the address"),
        ("-canary", "expected the address"),
        ("", "expected the address"),
        ("https://git.example.org/x.git\ncanary", "expected the address"),
    ],
)
def test_these_are_refused_and_not_repeated(url: str, words: str) -> None:
    with pytest.raises(ValidationError, match="url") as caught:
        settings(url=url)
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"page": "Incident-digest"}, "expected {month} in it"),
        ({"page": "{month}-{month}"}, "expected {month} in it"),
        ({"page": "Digest-{month}-{year}"}, "expected the name of a page"),
        ({"page": "Incident digest {month}"}, "a dash for a space"),
        ({"page": "docs/{month}"}, "`folder` for folders"),
        ({"page": "../{month}"}, "expected the name of a page"),
        ({"page": ".{month}"}, "expected the name of a page"),
        ({"page": "{month}.md"}, "without .md"),
        ({"page": "{month}\n"}, "expected the name of a page"),
        ({"index": "a/b"}, "expected the name of a page"),
        ({"index": "Incident-digest-2026-10"}, "another name than the pages"),
        ({"index": "incident-digest-1999-01"}, "another name than the pages"),
        ({"folder": "../x"}, "expected a folder"),
        ({"folder": "/etc"}, "expected a folder"),
        ({"folder": "a//b"}, "expected a folder"),
        ({"folder": "a/.git"}, "expected a folder"),
        ({"folder": ".GIT"}, "expected a folder"),
        ({"folder": "git~1"}, "expected a folder"),
        ({"folder": "a\\b"}, "expected a folder"),
        ({"branch": "-x"}, "name of a branch"),
        ({"branch": "a..b"}, "name of a branch"),
        ({"branch": "a b"}, "name of a branch"),
        ({"branch": "x.lock"}, "name of a branch"),
        ({"page_url": "https://wiki.example.org/"}, "with {page} in it"),
        ({"page_url": "https://wiki.example.org/{page}/{month}"}, "with {page} in it"),
        ({"page_url": "javascript:alert({page})"}, "with {page} in it"),
        ({"page_url": "https://canary:x@wiki.example.org/{page}"}, "with {page} in it"),
        ({"author": "Learning Digest"}, "keys and values|valid dictionary"),
        ({"author": "Learning Digest <nobody>"}, "one plain e-mail address"),
        ({"author": {"name": "a\nb", "address": "a@example.org"}}, "on one line"),
        ({"token": "two words"}, "plain characters"),
        ({"token": "x\ny"}, "plain characters"),
        ({"username": "a:b"}, "without spaces and colons"),
        ({"url": "git@github.com:example/x.wiki.git", "token": "x"}, "it is for https addresses"),
        ({"url": "/srv/x.git", "token": "x"}, "it is for https addresses"),
        ({"timeout_s": 0}, "greater than 0"),
        ({"links": "wiki"}, "'page' or 'file'"),
        ({"brunch": "main"}, "Extra inputs"),
    ],
)
def test_a_slip_is_told(over: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**over)


def test_a_slip_is_named_by_key_and_line_without_its_secret(tmp_path: Path) -> None:
    file = tmp_path / "digest.yaml"
    file.write_text(
        "organisation: Example\ntrackers: [{kind: folder, path: x}]\nchannels:\n  - kind: git\n"
        "    url: https://bot:canary@git.example.org/x.git\n"
    )
    with pytest.raises(ConfigError, match=r"digest.yaml:5 channels\[0\].url: an address is shown") as caught:
        load(file).channels[0].parse(Settings)
    assert "canary" not in str(caught.value)


def test_a_token_shows_nowhere() -> None:
    made = settings(token="canary")
    assert "canary" not in f"{made!r} {made} {made.model_dump()}"


@pytest.mark.parametrize(
    ("over", "address"),
    [
        ({}, "https://github.com/example/incidents/wiki/A-%282%29"),
        ({"folder": "docs"}, "https://github.com/example/incidents/wiki/A-%282%29"),
        ({"url": "git@github.com:example/x.wiki.git"}, "https://github.com/example/x/wiki/A-%282%29"),
        ({"url": "https://gitlab.com/g/s/x.wiki.git"}, "https://gitlab.com/g/s/x/-/wikis/A-%282%29"),
        (
            {"url": "https://gitlab.example.org:8443/g/x.wiki.git", "folder": "docs/it"},
            "https://gitlab.example.org:8443/g/x/-/wikis/docs/it/A-%282%29",
        ),
        ({"url": "https://gitea.example.org/o/x.wiki.git"}, "https://gitea.example.org/o/x/wiki/A-%282%29"),
        ({"url": "https://codeberg.org/o/x.wiki.git"}, "https://codeberg.org/o/x/wiki/A-%282%29"),
        ({"url": "ssh://git@gitlab.example.org:22/g/x.wiki.git"}, None),
        ({"url": "https://git.example.org/o/x.wiki.git"}, None),
        ({"url": "https://github.com/o/site.git"}, None),
        ({"url": "/srv/github.com/x.wiki.git"}, None),
        (
            {"url": "/srv/x.git", "page_url": "https://wiki.example.org/i/{page}/"},
            "https://wiki.example.org/i/A-%282%29/",
        ),
    ],
)
def test_where_a_page_is_read_is_said_only_where_it_is_certain(
    over: dict[str, Any], address: str | None
) -> None:
    assert settings(**over).address("A-(2)") == address


def test_the_sample_names_every_setting_and_is_right_once_uncommented() -> None:
    text = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    (block,) = [one for one in blocks(text) if one.kind == "git"]
    lines = text.splitlines()[block.entry : block.end]
    found = filter(None, (re.fullmatch(r"[ #-]*(\w+): (.+?)(?: +# .*)?", line) for line in lines))
    entry = {one[1]: yaml.safe_load(one[2]) for one in found}
    assert set(entry) == {"name", "kind", *Settings.model_fields}
    values = {key: value for key, value in entry.items() if key not in {"name", "kind"}}
    made = Settings.model_validate(values | {"token": "x"})
    defaults = Settings(url=GITHUB)
    for key in ("username", "page", "index", "links", "timeout_s"):
        assert getattr(made, key) == getattr(defaults, key)
