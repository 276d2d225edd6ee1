"""Our part of a page: what stands between two marks, and the hash of what we wrote there.

A page belongs to its readers. We replace what stands between our marks, and only where it is still
what we wrote; all around it is theirs, kept to the byte. The marks are HTML comments, so no reader
sees them; a part is found by its key, wherever the page was moved to.
"""

import hashlib
import re
from dataclasses import dataclass

_KEY = r"incident-digest:(?:[0-9]{4}-[0-9]{2}|index):[a-z0-9-]{1,40}"
_BEGIN = re.compile(
    rf"^\ufeff?[ \t]*<!--[ \t]*(?P<key>{_KEY})[ \t]+begin\b"
    r"(?:[ \t]+sha256:(?P<hash>[0-9a-f]{64}))?[^\n>]*-->[ \t]*\r?$",
    re.MULTILINE,
)
_END = re.compile(rf"^[ \t]*<!--[ \t]*(?P<key>{_KEY})[ \t]+end[ \t]*-->[ \t]*\r?$", re.MULTILINE)
# What could pass for a mark, or open one, in any case or spacing.
_POSING = re.compile(r"<(?=!--[\s]*incident-digest:)", re.IGNORECASE)
# The renderer's `\{` parts `{{`, but leaves `{%`, which Jekyll and Jinja read as a tag wherever it stands.
_TAG = re.compile(r"(?<=\\\{)%")
_SAFE_AROUND = "your own words are safe above and below this part; in it, they stop the next update"
_HEADING = re.compile(r"^#[ \t]+(\S.*)$", re.MULTILINE)


class PartRefused(ValueError):  # noqa: N818 - it says what is so; STYLE.md names errors for who mends them
    """The part must not be written; the message is a clause that says why, and what a person can do."""


@dataclass(frozen=True, slots=True)
class Part:
    """Our part as it stands on a page.

    `start` and `end` are offsets into the page, the marks included, the last line end not.
    """

    key: str
    body: str  # what stands between the marks, plain: see `plain`
    hash: str | None  # as the opening mark has it; None where a person wrote the marks
    start: int
    end: int

    @property
    def ours(self) -> bool:
        """Whether nothing would be lost: the part is as we wrote it, or empty."""
        return not self.body or self.hash == hash_of(self.body)


def page_key(month: str, audience: str) -> str:
    """Return the key of an edition's part, for `2026-10` and `all`; `index` for the list of editions."""
    return f"incident-digest:{month}:{audience}"


def keys(page: str) -> tuple[str, ...]:
    """Return the keys of the parts that we wrote on a page, in order, each once."""
    return tuple(dict.fromkeys(mark["key"] for mark in _BEGIN.finditer(page) if mark["hash"]))


def find(page: str, key: str) -> Part | None:
    """Return the part of a key; None where the page has no mark of it.

    Raises:
        PartRefused: marks of the key are there, but not exactly one of each, in order.
    """
    begins = [mark for mark in _BEGIN.finditer(page) if mark["key"] == key]
    ends = [mark for mark in _END.finditer(page) if mark["key"] == key]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0].end() > ends[0].start():
        raise PartRefused(
            "its marks are incomplete: one opening and one closing mark are expected, the opening one first; "
            "put them right by the page's history, or delete the page to have it written anew"
        )
    begin, end = begins[0], ends[0]
    body = plain(page[begin.end() : end.start()])
    return Part(key, body, begin["hash"], begin.start(), _without_cr(page, end.end()))


def written(page: str | None, key: str, body: str) -> str:
    r"""Return a page with `body` as the part of `key`: the same page where that changes nothing.

    All around the part stays as it is; the part takes the page's line ends (`\n` or `\r\n`).

    Args:
        page: as it stands; None where there is none yet.
        key: the part's, by `page_key`.
        body: Markdown. It is made safe first: see `harmless`.

    Raises:
        PartRefused: the page has no such part, a broken one, or one that a person has edited.
    """
    body = plain(harmless(body))
    if page is None:
        return f"{_part(key, body)}\n"
    part = find(page, key)
    if part is None:
        raise PartRefused(
            "somebody else's page has this name; rename or delete it, or put these two lines where the "
            f"part is to stand: <!-- {key} begin --> and <!-- {key} end -->"
        )
    if not part.ours:
        raise PartRefused(
            "its marked part was edited by hand; move the words that are to stay above or below the marks, "
            "delete what is between the marks (or the page), then run the month again"
        )
    if part.body == body and part.hash is not None:
        return page
    crlf = page.count("\r\n") * 2 > page.count("\n")
    lines = _part(key, body)
    return page[: part.start] + (lines.replace("\n", "\r\n") if crlf else lines) + page[part.end :]


def harmless(body: str) -> str:
    """Return a body in which nothing poses as a mark, and no masked brace opens a template's tag."""
    sound = body.encode("utf-8", "replace").decode()
    return _TAG.sub("&#37;", _POSING.sub("&lt;", sound))


def plain(text: str) -> str:
    """Return a text without what editors change unasked: kinds of line end, blanks at ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip(" \t") for line in lines).strip("\n")


def hash_of(body: str) -> str:
    """Return the SHA-256 of a plain body, in hex."""
    return hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest()


def title_of(part: Part | None) -> str | None:
    """Return the first heading of a part that is as we wrote it, as Markdown."""
    found = _HEADING.search(part.body) if part is not None and part.ours else None
    return found[1].strip() if found else None


def _part(key: str, body: str) -> str:
    opening = f"<!-- {key} begin sha256:{hash_of(body)} Written by Learning Digest: {_SAFE_AROUND}. -->"
    return f"{opening}\n\n{body}\n\n<!-- {key} end -->"


def _without_cr(page: str, end: int) -> int:
    return end - 1 if page[:end].endswith("\r") else end
