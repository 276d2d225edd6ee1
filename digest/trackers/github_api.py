"""The requests to GitHub, and no others: a repository, its labelled issues, one issue, its comments.

Lists and never the search, which ends at 1,000 results and lags behind. Source:
https://docs.github.com/en/rest/issues/issues?apiVersion=2022-11-28
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

from digest.errors import Reason, RemoteError
from digest.http import Answer, Client, Limits
from digest.trackers.github_fields import Place

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_PER_PAGE = 100  # the most that the API gives
# So many of the largest, each character six bytes as JSON, are less than a client takes in one answer.
_COMMENTS_PER_PAGE = 50
_COMMENT_PAGES = 20
_AT_LEAST_S = 15.0  # for an answer to begin, or go on
_LAST = re.compile(r'<([^<>]*)>\s*;\s*rel="last"')
_NEEDS = "the token needs Issues: read on this repository"
_VISIBILITIES = frozenset({"public", "internal", "private"})


@dataclass(frozen=True, slots=True)
class Api:
    """GitHub's issues that carry certain labels."""

    service: str
    client: Client
    labels: tuple[str, ...]

    def answer(self, repository: str) -> Answer:
        """Ask for a repository: the cheapest request that says whether the token can use it.

        Raises:
            RemoteError: in words that say what to do.
        """
        try:
            return self.client.get(f"/repos/{repository}")
        except RemoteError as error:
            if error.reason is Reason.NOT_FOUND:
                detail = f"there is no repository {repository}, or the token cannot see it; {_NEEDS}"
                raise RemoteError(self.service, error.reason, detail) from None
            raise RemoteError(self.service, error.reason, f"{repository}: {error.detail}") from None

    def place(self, repository: str, prefix: str = "") -> Place:
        """Ask who may see a repository; where that is not said in so many words, it is private.

        Raises:
            RemoteError: it cannot be asked, or its issues are switched off.
        """
        return self.place_of(repository, self.answer(repository), prefix)

    def place_of(self, repository: str, answer: Answer, prefix: str = "") -> Place:
        """Read what `answer()` returned; raises as `place` does."""
        told = answer.json()
        if not isinstance(told, Mapping):
            self._malformed(repository)
        if told.get("has_issues") is False:
            detail = f"{repository}: its issues are switched off, or moved elsewhere; is this the repository?"
            raise RemoteError(self.service, Reason.NOT_FOUND, detail)
        owner = told.get("owner")
        person = owner.get("login") if isinstance(owner, Mapping) and owner.get("type") == "User" else ""
        return Place(
            name=repository,
            prefix=prefix,
            visibility=_visibility(told),
            person=str(person or ""),
            address=str(told.get("url") or ""),
        )

    def issues(self, repository: str, since: datetime) -> list[object]:
        """Return what is labelled and was changed after `since`, oldest first, each number once.

        Pull requests, which GitHub lists among the issues, are left out; what is no issue at all is kept,
        so that it is told.

        Raises:
            RemoteError: it cannot be read to its end.
        """
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"since": moment, "direction": "asc"}
        for _ in range(2):
            expected, pages = 0, list[list[object]]()
            for answer in self._pages(repository, params):
                expected = expected or _last_page(answer)
                pages.append(self._items(repository, answer))
            if len(pages) >= expected:
                return list(_once_each(item for page in pages for item in page))
        detail = f"{repository}: {len(pages)} of {expected} pages came, twice"
        raise RemoteError(self.service, Reason.UNAVAILABLE, detail)

    def newest_first(self, repository: str) -> Iterator[list[object]]:
        """Yield all that is labelled, a page at a time; whoever has enough stops. Raises as `issues` does."""
        for answer in self._pages(repository, {"direction": "desc"}):
            yield [item for item in self._items(repository, answer) if not _is_pull_request(item)]

    def sample(self, repository: str) -> tuple[list[object], bool]:
        """Return the newest labelled issues, at most a page of them, and whether there are more."""
        for answer in self._pages(repository, {"direction": "desc"}):
            items = self._items(repository, answer)
            return [item for item in items if not _is_pull_request(item)], bool(answer.next_links())
        return [], False

    def issue(self, place: Place, number: int) -> Mapping[str, object] | None:
        """Return one issue; None where it was deleted, or is no longer in this repository.

        Raises:
            RemoteError: for any other reason.
        """
        try:
            told = self.client.get(f"/repos/{place.name}/issues/{number}").json()
        except RemoteError as error:
            if error.reason is Reason.NOT_FOUND:
                return None
            raise self._named(place.of(number), error) from None
        if not isinstance(told, Mapping):
            self._malformed(place.of(number))
        # A transferred issue answers from its new repository.
        is_here = told.get("repository_url") == place.address or not place.address
        is_it = isinstance(told.get("number"), int) and told["number"] == number
        return told if is_here and is_it and not _is_pull_request(told) else None

    def comments(self, repository: str, number: int, count: int) -> tuple[object, ...]:
        """Return the newest comments on an issue, 1,000 or fewer, oldest first; raises as `issues` does.

        `count` is how many the issue says it has: anybody may write more of them than one wants to read.
        """
        path = f"/repos/{repository}/issues/{number}/comments"
        where = f"{repository}#{number}"
        first = max(1, -(-count // _COMMENTS_PER_PAGE) - _COMMENT_PAGES + 1)
        params = {"per_page": str(_COMMENTS_PER_PAGE), **({"page": str(first)} if first > 1 else {})}
        answers = self._named_pages(where, self.client.pages(path, params))
        return tuple(item for answer in answers for item in self._items(where, answer))

    def _pages(self, repository: str, params: Mapping[str, str]) -> Iterator[Answer]:
        fixed = {"state": "all", "sort": "created", "per_page": str(_PER_PAGE)}
        query = {**fixed, "labels": ",".join(self.labels), **params}
        return self._named_pages(repository, self.client.pages(f"/repos/{repository}/issues", query))

    def _named_pages(self, where: str, answers: Iterator[Answer]) -> Iterator[Answer]:
        try:
            yield from answers
        except RemoteError as error:
            raise self._named(where, error) from None

    def _items(self, where: str, answer: Answer) -> list[object]:
        told = answer.json()
        if not isinstance(told, list):
            self._malformed(where)
        return told

    def _named(self, where: str, error: RemoteError) -> RemoteError:
        # The repository itself could be read, so this is about its issues.
        advice = f"; {_NEEDS}" if error.reason in {Reason.AUTH, Reason.NOT_FOUND} else ""
        return RemoteError(error.service, error.reason, f"{where}: {error.detail}{advice}")

    def _malformed(self, where: str) -> NoReturn:
        detail = f"{where}: it answered with something else than what was asked for; is `url` the API's?"
        raise RemoteError(self.service, Reason.MALFORMED, detail)


def limits_for(patience_s: float) -> Limits:
    """Return how long one answer may take: shorter where somebody watches, who has little patience."""
    usual = Limits()
    read_s = min(usual.read_s, max(_AT_LEAST_S, patience_s))
    return replace(usual, read_s=read_s, total_s=min(usual.total_s, 2 * max(_AT_LEAST_S, patience_s)))


def _visibility(told: Mapping[object, object]) -> str:
    """Return who may see a repository; private where that is not said, or said in two ways."""
    is_open = told.get("private") is False
    visibility = told.get("visibility") or ("public" if is_open else "private")
    if not isinstance(visibility, str) or visibility not in _VISIBILITIES:
        return "private"
    return visibility if is_open or visibility != "public" else "private"


def _is_pull_request(item: object) -> bool:
    return isinstance(item, Mapping) and item.get("pull_request") is not None


def _once_each(items: Iterator[object]) -> Iterator[object]:
    """Yield the issues; of two with one number, which a page that moved gives twice, the first."""
    seen: set[int] = set()
    for item in items:
        number = item.get("number") if isinstance(item, Mapping) else None
        known = {number} if isinstance(number, int) else set[int]()
        if not _is_pull_request(item) and not known & seen:
            yield item
            seen |= known


def _last_page(answer: Answer) -> int:
    """Return how many pages GitHub says there are; 0 where it does not say, as with cursors."""
    found = _LAST.search(answer.headers.get("Link", ""))
    pages = parse_qs(urlsplit(found[1]).query).get("page", []) if found else []
    return int(pages[0]) if pages and pages[0].isdigit() and len(pages[0]) < 6 else 0  # noqa: PLR2004  a sane number
