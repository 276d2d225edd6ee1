"""A review's file as text: decoded, capped, without its front matter, its markup and title recognised."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from digest.model import TextFormat, Visibility
from digest.trackers import labels
from digest.trackers.front_matter import front_matter_of
from digest.trackers.marks import says_private

# A long review has 50 KB; what is longer is a log that somebody pasted.
MOST_BYTES = 200_000
SHORTENED = "\n\n(shortened)\n"

_SUFFIXES_OF_TEXT = frozenset({".md", ".markdown", ".mdown", ".mdx", ".qmd", ".rmd", ".rst", ".erb"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_BLOCK_TAG = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body|p|div|h[1-6]|article|section)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARKDOWN_MARK = re.compile(r"^(?:#{1,6} |[-*] |\d+\. |```)", re.MULTILINE)

_ATX = re.compile(r" {0,3}#[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_H1 = re.compile(r"<h1[^>]{0,200}>(.{0,1000}?)</h1>", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r" {0,3}(```|~~~)")
# Headings that open a section: where the first H1 is one of them, the file's name is the title.
_SECTION = re.compile(
    r"(?:title|metadata|meta|overview|(?:executive |issue |incident )?summary|background|context|introduction"
    r"|abstract|timeline|what happened|impact|incident report|post-?mortem|(?:post-)?incident review)\W*",
    re.IGNORECASE,
)
_DATE_IN_NAME = re.compile(r"^.*?(?<!\d)\d{4}([-_]?)\d{2}\1\d{2}(?!\d)")

_OTHER_FORMATS = (
    (b"%PDF", "a PDF is not read; export it as text or Markdown"),
    (b"PK\x03\x04", "a Word or zip file is not read; export it as text or Markdown"),
    (b"{\\rtf", "an RTF file is not read; export it as text or Markdown"),
    (b"\xff\xfe", "it is UTF-16; save it as UTF-8, or set `encoding: utf-16`"),
    (b"\xfe\xff", "it is UTF-16; save it as UTF-8, or set `encoding: utf-16`"),
)


class UnreadableError(ValueError):
    """A file that gives no text; says why and what would be right, and nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Document:
    """A review's file. `text` begins after the front matter, which took `first_line` lines."""

    file: str  # as the operator finds it
    stem: str
    text: str
    format: TextFormat
    first_line: int = 0
    fields: Mapping[str, object] = field(default_factory=dict)  # the front matter
    at: Mapping[str, int] = field(default_factory=dict)  # the line of each of its fields
    notes: tuple[str, ...] = ()  # what could not be used; each begins with "file: " or "file:line "

    def place_of(self, name: str) -> str:
        """Return where a field of the front matter stands: `a.md:3`, or `a.md` where that is not known."""
        line = self.at.get(name.partition(".")[0])
        return f"{self.file}:{line}" if line else self.file


def read_document(path: Path, file: str, encoding: str = "utf-8") -> Document:
    """Read one review; `file` is the name to call it by.

    Lines end in a line feed, whatever the file has; none is added or lost, so positions hold.

    Raises:
        UnreadableError: not text, or not in `encoding`; or the system refuses it.
    """
    text, shortened = read_text(path, encoding, MOST_BYTES)
    notes = [f"{file}: longer than {MOST_BYTES // 1000} KB; the rest was not read"] if shortened else []
    front = front_matter_of(text)
    if front.problem:
        notes.append(
            f"{file}:{front.line} the front matter is not valid ({front.problem}); "
            "its lines were read one by one"
        )
    body = text if not front.lines else "\n".join(text.split("\n")[front.lines :])
    body += SHORTENED if shortened else ""
    name = PurePosixPath(path.name)
    return Document(
        file=file,
        stem=stem_of(name),
        text=body,
        format=_format_of(name, body),
        first_line=front.lines,
        # The stricter counts: a mark that is no part of what could be read as front matter still is one.
        fields=_marked(front.fields, text),
        at=front.at,
        notes=tuple(notes),
    )


def _marked(fields: Mapping[str, object], text: str) -> Mapping[str, object]:
    """Add a mark that is no field of the front matter, and stands in the head of the text all the same."""
    plain = labels.visibility_of(str(fields.get("visibility", ""))) is Visibility.PRIVATE
    if plain or labels.yes_no(str(fields.get("private", ""))) or not says_private(text):
        return fields
    free = next((name for name in ("private", "restricted", "confidential") if name not in fields), None)
    return fields if free is None else {**fields, free: "yes"}


