"""Sections into candidates: what could be a takeaway, each with the words it rests on.

A bullet is one candidate, with what stands below it where that is short; a paragraph of up to two
sentences too; a longer one is cut by sentence. What a template left behind, and answers that say nothing, are
dropped with a reason.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from digest.takeaways.blocks import TOO_LONG, Block, Kind, Words, words_of
from digest.takeaways.sections import Section
from digest.takeaways.sentences import clean, count_words, sentences

MOST_PRINTED = 240  # characters of a takeaway's text
LONGEST_SENTENCE = 400
MOST_WORDS = 60  # a candidate of more is no takeaway but an account
MOST_JOINED = 45  # words, where pieces are joined to one candidate
WHOLE = 2  # sentences of a paragraph that stays whole
FEWEST_WORDS = 3
LABEL_WORDS = 3  # a bullet of no more only names what stands below it
HEADING_WORDS = 6  # a sub-heading of that many tells something itself

_OWN_SPELLING = re.compile(r"[A-Z\d_@/\\]|\.\w")
_LIST_MARK = re.compile(
    r"^\s*(?:[-*+\u2022\u2023\u25e6]\s+|\d{1,2}[.)]\s+|\[[ xX]\]\s+|#{1,6}\s+|>\s+|[\u2013\u2014]\s+)+"
)
_LABEL = re.compile(
    r"^\s*(?:\[(?:LL|L)\s?\d+\]\s*[:.]?|(?:key\s+)?(?:lesson|learning|takeaway|insight|finding)s?(?:\s+learned|\s+learnt)?\s*(?:#?\s?\d+)?\s*:)\s*",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^\s*(?:"
    r"(?:(?:one|another|our|the|a)\s+)?(?:(?:key|main|big|biggest|important|first|second|third|other|most\s+important)\s+)*"
    r"(?:lesson|learning|takeaway|take-away|insight|finding|conclusion)(?:\s+(?:learned|learnt|here|for\s+us|from\s+this(?:\s+incident)?))?"
    r"\s+(?:is|was|are)(?:\s+that|\s*:)"
    r"|(?:what\s+)?we(?:'ve|\u2019ve|\s+have)?\s+(?:also\s+|now\s+)?(?:learned|learnt)(?:\s+(?:here|from\s+this(?:\s+incident)?))?(?:\s+is)?(?:\s+that|\s*:)"
    r"|(?:this|the)\s+(?:incident|outage|event)\s+(?:has\s+)?(?:taught|showed|shown|reminded|told)\s+us(?:\s+that|\s*:)"
    r"|it\s+(?:is|was)\s+(?:worth\s+noting|important\s+to\s+note)\s+that"
    r"|(?:please\s+)?note\s+that"
    r"|worth\s+noting(?:\s+that|\s*:)"
    r"|(?:lesson|learning|takeaway)s?\s+(?:learned|learnt)?\s*:"
    r")\s*,?\s+",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()]*\)")
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()]*\)")
_MARKS = re.compile(
    r"\*\*|__|~~|`+|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<![\w_])_(?=[^\W_])|(?<=[^\W_])_(?!\w)"
)
_OPENS_ON_BEFORE = re.compile(
    r"^(?:this|that|these|those|it|they|therefore|hence|thus|however|because of this|as a result|consequently"
    r"|so|which|but)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words that could be a takeaway or a remark: `quote` is plain, on one line, as the review has it."""

    quote: str
    section: Section
    line: int  # 0-based, in the text
    column: int
    emphasised: bool = False  # all in italics, as templates set their prompts
    cell: bool = False  # of a table


def printed_text(quote: str) -> str:
    """Return what is printed of a quote.

    The quote after these alone: markup, list mark and label removed; a lead-in ("We learned that") cut; the
    first letter raised; a final stop; cut at a sentence's end when over 240 characters, after the first
    sentence where that alone is longer, and at a word's with "…" where it has over 400. Masks are kept.
    """
    text = _MARKS.sub("", _LINK.sub(r"\1", _IMAGE.sub("", clean(quote))))
    text = _LABEL.sub("", _LIST_MARK.sub("", text))
    shorter = _LEAD_IN.sub("", text)
    text = _raised((shorter or text).strip())
    return _stopped(_cut(text))


