"""Puts the preview on 127.0.0.1 until a person ends it.

uvicorn has no time limit for a request's head: a client that never ends one keeps its
connection for ever. Here a connection serves one request and lives a few seconds at most.
"""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from digest.errors import ConfigError
from digest.model import Proof
from digest.web.app import preview_app

HOST = "127.0.0.1"
CONNECTION_S = 10.0  # how long a connection may take, from its opening to the answer's end
ANSWERED = 32  # connections at once; with more, the answer is 503
OPEN = 128  # connections at once; any more are closed unheard
HEAD_BYTES = 32 * 1024  # browsers send the cookies of every program on this machine
FAREWELL_S = 2


class Connection(H11Protocol):
    """A connection that is over when its time is, whatever the client does or leaves undone."""

    limit_s = CONNECTION_S
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start the clock; refuse where too many are open already."""
        super().connection_made(transport)
        if len(self.connections) > OPEN:
            transport.abort()
            return
        self._end = self.loop.call_later(self.limit_s, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)


class Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets)
        self._listening()


def serve(proof: Proof, templates: Path, port: int | None, *, announce: Callable[[str], None]) -> None:
    """Show `proof` on 127.0.0.1, until Ctrl-C or SIGTERM; then return.

    Args:
        proof: what to show.
        templates: the folder that holds `web/`.
        port: where to listen, 1 to 65535; None takes any that is free.
        announce: called once with the address, as soon as it can be opened.

    Raises:
        ConfigError: the port is taken, not allowed, or no port.
        TemplateError: the page's template is missing or wrong.
    """
    with closing(_listen(port)) as listener:
        number = listener.getsockname()[1]
        app = preview_app(proof, templates, number)
        server = Server(_settings(app), lambda: announce(f"http://{HOST}:{number}/"))
        with _ended_by_signals(server):
            server.run([listener])


def _listen(port: int | None) -> socket.socket:
    place = "--port" if port is None else f"--port {port}"
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        # Else a port stays taken for a minute after a preview; elsewhere this would share it instead.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port or 0))
        listener.listen(OPEN)
    except OverflowError as error:
        listener.close()
        raise ConfigError(place, "a port is a number from 1 to 65535") from error
    except OSError as error:
        listener.close()
        expected = f"cannot listen on {HOST} ({error.strerror}); choose another port, or leave it out"
        raise ConfigError(place, f"{expected} to take any that is free") from error
    return listener


def _settings(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # warnings tell of odd requests: any web page could fill the terminal with them
        access_log=False,
        proxy_headers=False,
        server_header=False,
        headers=[("Connection", "close")],  # so that one clock a connection is enough
        limit_concurrency=ANSWERED,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=FAREWELL_S,
    )


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end `server`, and nothing more.

    When uvicorn has stopped it raises the signal again, for the handler that stood before its own;
    Python's would end the program by a traceback, or by the signal.
    """

    def end(_: int, __: FrameType | None) -> None:
        server.should_exit = True

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