def withheld(path: Path, file: str) -> Document | None:
    """Return a stand-in for a review that cannot be read, if what can be seen of it says private."""
    try:
        with path.open("rb") as stream:
            head = stream.read(MOST_BYTES).decode("latin-1")
    except OSError:
        return None
    if not says_private(head.replace("\r\n", "\n")):
        return None
    name = PurePosixPath(path.name)
    return Document(
        file=file, stem=stem_of(name), text="", format=_format_of(name, ""), fields={"private": "yes"}
    )


def read_text(path: Path, encoding: str, most_bytes: int) -> tuple[str, bool]:
    """Return the file's text, lines ending in a line feed, and whether it was cut at `most_bytes`.

    A cut text ends with its last whole line. Raises as `read_document` does.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(most_bytes + 1)
    except OSError as error:
        raise UnreadableError(refusal(error)) from error
    shortened = len(raw) > most_bytes
    if shortened:
        # At a line's end, so that no character is cut in two; at any byte where there is only one line.
        raw = raw[: raw.rfind(b"\n", 0, most_bytes) + 1] or raw[:most_bytes]
    return _decoded(raw, encoding, shortened=shortened), shortened


def refusal(error: OSError) -> str:
    """Return why the system refuses a file or folder, and what to do about it."""
    if isinstance(error, PermissionError):
        return "permission denied; let the account that runs this read it"
    return error.strerror or type(error).__name__


def _decoded(raw: bytes, encoding: str, *, shortened: bool) -> str:
    utf16 = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    for magic, advice in () if utf16 else _OTHER_FORMATS:
        if raw.startswith(magic):
            raise UnreadableError(advice)
    if not utf16 and b"\0" in raw:
        raise UnreadableError("it holds NUL bytes, so it is no text; export it as text or Markdown")
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError as error:
        if not (shortened and error.start >= len(raw) - 4):
            raise UnreadableError(_not_decoded(raw, error, encoding)) from None
        text = raw[: error.start].decode(codec)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_decoded(raw: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    line = raw.count(b"\n", 0, error.start) + 1
    what = f"it is not {encoding.upper()} (byte {error.start + 1}, in line {line})"
    if encoding.lower().replace("_", "-") not in {"utf-8", "utf8"}:
        return f"{what}; set `encoding` to what it is"
    return f"{what}; save it as UTF-8, or set `encoding: latin-1`"


def stem_of(name: PurePosixPath) -> str:
    """Return a file's name without the suffixes of text formats: `1421-a.b.html.md.erb` gives `1421-a.b`."""
    known = _SUFFIXES_OF_TEXT | _HTML | {".txt", ".text"}
    while name.suffix.lower() in known and name.stem:
        name = PurePosixPath(name.stem)
    return name.name


def _format_of(name: PurePosixPath, body: str) -> TextFormat:
    suffix = name.suffix.lower()
    if suffix in _HTML:
        return TextFormat.HTML
    if suffix in {".txt", ".text"}:
        return TextFormat.PLAIN
    # Static sites let a Markdown file hold HTML alone; as Markdown it would lose every heading.
    if _BLOCK_TAG.match(body[:2000]) and not _MARKDOWN_MARK.search(body):
        return TextFormat.HTML
    return TextFormat.MARKDOWN


def title_of(document: Document) -> str | None:
    """Return the first H1, unless it names a section; else what the file's name says; else None."""
    found = _first_h1(document)
    title = _without_markup(found) if found else ""
    return title if title and not _SECTION.fullmatch(title) else _title_of_name(document.stem)


def _first_h1(document: Document) -> str | None:
    if document.format is TextFormat.HTML:
        match = _H1.search(document.text)
        return html.unescape(re.sub(r"<[^>]*>", " ", match[1])) if match else None
    fenced = False
    before = ""
    for line in document.text.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        match = None if fenced else _ATX.fullmatch(line[:1000])
        if match:
            return match[1]
        if not fenced and re.fullmatch(r"={3,}\s*", line[:1000]) and before.strip():
            return before
        before = line
    return None


def _without_markup(title: str) -> str:
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title[:1000])
    plain = re.sub(r"[*`]|\s*\{#[^}]*\}\s*$|^\s*title\s*:", "", plain, flags=re.IGNORECASE)
    return " ".join(plain.split())


def _title_of_name(stem: str) -> str | None:
    words = _DATE_IN_NAME.sub("", stem) or stem
    title = " ".join(re.split(r"[-_\s]+", words)).strip()
    return title[:1].upper() + title[1:] if re.search(r"[^\W\d]", title) else None
