"""An edition as HTML for mail clients, by way of MJML."""

import re
from math import ceil

import jinja2
from mjml import mjml2html

from digest.errors import TemplateError
from digest.model import Edition, Matrix
from digest.render.environment import fill
from digest.render.page import Page

TEMPLATE = "email/edition.mjml.j2"


def render_email(env: jinja2.Environment, edition: Edition, page: Page | None = None) -> str:
    """Return `edition` as HTML that mail clients can show, and that asks for nothing when opened.

    Raises:
        TemplateError: a template is missing or wrong, or what it makes is not MJML.
    """
    mjml = fill(env, TEMPLATE, edition=edition, page=page)
    # Indentation is a tenth of the mail, and Gmail clips at 102 KB.
    lean = re.sub(r"\n\s*", "\n", mjml).strip()
    try:
        return mjml2html(lean, fonts={})  # no fonts from a third party; no loader, so no mj-include
    except ValueError as error:  # all that mjml-python raises; it knows no line
        raise TemplateError(TEMPLATE, f"what it makes is not MJML: {error}") from error


def shade(count: int, matrix: Matrix) -> int:
    """Return how dark a cell of the matrix is: 0 for none, 1 to 3 by thirds of the largest cell.

    A largest cell of less than four counts as four: one incident must not look like many.
    """
    largest = max((cell.now for row in matrix.rows for cell in row.cells), default=0)
    return min(3, ceil(3 * count / max(4, largest)))
