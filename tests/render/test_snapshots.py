"""A whole edition in each form, as files to read; `UPDATE_SNAPSHOTS=1 pytest tests/render` rewrites them."""

import os
from pathlib import Path

import pytest

from digest.render import Renderer


@pytest.mark.parametrize("form", ["html", "text", "markdown"])
@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_an_edition_looks_as_it_did(
    month: str, form: str, renderer: Renderer, snapshots: Path, request: pytest.FixtureRequest
) -> None:
    file = snapshots / f"{month}.{ {'html': 'html', 'text': 'txt', 'markdown': 'md'}[form] }"
    made = getattr(renderer.render(request.getfixturevalue(month)), form)

    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(made, encoding="utf-8")

    assert made == file.read_text(encoding="utf-8"), "changed on purpose? UPDATE_SNAPSHOTS=1 writes it anew"
