"""What an operator says of a git repository that holds pages; checked before git is started."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from digest.config import Secret, Strict
from digest.delivery.message import clean_header, plain_address

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://|:)")
_SSH_SHORT = re.compile(r"(?P<user>[A-Za-z0-9._-]+)@(?P<host>[A-Za-z0-9.-]+):(?P<path>[^:]+)")
_NAME = re.compile(r"\w[\w.-]{0,79}")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}")
_AUTHOR = re.compile(r'\s*"?([^<>"\r\n]*?)"?\s*<([^<>]+)>\s*')
_WIKI = ".wiki.git"
# Where a hosted wiki's pages are read, by the host's first label; {at}: the repository without .wiki.git.
_READ_AT = {
    "github": "{at}/wiki/{page}",
    "gitlab": "{at}/-/wikis/{folder}{page}",
    "gitea": "{at}/wiki/{folder}{page}",
    "forgejo": "{at}/wiki/{folder}{page}",
    "codeberg": "{at}/wiki/{folder}{page}",
}
_PUBLIC = frozenset({"github.com", "gitlab.com", "gitea.com", "codeberg.org"})
_NAMES = "letters, figures, dots, dashes and underscores, not beginning with a dot or dash"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is."""

    kind: Literal["https", "http", "ssh", "file"]  # git's own words for how it is reached
    origin: str  # https://host:port; empty but for http and https
    host: str  # without user and port; empty for a path
    path: str


def place_of(url: str) -> Place:
    """Read the address of a repository.

    Raises:
        ValueError: nothing that we would connect to; the message says what would be right, not what was.
    """
    if not url or url.startswith("-") or clean_header(url, len(url)) != url or " " in url:
        message = "expected the address of a git repository, such as https://github.com/owner/name.wiki.git"
        raise ValueError(message)
    scheme = _SCHEME.match(url)
    if scheme is None:
        short = _SSH_SHORT.fullmatch(url)
        if short is not None:
            return Place("ssh", "", short["host"], "/" + short["path"])
        if ":" in url.split("/", maxsplit=1)[0]:
            message = "expected https://…, ssh://user@host/path, user@host:path, or a folder of this machine"
            raise ValueError(message)
        return Place("file", "", "", url)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # the port is read only to see whether it is one
    except ValueError:
        host, parts = "", urlsplit("")
    return _remote(parts, host)


def _remote(parts: SplitResult, host: str) -> Place:
    if parts.scheme not in {"https", "http", "ssh"} or not host or not parts.path.strip("/"):
        message = (
            "expected https://host/path, ssh://user@host/path, user@host:path, or a folder of this machine"
        )
        raise ValueError(message)
    if parts.password is not None or (parts.scheme != "ssh" and "@" in parts.netloc):
        message = (
            "an address is shown in logs, so no name or password may stand in it; write them as "
            "`username` and `token`"
        )
        raise ValueError(message)
    if parts.query or parts.fragment:
        message = "expected an address without ? and #"
        raise ValueError(message)
    if parts.scheme == "http" and host not in LOOPBACK:
        message = "http would send the token in clear; write https"
        raise ValueError(message)
    if parts.scheme == "ssh":
        return Place("ssh", "", host, parts.path)
    return Place(
        "https" if parts.scheme == "https" else "http", f"{parts.scheme}://{parts.netloc}", host, parts.path
    )


def _author_parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _AUTHOR.fullmatch(value)
    return {"name": match[1], "address": match[2]} if match else value


