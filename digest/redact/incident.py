"""Redacts an incident: every field in which somebody may have written freely."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from digest.model import FollowUp, Incident, Review
from digest.redact.mask import put
from digest.redact.rules import Rules
from digest.redact.text import Page, known_people
from digest.redact.view import View

# One parameter with the sign before it; a route within a fragment may have parameters of its own.
_PARAMETER = re.compile(r"[?&]?(?:(?P<name>[^?&=]+)=)?[^?&]*")
# Parameters that carry a credential, whatever their value looks like.
_SECRET_PARAMETERS = (
    "token", "secret", "password", "passwd", "pwd", "signature", "sig", "key", "apikey", "api_key", "auth",
    "authorization", "credential", "code", "jwt", "session", "sessionid", "sid", "sso", "otp", "saml",
)  # fmt: skip


_ONLY_NUMBER = re.compile(r"[A-Z]{0,10}-?[0-9]{1,9}")  # 1421, INC-77: nothing to hide in it


class UnsafeKeyError(ValueError):
    """A key that holds what may not be shown; it stands in ids and the ledger, so it cannot be masked."""


def redact_incident(incident: Incident, rules: Rules) -> Incident:
    """Mask secrets, addresses, handles, customers and the incident's own people in all its fields.

    `people` is empty afterwards; `masked` holds how many masks of each kind, sorted by kind. The
    key, the tracker's name and the review's file stay as they are. Whatever cannot be read raises,
    and the caller leaves the incident out.
    """
    return _Redactor(incident, rules).incident()


class _Redactor:
    """One incident's people, and the count of its masks."""

    def __init__(self, incident: Incident, rules: Rules) -> None:
        self.raw = incident
        self.rules = rules
        spare = (*incident.services, *incident.tags, incident.team or "", incident.primary_cause or "")
        self.page = Page.of(incident.review.text, rules, spare)
        self.people = known_people(incident.people, rules) + self.page.people(rules, spare)
        self.counts: Counter[str] = Counter(dict(incident.masked))

    def incident(self) -> Incident:
        raw = self.raw
        if not _ONLY_NUMBER.fullmatch(raw.key):
            # A key taken from a file's name puts dashes for spaces.
            for form in {raw.key, raw.key.replace("-", " ").replace("_", " ")}:
                if self.line(form) != form:
                    raise UnsafeKeyError
        redacted = replace(
            raw,
            title=self.line(raw.title),
            url=self.address(raw.url),
            severity_label=self.maybe(raw.severity_label),
            services=self.lines(raw.services),
            team=self.maybe(raw.team),
            primary_cause=self.maybe(raw.primary_cause),
            trigger=self.maybe(raw.trigger),
            factors=self.lines(raw.factors),
            tags=self.lines(raw.tags),
            change=self.address(raw.change),
            follow_ups=tuple(map(self.follow_up, raw.follow_ups)),
            review=self.review(raw.review),
            people=(),
        )
        return replace(redacted, masked=tuple(sorted(self.counts.items())))

    def review(self, raw: Review) -> Review:
        text = put(raw.text, self.page.spans(self.rules, self.people), raw.origin.first_line)
        self.counts.update(dict(text.counts))
        # A review that was redacted before keeps the positions of its masks.
        origin = text.origin if text.counts else raw.origin
        return replace(raw, text=text.text, url=self.address(raw.url), origin=origin)

    def follow_up(self, raw: FollowUp) -> FollowUp:
        return replace(raw, text=self.line(raw.text), url=self.address(raw.url))

    def lines(self, raw: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self.line, raw))

    def maybe(self, raw: str | None) -> str | None:
        return None if raw is None else self.line(raw)

    def line(self, raw: str) -> str:
        redacted = put(raw, Page.of(raw, self.rules).spans(self.rules, self.people))
        self.counts.update(dict(redacted.counts))
        return redacted.text

    def address(self, raw: str | None) -> str | None:
        """Return a link without credentials; None where what is left still holds something to mask."""
        if raw is None:
            return None
        plain = redact_url(raw)
        if plain is None or Page.plain(View.of(plain)).found(self.rules, self.people):
            self.counts["link"] += 1
            return None
        self.counts["link"] += plain != raw
        self.counts = +self.counts
        return plain


def redact_url(url: str) -> str | None:
    """Return `url` without its user part and the parameters that carry a credential; None: it is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return SplitResult(
        parts.scheme,
        parts.netloc.rpartition("@")[2],
        parts.path,
        _plain_parameters(parts.query),
        _plain_parameters(parts.fragment),
    ).geturl()


def _plain_parameters(query: str) -> str:
    kept = (match[0] for match in _PARAMETER.finditer(query) if not _is_secret(match["name"]))
    return "".join(kept).removeprefix("&")


def _is_secret(name: str | None) -> bool:
    words = (name or "").lower().replace("-", "_")
    return any(words == known or words.endswith(f"_{known}") for known in _SECRET_PARAMETERS)
