"""What `digest takeaways --json` prints of one review."""

from digest.model import Reading


def as_json(reading: Reading, file: str) -> dict[str, object]:
    """Return one entry of `reviews`: all candidates, best first; lines and columns 1-based in the file."""
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
