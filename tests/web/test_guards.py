from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.paths import templates
from digest.web import preview_app

Ask = Callable[..., Any]

PROTECTIVE = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "localhost:8123", "LOCALHOST:8123", "[::1]:8123"])
def test_its_own_names_with_its_port_are_answered(ask: Ask, host: str) -> None:
    assert ask(headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:8123",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1.evil.test:8123",
        "localhost.:8123",
        "127.0.0.1:8123@evil.test",
        "0.0.0.0:8123",
        "",
    ],
)
def test_a_name_that_was_rebound_to_this_machine_reads_nothing(ask: Ask, host: str) -> None:
    answer = ask(headers={"Host": host})

    assert answer.status == 403
    assert "Example Rail" not in answer.body


@pytest.mark.parametrize("path", ["/", "/mail.html", "/digest.txt", "/digest.md", "/preview.css"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_cannot_take_a_page_in(ask: Ask, path: str, site: str) -> None:
    taken = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    framed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}

    assert ask(path, headers=taken).status == 403
    assert ask(path, headers=framed).status == 403


def test_a_link_followed_from_another_site_opens_the_page(ask: Ask) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert ask(headers=link).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/mail.html", "/send"])
def test_nothing_but_reading_is_possible(ask: Ask, method: str, path: str) -> None:
    answer = ask(path, method)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_the_head_of_a_page_can_be_asked_for(ask: Ask) -> None:
    assert ask("/", "HEAD").status == 200


@pytest.mark.parametrize(
    ("line", "host", "status"),
    [
        ("GET /", "127.0.0.1:8123", 200),
        ("GET /mail.html", "127.0.0.1:8123", 200),
        ("GET /digest.txt", "127.0.0.1:8123", 200),
        ("GET /nowhere", "127.0.0.1:8123", 404),
        ("POST /", "127.0.0.1:8123", 405),
        ("GET /", "evil.test", 403),
        ("GET /broken", "127.0.0.1:8123", 500),
    ],
)
def test_every_answer_carries_the_protective_headers(
    ask: Ask, proof: Callable[..., Any], line: str, host: str, status: int
) -> None:
    method, path = line.split()
    app = preview_app(proof(), templates(), 8123)
    app.router.routes.append(Route("/broken", _broken))

    answer = ask(path, method, _quiet(app), headers={"Host": host})

    assert answer.status == status
    assert answer.headers.items() >= PROTECTIVE.items()
    assert answer.headers["x-frame-options"] == ("SAMEORIGIN" if path == "/mail.html" else "DENY")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Traceback" not in answer.body
    assert "ZeroDivisionError" not in answer.body


def _quiet(app: ASGIApp) -> ASGIApp:
    # Starlette raises a failure again after its answer, so that the server prints it.
    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ZeroDivisionError):
            await app(scope, receive, send)

    return answering


async def _broken(_: Request) -> None:
    raise ZeroDivisionError
