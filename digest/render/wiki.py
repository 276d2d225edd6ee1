"""An edition as a page of Markdown: all of it, where the mail is short."""

import jinja2
from markupsafe import Markup

from digest.model import Edition
from digest.render.environment import fill
from digest.render.guards import clean, markdown, markdown_target, safe_url
from digest.render.plain import tidy

TEMPLATE = "markdown/edition.md.j2"


def link(label: object, url: str | None) -> Markup:
    """Return `[label](url)`, or the label alone where `url` is no safe link."""
    words = label if isinstance(label, Markup) else markdown(label)
    safe = safe_url(url)
    if safe is None:
        return words
    return Markup(f"[{words}]({markdown_target(safe)})")  # noqa: S704 -- both parts are escaped


def title(value: str) -> Markup:
    """Return a sentence as a heading's words: without its full stop, as headings are set."""
    text = clean(value).strip()
    return markdown(text[:-1] if text.endswith(".") and not text.endswith("..") else text)


def render_markdown(env: jinja2.Environment, edition: Edition) -> str:
    """Return `edition` as a whole page of Markdown (CommonMark with tables).

    Raises:
        TemplateError: a template is missing or wrong.
    """
    return tidy(fill(env, TEMPLATE, edition=edition))
