"""A client of one service: it reads pages, posts, waits, and words its failures."""

import json as encoder
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from requests.structures import CaseInsensitiveDict

from digest import __version__
from digest.errors import ConfigError, Reason, RemoteError
from digest.http.address import origin, read_base, resolve
from digest.http.answer import Answer
from digest.http.credentials import check_authorities, check_headers, masker, secrets_in
from digest.http.failure import A_FEW, ONCE, Failure, refused
from digest.http.pace import Limits, Pace
from digest.http.retry import Worth, persist, reading, writing
from digest.http.wire import Wire

_REDIRECTS = {301, 302, 303, 307, 308}
_SEE_OTHER = 303
_NO_CONTENT = 204
_PARTIAL = 206


@dataclass(frozen=True, slots=True)
class _Got:
    """An answer, and the address that it came from in the end."""

    answer: Answer
    url: str


class Client:
    """A client of one service. Not for two threads at once; connects when asked, after `close` too.

    `headers` hold the credentials; they go to the origin of `base` and nowhere else. They, and
    `secrets`, are masked in all that is said. A `ca_file` takes the place of the public authorities.

    Every failure of a method is a `RemoteError`. Its reason follows from the status: 401 and 403 AUTH,
    404 and 410 NOT_FOUND, 429 (and GitHub's 403 for it) RATE_LIMITED, 5xx UNAVAILABLE, others REJECTED.
    UNAVAILABLE too where no connection was made, NO_ANSWER where no whole answer came, MALFORMED where
    it cannot be read or leads nowhere that we go. The detail begins with the status, where there is one
    (`403: …`), and has the service's own words, where there are any, after `; it says: `.

    Raises:
        ConfigError: `base`, a header or `ca_file` cannot be used.
    """

    def __init__(  # noqa: PLR0913 - two that every service has, the rest by name
        self,
        service: str,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        ca_file: Path | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._service = service
        self._limits = limits or Limits()
        self._pace = pace or Pace()
        given = dict(headers or {})
        try:
            self._base = read_base(base)
            check_headers(given)
            check_authorities(ca_file)
        except ValueError as error:
            raise ConfigError(service, str(error)) from None
        self._mask = masker([*secrets, *secrets_in(given)])
        sent = CaseInsensitiveDict(
            {"User-Agent": f"learning-digest/{__version__}", "Accept": "application/json"}
        )
        sent.update(given)
        sent["Accept-Encoding"] = "gzip"
        self._wants_json = "json" in sent["Accept"]
        self._wire = Wire(service, sent, ca_file, self._limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return the answer, one of 2xx, of the service at `path` below its base.

        Tried again, as long as the patience lasts: 429, 502, 503, 504, no connection, no answer in time;
        a few times: other 5xx, an answer that is garbled, and where `headers` accept JSON, any that is none.

        Raises:
            RemoteError: for the reasons that the class gives, once trying again is over.
        """
        return self._get(self._at(path, params)).answer

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Yield the answer at `path`, then each that a link to the next page leads to, as `get` does.

        Links are followed as they are, within the origin.

        Raises:
            RemoteError: as `get`; and MALFORMED, after the pages before it were yielded, where a page comes
                twice, lies elsewhere, or is one more than the limit allows.
        """
        url = self._at(path, params)
        seen: set[str] = set()
        while len(seen) < self._limits.pages_most:
            seen.add(url)
            got = self._get(url)
            yield got.answer
            following = self._next(got)
            if following is None:
                return
            if following in seen:
                raise self._error(Reason.MALFORMED, "its pages run in a circle; not all of them were read")
            url = following
        raise self._error(
            Reason.MALFORMED, f"it has more than {self._limits.pages_most} pages; not all were read"
        )

    def post(self, path: str, json: object) -> Answer:
        """Send `json` to `path`; return the answer, one of 2xx.

        Tried again only where it was surely not done: 429, or no connection was made. Where it may have
        been done, the reason is in doubt: NO_ANSWER, for 5xx too.

        Raises:
            RemoteError: for the reasons that the class gives.
            ValueError, TypeError: `json` is none.
        """
        url = self._at(path, None)
        content = encoder.dumps(json, allow_nan=False).encode()
        return self._tried(lambda: self._post_once(url, content), writing).answer

    def close(self) -> None:
        """Close the connection; may be called more than once."""
        self._wire.close()

    def _at(self, path: str, params: Mapping[str, str] | None) -> str:
        url = self._base.at(path)
        if not params:
            return url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"

    def _get(self, url: str) -> _Got:
        return self._tried(lambda: self._get_once(url), reading)

    def _get_once(self, url: str) -> _Got:
        answer = self._wire.send("GET", url)
        if answer.status in _REDIRECTS:
            url = self._moved(url, answer)
            answer = self._wire.send("GET", url)
            if answer.status in _REDIRECTS:
                raise Failure(Reason.REJECTED, f"{answer.status}: it redirects a second time", ONCE)
        self._check(answer, writing=False)
        if self._wants_json and answer.status != _NO_CONTENT:
            _check_json(answer)
        return _Got(answer, url)

    def _post_once(self, url: str, content: bytes) -> _Got:
        answer = self._wire.send("POST", url, content)
        if answer.status in _REDIRECTS:
            place = self._place(resolve(url, answer.headers.get("Location", "")))
            # "See other" follows what was done; the others ask to do it elsewhere.
            reason = Reason.MALFORMED if answer.status == _SEE_OTHER else Reason.REJECTED
            raise Failure(reason, f"{answer.status}: it redirects to {place}, where nothing is posted", ONCE)
        self._check(answer, writing=True)
        return _Got(answer, url)

    def _check(self, answer: Answer, *, writing: bool) -> None:
        if 200 <= answer.status <= 299 and answer.status != _PARTIAL:  # noqa: PLR2004 - success, RFC 9110 15.3
            return
        if answer.status < 400:  # noqa: PLR2004 - neither success nor an error
            raise Failure(Reason.MALFORMED, f"{answer.status}: an answer that nobody asked for", ONCE)
        raise refused(answer, self._pace.now(), self._mask, writing=writing)

    def _moved(self, url: str, answer: Answer) -> str:
        """Return where a redirect leads, if we go there: the same origin."""
        target = resolve(url, answer.headers.get("Location", ""))
        if not self._base.holds(target):
            detail = f"{answer.status}: it redirects to {self._place(target)}, where credentials do not go"
            raise Failure(Reason.REJECTED, f"{detail}; is the address in the config right?", ONCE)
        query = urlsplit(url).query
        # Without its filters, a list would be another list, and nobody would notice.
        return target if urlsplit(target).query or not query else f"{target}?{query}"

    def _place(self, target: str) -> str:
        """Return the host of another origin in words, and what else is other about it."""
        where = origin(target)
        if where is None:
            return "no address that we know"
        scheme, host, port = where
        if host != self._base.host:
            return host
        return f"{scheme}:// on port {port} of {host}"

    def _next(self, got: _Got) -> str | None:
        links = got.answer.next_links()
        if not links:
            return None
        following = resolve(got.url, links[0])
        if len(links) > 1:
            raise self._error(Reason.MALFORMED, "it names two next pages; not all were read")
        if not self._base.holds(following):
            place = self._place(following)
            detail = f"its next page is at {place}, where credentials do not go; not all were read"
            raise self._error(Reason.MALFORMED, detail)
        return following

    def _error(self, reason: Reason, detail: str) -> RemoteError:
        return RemoteError(self._service, reason, self._mask(detail))

    def _tried(self, step: Callable[[], _Got], worth: Worth) -> _Got:
        try:
            return persist(step, worth, self._pace, self._tell)
        except Failure as error:
            # Its traceback would keep the connection, and the answer, alive.
            failure = error.with_traceback(None)
        # Outside the handler, so that no exception of requests, with an address in it, hangs on to this one.
        raise self._error(failure.reason, failure.detail + failure.effort)

    def _tell(self, line: str) -> None:
        self._pace.tell(self._mask(f"{self._service}: {line}"))


def _check_json(answer: Answer) -> None:
    """Read an answer once, so that a page that arrived garbled is fetched again."""
    try:
        answer.json()
    except RemoteError as error:
        detail = error.detail
    else:
        return
    raise Failure(Reason.MALFORMED, detail, A_FEW)