def _raised(text: str) -> str:
    first = text.split(" ", 1)[0]
    # A name written in its own way ("eBPF", "nginx.conf") keeps it.
    return text[:1].upper() + text[1:] if not _OWN_SPELLING.search(first) else text


def _stopped(text: str) -> str:
    text = text.rstrip(" ,;:-\u2013\u2014")
    if not text or text.endswith(("\u2026", ".", "!", "?")):
        return text
    return text if re.search(r"[.!?][\"'\u201d\u2019)\]]+$", text) else text + "."


def _cut(text: str) -> str:
    if len(text) <= MOST_PRINTED:
        return text
    end = 0
    for start, sentence in sentences(text):
        if start + len(sentence) > MOST_PRINTED:
            break
        end = start + len(sentence)
    if end:
        return text[:end]
    # Half a sentence is nobody's words: a long first one is kept whole, within reason.
    first = next((start + len(sentence) for start, sentence in sentences(text)), len(text))
    if first <= LONGEST_SENTENCE:
        return text[:first]
    shorter = text[: MOST_PRINTED - 1]
    return shorter.rsplit(" ", 1)[0].rstrip(" ,;:.-") + "\u2026"


def candidates_of(
    section: Section, lines: Sequence[str], *, takes_column: Callable[[str], bool]
) -> Iterator[Candidate]:
    """Yield a section's candidates in the order of the text.

    Args:
        section: the section.
        lines: the text's lines, to find columns in.
        takes_column: of a table, which columns to read, by their heads; the first that answers True is read.
    """
    if not section.known and section.heading and count_words(section.heading) >= HEADING_WORDS:
        yield _at(section, lines, section.line, section.heading)
    blocks = section.blocks
    number = 0
    while number < len(blocks):
        block = blocks[number]
        below = _below(blocks, number) if block.kind is Kind.BULLET else ()
        if sum(map(len, block.source)) > TOO_LONG:
            pass  # a log, or meant to keep us busy
        elif block.kind is Kind.BULLET:
            yield from _of_bullet(section, lines, block, below)
        elif block.kind is Kind.ROW:
            yield from _of_row(section, lines, block, takes_column)
        elif not _introduces(block, blocks[number + 1 : number + 2]):
            yield from _of_prose(section, lines, block)
        number += 1 + len(below)


def why_dropped(candidate: Candidate, is_empty: Callable[[str, bool], bool]) -> str | None:
    """Return why a candidate is no takeaway at all, or None."""
    if is_empty(candidate.quote, candidate.emphasised):
        return "template text, or an answer that says nothing"
    if all(word.strip("<(").startswith(("http://", "https://")) for word in candidate.quote.split()):
        return "only a link"
    if count_words(candidate.quote) < FEWEST_WORDS and not candidate.cell:
        return "a fragment"
    return None


def _below(blocks: Sequence[Block], number: int) -> Sequence[Block]:
    """Return what hangs below the bullet: deeper bullets, and further paragraphs of it and of them."""
    depth = blocks[number].depth
    end = number + 1
    while end < len(blocks):
        block = blocks[end]
        own = block.kind is Kind.PARAGRAPH and block.depth >= depth
        if not own and not (block.kind is Kind.BULLET and block.depth > depth):
            break
        end += 1
    return blocks[number + 1 : end]


def _introduces(block: Block, following: Sequence[Block]) -> bool:
    return (
        block.source[-1].rstrip(" *_").endswith(":")
        and bool(following)
        and following[0].kind is not Kind.PARAGRAPH
    )


