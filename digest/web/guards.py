"""What stands between the preview and any web page that is open in the editor's browser.

Every site that the editor visits can send requests to 127.0.0.1. It must not read an answer
(the proof is confidential), nor frame one, nor change anything; hence the checks before a
request reaches a page, and the headers on every answer, refusals included.
"""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

METHODS = ("GET", "HEAD")

# For answers that need nothing at all.
NOTHING = "default-src 'none'; frame-ancestors 'none'; sandbox"

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def answer(
    body: str | bytes,
    media: str = "text/plain",
    *,
    status: int = 200,
    policy: str = NOTHING,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer that carries every protective header; the only way that this package makes one.

    Args:
        body: the page; a text goes out as UTF-8, and what UTF-8 cannot hold as a question mark.
        media: its media type, without a charset.
        status: the HTTP status.
        policy: the Content-Security-Policy.
        headers: more headers, or others in place of the usual ones.
    """
    content = body.encode(errors="replace") if isinstance(body, str) else body
    every = {"Content-Security-Policy": policy, **_HEADERS, **(headers or {})}
    if "sandbox" not in policy:
        # A browser refuses to open a sandboxed page that also asks for this.
        every["Cross-Origin-Opener-Policy"] = "same-origin"
    return Response(content, status, every, f"{media}; charset=utf-8")


class Guards:
    """Refuses, before any page is reached, what the editor's browser does not send for the editor."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port
        # Another name for this address in Host is DNS rebinding: the page there would be "same-origin".
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request; hand on any other."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            hint = f"This preview answers to its own address only: http://127.0.0.1:{self._port}/\n"
            return answer(hint, status=403)
        if _from_elsewhere(headers):
            return answer("Another site asked for this page; open it by its address instead.\n", status=403)
        if scope["method"] not in METHODS:
            allow = {"Allow": ", ".join(METHODS)}
            return answer("The preview can only be read.\n", status=405, headers=allow)
        return None


def _from_elsewhere(headers: Headers) -> bool:
    """Whether another site's page, not a person following a link, makes the browser ask."""
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    # Absent from browsers before 2023 and from curl: the other guards still hold there.
    return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} and not followed
