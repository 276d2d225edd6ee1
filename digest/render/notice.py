"""An edition as a note for a chat: plain text, a line a thought, short enough to be read in passing.

A chat has its own markup and its own way to call people, so none is written here: how a note is
posted, and with which guards, is each chat's to know. The page's address stands alone on the last
line, where there is a page: no other line can be an address, as all others open with the program's words.
"""

import jinja2
from markupsafe import Markup

from digest.model import Edition
from digest.render.environment import fill
from digest.render.guards import clean, isolate, shortened
from digest.render.page import Page
from digest.render.plain import tidy

TEMPLATE = "chat/notice.txt.j2"


def cut(value: object, most: int) -> Markup:
    """Return `value` as one line of at most `most` characters, cut between words where it was longer."""
    # Cleaned once more: what was set apart for its direction may lose its end by the cut.
    return Markup(isolate(shortened(clean(value).strip(), most)))  # noqa: S704 -- a chat note has no markup


def render_notice(env: jinja2.Environment, edition: Edition, page: Page | None = None) -> str:
    """Return `edition` as a chat note, without a line end at its end.

    Raises:
        TemplateError: a template is missing or wrong.
    """
    return tidy(fill(env, TEMPLATE, edition=edition, page=page)).rstrip("\n")
