r"""The guards between a tracker's words and a reader; `environment.py` sees to it that none is forgotten.

The MJML engine fails a whole edition over one control character and writes attributes with escapes
of its own (`\u{a0}`); mail headers and Markdown tables break at line ends; a bidi override turns a
line around. So each value is cleaned once, and escaped for the markup that it goes into.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

from markupsafe import Markup

SUBJECT_LENGTH = 150
_URL_LENGTH = 2000
_MARKS = 3  # combining marks on one letter; more only climb over other lines

# Everything that some program takes for a line end, or folds to a space.
_SPACES = re.compile("[\t-\r\x1c-\x20\x85\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u2060\ufeff]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
# No more than a subject, and no line end in it: a link must not add recipients.
_MAIL_QUERY = re.compile(r"(?:subject=(?:[\w.~-]|%(?!0[AD])[0-9A-F]{2})*)?", re.IGNORECASE | re.ASCII)
_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) - frozenset("\"&'<>\\`")


def clean(value: object) -> str:
    """Return `value` as one line that every form can carry.

    Each run of white space and line ends becomes a space, other controls, lone surrogates and noncharacters
    U+FFFD; bidi embeddings, overrides and isolates go; a letter keeps its first three marks.
    """
    text = _BIDI_CONTROLS.sub("", str(value))
    text = _CONTROLS.sub("\ufffd", _SPACES.sub(" ", text))
    return text if text.isascii() else _fewer_marks(text)


def _fewer_marks(text: str) -> str:
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)


def isolate(text: str) -> str:
    """Return cleaned `text`, set apart where it runs right to left, so that it cannot reorder its line."""
    return f"{_ISOLATE}{text}{_END_ISOLATE}" if _RIGHT_TO_LEFT.search(text) else text


def attribute(value: str) -> Markup:
    """Return `value` for a double-quoted attribute: what is not plain ASCII as `&#N;`."""
    return Markup("".join(c if c in _PLAIN else f"&#{ord(c)};" for c in clean(value)))  # noqa: S704 -- escaped here


def href(url: str | None) -> Markup:
    """Return `url` for an `href`, empty where it is no safe link."""
    return attribute(safe_url(url) or "")


def subject_line(value: str) -> str:
    """Return `value` as a subject: nothing unseen in it, at most 150 characters, cut between words."""
    return shortened(_SPACES.sub(" ", _UNSEEN.sub("", clean(value))).strip(), SUBJECT_LENGTH)


def shortened(text: str, most: int) -> str:
    """Return `text`, or as many of its words as `most` characters have room for, an ellipsis included."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rpartition(" ")[0] or head).rstrip() + "…"


def safe_url(url: str | None) -> str | None:
    """Return `url` where a link may lead there: http(s) to a host, mailto to an address with a subject.

    None for everything else, which is shown as text: other schemes, no scheme, names or passwords in
    the address, backslashes, spaces, controls, and what is over 2,000 characters long.
    """
    if url is None or len(url) > _URL_LENGTH or clean(url) != url or re.search(r'[\s\\<>"`]', url):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # the port is read only to see whether it is one
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return url if _is_address(parts.path) and _MAIL_QUERY.fullmatch(parts.query) else None
    return url if parts.scheme in {"http", "https"} and host and "@" not in parts.netloc else None


def _is_address(text: str) -> bool:
    return re.fullmatch(r"[^\s@<>,;:\"()\[\]\\%]+@[^\s@<>,;:\"()\[\]\\%]+", text) is not None


def mailto(address: str | None, subject: str) -> str | None:
    """Return a link that opens a mail to `address` under `subject`; None where there is no plain address."""
    if address is None or not _is_address(address) or clean(address) != address:
        return None
    return f"mailto:{quote(address, safe='@+')}?subject={quote(subject_line(subject), safe='')}"


# Escaped wherever they stand; a raw `<` is an entity, because not every wiki knows `\<`.
_ENTITIES = {"<": "&lt;", ">": "&gt;"}
_MARKDOWN = re.compile(
    r"[\\`*\[\]{}|~#$<>]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # inside a word an underscore means nothing: max_connections
    r"|&(?=#?\w+;)"
    r"|(?<!\w)@(?=\w)"  # a mention, not an address
)
# What opens a list, a rule or a definition where it stands first on its line.
_BLOCK_START = re.compile(r"^( ?)(?:([-+=:])(?=[-=\s]|$)|(\d+)([.)])(?=\s|$))")


def markdown(value: object) -> Markup:
    """Return `value` as Markdown that shows these very words, inline, in a table cell or opening a line."""
    text = _MARKDOWN.sub(_escaped, isolate(clean(value)))
    return Markup(_BLOCK_START.sub(r"\1\3\\\2\4", text))  # noqa: S704 -- escaped here, for Markdown


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    if found == "@":
        return "&#64;"
    if found == "&":
        return "&amp;"
    return _ENTITIES.get(found, "\\" + found)


def markdown_target(url: str) -> Markup:
    """Return a safe URL for the brackets of a Markdown link, inside a table too."""
    target = re.sub(r"[()|{}]", lambda found: f"%{ord(found[0]):02X}", url)
    return Markup(re.sub(r"&(?=#?\w+;)", "&amp;", target))  # noqa: S704 -- nothing is left that ends the link
