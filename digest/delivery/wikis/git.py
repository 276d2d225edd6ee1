"""The channel `git`: a page an edition in a git repository, as GitHub, GitLab and Gitea wikis are.

Every delivery starts from the newest state of the branch, changes our part of the edition's page and of
the index, and pushes that as one commit, on top. Never forced: who was faster is not overwritten.
"""

import contextlib
import math
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.delivery.base import PAGES, ChannelDown, Context, Handover, TargetRefused
from digest.delivery.message import clean_header
from digest.delivery.wikis.git_command import Git, address, program
from digest.delivery.wikis.git_pages import INDEX, Shelf, index_name, name, page_name
from digest.delivery.wikis.git_repository import Entry, Repository
from digest.delivery.wikis.git_settings import Settings
from digest.delivery.wikis.marked import PartRefused, page_key, written
from digest.errors import ConfigError, Reason
from digest.model import Receipt, Rendering
from digest.period import Month

_TRIES = 3
_PROBE_S = 15.0  # for each of its two steps: somebody watches, and what is left behind leaves git running
_SHORT = 10
_WORDS_MOST = 500
_AUDIENCE = re.compile(r"[a-z0-9-]{1,40}")
_MARK = "incident-digest:"


@dataclass(slots=True)
class _Draft:
    """What is to be pushed, and what is said of it."""

    page: str  # the name of the page as it stands in the repository
    changes: dict[Entry, str] = field(default_factory=dict)
    note: str = ""  # why the index was left as it is


class GitChannel:
    """A repository whose Markdown files are pages."""

    order = PAGES
    repeatable = True

    def __init__(self, name: str, settings: Settings, context: Context, git: Path | None = None) -> None:
        """Check all that can be checked without the repository; `git` is the program, else the one of PATH.

        Raises:
            ConfigError: the authority's certificate is not there.
        """
        self.name = name
        self._settings = settings
        self._context = context
        self._program = git
        if settings.ca_file is not None:
            path = context.base / settings.ca_file.expanduser()
            if not path.is_file():
                raise ConfigError(f"channel {name}: ca_file", f"there is no file {path}")

    @property
    def publishes(self) -> bool:
        """Whether it is known where a page is read, so that others can link there."""
        return self._settings.address("page") is not None

    def targets(self) -> Sequence[str]:
        """Return the repository's address; a folder's absolute."""
        return (address(self._settings, self._context.base),)

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:  # noqa: ARG002 -- there is one
        """Put the edition's page and the index in place; see `Channel.send`.

        The receipt's reference is the commit, with a word where the index had to be left as it is. Where
        nothing has changed, nothing is pushed, and the reference is the newest commit.

        Raises:
            TargetRefused: a person has edited our part of the page, or has a page of this name.
        """
        Month.parse(rendering.month)
        if not _AUDIENCE.fullmatch(rendering.audience):
            message = f"{rendering.audience!r} is no name of an audience"
            raise ValueError(message)
        intended = False
        with self._opened() as repository:
            for _ in range(_TRIES):
                tip = repository.fetch()
                draft = self._draft(_shelf(repository, tip, self._settings.folder), rendering)
                made = self._commit(repository, tip, draft, rendering.month)
                if not intended:
                    handover.commit()
                    intended = True
                if made is None or repository.push(made):
                    return self._receipt(made or tip, draft)
        detail = f"others wrote to the repository each of the {_TRIES} times that the page was put in place"
        raise TargetRefused(self.name, Reason.UNAVAILABLE, detail)

    def probe(self) -> str:
        """Ask for the branch, and whether we may write; see `Probing`."""
        with self._opened(_PROBE_S) as repository:
            branch, tip = repository.branch()
            repository.may_push()
        state = "" if tip else ", still empty"
        read_at = self._settings.address(page_name(self._settings, "2026-10", "all"))
        where = (
            f"pages such as {read_at}" if read_at else "set `page_url`, so that mails can link to the page"
        )
        return f"branch {branch}{state}, may be written to; {where}"

    def close(self) -> None:
        """Nothing is held open."""

    @contextlib.contextmanager
    def _opened(self, patience_s: float = math.inf) -> Iterator[Repository]:
        """Give an empty copy of the repository, in a folder that only we can read, and that goes again."""
        patience_s = min(self._settings.timeout_s, patience_s)
        settings = self._settings.model_copy(update={"timeout_s": patience_s})
        found = self._program or program()
        if found is None:
            raise ChannelDown(
                self.name, Reason.REJECTED, "pages are written with git, which is not installed; install git"
            )
        try:
            folder = tempfile.TemporaryDirectory(prefix="digest-wiki-", ignore_cleanup_errors=True)
        except OSError as error:
            detail = f"no temporary folder can be made: {error.strerror}"
            raise ChannelDown(self.name, Reason.REJECTED, detail) from error
        with folder as name:
            git = Git(self.name, settings, Path(name), self._context.base, found)
            yield Repository(git, self._settings.branch)

    def _draft(self, shelf: Shelf, rendering: Rendering) -> _Draft:
        """Return what is to be changed; the index only where nobody has edited it."""
        settings, audience = self._settings, rendering.audience
        key = page_key(rendering.month, audience)
        entry, page = self._page(
            shelf, page_name(settings, rendering.month, audience), key, rendering.markdown
        )
        draft = _Draft(name(entry.path))
        if page != shelf.marked.get(entry.path):
            draft.changes[entry] = page
        index = index_name(settings, audience)
        if index is not None:
            try:
                self._index(shelf.with_page(entry, page), index, audience, draft)
            except PartRefused as error:
                draft.note = _left(f"the index {settings.path(index)}", error)
                self._context.tell(f"{self.name}: {draft.note}")
        return draft

    def _page(self, shelf: Shelf, named: str, key: str, markdown: str) -> tuple[Entry, str]:
        path = self._settings.path(named)
        try:
            entry = shelf.place(path, key)
            path = entry.path
            return entry, written(shelf.text(entry), key, markdown)
        except PartRefused as error:
            raise TargetRefused(self.name, Reason.REJECTED, _left(f"the page {path}", error)) from None

    def _index(self, shelf: Shelf, named: str, audience: str, draft: _Draft) -> None:
        key = page_key(INDEX, audience)
        entry = shelf.place(self._settings.path(named), key)
        page = written(shelf.text(entry), key, shelf.listed(self._settings, audience))
        if page != shelf.marked.get(entry.path):
            draft.changes[entry] = page

    def _commit(self, repository: Repository, tip: str | None, draft: _Draft, month: str) -> str | None:
        """Return a new commit; None where nothing has changed."""
        if not draft.changes:
            return None
        message = f"Incident digest for {month}\n\nWritten by Learning Digest.\n"
        return repository.commit(tip, draft.changes, message, self._context.clock())

    def _receipt(self, commit: str | None, draft: _Draft) -> Receipt:
        reference = "; ".join(filter(None, ((commit or "")[:_SHORT], draft.note)))
        return Receipt(reference, self._settings.address(draft.page))


def _left(what: str, why: PartRefused) -> str:
    # Names of files are anybody's words.
    return clean_header(f"{what} was left as it is: {why}", _WORDS_MOST)


def _shelf(repository: Repository, tip: str | None, folder: str) -> Shelf:
    if tip is None:
        return Shelf({}, {})
    entries = repository.entries(tip, folder)
    holding = [entries[path] for path in repository.holding(tip, _MARK, folder) if path in entries]
    pages = [entry for entry in holding if entry.is_page and entry.path.endswith(".md")]
    return Shelf(entries, repository.read(pages))