class Author(Strict):
    """Whom the history names; in the config `Learning Digest <digest@example.org>`."""

    name: str = Field(min_length=1, max_length=60)
    address: str

    @field_validator("address")
    @classmethod
    def _plain(cls, value: str) -> str:
        return plain_address(value)

    @field_validator("name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if clean_header(value) != value or set(value) & set("<>"):
            message = "expected a name on one line, without < and >"
            raise ValueError(message)
        return value


class Settings(Strict):
    """The channel `git`: a wiki, or any repository whose Markdown files are pages."""

    url: str = Field(description="the repository: https, ssh, or a folder of this machine")
    token: Secret | None = Field(default=None, description="an access token that may write; https only")
    username: str = Field(
        default="x-access-token", description="goes with the token; most servers take any name"
    )
    branch: str | None = Field(
        default=None, description="where the pages stand; by default the remote's HEAD"
    )
    folder: str = Field(default="", description="the pages' folder in the repository")
    page: str = Field(default="Incident-digest-{month}", description="an edition's page, without .md")
    index: str | None = Field(
        default="Incident-digests", description="the page with the list of editions, without .md; null: none"
    )
    links: Literal["page", "file"] = Field(
        default="page", description="how the index links: `page` as wikis do, `file` with .md as MkDocs does"
    )
    page_url: str | None = Field(
        default=None,
        description="where a page is read: https://…/{page}; known for GitHub, GitLab, Gitea wikis",
    )
    author: Annotated[Author, BeforeValidator(_author_parts)] = Author(
        name="Learning Digest", address="digest@example.invalid"
    )
    ca_file: Path | None = Field(
        default=None, description="the authority's certificate, where it is your own"
    )
    timeout_s: float = Field(default=120, gt=0, le=3600, description="seconds that one step of git may take")

    @field_validator("url")
    @classmethod
    def _sound_url(cls, value: str) -> str:
        place_of(value)
        return value

    @field_validator("username")
    @classmethod
    def _sound_username(cls, value: str) -> str:
        if not re.fullmatch(r"[!-9;-~]{1,100}", value):
            message = "expected a user name of plain characters, without spaces and colons"
            raise ValueError(message)
        return value

    @field_validator("branch")
    @classmethod
    def _sound_branch(cls, value: str | None) -> str | None:
        if value is None or (_BRANCH.fullmatch(value) and not re.search(r"\.\.|//|\.lock$|[/.]$|/\.", value)):
            return value
        message = "expected the name of a branch, such as main"
        raise ValueError(message)

    @field_validator("folder")
    @classmethod
    def _sound_folder(cls, value: str) -> str:
        if value and not all(_NAME.fullmatch(name) and not name.endswith(".") for name in value.split("/")):
            message = f"expected a folder of the repository, such as docs/incidents: {_NAMES}"
            raise ValueError(message)
        return value

    @field_validator("page")
    @classmethod
    def _sound_page(cls, value: str) -> str:
        if value.count("{month}") != 1:
            message = "expected {month} in it, once, such as Incident-digest-{month}"
            raise ValueError(message)
        _check_name(value.replace("{month}", "2026-10"))
        return value

    @field_validator("index")
    @classmethod
    def _sound_index(cls, value: str | None) -> str | None:
        if value is not None:
            _check_name(value)
        return value

    @field_validator("page_url")
    @classmethod
    def _sound_page_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        filled = value.replace("{page}", "Page")
        parts = urlsplit(filled)
        sound = parts.scheme in {"https", "http"} and parts.hostname and "@" not in parts.netloc
        if value.count("{page}") != 1 or set("{}<>\"'\\ ") & set(filled) or not sound:
            message = (
                "expected a web address with {page} in it, once, such as https://wiki.example.org/{page}"
            )
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _together(self) -> "Settings":
        secret = self.token.get_secret_value() if self.token else "x"
        if not re.fullmatch(r"[!-~]+", secret):
            message = "token: expected plain characters without spaces or line ends"
            raise ValueError(message)
        if self.token is not None and self.place.kind not in {"https", "http"}:
            message = (
                "token: it is for https addresses; with ssh and folders, your machine's own rights count"
            )
            raise ValueError(message)
        if self.index is not None and re.fullmatch(self._pattern, self.index, re.IGNORECASE):
            message = "index: expected another name than the pages have"
            raise ValueError(message)
        return self

    @property
    def place(self) -> Place:
        """Where the repository is."""
        return place_of(self.url)

    @property
    def _pattern(self) -> str:
        before, _, after = self.page.partition("{month}")
        return rf"{re.escape(before)}[0-9]{{4}}-[0-9]{{2}}{re.escape(after)}"

    def path(self, name: str) -> str:
        """Return the path of a page's file in the repository."""
        return f"{self.folder}/{name}.md" if self.folder else f"{name}.md"

    def address(self, name: str) -> str | None:
        """Return where a page is read; None where neither the config nor the host tells."""
        page = quoted(name)
        if self.page_url is not None:
            return self.page_url.replace("{page}", page)
        place = self.place
        form = _READ_AT.get(place.host.partition(".")[0].lower())
        known = place.kind == "https" or (place.kind == "ssh" and place.host in _PUBLIC)
        if form is None or not known or not place.path.endswith(_WIKI):
            return None
        at = (place.origin or f"https://{place.host}") + place.path.removesuffix(_WIKI)
        return form.format(at=at, folder=quote(f"{self.folder}/") if self.folder else "", page=page)


def quoted(name: str) -> str:
    """Return a page's name for an address, even where it is no UTF-8."""
    return quote(name, safe="", errors="surrogateescape")


def _check_name(name: str) -> None:
    if name.lower().endswith(".md"):
        message = "expected the page's name without .md, which is added"
        raise ValueError(message)
    if not _NAME.fullmatch(name) or name.endswith("."):
        message = f"expected the name of a page: {_NAMES}; a dash for a space, and `folder` for folders"
        raise ValueError(message)
