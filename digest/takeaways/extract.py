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
from digest.takeaways.printed import LIST_MARK
from digest.takeaways.sections import Section
from digest.takeaways.sentences import clean, count_words, sentences

MOST_WORDS = 60  # a candidate of more is no takeaway but an account
MOST_JOINED = 45  # words, where pieces are joined to one candidate
WHOLE = 2  # sentences of a paragraph that stays whole
FEWEST_WORDS = 3
LABEL_WORDS = 3  # a bullet of no more only names what stands below it
HEADING_WORDS = 6  # a sub-heading of that many tells something itself

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
    bullet: bool = False  # of a list


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
        yield _at(section, lines, section.line, section.heading, kind=Kind.HEADING)
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
        yield _at(section, lines, block.line, joined, kind=block.kind, emphasised=words.emphasised)
        return
    leads_in = text.endswith(":") and not only_label
    if not only_label and not leads_in:
        yield from _of_prose(section, lines, block)
    for part, child in zip(parts, below, strict=True):
        quote = f"{text} {part}" if leads_in and child.kind is Kind.BULLET else part
        if count_words(quote) <= MOST_WORDS:
            yield _at(section, lines, child.line, quote, kind=child.kind, found=part)
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
            yield _at(section, lines, block.line, cell, kind=Kind.ROW)
            return


def _of_prose(section: Section, lines: Sequence[str], block: Block) -> Iterator[Candidate]:
    words = words_of(block)
    starts, text = _flowing(words)
    pieces = sentences(text)
    whole = len(pieces) <= WHOLE or (block.kind is Kind.BULLET and bool(words.strong))
    if count_words(text) <= (MOST_WORDS if whole or block.kind is Kind.BULLET else 0):
        yield _at(section, lines, block.line, text, kind=block.kind, emphasised=words.emphasised)
        return
    for offset, quote in _grouped(pieces):
        number = bisect_right(starts, offset) - 1
        yield _at(section, lines, block.line + number, quote, kind=block.kind, emphasised=words.emphasised)


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


def _at(  # noqa: PLR0913 -- where it stands, what it says, and its form
    section: Section,
    lines: Sequence[str],
    line: int,
    quote: str,
    *,
    kind: Kind,
    found: str = "",
    emphasised: bool = False,
) -> Candidate:
    line, column = place(lines, line, found or quote)
    return Candidate(clean(quote), section, line, column, emphasised, kind is Kind.ROW, kind is Kind.BULLET)


def place(lines: Sequence[str], line: int, quote: str) -> tuple[int, int]:
    """Return where a quote begins, 0-based: in `line` or the two after; else the first word of `line`."""
    opening = quote.split()[:3]
    for number in range(line, min(line + 3, len(lines))):
        for count in range(len(opening), 0, -1):
            column = lines[number].find(" ".join(opening[:count]))
            if column >= 0:
                return number, column
    text = lines[line] if line < len(lines) else ""
    mark = LIST_MARK.match(text)
    return line, mark.end() if mark else len(text) - len(text.lstrip())
