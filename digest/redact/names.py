"""Reads people out of fields and lists, and finds them again in running text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.redact.mask import Span
from digest.redact.phrases import Phrasebook, words_of
from digest.redact.rules import HANDLE, PERSON, Rules
from digest.redact.view import View, fold
from digest.redact.vocabulary import Vocabulary

FULL, PART, LOGIN = "full", "part", "login"
# "Ana Ribeiro (IC) <ana@example.org>, Bo Chen and @cd": what stands between people, and beside them.
_BETWEEN = re.compile(r"[,;|/&+\n]|\s(?:and|und|et|og|y|e)\s|\s[-–—]\s|[()<>\[\]{}\"“”:=*`]")
_ADDRESS = re.compile(r"(?:mailto:)?[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_LINK = re.compile(
    r"https?://(?:www\.)?[\w.-]{1,80}/(?:users/|in/|u/|@)?([\w.-]{1,39})/?(?=[\s)\]>,;\"']|$)|https?://[^\s)\]>]{1,400}"
)
_NAME_WORD = re.compile(r"[^\W\d_](?:[\w'’.-]{0,30}[^\W_])?\.?$")
_PARTICLES = frozenset({
    "al", "bin", "da", "de", "del", "den", "der", "des", "di", "do", "dos", "du", "el", "la", "le",
    "ten", "ter", "van", "von", "y", "zu",
})  # fmt: skip
_LOGIN = re.compile(r"@?[A-Za-z0-9](?:[\w.-]{0,37}[A-Za-z0-9])?$")
_DOTTED = re.compile(r"[^\W\d_]{2,30}\.[^\W\d_]{2,30}")
_LONGEST_NAME = 5  # words
_SENTENCE_START = re.compile(
    r"(?:^|[.!?:;|…]|\n[ \t]*\n|(?:^|\n)[ \t>]*(?:[-*+•#|]+|\d{1,3}[.)]))[\s*_\"'“‘(\[`>]*$"
)
_SURNAME = re.compile(r"[ \t]([^\W\d_a-z][^\W\d_A-Z]{2,20}(?:-[^\W\d_a-z][^\W\d_A-Z]{2,20})?)(?![\w'’-])")
_MONTHS = frozenset({
    "april", "august", "december", "february", "january", "july", "june", "march", "may",
    "november", "october", "september",
})  # fmt: skip
_DATED_BEFORE = re.compile(
    r"(?i)(?:[\d\]]|\b(?:in|of|since|until|till|by|during|last|next|early|late|mid|this|from|to|through|and))[\s.,-]*$"
)
_DATED_AFTER = re.compile(r"[\s.,-]*[\d\[]")
_CONTEXT = 60
_PLAIN_WORD = re.compile(r"(?<![\w@.-])[^\W\d_A-Z][^\W_A-Z]{0,40}(?![\w@])")
_MOST_PEOPLE = 2_000
_SHORTEST_PART = 3
_SHORTEST_LOGIN = 4


@dataclass(frozen=True, slots=True)
class People:
    """Who took part in an incident: full names and logins, as they were written."""

    names: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()

    def __add__(self, other: "People") -> "People":
        return People(self.names + other.names, self.logins + other.logins)


def read(written: str, rules: Rules, *, certain: bool) -> People:
    """Read the people out of a field or a line such as "Ana Ribeiro (IC), @bo".

    Args:
        written: the line.
        rules: their vocabulary says what is a role or a team and no name.
        certain: the line holds people and nothing else, so that a lone word in lower case is a login.

    Raises:
        ValueError: there are more people than took part in anything; what cannot be checked is left out.
    """
    words = rules.people
    names: list[str] = []
    logins = [address.removeprefix("mailto:").split("@")[0] for address in _ADDRESS.findall(written)]
    logins += [login for login in _LINK.findall(written) if login]
    rest = _LINK.sub(" , ", _ADDRESS.sub(" , ", written))
    for piece in _BETWEEN.split(rest):
        person = piece.strip(" \t\r.'’-_•")
        if person.startswith("@") or (certain and _is_login(person, words)):
            logins.append(person.removeprefix("@"))
        elif name := _name(person, words, certain=certain):
            names.append(name)
    names += [login.replace(".", " ").title() for login in logins if _DOTTED.fullmatch(login)]
    if len(names) + len(logins) > _MOST_PEOPLE:
        message = f"more than {_MOST_PEOPLE} people in one place: this is no list of them"
        raise ValueError(message)
    return People(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(logins)))


def is_team(written: str, words: Vocabulary) -> bool:
    """Whether this is a team, a role or a system: "SRE on-call", "Platform Team", "the OBS team"."""
    found = words_of(written)
    if not found:
        return False
    one = not _SEVERAL.search(written)
    if one and (found[0] in _GROUPS or found[-1] in _GROUPS):
        return True
    return all(w in words.teams or w in words.roles or w in _SMALL for w in found)


def find(view: View, people: People, rules: Rules) -> Iterator[Span]:
    """Yield where `people` are named in a view, as stretches of its source."""
    kept = (name for name in people.names if not rules.allows(name))
    book = Phrasebook.of(_phrases(People(tuple(kept), people.logins), rules.people))
    for start, end, meaning in book.find(view.folded):
        found = view.text[start:end]
        if _is_named(view.text, start, end, meaning, rules.people) and not rules.allows(found):
            last = _with_surname(view.text, end, rules.people) if meaning == PART else end
            begin, finish = view.source(start, last)
            yield Span(begin, finish, HANDLE if meaning == LOGIN else PERSON)


def _with_surname(text: str, end: int, words: Vocabulary) -> int:
    """Return the end of a capitalised word that goes on from a known name: a surname nobody listed."""
    match = _SURNAME.match(text, end)
    if match is None or fold(match[1]) in words.roles | words.teams | words.products | _MONTHS:
        return end
    return match.end()


def without(people: People, others: Iterable[str], text: str) -> People:
    """Return `people` without names of one word that others bear too, or that `text` uses as a word."""
    if all(" " in name for name in people.names):
        return people
    taken = {word for other in others for word in words_of(other)}
    # A word in lower case is no name there, so it may be none with a capital either.
    taken.update(_PLAIN_WORD.findall(text))
    kept = (name for name in people.names if " " in name or fold(name) not in taken)
    return People(tuple(kept), people.logins)


_SEVERAL = re.compile(r"[,;:/&@]")
_GROUPS = frozenset({
    "committee", "crew", "department", "group", "guild", "squad", "team", "teams", "tribe", "wg",
})  # fmt: skip
_SMALL = frozenset({
    "a", "an", "and", "at", "call", "for", "in", "of", "off", "on", "team", "teams", "the", "to",
})  # fmt: skip


def _is_login(person: str, words: Vocabulary) -> bool:
    """Whether a lone word is a login: in lower case or with digits, and no role, team or plain word."""
    if not _LOGIN.match(person) or person.isdigit() or (person[0].isupper() and person[1:].islower()):
        return False
    return fold(person) not in words.no_handles and not (set(words_of(person)) & (words.roles | words.teams))


def _name(person: str, words: Vocabulary, *, certain: bool) -> str | None:
    """Return the name in `person`, without a role before or after it; None: it is no name.

    Where there are surely people, two words are a name however they are written, Ada and Julia too.
    """
    parts = person.split()
    while parts and fold(parts[0].strip(".")) in words.roles:
        parts.pop(0)
    while parts and fold(parts[-1].strip(".")) in words.roles:
        parts.pop()
    if not 0 < len(parts) <= _LONGEST_NAME or not all(_NAME_WORD.match(p) for p in parts):
        return None
    folded = [fold(part.strip(".")) for part in parts]
    if any(word in words.teams for word in folded):
        return None
    if certain and len(parts) > 1:
        return " ".join(parts)
    if folded[0] in words.products:
        return None
    if parts[0][0].islower() or not all(
        not p[0].islower() or f in _PARTICLES for p, f in zip(parts, folded, strict=True)
    ):
        return None
    return " ".join(parts) if len(parts[0]) > 1 or len(parts) > 1 else None


def _phrases(people: People, words: Vocabulary) -> Iterator[tuple[str, str]]:
    for name in people.names:
        parts = [p for p in words_of_name(name) if len(p) >= _SHORTEST_PART or not p.isascii()]
        if " " in name:
            yield name, FULL
            first, *_, last = name.split()
            yield f"{last} {first}", FULL
        for part in parts:
            if fold(part) not in _PARTICLES and fold(part) not in words.products:
                yield part, PART
    for login in people.logins:
        plain = fold(login)
        if (
            len(login) >= _SHORTEST_LOGIN
            and plain not in words.ambiguous | words.products | words.teams | words.roles
        ):
            yield login, LOGIN


def words_of_name(name: str) -> Sequence[str]:
    """Return the words of a name as they are written, without points."""
    return [part.strip(".,'’") for part in name.split()]


def _is_named(text: str, start: int, end: int, meaning: str, words: Vocabulary) -> bool:
    """Whether the words found are meant as the person, and not as plain words."""
    found = text[start:end]
    if meaning == LOGIN:
        return True
    if meaning == FULL:
        plain = all(w in words.ambiguous for w in words_of(found))
        return not plain or any(c.isupper() for c in found)
    if found[0].islower():
        return False
    return fold(found) not in words.ambiguous or _within_sentence(text, start, end)


def _within_sentence(text: str, start: int, end: int) -> bool:
    """Whether a capitalised word owes its capital to being a name: "so Will and Mark", not "Will it …"."""
    before = text[max(0, start - _CONTEXT) : start]
    if start > _CONTEXT:
        before = "x" + before
    if fold(text[start:end]) in _MONTHS and (_DATED_BEFORE.search(before) or _DATED_AFTER.match(text, end)):
        return False
    return not _SENTENCE_START.search(before)
