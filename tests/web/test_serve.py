"""The server as a process of its own, on loopback."""

import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from digest.errors import ConfigError, TemplateError
from digest.paths import templates
from digest.web import serve

pytestmark = pytest.mark.system

TESTS = Path(__file__).resolve().parents[1]
PROGRAM = f"""
import sys
sys.path[:0] = [{str(TESTS)!r}, {str(TESTS / "web")!r}]
from conftest import make_proof
from digest.paths import templates
from digest.web import serve
from digest.web.serve import Connection

Connection.limit_s = float(sys.argv[1])
serve(make_proof(), templates(), None, announce=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


class Preview:
    """A preview that runs, and where."""

    def __init__(self, limit_s: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(limit_s)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", self.url)
        if match is None:
            self.process.kill()
            pytest.fail(f"announced {self.url!r}; {self.process.communicate(timeout=20)}")
        self.port = int(match[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)

    def ask(self, path: str = "/", method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture(scope="module")
def preview() -> Iterator[Preview]:
    with Preview(limit_s=20) as running:
        yield running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_it_has_printed_nothing_else(number: int) -> None:
    with Preview(limit_s=20) as running:
        assert running.ask().status == 200
        assert running.ask("/nowhere").status == 404

        assert running.end(number) == (0, "ended\n", "")


def test_no_request_however_odd_writes_on_the_terminal() -> None:
    with Preview(limit_s=20) as running:
        with _connected(running) as client:
            client.sendall(b"\x1b[2J not HTTP\r\n\r\n")
            client.recv(1000)
        running.ask("/", Upgrade="websocket", Connection="upgrade")

        assert running.end() == (0, "ended\n", "")


def test_it_can_be_opened_once_announced_and_says_nothing_of_its_server(preview: Preview) -> None:
    response = preview.ask()

    assert response.status == 200
    assert response.getheader("Server") is None
    assert response.getheader("Connection") == "close"


def test_it_listens_on_127_0_0_1_alone(preview: Preview) -> None:
    for family, address in _other_addresses():
        with socket.socket(family) as client, pytest.raises(OSError, match=r"refused|unreachable|assign"):
            client.connect((address, preview.port))


def test_a_rebound_name_and_a_post_are_refused_over_the_wire(preview: Preview) -> None:
    assert preview.ask(Host="evil.test").status == 403
    assert preview.ask(method="POST").status == 405


def test_a_head_without_end_is_refused(preview: Preview) -> None:
    with _connected(preview) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * 40_000)
        answer = client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_client_that_never_ends_its_request_is_cut_off() -> None:
    with Preview(limit_s=0.2) as running, _connected(running) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: ")

        assert _until_closed(client) == b""


def test_many_silent_connections_do_not_shut_others_out_for_good() -> None:
    with Preview(limit_s=0.2) as running, ExitStack() as silent:
        for client in [silent.enter_context(_connected(running)) for _ in range(150)]:
            assert _until_closed(client) == b""

        assert running.ask().status == 200


def test_a_port_that_is_taken_is_named_with_what_to_do(preview: Preview, proof: Any) -> None:
    with pytest.raises(ConfigError, match=rf"--port {preview.port}: .*in use.*choose another port"):
        serve(proof(), templates(), preview.port, announce=pytest.fail)


@pytest.mark.parametrize("port", [-1, 65536])
def test_what_is_no_port_is_refused(proof: Any, port: int) -> None:
    with pytest.raises(ConfigError, match="1 to 65535"):
        serve(proof(), templates(), port, announce=pytest.fail)


def test_with_a_broken_template_nothing_is_announced(proof: Any, tmp_path: Path) -> None:
    with pytest.raises(TemplateError):
        serve(proof(), tmp_path, None, announce=pytest.fail)


def _connected(running: Preview) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=20)


def _until_closed(client: socket.socket) -> bytes:
    try:
        return client.recv(1000)
    except ConnectionResetError:
        return b""


def _other_addresses() -> list[tuple[int, str]]:
    """Addresses of this machine that a server on all interfaces would answer on."""
    own = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM)
    v4 = {str(entry[4][0]) for entry in own} - {"127.0.0.1"} | {"127.0.0.2"}
    return [(socket.AF_INET6, "::1"), *((socket.AF_INET, address) for address in sorted(v4))]
