"""An edition as text, wrapped at 72, with its links at the end."""

import re
import textwrap
from dataclasses import dataclass, field

import jinja2
from markupsafe import Markup

from digest.model import Edition
from digest.render.environment import fill
from digest.render.guards import clean, isolate, safe_url
from digest.render.page import Page

TEMPLATE = "text/edition.txt.j2"
WIDTH = 72


@dataclass
class Links:
    """The links of one text, numbered as they come; the same link keeps its number."""

    urls: list[str] = field(default_factory=list)

    def mark(self, url: str | None) -> str:
        """Return `[3]` to stand behind the words that `url` belongs to; nothing where it is no safe link."""
        safe = safe_url(url)
        if safe is None:
            return ""
        if safe not in self.urls:
            self.urls.append(safe)
        return f"[{self.urls.index(safe) + 1}]"


def wrap(value: object, first: str = "", rest: str | None = None) -> Markup:
    """Return `value` in lines of at most 72 characters, as far as words are not longer.

    The first line opens with `first`, the others with `rest`, else with as many spaces.
    """
    text = str(value) if isinstance(value, Markup) else isolate(clean(value))
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=False,  # a URL in two halves is none
        break_on_hyphens=False,
    )
    return Markup("\n".join(lines))  # noqa: S704 -- cleaned above; text has no markup


def heading(value: str, line: str) -> Markup:
    """Return a heading with a rule of `line` below it."""
    wrapped = wrap(value)
    rule = line * max((len(part) for part in wrapped.splitlines()), default=0)
    return Markup(f"{wrapped}\n{rule}")  # noqa: S704 -- cleaned above; text has no markup


def tidy(text: str) -> str:
    """Return `text` with no white space at line ends, no two empty lines together, and a last line end."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def render_text(env: jinja2.Environment, edition: Edition, page: Page | None = None) -> str:
    """Return `edition` as text that reads well alone.

    Raises:
        TemplateError: a template is missing or wrong.
    """
    return tidy(fill(env, TEMPLATE, edition=edition, links=Links(), page=page))
