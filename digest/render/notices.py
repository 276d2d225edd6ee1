"""Words to one person about the work itself, as text: a template's first line is the subject.

A template is written as a letter is: paragraphs with empty lines between them, items that open with `- `
or `1. `, and lines of an item's own that open with two spaces; all of them are wrapped, and a line without
such a sign goes on where the one before it ended. What opens with four spaces stays as it is: a command is
copied, and half of one is none. A value never holds a line end, so no tracker's words can open a paragraph.
"""

import re

import jinja2
from markupsafe import Markup

from digest.errors import TemplateError
from digest.render.environment import fill
from digest.render.guards import subject_line
from digest.render.plain import tidy, wrap

_AS_IT_STANDS = " " * 4
_ITEM = re.compile(r"(?:-|\d{1,2}\.) ")
_INDENT = "  "


def render_letter(
    env: jinja2.Environment, kind: str, facts: dict[str, object], *, wrapped: bool = True
) -> tuple[str, str]:
    """Return the subject and the text of a notice, `wrapped` at 72, else in one line a paragraph.

    Raises:
        TemplateError: the template is missing or wrong, or has no first line.
    """
    template = f"notices/{kind}.txt.j2"
    first, _, rest = fill(env, template, **facts).strip().partition("\n")
    subject = subject_line(first)
    if not subject:
        raise TemplateError(template, "its first line is the subject, and is empty")
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", rest.strip("\n"))
    text = "\n\n".join(flowed(paragraph, wrapped=wrapped) for paragraph in paragraphs)
    return subject, tidy(text)


def flowed(paragraph: str, *, wrapped: bool = True) -> str:
    """Return a paragraph of a letter in its lines, each at most 72 wide where it is to be `wrapped`."""
    lines: list[str] = []
    for line in paragraph.split("\n"):
        if lines and not line.startswith(_INDENT) and not _ITEM.match(line) and not _stays(lines[-1]):
            lines[-1] += " " + line
        else:
            lines.append(line)
    return "\n".join(_set(line) if wrapped else line for line in lines)


def _stays(line: str) -> bool:
    return line.startswith(_AS_IT_STANDS)


def _set(line: str) -> str:
    if _stays(line):
        return line
    item = _ITEM.match(line)
    first = item[0] if item else _INDENT if line.startswith(_INDENT) else ""
    words = Markup(line[len(first) :].strip())  # noqa: S704 -- the template's values were cleaned one by one
    return str(wrap(words, first))
