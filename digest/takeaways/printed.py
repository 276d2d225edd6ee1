"""What is printed of a quote: the review's own words after a few cuts."""

import re

from digest.takeaways.sentences import clean, sentences

MOST_PRINTED = 240  # characters of a takeaway's text
LONGEST_SENTENCE = 400

_OWN_SPELLING = re.compile(r"[A-Z\d_@/\\]|\.\w")
LIST_MARK = re.compile(
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
_MARKING = frozenset("*_~`")


def printed_text(quote: str) -> str:
    """Return what is printed of a quote.

    The quote after these alone: markup, list mark and label removed; a lead-in ("We learned that") cut; the
    first letter raised; a final stop; cut at a sentence's end when over 240 characters, after the first
    sentence where that alone is longer, and at a word's with "…" where it has over 400. Masks are kept.
    """
    text = clean(quote)
    if "[" in text:
        text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    if not _MARKING.isdisjoint(text):
        text = _MARKS.sub("", text)
    text = _without(_LABEL, _without(LIST_MARK, text))
    shorter = _without(_LEAD_IN, text)
    text = _raised((shorter or text).strip())
    return _stopped(_cut(text))


def _without(opening: re.Pattern[str], text: str) -> str:
    found = opening.match(text)
    return text[found.end() :] if found else text


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
