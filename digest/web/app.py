"""The preview's pages: written once, when it starts, and handed out unchanged.

A proof is frozen, so nothing has to be made while a request waits: what a visitor sends reaches
no template, and a broken template shows before the first page is opened.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2 import TemplateError as JinjaError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import TemplateError
from digest.model import Proof
from digest.web import view
from digest.web.guards import Guards, answer

PAGE = "web/preview.html.j2"
STYLE = "web/preview.css"

# The editor's page runs nothing and loads nothing but its own style and the mail, in frames.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The mail brings its style with it; whatever else it brings must do nothing.
MAIL_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)
STYLE_POLICY = "default-src 'none'; frame-ancestors 'none'"


def preview_app(proof: Proof, templates: Path, port: int) -> Starlette:
    """Return the application that shows `proof` to whoever is at this machine.

    Args:
        proof: what to show.
        templates: the folder that holds `web/`.
        port: where it will listen; requests meant for any other are refused.

    Raises:
        TemplateError: the page's template or its style is missing or wrong.
    """
    rendering = proof.rendering
    mail = answer(rendering.html, "text/html", policy=MAIL_POLICY, headers={"X-Frame-Options": "SAMEORIGIN"})
    pages = {
        "/": answer(_page(proof, templates), "text/html", policy=PAGE_POLICY),
        "/preview.css": answer(_style(templates), "text/css", policy=STYLE_POLICY),
        "/mail.html": mail,
        "/digest.txt": answer(rendering.text),
        "/digest.md": answer(rendering.markdown),
    }
    return Starlette(
        debug=False,
        routes=[Route(path, _always(page)) for path, page in pages.items()],
        middleware=[Middleware(Guards, port=port)],
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )


def _always(page: Response) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return page

    return endpoint


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return answer("There is no such page; the preview begins at /\n", status=status)


async def _failed(_: Request, __: Exception) -> Response:
    # What happened is for the terminal, where the server prints it, not for a page.
    return answer("The preview failed; its terminal says why.\n", status=500)


def _page(proof: Proof, templates: Path) -> str:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(link=view.link, standing=view.standing)
    environment.globals["count"] = view.count
    rows = view.ranking(proof.verdicts)
    try:
        return environment.get_template(PAGE).render(
            proof=proof,
            edition=proof.edition,
            rendering=proof.rendering,
            rows=rows,
            printed=view.printed(rows),
            groups=view.left_out(rows),
            problems=view.problems(proof),
            sizes=view.sizes(proof.rendering),
            month=f"{proof.edition.month.start:%B %Y}",
        )
    except JinjaError as error:
        detail = error.message or type(error).__name__
        name = getattr(error, "name", None) or PAGE
        raise TemplateError(name, detail, getattr(error, "lineno", None)) from error


def _style(templates: Path) -> bytes:
    try:
        return (templates / STYLE).read_bytes()
    except OSError as error:
        raise TemplateError(STYLE, error.strerror or "cannot be read") from error
