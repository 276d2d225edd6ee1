"""Finds handles: `@ana` in running text, and not decorators, packages, versions or `@here`."""

import re
from collections.abc import Iterator

from digest.redact.mask import Span
from digest.redact.names import People, is_team
from digest.redact.phrases import words_of
from digest.redact.rules import HANDLE, Rules
from digest.redact.view import View, fold

# Not after what makes it an address, a package's version, a path, a digest or a CSS rule.
_AT = re.compile(
    r"(?<![^\W_])(?<![\].@/\\:#=&+%$~-])@(?P<login>[A-Za-z](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9])){1,38})(?P<after>[/(@:]?)"
)
_MENTION = re.compile(r"<@[UW][A-Z0-9]{6,14}(?:\|[^>\n]{1,60})?>")
# A decorator stands alone on its line, above what it decorates or above another one.
_DECORATED = re.compile(
    r"[ \t]*(?:\([^\n]{0,200})?\r?\n(?:[ \t]*@[^\n]{0,200}\r?\n){0,5}"
    r"[ \t]*(?:(?:async|export|public|private|protected|static|abstract|final) ){0,4}"
    r"(?:def|class|function|interface|void|fun)\b"
)
_SITE = r"\.(?:com|org|io|dev|net|social)/@?"
_SPECIAL = re.compile(r"[0-9A-Z_.-]")


def find(view: View, rules: Rules) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and login of each handle in a view; a chat's own mention has no login."""
    for match in _AT.finditer(view.text):
        if _is_person(view.text, match, rules):
            yield match.start(), match.end("login"), match["login"]
    if "<@" in view.text:
        for match in _MENTION.finditer(view.text):
            yield match.start(), match.end(), ""


def spans(view: View, rules: Rules) -> tuple[list[Span], People]:
    """Return the handles of a view as stretches of its source, and those whose bare login is telling.

    A login such as `ana` may be a plain word elsewhere, so it counts bare only in the address of a
    profile; one with capitals, digits or signs counts anywhere.
    """
    if "@" not in view.text:
        return [], People()
    found: list[Span] = []
    telling: list[str] = []
    plain: list[str] = []
    for start, end, login in find(view, rules):
        found.append(Span(*view.source(start, end), HANDLE))
        if login:
            (telling if _SPECIAL.search(login) else plain).append(login)
    found += _profiles(view, plain)
    return found, People(logins=tuple(telling))


def _profiles(view: View, logins: list[str]) -> Iterator[Span]:
    for login in sorted(set(logins)):
        if f"/{fold(login)}" in view.folded or f"/@{fold(login)}" in view.folded:
            for match in re.finditer(rf"{_SITE}(?P<login>{re.escape(fold(login))})(?![\w-])", view.folded):
                yield Span(*view.source(*match.span("login")), HANDLE)


def _is_person(text: str, match: re.Match[str], rules: Rules) -> bool:
    login, after = match["login"], match["after"]
    if after in {"/", "("} or rules.allows(match[0]) or rules.allows(f"@{login}"):
        return False
    names = words_of(login)
    if not names or {fold(login), names[0] if "." in login else "", names[-1]} & rules.people.no_handles:
        return False
    return not is_team(login, rules.people) and not _decorates(text, match)


def _decorates(text: str, match: re.Match[str]) -> bool:
    line = text.rfind("\n", 0, match.start()) + 1
    return not text[line : match.start()].strip() and _DECORATED.match(text, match.end("login")) is not None