def _of_bullet(
    section: Section, lines: Sequence[str], block: Block, below: Sequence[Block]
) -> Iterator[Candidate]:
    if not below:
        yield from _of_prose(section, lines, block)
        return
    words = words_of(block)
    text = _one_line(words)
    parts = [_one_line(words_of(b)) for b in below]
    joined = _joined(text, parts)
    only_label = count_words(text) <= LABEL_WORDS
    if not only_label and count_words(joined) <= MOST_JOINED:
        yield _at(section, lines, block.line, joined, emphasised=words.emphasised)
        return
    leads_in = text.endswith(":") and not only_label
    if not only_label and not leads_in:
        yield from _of_prose(section, lines, block)
    for part, child in zip(parts, below, strict=True):
        quote = f"{text} {part}" if leads_in and child.kind is Kind.BULLET else part
        if count_words(quote) <= MOST_WORDS:
            yield _at(section, lines, child.line, quote, found=part)
        else:
            yield from _of_prose(section, lines, child)


def _joined(text: str, parts: Sequence[str]) -> str:
    ended = [p if p.endswith((".", "!", "?", ";")) else f"{p};" for p in parts[:-1]]
    opening = text if text.endswith((":", ".", "!", "?", ";", ",")) else f"{text}:"
    return " ".join([opening, *ended, parts[-1]])


def _of_row(
    section: Section, lines: Sequence[str], block: Block, takes_column: Callable[[str], bool]
) -> Iterator[Candidate]:
    for head, cell in zip(block.columns, block.cells, strict=False):
        if takes_column(head) and count_words(cell):
            yield _at(section, lines, block.line, cell, cell=True)
            return


def _of_prose(section: Section, lines: Sequence[str], block: Block) -> Iterator[Candidate]:
    words = words_of(block)
    starts, text = _flowing(words)
    pieces = sentences(text)
    whole = len(pieces) <= WHOLE or (block.kind is Kind.BULLET and bool(words.strong))
    if count_words(text) <= (MOST_WORDS if whole or block.kind is Kind.BULLET else 0):
        yield _at(section, lines, block.line, text, emphasised=words.emphasised)
        return
    for offset, quote in _grouped(pieces):
        number = bisect_right(starts, offset) - 1
        yield _at(section, lines, block.line + number, quote, emphasised=words.emphasised)


def _grouped(pieces: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Join a sentence that opens on the one before ("This means …") to it, where both are short."""
    held: tuple[int, str] | None = None
    alone = True
    for offset, piece in pieces:
        if (
            held
            and alone
            and _OPENS_ON_BEFORE.match(piece)
            and count_words(held[1]) + count_words(piece) <= MOST_JOINED
        ):
            held, alone = (held[0], f"{held[1]} {piece}"), False
            continue
        if held:
            yield held
        held, alone = (offset, piece), True
    if held:
        yield held


def _flowing(words: Words) -> tuple[list[int], str]:
    """Return the lines as one, and where in it each begins."""
    starts: list[int] = []
    length = 0
    for line in words.lines:
        starts.append(length)
        length += len(line) + 1
    return starts, " ".join(words.lines)


def _one_line(words: Words) -> str:
    return " ".join(" ".join(words.lines).split())


def _at(  # noqa: PLR0913 -- where it stands, what it says, and two marks that few have
    section: Section,
    lines: Sequence[str],
    line: int,
    quote: str,
    *,
    found: str = "",
    emphasised: bool = False,
    cell: bool = False,
) -> Candidate:
    line, column = place(lines, line, found or quote)
    return Candidate(clean(quote), section, line, column, emphasised, cell)


def place(lines: Sequence[str], line: int, quote: str) -> tuple[int, int]:
    """Return where a quote begins, 0-based: in `line` or the two after; else the first word of `line`."""
    opening = quote.split()[:3]
    for number in range(line, min(line + 3, len(lines))):
        for count in range(len(opening), 0, -1):
            column = lines[number].find(" ".join(opening[:count]))
            if column >= 0:
                return number, column
    text = lines[line] if line < len(lines) else ""
    mark = _LIST_MARK.match(text)
    return line, mark.end() if mark else len(text) - len(text.lstrip())
