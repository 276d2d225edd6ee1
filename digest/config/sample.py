"""The commented digest.yaml that comes with the program, as text: its blocks, its words for each key. Pure.

A connector's block is a paragraph of the lists `trackers` and `channels`: comment lines about it, then
its entry, which is commented out in all but the simplest kinds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Where = tuple[str, ...]  # ("schedule", "time"), or ("channels", "smtp", "host")

_SECTIONS = ("trackers", "channels")
_RULER = re.compile(r"# -{3} ")
_ENTRY = re.compile(r"  (# )?- \w+:")
_KIND = re.compile(r"  (?:# )?(?:- |  )kind: *([\w-]+)")
_TOP = re.compile(r"(?:# )?(?P<key>\w+):(?P<rest>.*)")
_BELOW = re.compile(r"(?:# )?  (?:# )?(?P<key>\w+):(?P<rest>.*)")
_OF_BLOCK = re.compile(r"  (?:# )?(?:- |  )(?:# )?(?P<key>\w+):(?P<rest>.*)")
_WORDS = re.compile(r"(?:^|\s)# (.+)$")
_VARIABLE = re.compile(r"\$\{(?!file:)(\w+)\}")


@dataclass(frozen=True, slots=True)
class Block:
    """A connector in the text: lines `start` to before `end`, 0-based; its entry begins on `entry`."""

    section: str  # "trackers" or "channels"
    kind: str
    start: int
    entry: int
    end: int
    active: bool  # not commented out


def blocks(text: str) -> tuple[Block, ...]:
    """Return the connectors' blocks in their order."""
    lines = text.splitlines()
    return tuple(block for section in _SECTIONS for block in _blocks_of(section, lines))


def with_tracker(text: str, kind: str) -> str | None:
    """Return the text with the first tracker of `kind` alone active; None where it has no such block."""
    chosen = next(
        (block for block in blocks(text) if (block.section, block.kind) == ("trackers", kind)), None
    )
    if chosen is None:
        return None
    lines = _without_trackers(text, but=chosen)
    if not chosen.active:
        lines[chosen.entry : chosen.end] = map(_uncommented, lines[chosen.entry : chosen.end])
    return "\n".join(lines) + "\n"


def with_new_tracker(text: str, entry: Sequence[str]) -> str:
    """Return the text with these lines as its one active tracker, before the blocks of the others."""
    lines = _without_trackers(text)
    place = lines.index("trackers:") + 1
    return "\n".join([*lines[:place], *entry, "", *lines[place:]]) + "\n"


def variables(yaml_text: str) -> tuple[str, ...]:
    """Return the environment variables that the lines which are not commented out name, in their order."""
    read = [line.split(" # ")[0] for line in yaml_text.splitlines() if not line.lstrip().startswith("#")]
    return tuple(dict.fromkeys(name for line in read for name in _VARIABLE.findall(line)))


def comments(text: str) -> Mapping[Where, str]:
    """Return what the text says of each key, on the key's own line: `history: 12   # months before`."""
    lines = text.splitlines()
    said: dict[Where, str] = {}
    inside: set[int] = set()
    for block in blocks(text):
        inside |= set(range(block.start, block.end))
        for key, words in _said(_OF_BLOCK, lines[block.entry : block.end]):
            said.setdefault((block.section, block.kind, key), words)
    above = ""
    for line in (line for number, line in enumerate(lines) if number not in inside):
        top = _TOP.fullmatch(line)
        above = top["key"] if top else above
        for key, words in _said(_TOP if top else _BELOW, [line]):
            said.setdefault((key,) if top else (above, key), words)
    return said


def _blocks_of(section: str, lines: Sequence[str]) -> Iterator[Block]:
    if f"{section}:" not in lines:
        return
    first = lines.index(f"{section}:") + 1
    last = next((n for n in range(first, len(lines)) if _RULER.match(lines[n])), len(lines))
    start = first
    for number in range(first, last + 1):
        if number < last and lines[number].strip():
            continue
        entry = next((n for n in range(start, number) if _ENTRY.match(lines[n])), None)
        if entry is not None:
            kinds = (_KIND.match(line) for line in lines[entry:number])
            kind = next((match[1] for match in kinds if match), "")
            yield Block(section, kind, start, entry, number, active=not _is_commented(lines[entry]))
        start = number + 1


def _without_trackers(text: str, but: Block | None = None) -> list[str]:
    lines = text.splitlines()
    for block in blocks(text):
        if block.section == "trackers" and block.active and block != but:
            lines[block.entry : block.end] = map(_commented, lines[block.entry : block.end])
    return lines


def _said(shape: re.Pattern[str], lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        match = shape.fullmatch(line)
        words = _WORDS.search(match["rest"]) if match else None
        if match and words:
            yield match["key"], words[1].strip()


def _is_commented(line: str) -> bool:
    return line.startswith("  # ")


def _commented(line: str) -> str:
    return f"  # {line[2:]}"


def _uncommented(line: str) -> str:
    return line.replace("  # ", "  ", 1) if _is_commented(line) else line
