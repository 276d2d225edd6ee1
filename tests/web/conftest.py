import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from builders import edition, takeaway
from starlette.types import ASGIApp

from digest.model import Finding, Problem, Proof, Rendering, Standing, Verdict
from digest.paths import templates
from digest.web import preview_app

PORT = 8123


@dataclass(frozen=True)
class Answer:
    """What the application said to one request."""

    status: int
    headers: dict[str, str]
    body: str


def make_proof(**over: Any) -> Proof:
    """A proof in which every part of the page has something to say."""
    fields: dict[str, Any] = {
        "edition": edition(),
        "rendering": Rendering(
            "2026-05", "all", "What we learnt in May 2026", "<p>The mail</p>", "The text", "# The page"
        ),
        "trial": True,
        "verdicts": (
            Verdict(takeaway(), printed=True, why=("the same in 2 incidents",)),
            Verdict(
                takeaway("Review the process.", id="102-def456", incident="102"),
                printed=False,
                why=("below the bar",),
            ),
        ),
        "waiting": (("103", "Export was late", Standing.WAITING_REVIEW, "https://tracker.example.org/103"),),
        "findings": (
            (
                "101",
                "reviews/101.md",
                Finding("blame", 41, 7, "careless change", "It judges.", "What made sense?"),
            ),
        ),
        "problems": (Problem("trackers", "jira", "did not answer", incidents_missing=True),),
        "private": 3,
        "unchecked": 2,
    }
    return Proof(**fields | over)


def request(
    app: ASGIApp, path: str = "/", method: str = "GET", *, headers: dict[str, str] | None = None
) -> Answer:
    """Send one request through the application, as a server would."""
    every = {"Host": f"127.0.0.1:{PORT}", **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in every.items() if value],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", PORT),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], head, body.decode())


@pytest.fixture
def proof() -> Callable[..., Proof]:
    return make_proof


@pytest.fixture
def ask() -> Callable[..., Answer]:
    """Ask an application for a page; without one, that of the usual proof."""

    def asking(path: str = "/", method: str = "GET", app: ASGIApp | None = None, **over: Any) -> Answer:
        usual = app or preview_app(make_proof(), templates(), PORT)
        return request(usual, path, method, **over)

    return asking
