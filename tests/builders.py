"""Values for tests, each with sensible fields; a test says only what matters to it."""

from datetime import UTC, datetime
from typing import Any

from digest.model import (
    Card,
    Count,
    Coverage,
    Edition,
    HowMade,
    Incident,
    Masthead,
    Review,
    ReviewState,
    Severity,
    Source,
    Takeaway,
    Visibility,
)
from digest.period import Month

MAY = Month(2026, 5, "Europe/Lisbon")
NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)


def review(text: str = "", **over: Any) -> Review:
    fields: dict[str, Any] = {
        "state": ReviewState.FINISHED,
        "text": text,
        "finished": datetime(2026, 5, 20, 10, 0, tzinfo=UTC),
        "file": "reviews/101.md",
    }
    return Review(**fields | over)


def incident(key: str = "101", text: str = "", **over: Any) -> Incident:
    fields: dict[str, Any] = {
        "key": key,
        "tracker": "reviews",
        "title": "Timetable search was slow",
        "severity": Severity.SEV3,
        "severity_label": "Sev-3",
        "services": ("Timetable",),
        "team": "Journeys",
        "primary_cause": "Configuration Change",
        "started": datetime(2026, 5, 12, 8, 0, tzinfo=UTC),
        "resolved": datetime(2026, 5, 12, 9, 30, tzinfo=UTC),
        "visibility": Visibility.PUBLIC,
        "review": review(text) if text else Review(),
    }
    return Incident(**fields | over)


def takeaway(text: str = "A cache without a limit fills the disk at night.", **over: Any) -> Takeaway:
    fields: dict[str, Any] = {
        "id": "101-abc123",
        "incident": "101",
        "text": text,
        "quote": text,
        "heading": "Lessons learned",
        "line": 12,
        "column": 3,
        "score": 0.7,
        "reasons": ("stands under “Lessons learned”",),
    }
    return Takeaway(**fields | over)


def card(text: str = "A cache without a limit fills the disk at night.", **over: Any) -> Card:
    fields: dict[str, Any] = {
        "id": "101-abc123",
        "text": text,
        "incident": "101",
        "incident_title": "Timetable search was slow",
        "url": "https://tracker.example.org/incidents/101",
        "severity": Severity.SEV3,
        "severity_label": "Sev-3",
        "service": "Timetable",
        "heading": "Lessons learned",
        "line": 12,
        "why": ("new",),
        "question": "Which of your caches have no limit?",
        "theme": "Limits",
    }
    return Card(**fields | over)


def made(**over: Any) -> HowMade:
    fields: dict[str, Any] = {
        "collected_at": NOW,
        "version": "0.1.0",
        "sources": (Source("reviews", NOW, 4),),
        "reviews_read": 3,
        "takeaways_found": 5,
        "takeaways_printed": 3,
        "unchecked": 0,
        "set_aside": (),
        "masked": (),
        "other_languages": 0,
        "months_before": 0,
    }
    return HowMade(**fields | over)


def coverage(**over: Any) -> Coverage:
    fields: dict[str, Any] = {
        "incidents": Count(4),
        "learnt": 2,
        "waiting_review": 1,
        "waiting_learning": 1,
        "oldest_days": 12,
    }
    return Coverage(**fields | over)


def edition(**over: Any) -> Edition:
    fields: dict[str, Any] = {
        "month": MAY,
        "audience": "all",
        "subject": "What we learnt in May 2026",
        "preheader": "A cache without a limit fills the disk at night.",
        "masthead": Masthead("Example Rail", "Learning Digest", ("4 incidents", "2 with takeaways")),
        "lead": "",
        "key_takeaways": (card(),),
        "worth_repeating": (),
        "went_right": (),
        "matrix": None,
        "leadership": "",
        "waiting": None,
        "incidents": (),
        "made": made(),
        "editor": "learning@example.org",
    }
    return Edition(**fields | over)
