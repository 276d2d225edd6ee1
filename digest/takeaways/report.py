"""What `digest takeaways --json` prints of one review."""

from digest.model import Reading
from digest.takeaways.headings import Meaning


def unknown_headings(reading: Reading) -> tuple[str, ...]:
    """Return the headings of a review that have no meaning, each once; its title needs none."""
    found = (h for h, meaning in reading.headings if meaning == Meaning.OTHER and h != reading.title)
    return tuple(dict.fromkeys(found))


def as_json(reading: Reading, file: str, *, explain: bool = False) -> dict[str, object]:
    """Return one entry of `reviews`: the candidates, best first; lines and columns 1-based in the file.

    Explained, it also holds the headings with their meanings, those not known, and what was dropped and why.
    """
    entry = _entry(reading, file)
    if explain:
        entry["headings"] = [{"heading": h, "meaning": meaning} for h, meaning in reading.headings]
        entry["unknown_headings"] = list(unknown_headings(reading))
        entry["dropped"] = [{"words": words, "why": why} for words, why in reading.dropped]
    return entry


def _entry(reading: Reading, file: str) -> dict[str, object]:
    return {
        "file": file,
        "title": reading.title,
        "takeaways": [
            {
                "rank": rank,
                "text": t.text,
                "quote": t.quote,
                "score": t.score,
                "printed": t.printed,
                "heading": t.heading,
                "line": t.line,
                "column": t.column,
                "reasons": list(t.reasons),
            }
            for rank, t in enumerate(reading.takeaways, start=1)
        ],
        "went_well": [{"text": r.text, "quote": r.quote, "line": r.line} for r in reading.went_well],
        "findings": [
            {
                "rule": f.rule,
                "line": f.line,
                "column": f.column,
                "text": f.text,
                "why": f.why,
                "instead": f.instead,
            }
            for f in reading.findings
        ],
    }
