"""One try that failed: why, in words for a person, and whether another is worth it."""

import re
import unicodedata
from datetime import datetime
from http import HTTPStatus

from digest.errors import Reason, RemoteError
from digest.http.answer import Answer
from digest.http.credentials import Mask
from digest.http.waits import spoken, told_s

ONCE = 1  # another try gives the same
A_FEW = 6  # what stays broken is not mended by waiting
PATIENTLY = 1_000_000  # the patience decides

_EXCERPT_MOST = 200
_QUERY = re.compile(r"(\bhttps?://[^\s?#]*)[?#]\S*", re.IGNORECASE)
_CODE_WORD = re.compile(rb"[a-z][a-z0-9_]{1,60}\s*")
_NEVER_DONE = {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED}
_PASSING = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


class Failure(Exception):  # noqa: N818 - inside this package only; callers see RemoteError
    """A try that failed.

    `tries` is how many it is worth in all, `told_s` the wait that the service asked for. `sent` is False
    where the request surely never reached it. `tried` and `spent_s` tell how many tries it was, in what time.
    """

    def __init__(self, reason: Reason, detail: str, tries: int, told_s: float | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.tries = tries
        self.told_s = told_s
        self.sent = True
        self.tried = 1
        self.spent_s = 0.0

    @property
    def effort(self) -> str:
        """In words, how hard it was tried; empty where once."""
        return f" (tried {self.tried} times in {spoken(self.spent_s)})" if self.tried > 1 else ""


def refused(answer: Answer, now: datetime, mask: Mask, *, writing: bool) -> Failure:
    """Return what the status of an answer, 400 or above, means.

    `now` is ours; the service's own clock goes before it. `writing`: it may have been done all the same.
    """
    status = answer.status
    message = _message(answer)
    told = told_s(answer.headers, answer.date or now)
    reason, words, tries = _meaning(status, limited=_is_limit(answer, message))
    if told is not None and tries > ONCE:
        tries = PATIENTLY
    if reason is Reason.RATE_LIMITED and told is not None:
        words += f"; it asks to wait {spoken(told)}"
    if writing and reason is Reason.UNAVAILABLE and status not in _NEVER_DONE:
        reason, words = Reason.NO_ANSWER, f"{words}; it may have been done"
    said = _excerpt(message, mask)
    return Failure(reason, f"{status}: {words}" + (f"; it says: {said}" if said else ""), tries, told)


def _is_limit(answer: Answer, message: str) -> bool:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if answer.status != HTTPStatus.FORBIDDEN:
        return False
    spent = answer.headers.get("X-RateLimit-Remaining", "").strip() == "0"
    return spent or "Retry-After" in answer.headers or "rate limit" in message.lower()


def _meaning(status: int, *, limited: bool) -> tuple[Reason, str, int]:
    if limited:
        return Reason.RATE_LIMITED, "too many requests", PATIENTLY
    if status in _PASSING:
        return Reason.UNAVAILABLE, "the service is not available", PATIENTLY
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        tries = ONCE if status in _NEVER_DONE else A_FEW
        return Reason.UNAVAILABLE, "the service failed", tries
    reason, words = _REFUSALS.get(status, (Reason.REJECTED, "the request was refused"))
    return reason, words, A_FEW if reason.passing else ONCE


_REFUSALS = {
    401: (Reason.AUTH, "the token was refused; has it expired?"),
    403: (Reason.AUTH, "the token may not do this; check what it is allowed"),
    404: (Reason.NOT_FOUND, "not there, or not visible to this token"),
    407: (Reason.AUTH, "a proxy on the way wants a log-in of its own"),
    408: (Reason.UNAVAILABLE, "the request took too long to arrive"),
    410: (Reason.NOT_FOUND, "gone, or switched off there"),
}


def _message(answer: Answer) -> str:
    """Return the service's own words about a failure: its field `message`, or a single code word."""
    if _CODE_WORD.fullmatch(answer.body):
        return answer.body.decode()
    try:
        body = answer.json()
    except RemoteError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""


def _excerpt(message: str, mask: Mask) -> str:
    # Cleaned before masked, masked before cut: otherwise half a secret could stay.
    shown = "".join(" " if one.isspace() else one for one in message if _is_shown(one))
    shown = mask(_QUERY.sub(r"\1", mask(" ".join(shown.split()))))
    return shown if len(shown) <= _EXCERPT_MOST else shown[: _EXCERPT_MOST - 1].rstrip() + "…"


def _is_shown(char: str) -> bool:
    return char.isspace() or not unicodedata.category(char).startswith("C")
