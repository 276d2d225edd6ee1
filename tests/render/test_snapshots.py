"""A whole edition in each form, as files to read; `UPDATE_SNAPSHOTS=1 pytest tests/render` rewrites them."""

import os
from pathlib import Path

import pytest

from digest.render import Renderer

SUFFIX = {"html": "html", "text": "txt", "markdown": "md", "notice": "chat.txt"}
PAGE = "https://git.example.org/learning/digest/wiki/2026-10"


@pytest.mark.parametrize("form", ["html", "text", "markdown", "notice"])
@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_an_edition_looks_as_it_did(
    month: str, form: str, renderer: Renderer, snapshots: Path, request: pytest.FixtureRequest
) -> None:
    made = getattr(renderer.render(request.getfixturevalue(month)), form)

    _is_as_it_was(snapshots / f"{month}.{SUFFIX[form]}", made)


@pytest.mark.parametrize("form", ["html", "text", "notice"])
@pytest.mark.parametrize("month", ["rich", "quiet"])
def test_an_edition_with_a_page_looks_as_it_did(
    month: str, form: str, renderer: Renderer, snapshots: Path, request: pytest.FixtureRequest
) -> None:
    made = renderer.render(request.getfixturevalue(month), page=True).with_page(PAGE)

    _is_as_it_was(snapshots / f"{month}-page.{SUFFIX[form]}", getattr(made, form))


def _is_as_it_was(file: Path, made: str) -> None:
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(made, encoding="utf-8")

    assert made == file.read_text(encoding="utf-8"), "changed on purpose? UPDATE_SNAPSHOTS=1 writes it anew"
