"""Errors, named by who can put them right; each words itself in one line.

Raised where a whole run cannot go on. Where one incident or one target cannot, the
failure travels as a value instead: `digest.model.Problem`.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What follows from a reason: the only two questions that decide what happens next."""

    passing: bool  # may it work later, with nothing changed?
    in_doubt: bool  # may it have been done all the same?


class Reason(Enum):
    """Why a remote part did not do what it was asked."""

    AUTH = "auth"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    NO_ANSWER = "no_answer"
    MALFORMED = "malformed"

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later, with nothing changed."""
        return _VERDICTS[self].passing

    @property
    def in_doubt(self) -> bool:
        """Whether the request may have been carried out all the same."""
        return _VERDICTS[self].in_doubt


# The one table. A garbled answer to a write leaves as much doubt as none at all.
_VERDICTS = {
    Reason.AUTH: _Verdict(passing=False, in_doubt=False),
    Reason.NOT_FOUND: _Verdict(passing=False, in_doubt=False),
    Reason.REJECTED: _Verdict(passing=False, in_doubt=False),
    Reason.RATE_LIMITED: _Verdict(passing=True, in_doubt=False),
    Reason.UNAVAILABLE: _Verdict(passing=True, in_doubt=False),
    Reason.NO_ANSWER: _Verdict(passing=True, in_doubt=True),
    Reason.MALFORMED: _Verdict(passing=False, in_doubt=True),
}


class DigestError(Exception):
    """A person is told, in one line; anything else is a bug and keeps its traceback."""


class ConfigError(DigestError):
    """The operator can put it right, in a file that they wrote.

    `key` names the place: `config/digest.yaml:14 trackers[1].token`.
    """

    def __init__(self, key: str, expected: str) -> None:
        super().__init__(f"{key}: {expected}")
        self.key = key
        self.expected = expected


class RemoteError(DigestError):
    """Time can put it right, or the owner of the service named."""

    def __init__(self, service: str, reason: Reason, detail: str) -> None:
        super().__init__(f"{service}: {detail}")
        self.service = service
        self.reason = reason
        self.detail = detail


class TemplateError(DigestError):
    """Whoever edits templates can put it right; it names the file and, where known, the line."""

    def __init__(self, template: str, detail: str, line: int | None = None) -> None:
        place = template if line is None else f"{template}:{line}"
        super().__init__(f"template {place}: {detail}")
        self.template = template
        self.line = line


class LedgerError(DigestError):
    """Whoever keeps the machine can put it right: locked, full, damaged, or newer than this program."""
