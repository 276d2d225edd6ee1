"""The preview in a real browser."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from digest.model import Rendering
from digest.paths import templates
from digest.web.app import preview_app
from digest.web.serve import Server, _listen, _settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("CI") != "true", reason="chromium is not installed: make servers"
    ),
]

MAIL = """<!doctype html><html lang="en"><head><style>
  body { background: rgb(255, 255, 255); }
  @media (prefers-color-scheme: dark) { body { background: rgb(24, 33, 43); } }
</style></head><body><h1>Give every call a limit</h1>
<a href="http://127.0.0.1:CANARY/read">Read 101</a>
<script>document.title = "ran"; fetch("http://127.0.0.1:CANARY/steal")</script>
<img src="http://127.0.0.1:CANARY/pixel.png" onerror="document.title = 'ran'"></body></html>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Containers run as root, where Chromium's own sandbox does not start.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A host that the mail would like to reach; whoever connects waits in its queue."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        yield listener


@pytest.fixture
def address(proof: Any, elsewhere: socket.socket) -> Iterator[str]:
    """The preview of a mail that tries what a mail must not."""
    mail = MAIL.replace("CANARY", str(elsewhere.getsockname()[1]))
    listening: Queue[bool] = Queue()
    listener = _listen(None)
    port = listener.getsockname()[1]
    shown = proof(rendering=Rendering("2026-05", "all", "May", mail, "The text", "# The page"))
    server = Server(_settings(preview_app(shown, templates(), port)), lambda: listening.put(item=True))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    assert listening.get(timeout=20)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme="null")
    yield context.new_page()
    context.close()


def test_the_frames_show_the_mail_and_the_mail_can_run_and_reach_nothing(
    page: Page, address: str, elsewhere: socket.socket
) -> None:
    page.goto(address, wait_until="networkidle")

    assert len(page.frames) == 3
    for frame in page.frames[1:]:
        assert frame.inner_text("h1") == "Give every call a limit"
        assert frame.title() != "ran"
    with pytest.raises(BlockingIOError):  # nobody waits to be accepted
        elsewhere.accept()


def test_the_page_breaks_no_rule_of_its_own(page: Page, address: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.route("**/mail.html", lambda route: route.fulfill(body="<h1>A quiet mail</h1>"))

    page.goto(address, wait_until="networkidle")

    assert said == []


def test_the_mail_follows_the_colours_that_the_editor_picks(page: Page, address: str) -> None:
    page.goto(address, wait_until="networkidle")
    dark = "matchMedia('(prefers-color-scheme: dark)').matches"

    page.check("#dark")
    page.frames[1].wait_for_function(dark)
    page.check("#light")
    page.frames[1].wait_for_function(f"!{dark}")

    assert page.frames[2].evaluate(dark) is False


def test_the_mail_alone_opens_and_still_runs_and_reaches_nothing(
    page: Page, address: str, elsewhere: socket.socket
) -> None:
    response = page.goto(address + "mail.html", wait_until="networkidle")

    assert response is not None
    assert response.status == 200
    assert page.inner_text("h1") == "Give every call a limit"
    assert page.title() != "ran"
    with pytest.raises(BlockingIOError):
        elsewhere.accept()


def test_another_site_can_neither_frame_the_preview_nor_read_it(page: Page, address: str) -> None:
    # A page of another port: another origin, though the same machine.
    page.route(
        "http://evil.test/", lambda route: route.fulfill(body="<h1>Evil</h1>", content_type="text/html")
    )
    page.goto("http://evil.test/")

    read = page.evaluate(
        """address => fetch(address).then(answer => answer.text(), () => "refused")""", address
    )
    framed = page.evaluate(
        """address => new Promise(done => {
             const frame = document.createElement("iframe");
             frame.onload = () => done(frame.contentDocument === null || frame.contentDocument.title);
             frame.src = address;
             document.body.append(frame);
           })""",
        address,
    )

    assert read == "refused"
    assert framed is not None
    assert all("May 2026" not in frame.content() for frame in page.frames)


@pytest.mark.parametrize("width", [1280, 600, 375, 320])
def test_the_page_never_scrolls_sideways(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
