"""The mail as a reader's screen shows it; needs Chromium (`make servers` installs it)."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from render.conftest import matrix
from render.test_palette import TEXT, contrast

from digest.model import Count, Edition, Matrix, MatrixRow, Problem, Severity
from digest.render import Renderer

pytestmark = pytest.mark.system
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
INK = "element => getComputedStyle(element).color"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed; `make servers` installs it")
        pytest.skip("Chromium is not installed; `make servers` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        yield browser
        browser.close()


def wide() -> Matrix:
    """Return a matrix with every severity and incidents without one, its names long."""
    base = matrix()
    severities = (*Severity, None)
    rows = tuple(MatrixRow(s, base.rows[0].cells, Count(1234, (1000, 2000, 3000))) for s in severities)
    return replace(base, rows=rows, groups=("Configuration and permissions", *base.groups[1:]))


def months(rich: Edition, quiet: Edition, unread: Edition) -> dict[str, Edition]:
    unbroken = replace(
        rich,
        matrix=wide(),
        masthead=replace(rich.masthead, title="T" * 200),
        key_takeaways=tuple(
            replace(
                c,
                text="a" * 240,
                service="j" * 90,
                severity_label="Customer facing " * 5,
                incident_title="https://x/" + "b" * 400,
            )
            for c in rich.key_takeaways
        ),
        incidents=tuple(
            replace(row, key="k" * 60, severity_label="s" * 60, title="c" * 400, factors=("d" * 200,))
            for row in rich.incidents
        ),
        went_right=tuple(replace(item, text="e" * 200, team="f" * 90) for item in rich.went_right),
        problems=(Problem("trackers", "g" * 90, "h" * 200, incidents_missing=True),),
    )
    return {"rich": rich, "quiet": quiet, "unread": unread, "unbroken": unbroken}


def mails(renderer: Renderer, rich: Edition, quiet: Edition, unread: Edition) -> Iterator[tuple[str, str]]:
    """Yield each month's mail by name: without a page, with one, and with one that was not published."""
    for name, edition in months(rich, quiet, unread).items():
        with_page = renderer.render(edition, page=True)
        yield name, renderer.render(edition).html
        yield f"{name}, page", with_page.with_page("https://wiki.example.org/" + "p" * 300).html
        yield f"{name}, no page", with_page.html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 600])
def test_no_mail_scrolls_sideways_or_asks_for_anything(  # noqa: PLR0917 -- fixtures
    width: int,
    scheme: str,
    browser: Browser,
    renderer: Renderer,
    tmp_path: Path,
    rich: Edition,
    quiet: Edition,
    unread: Edition,
) -> None:
    for name, html in mails(renderer, rich, quiet, unread):
        file = tmp_path / f"{name}.html"
        file.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(file.as_uri())

        assert asked == [file.as_uri()], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.close()


# Each element with words of its own: the words, their colour, and the first ground behind them.
SHOWN = """() => [...document.body.querySelectorAll('*')]
    .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => {
        const of = x => x ? getComputedStyle(x).backgroundColor : 'rgb(255, 255, 255)';
        let ground = e;
        while (of(ground) === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
        return [e.textContent.trim(), getComputedStyle(e).color, of(ground)];
    })"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_can_be_read_where_they_stand(  # noqa: PLR0917 -- fixtures
    scheme: str,
    browser: Browser,
    renderer: Renderer,
    tmp_path: Path,
    rich: Edition,
    quiet: Edition,
    unread: Edition,
) -> None:
    for _, html in mails(renderer, rich, quiet, unread):
        file = tmp_path / "mail.html"
        file.write_text(html, encoding="utf-8")
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(file.as_uri())
        shown = page.evaluate(SHOWN)
        page.close()

        assert len(shown) > 10
        assert [words for words, ink, ground in shown if contrast(_hex(ink), _hex(ground)) < TEXT] == []


def _hex(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


def test_dark_mode_turns_paper_and_words_but_leaves_chips(
    browser: Browser, renderer: Renderer, tmp_path: Path, rich: Edition
) -> None:
    file = tmp_path / "mail.html"
    file.write_text(renderer.render(rich).html, encoding="utf-8")
    seen = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(file.as_uri())
        paper = page.eval_on_selector("body", "element => getComputedStyle(element).backgroundColor")
        chip = page.eval_on_selector(
            "span:text('Sev-3')", "element => getComputedStyle(element).backgroundColor"
        )
        seen[scheme] = (paper, page.eval_on_selector("h1", INK), page.eval_on_selector("a.link", INK), chip)
        page.close()

    assert seen["light"][1:] == ("rgb(31, 41, 51)", "rgb(11, 92, 173)", "rgb(251, 227, 164)")
    assert seen["dark"] == (
        "rgb(24, 33, 43)",
        "rgb(230, 235, 240)",
        "rgb(124, 192, 255)",
        "rgb(251, 227, 164)",
    )


def test_the_first_takeaway_is_on_a_phones_first_screen(
    browser: Browser, renderer: Renderer, tmp_path: Path, rich: Edition
) -> None:
    file = tmp_path / "mail.html"
    file.write_text(renderer.render(rich).html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 375, "height": 667})
    page.goto(file.as_uri())

    box = page.locator("h3").first.bounding_box()
    page.close()

    assert box is not None
    assert box["y"] + box["height"] < 667
