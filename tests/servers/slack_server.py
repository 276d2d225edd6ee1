"""A stand-in for a chat's incoming webhook on loopback: a room that keeps what was posted, and faults on cue.

    with SlackServer() as server:
        server.webhook  # what a channel's settings need
        server.cues += ["429 30", "drop"]  # how the next posts are answered; then they are taken
        ...
        server.room  # the payloads that stand in the room

It refuses a payload that Slack's limits would refuse, and one that could call people by words of data.
Written from the public description of the format.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SECRET = "services/T0000CANARY/B0000CANARY/canary0123456789abcdefghij"
HANG, DROP = "hang", "drop"
# In Slack's markup: a mention, a date, a link. What a payload may hold of them is the one link to the page.
TOKEN = re.compile(r"<([^<>]*)>")
BLOCKS_MOST, HEADER_MOST, TEXT_MOST, ALL_MOST = 50, 150, 3000, 13_200


@dataclass(frozen=True)
class Post:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]  # names in small letters
    payload: Any
    answer: str  # what was answered: "200 ok", "404 no_service", "drop"


@dataclass
class SlackServer:
    """A room behind a webhook; see the module."""

    cues: list[str] = field(default_factory=list)  # "404 no_service", "429 30", "200 <html>", "hang", "drop"
    keep_before_failing: bool = True  # whether what is dropped, left hanging or answered by 5xx was posted
    posts: list[Post] = field(default_factory=list)
    room: list[Any] = field(default_factory=list)
    down: bool = False  # an outage: 503 to everybody
    stop: threading.Event = field(default_factory=threading.Event)
    _http: ThreadingHTTPServer | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"slack": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    @property
    def webhook(self) -> str:
        assert self._http is not None, "enter it first"
        return f"http://127.0.0.1:{self._http.server_address[1]}/{SECRET}"

    def shown(self) -> list[str]:
        """Return each message of the room as people see it, a line a block."""
        return ["\n".join(visible(payload)) for payload in self.room]

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> str:
        """Return how to answer a post; keep it, and its payload in the room where it is taken."""
        with self._lock:
            answer = self._decided(path, headers, body)
            try:
                payload = json.loads(body)
            except ValueError:
                payload = None
            self.posts.append(Post(path, headers, payload, answer))
            failing = answer in {HANG, DROP} or answer.startswith("5")
            if answer.startswith("200") or (failing and self.keep_before_failing):
                self.room.append(payload)
            return answer

    def _decided(self, path: str, headers: Mapping[str, str], body: bytes) -> str:
        if self.down:
            return "503 service_unavailable"
        if self.cues:
            return self.cues.pop(0)
        if path != f"/{SECRET}":
            return "404 no_service"
        try:
            faults = faults_of(json.loads(body))
        except ValueError:
            return "400 invalid_payload"
        kind = headers.get("content-type", "")
        return "400 invalid_blocks" if faults or kind != "application/json" else "200 ok"


def faults_of(payload: Any) -> list[str]:
    """Return what is wrong with a payload: over a limit, or in it a text that is no text."""
    blocks = payload.get("blocks", [])
    faults = ["no text for notifications"] if not payload.get("text") else []
    faults += ["too many blocks"] if len(blocks) > BLOCKS_MOST else []
    faults += ["too long in all"] if len(json.dumps(payload, ensure_ascii=False)) > ALL_MOST else []
    for block in blocks:
        most = HEADER_MOST if block["type"] == "header" else TEXT_MOST
        if block["type"] not in {"header", "context", "section"}:
            faults.append(f"a block of type {block['type']}")
        for text in texts(block):
            faults += ["a text of no length"] if not text["text"] else []
            faults += ["too long a text"] if len(text["text"]) > most else []
            faults += (
                ["a header in markup"] if block["type"] == "header" and text["type"] != "plain_text" else []
            )
    return faults


def texts(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the text objects of a block."""
    if "text" in block:
        yield block["text"]
    yield from block.get("elements", ())


def markup(payload: Any) -> list[str]:
    """Return every text of a payload that Slack reads as markup."""
    marked = [
        text["text"] for block in payload["blocks"] for text in texts(block) if text["type"] == "mrkdwn"
    ]
    return [payload["text"], *marked]


def visible(payload: Any) -> Iterator[str]:
    """Yield what people see of each text of the blocks: a link by its words."""
    for block in payload["blocks"]:
        for text in texts(block):
            if text["type"] == "mrkdwn":
                yield unescaped(TOKEN.sub(lambda found: found[1].rpartition("|")[2], text["text"]))
            else:
                yield text["text"]


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Handler(BaseHTTPRequestHandler):
    slack: SlackServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.slack.answer(self.path, headers, body)
        if answer == HANG:
            self.slack.stop.wait(30)
        if answer in {HANG, DROP}:
            self.close_connection = True
            return
        status, _, words = answer.partition(" ")
        self.send_response_only(int(status))
        if status == "429":
            self.send_header("Retry-After", words)
            words = "rate_limited"
        if status.startswith("3"):
            self.send_header("Location", words)
        self.send_header("Content-Type", "text/html" if words.startswith("<") else "text/plain")
        self.send_header("Content-Length", str(len(words.encode())))
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass
