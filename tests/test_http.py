"""The client against a service on loopback that misbehaves on cue; time is virtual, but for what is slow."""

import gzip
import json
import logging
import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from servers.scripted_http import DROP, HANG, Reply, ScriptedHttp, page, scripted_http

from digest.errors import ConfigError, Reason, RemoteError
from digest.http import Answer, Client, Limits, Pace

TOKEN = "ghp_canary5ecret"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/vnd.github+json"}
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
EPOCH = int(NOON.timestamp())
HTML = Reply(200, b"<!doctype html><title>Log in</title>", {"Content-Type": "text/html; charset=utf-8"})
JSON = {"Content-Type": "application/json"}
PAGE = b'{"issues": [1, 2, 3]}'


@dataclass
class Time:
    """A clock that moves only when somebody waits."""

    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def pace(self, patience_s: float = 300, jitter: float = 0) -> Pace:
        return Pace(
            patience_s,
            sleep=self.waits.append,
            clock=lambda: sum(self.waits),
            now=lambda: NOON + timedelta(seconds=sum(self.waits)),
            jitter=lambda: jitter,
            tell=self.said.append,
        )


@pytest.fixture
def time() -> Time:
    return Time()


Serve = Callable[..., tuple[ScriptedHttp, Client]]


@pytest.fixture
def serve(time: Time) -> Iterator[Serve]:
    """Start a service with those replies, and a client of it; keywords go to the client."""
    with ExitStack() as stack:

        def start(
            *replies: Reply, tls: ssl.SSLContext | None = None, **over: Any
        ) -> tuple[ScriptedHttp, Client]:
            script = stack.enter_context(scripted_http(*replies, tls=tls))
            fields: dict[str, Any] = {"headers": HEADERS, "pace": time.pace()} | over
            return script, stack.enter_context(Client("github", script.url, **fields))

        yield start


def failure(act: Callable[[], object]) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        act()
    # Whoever prints the whole chain of errors prints no address either.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def no_port() -> int:
    """Return a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# --- What is sent ---------------------------------------------------------------------------


def test_a_request_says_who_asks_and_holds_the_credentials(serve: Serve) -> None:
    script, client = serve(page([]))
    client.get("/repos/o/r/issues", {"labels": "sev 1,a&b", "state": "all"})
    (asked,) = script.asked
    assert asked.target == "/repos/o/r/issues?labels=sev+1%2Ca%26b&state=all"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["user-agent"].startswith("learning-digest/")
    assert asked.headers["accept-encoding"] == "gzip"
    assert "cookie" not in asked.headers


def test_a_base_with_a_path_keeps_it(serve: Serve, time: Time) -> None:
    script, _ = serve(page([]))
    with Client("ghes", f"{script.url}/api/v3/", pace=time.pace()) as client:
        client.get("/user")
        client.get("")
    assert script.targets == ["/api/v3/user", "/api/v3"]


def test_a_query_of_the_base_is_kept(serve: Serve, time: Time) -> None:
    script, _ = serve(page([]))
    with Client("hook", f"{script.url}/x?sig=y", pace=time.pace()) as client:
        client.get("", {"a": "b"})
        client.post("", {})
    assert script.targets == ["/x?sig=y&a=b", "/x?sig=y"]


def test_cookies_are_not_kept(serve: Serve) -> None:
    script, client = serve(page([], Set_Cookie="session=1; Path=/"))
    client.get("/a")
    client.get("/b")
    assert "cookie" not in script.asked[1].headers


def test_neither_netrc_nor_the_environment_changes_a_request(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, client = serve(page([]))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password guess\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{no_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{no_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    client.get("/a")
    assert script.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_connection_is_used_again_but_not_after_a_broken_answer(serve: Serve) -> None:
    script, client = serve(page([1]), page([2]), Reply(200, PAGE, JSON, length=99), page([3]))
    for _ in range(3):
        client.get("/a")
    assert [asked.line for asked in script.asked] == [1, 1, 1, 2]


def test_a_client_that_was_closed_connects_again(serve: Serve) -> None:
    script, client = serve(page([]))
    client.close()
    client.get("/a")
    client.close()
    client.close()
    client.get("/a")
    assert [asked.line for asked in script.asked] == [1, 2]


def test_a_post_sends_its_json_and_returns_what_was_said(serve: Serve) -> None:
    script, client = serve(Reply(200, b"ok", {"Content-Type": "text/plain"}))
    answer = client.post("/hook", {"text": "Ölstand \ud800"})
    assert (answer.status, answer.body) == (200, b"ok")
    assert json.loads(script.asked[0].body) == {"text": "Ölstand \ud800"}
    assert script.asked[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://api.example.org", "https://"),
        ("http://127.1", "https://"),
        ("http://2130706433/", "https://"),
        ("http://0x7f000001", "https://"),
        ("http://0", "https://"),
        ("http://[::ffff:127.0.0.1]", "https://"),
        ("http://localhost.example.org", "https://"),
        ("https://user:pw@api.example.org", "user name"),
        ("https://api.example.org\\@evil.example", "address"),
        ("https://api.example.org/#x", "address"),
        ("api.example.org", "address"),
        ("ftp://api.example.org", "address"),
        ("https://", "address"),
        ("", "address"),
    ],
)
def test_a_base_that_would_show_credentials_or_is_none_is_refused_at_once(base: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        Client("github", base)


@pytest.mark.parametrize(
    "value", [f"Bearer {TOKEN}\n", "", f" {TOKEN}", f"{TOKEN}\u2028", f"a\r\nX: {TOKEN}"]
)
def test_a_token_that_would_break_a_header_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(ConfigError, match="copied whole") as caught:
        Client("github", "https://api.example.org", headers={"Authorization": value})
    assert TOKEN not in str(caught.value)


def test_a_file_of_authorities_that_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate\n")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=name):
            Client("github", "https://api.example.org", ca_file=tmp_path / name)


# --- What each answer means -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "tries"),
    [
        (400, Reason.REJECTED, 1),
        (401, Reason.AUTH, 1),
        (403, Reason.AUTH, 1),
        (404, Reason.NOT_FOUND, 1),
        (407, Reason.AUTH, 1),
        (409, Reason.REJECTED, 1),
        (410, Reason.NOT_FOUND, 1),
        (422, Reason.REJECTED, 1),
        (500, Reason.UNAVAILABLE, 6),
        (501, Reason.UNAVAILABLE, 1),
        (206, Reason.MALFORMED, 1),
        (304, Reason.MALFORMED, 1),
    ],
)
def test_a_status_has_one_reason_and_so_many_tries(
    serve: Serve, status: int, reason: Reason, tries: int
) -> None:
    script, client = serve(page({}, status))
    error = failure(lambda: client.get("/a"))
    assert (error.reason, len(script.asked)) == (reason, tries)
    assert error.detail.startswith(f"{status}: ")
    assert (error.service, str(error).startswith("github: ")) == ("github", True)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_until_the_patience_ends(serve: Serve, time: Time, status: int) -> None:
    script, client = serve(page({}, status))
    error = failure(lambda: client.get("/a"))
    assert error.reason is (Reason.RATE_LIMITED if status == 429 else Reason.UNAVAILABLE)
    assert 150 <= sum(time.waits) <= 300
    assert len(script.asked) == len(time.waits) + 1
    assert f"tried {len(script.asked)} times" in error.detail


def test_after_an_outage_the_answer_is_the_answer(serve: Serve, time: Time) -> None:
    _, client = serve(page({}, 503), DROP, page({}, 429), page([7]))
    assert client.get("/a").json() == [7]
    assert time.waits == [1, 2, 240]


def test_a_failure_that_says_when_to_come_back_is_waited_out(serve: Serve) -> None:
    _, client = serve(*[page({}, 500, Retry_After="1")] * 8, page([7]), pace=Time().pace(7200))
    assert client.get("/a").json() == [7]


def test_the_wait_grows_to_a_quarter_of_an_hour_and_all_waits_to_the_patience(
    serve: Serve, time: Time
) -> None:
    _, client = serve(page({}, 503), pace=time.pace(7200, jitter=1))
    failure(lambda: client.get("/a"))
    assert time.waits[:4] == [1.5, 3, 6, 12]
    assert max(time.waits) == 900
    assert 7200 - 900 < sum(time.waits) <= 7200


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "30"}, 30),
        (503, {"Retry-After": "30"}, 30),
        (403, {"Retry-After": "30"}, 30),
        (429, {"Retry-After": "Sun, 01 Nov 2026 12:01:40 GMT"}, 100),
        # The service's own clock goes before ours.
        (429, {"Retry-After": "Sun, 01 Nov 2026 13:00:40 GMT", "Date": "Sun, 01 Nov 2026 13:00:00 GMT"}, 40),
        (429, {"Retry-After": "30", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 99)}, 30),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 99)}, 100),
        (429, {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": str(EPOCH + 99)}, 60),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, 60),
        (429, {}, 60),
        # Nothing is asked for: then as if nothing had been said.
        (429, {"Retry-After": "0"}, 1),
        (503, {"Retry-After": "0"}, 1),
        (503, {"Retry-After": "-5"}, 1),
        (503, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 1),
        (503, {"Retry-After": "whenever"}, 1),
    ],
)
def test_a_wait_is_as_long_as_was_asked(
    serve: Serve, time: Time, status: int, headers: dict[str, str], wait: float
) -> None:
    _, client = serve(Reply(status, b"{}", JSON | headers), page([]))
    client.get("/a")
    assert time.waits == [wait]


def test_a_403_that_speaks_of_a_rate_limit_is_one(serve: Serve, time: Time) -> None:
    message = {"message": "You have exceeded a secondary rate limit."}
    _, client = serve(page(message, 403), page([]))
    client.get("/a")
    assert time.waits == [60]


def test_a_wait_beyond_the_patience_is_not_begun_and_the_error_says_how_long_it_was(
    serve: Serve, time: Time
) -> None:
    script, client = serve(page({}, 429, Retry_After="3600"))
    error = failure(lambda: client.get("/a"))
    assert error.detail == "429: too many requests; it asks to wait 60 min"
    assert (error.reason, len(script.asked), time.waits) == (Reason.RATE_LIMITED, 1, [])


def test_an_endless_wait_is_cut_into_quarters_of_an_hour(serve: Serve, time: Time) -> None:
    reply = page({}, 429, Retry_After="999999999999")
    _, client = serve(reply, reply, page([]), pace=time.pace(7200))
    client.get("/a")
    assert time.waits == [900, 900]


def test_a_service_that_always_asks_for_a_second_is_not_hammered_for_hours(serve: Serve, time: Time) -> None:
    script, client = serve(page({}, 429, Retry_After="1"), pace=time.pace(7200))
    failure(lambda: client.get("/a"))
    assert len(script.asked) < 20


def test_a_wait_that_is_felt_is_told(serve: Serve, time: Time) -> None:
    replies = [page({}, 503), page({}, 503, Retry_After="840"), page({}, 503, Retry_After="3600"), page([])]
    _, client = serve(*replies, pace=time.pace(7200))
    client.get("/a")
    assert time.said == [
        "github: waiting 14 min, as it asked",
        "github: waiting 15 min of the 60 min that it asked for",
    ]


def test_an_outage_is_told_with_its_cause(serve: Serve, time: Time) -> None:
    _, client = serve(*[page({}, 503)] * 4, page([]))
    client.get("/a")
    assert time.said == ["github: 503: the service is not available; trying again in 8 s"]


def test_a_stop_during_a_wait_stops(serve: Serve) -> None:
    def stopped(_: float) -> None:
        raise KeyboardInterrupt

    _, client = serve(page({}, 503), pace=Pace(sleep=stopped))
    with pytest.raises(KeyboardInterrupt):
        client.get("/a")


# --- What is no answer ----------------------------------------------------------------------


def packed(body: bytes, encoding: str = "gzip", **over: Any) -> Reply:
    return Reply(200, body, JSON | {"Content-Encoding": encoding}, **over)


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "no byte": DROP,
    "a shorter body than stated": Reply(200, PAGE, JSON, length=len(PAGE) + 9),
    "a stated length that is shorter": Reply(200, PAGE, JSON, length=len(PAGE) - 3),
    "cut JSON without a length": Reply(200, PAGE[:-5], JSON, length=-1),
    "chunks that break off": Reply(raw=CHUNKED + b"15\r\n" + PAGE),
    "a chunk of negative size": Reply(raw=CHUNKED + b"-1\r\n" + PAGE),
    "a chunk of no size": Reply(raw=CHUNKED + b"zz\r\n" + PAGE),
    "half a head": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "no HTTP": Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a head without end": Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 101 + b"\r\n"),
    "a header of 70 kB": Reply(raw=b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 70_000 + b"\r\n\r\n"),
    "two lengths": Reply(200, PAGE, [*JSON.items(), ("Content-Length", "3")]),
    "half a gzip": packed(gzip.compress(PAGE)[:-9]),
    "a gzip with a wrong sum": packed(gzip.compress(PAGE)[:-8] + bytes(8)),
    "a gzip that is none": packed(PAGE),
    "a log-in page": HTML,
    "nothing": Reply(200, b"", JSON),
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_asked_for_again(serve: Serve, reply: Reply) -> None:
    _, client = serve(reply, reply, page([7]))
    assert client.get("/a").json() == [7]


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_that_stays_broken_is_an_error_and_never_an_empty_page(serve: Serve, reply: Reply) -> None:
    _, client = serve(reply)
    error = failure(lambda: list(client.pages("/a")))
    assert error.reason in {Reason.NO_ANSWER, Reason.MALFORMED}


def test_a_log_in_page_is_called_one(serve: Serve) -> None:
    script, client = serve(HTML)
    error = failure(lambda: client.get("/a"))
    assert error.reason is Reason.MALFORMED
    assert "a web page, not JSON" in error.detail
    assert len(script.asked) == 6


def test_a_long_outage_does_not_count_against_the_first_garbled_answer_after_it(serve: Serve) -> None:
    _, client = serve(*[page({}, 502)] * 7, HTML, page([7]))
    assert client.get("/a").json() == [7]


def test_where_no_json_was_asked_for_anything_is_an_answer_until_it_is_read_as_json(serve: Serve) -> None:
    _, client = serve(HTML, headers={"Accept": "*/*"})
    answer = client.get("/a")
    assert failure(answer.json).reason is Reason.MALFORMED


def test_nobody_at_the_port_is_no_answer_yet_but_surely_nothing_done(time: Time) -> None:
    with Client("github", f"http://127.0.0.1:{no_port()}", pace=time.pace()) as client:
        for act in (lambda: client.get("/a?x=1"), lambda: client.post("/a?x=1", {})):
            error = failure(act)
            assert (error.reason, error.reason.in_doubt) == (Reason.UNAVAILABLE, False)
            assert error.detail.startswith("it cannot be reached: connection refused (tried ")


def test_an_unknown_host_is_called_that(time: Time) -> None:
    with Client("github", "https://no-such-host.invalid", pace=time.pace(patience_s=0)) as client:
        error = failure(lambda: client.get("/a"))
    assert error.detail == "no such host is known here; check the address, and the network"
    assert error.reason is Reason.UNAVAILABLE


def test_silence_is_no_answer(serve: Serve) -> None:
    script, client = serve(HANG, limits=Limits(read_s=0.05), pace=Time().pace(patience_s=2))
    error = failure(lambda: client.get("/a"))
    assert (error.reason, len(script.asked)) == (Reason.NO_ANSWER, 2)
    assert error.detail.startswith("no answer within 1 s")


def slow(head: bytes, rest: bytes) -> Reply:
    return Reply(raw=head + rest, drip_s=0.02, at_once=len(head))


JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SLOW = {
    "in its status": slow(b"", JSON_HEAD),
    "in its head": slow(JSON_HEAD, b"X: " + b"a" * 2000),
    "in its body": slow(JSON_HEAD + b"Content-Length: 2000\r\n\r\n", b" " * 2000),
    "in a body without a length": slow(JSON_HEAD + b"\r\n[1]", b" " * 2000),
    "in its chunks": slow(CHUNKED, b"0000000000000000000000000000000000000000000001\r\n1\r\n" * 50),
}


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("reply", SLOW.values(), ids=SLOW.keys())
def test_an_answer_that_never_pauses_for_long_is_cut_all_the_same(
    serve: Serve, authority: trustme.CA, tmp_path: Path, reply: Reply, *, secure: bool
) -> None:
    over: dict[str, Any] = {"limits": Limits(read_s=5, total_s=0.3), "pace": Time().pace(patience_s=0)}
    if secure:
        over |= {"tls": identity(authority, "localhost"), "ca_file": pem(authority, tmp_path)}
    _, client = serve(reply, **over)
    error = failure(lambda: client.get("/a"))
    assert (error.reason, error.detail) == (Reason.NO_ANSWER, "its answer took more than 1 s")


def test_a_refusal_is_one_however_slowly_its_body_comes(serve: Serve) -> None:
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2000\r\n\r\n"
    script, client = serve(slow(head, b" " * 2000), limits=Limits(total_s=0.3))
    assert (failure(lambda: client.get("/a")).reason, len(script.asked)) == (Reason.AUTH, 1)


def test_after_an_answer_was_cut_the_next_one_is_whole(serve: Serve) -> None:
    _, client = serve(SLOW["in its body"], page([7]), page([8]), limits=Limits(total_s=0.3))
    assert client.get("/a").json() == [7]
    assert client.get("/a").json() == [8]


# --- What is too much -----------------------------------------------------------------------

MIB = 1024 * 1024
SMALL = Limits(bytes_most=MIB)
BOMB = gzip.compress(bytes(60 * MIB))


@pytest.mark.parametrize(
    "reply",
    [
        packed(BOMB),
        packed(zlib.compress(bytes(60 * MIB)), "deflate"),
        Reply(200, bytes(MIB + 1), JSON),
        Reply(200, bytes(MIB + 1), JSON, length=-1),
        Reply(raw=CHUNKED + b"-1\r\n" + bytes(30 * MIB)),
    ],
    ids=["gzip", "deflate", "plain", "without a length", "a chunk without end"],
)
def test_no_answer_takes_more_memory_than_the_limit_allows(serve: Serve, reply: Reply) -> None:
    script, client = serve(reply, limits=SMALL)
    reply.written()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        error = failure(lambda: client.get("/a"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (error.reason, error.detail) == (Reason.MALFORMED, "its answer is larger than 1 MiB")
    assert len(script.asked) == 1
    assert peak - before < 12 * MIB


@pytest.mark.parametrize("status", [301, 401, 503])
def test_a_bomb_in_a_refusal_or_a_redirect_is_not_unpacked(serve: Serve, status: int) -> None:
    _, client = serve(Reply(status, BOMB, {"Content-Encoding": "gzip", "Location": "https://evil.example"}))
    tracemalloc.start()
    try:
        failure(lambda: client.get("/a"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * MIB


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "identity, gzip", "x" * 500]
)
def test_only_one_encoding_is_taken_and_only_one_that_was_offered(serve: Serve, encoding: str) -> None:
    _, client = serve(packed(gzip.compress(gzip.compress(PAGE)), encoding))
    error = failure(lambda: client.get("/a"))
    assert (error.reason, error.detail) == (
        Reason.MALFORMED,
        "its answer is packed in a way that we do not take",
    )


def bare(body: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(body) + packing.flush()


@pytest.mark.parametrize(
    "reply",
    [
        packed(gzip.compress(PAGE)),
        packed(gzip.compress(PAGE), "X-GZIP"),
        packed(gzip.compress(PAGE[:5]) + gzip.compress(PAGE[5:])),
        packed(zlib.compress(PAGE), "deflate"),
        packed(bare(PAGE), "deflate"),
        packed(PAGE, "identity"),
        Reply(200, PAGE, JSON, length=-1),
        Reply(raw=CHUNKED + b"15\r\n" + PAGE + b"\r\n0\r\n\r\n"),
    ],
)
def test_an_answer_is_read_however_it_is_packed(serve: Serve, reply: Reply) -> None:
    _, client = serve(reply)
    assert client.get("/a").body == PAGE


def test_a_gzip_of_very_many_parts_is_refused(serve: Serve) -> None:
    _, client = serve(packed(gzip.compress(b"") * 5000))
    assert failure(lambda: client.get("/a")).detail.startswith("its answer is packed, and cannot be unpacked")


# --- Pages ----------------------------------------------------------------------------------


def following(url: str, number: int = 1) -> Reply:
    return page([number], Link=f'<{url}>; rel="next", </a?page=9>; rel="last"')


def test_links_are_followed_as_they_are(serve: Serve) -> None:
    script, client = serve(page([0]))
    odd = "/repositories/7/issues?after=Y3Vyc29yOnYy%3D%3D&labels=a,b&x=~%7E;q&before="
    script.replies[:] = [following(script.url + odd), following("/b", 2), following("?c=1", 3), page([4])]
    answers = list(client.pages("/a", {"per_page": "100"}))
    assert [answer.json() for answer in answers] == [[1], [2], [3], [4]]
    # requests writes "%7E" as "~", which is the same address (RFC 3986 section 6.2.2.2).
    assert script.targets == ["/a?per_page=100", odd.replace("%7E", "~"), "/b", "/b?c=1"]


def test_a_page_in_the_middle_that_breaks_is_fetched_again_and_no_other(serve: Serve) -> None:
    script, client = serve(following("/b"), HTML, page({}, 502), DROP, page([2]))
    assert [answer.json() for answer in client.pages("/a")] == [[1], [2]]
    assert script.targets == ["/a", "/b", "/b", "/b", "/b"]


@pytest.mark.parametrize("circle", [["/a"], ["/b", "/b"], ["/b", "/c", "/b"]])
def test_pages_that_run_in_a_circle_end_with_an_error(serve: Serve, circle: list[str]) -> None:
    script, client = serve(*[following(target) for target in circle])
    error = failure(lambda: list(client.pages("/a")))
    assert (error.reason, len(script.asked)) == (Reason.MALFORMED, len(circle))
    assert "circle" in error.detail


def test_pages_without_end_end_with_an_error_that_says_so(serve: Serve) -> None:
    replies = [following(f"/{number}") for number in range(9)]
    script, client = serve(*replies, limits=Limits(pages_most=5))
    error = failure(lambda: list(client.pages("/a")))
    assert (error.reason, len(script.asked)) == (Reason.MALFORMED, 5)
    assert error.detail == "it has more than 5 pages; not all were read"


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://evil.example/a", "evil.example"),
        ("//evil.example/a", "evil.example"),
        ("https://127.0.0.1/a", "https:// on port 443 of 127.0.0.1"),
        ("http://127.0.0.1:1/a", "http:// on port 1 of 127.0.0.1"),
        ("http://mallory:pw@127.0.0.1/a", "no address that we know"),
        ("http://127.0.0.1\\@evil.example/a", "no address that we know"),
        ("file:///etc/passwd", "no address that we know"),
        ("http://[::1", "no address that we know"),
        ("http://evil.example:99999999/", "no address that we know"),
    ],
)
def test_a_next_page_at_another_origin_is_refused(serve: Serve, link: str, host: str) -> None:
    script, client = serve(following(link))
    error = failure(lambda: list(client.pages("/a")))
    assert (error.reason, len(script.asked)) == (Reason.MALFORMED, 1)
    assert f"its next page is at {host}, where credentials do not go" in error.detail


def test_two_next_pages_are_one_too_many(serve: Serve) -> None:
    _, client = serve(page([], Link='</b>; rel="next", </c>; rel=next'))
    assert "two next pages" in failure(lambda: list(client.pages("/a"))).detail


# --- Redirects ------------------------------------------------------------------------------


def moved(location: str, status: int = 301) -> Reply:
    return page({"message": "Moved Permanently"}, status, Location=location)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_repository_that_was_renamed_is_found(serve: Serve, status: int) -> None:
    script, client = serve(moved("/repositories/7/issues?labels=a", status), following("?page=2"), page([2]))
    assert len(list(client.pages("/repos/o/r/issues", {"labels": "a"}))) == 2
    assert script.targets[1:] == ["/repositories/7/issues?labels=a", "/repositories/7/issues?page=2"]


def test_filters_that_a_redirect_lost_are_put_back(serve: Serve) -> None:
    script, client = serve(moved("/repositories/7/issues"), page([]))
    client.get("/repos/o/r/issues", {"state": "all"})
    assert script.targets[1] == "/repositories/7/issues?state=all"


def test_a_second_redirect_is_not_followed(serve: Serve) -> None:
    script, client = serve(moved("/b"), moved("/c"), page([]))
    error = failure(lambda: client.get("/a"))
    assert (error.reason, script.targets) == (Reason.REJECTED, ["/a", "/b"])


def test_a_redirect_to_another_host_is_named_and_gets_no_credentials(serve: Serve) -> None:
    other, _ = serve(page([]))
    target = other.url.replace("127.0.0.1", "localhost")
    script, client = serve(moved(f"{target}/a?token=x"))
    error = failure(lambda: client.get("/a"))
    assert (error.reason, len(script.asked), other.asked) == (Reason.REJECTED, 1, [])
    assert "301: it redirects to localhost, where credentials do not go" in error.detail


@pytest.mark.parametrize("location", ["", "https://x y", "javascript:alert(1)", "\x00", "http://"])
def test_a_redirect_to_nowhere_is_refused(serve: Serve, location: str) -> None:
    _, client = serve(moved(location))
    assert failure(lambda: client.get("/a")).reason in {Reason.REJECTED, Reason.NO_ANSWER}


def test_a_redirect_from_https_to_http_is_refused(
    serve: Serve, authority: trustme.CA, tmp_path: Path
) -> None:
    script, client = serve(page([]), tls=identity(authority, "localhost"), ca_file=pem(authority, tmp_path))
    script.replies[:] = [moved(script.url.replace("https", "http") + "/b"), page([])]
    error = failure(lambda: client.get("/a"))
    assert (error.reason, len(script.asked)) == (Reason.REJECTED, 1)
    assert f"http:// on port {script.port} of localhost" in error.detail


@pytest.mark.parametrize(("status", "in_doubt"), [(301, False), (302, False), (303, True), (307, False)])
def test_a_post_is_never_sent_on(serve: Serve, status: int, *, in_doubt: bool) -> None:
    script, client = serve(moved("/b", status))
    error = failure(lambda: client.post("/a", {}))
    assert (len(script.asked), error.reason.in_doubt) == (1, in_doubt)


# --- Posts: never twice ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        DROP,
        HANG,
        page({}, 500),
        page({}, 502),
        page({}, 503, Retry_After="1"),
        page({}, 504),
        Reply(200, b"o", length=2),
        Reply(raw=b"HTTP/1.1 2"),
        packed(b"no gzip"),
    ],
    ids=["dropped", "silent", "500", "502", "503", "504", "cut", "half a status", "garbled"],
)
def test_a_post_that_may_have_been_done_is_in_doubt_and_not_sent_again(serve: Serve, reply: Reply) -> None:
    script, client = serve(reply, limits=Limits(read_s=0.2))
    error = failure(lambda: client.post("/hook", {}))
    assert (error.reason.in_doubt, len(script.asked)) == (True, 1)
    if error.reason is Reason.NO_ANSWER:
        assert "it may have been done" in error.detail


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 501])
def test_a_post_that_was_refused_was_not_done(serve: Serve, status: int) -> None:
    script, client = serve(page({}, status, Content_Encoding="gzip"))
    error = failure(lambda: client.post("/hook", {}))
    assert (error.reason.in_doubt, len(script.asked)) == (False, 1)


def test_a_post_that_came_too_soon_is_sent_when_it_may_be(serve: Serve, time: Time) -> None:
    script, client = serve(page({}, 429, Retry_After="30"), Reply(200, b"ok"))
    assert client.post("/hook", {}).body == b"ok"
    assert (len(script.asked), time.waits) == (2, [30])


def test_a_post_is_sent_once_somebody_is_there_to_take_it(time: Time) -> None:
    port = no_port()
    with ExitStack() as stack:

        def rise(_: float) -> None:
            time.waits.append(1)
            if len(time.waits) == 3:
                stack.enter_context(at_port(port))

        pace = Pace(sleep=rise, clock=lambda: 0, tell=time.said.append)
        with Client("slack", f"http://127.0.0.1:{port}", pace=pace) as client:
            assert client.post("/hook", {}).status == 200
    assert len(time.waits) == 3


@contextmanager
def at_port(port: int) -> Iterator[None]:
    """Answer one request at a port."""
    with socket.create_server(("127.0.0.1", port)) as listener:

        def once() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                while stream.readline().strip():
                    pass
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=once)
        thread.start()
        yield
        thread.join(5)


# --- TLS ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def identity(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def pem(authority: trustme.CA, folder: Path) -> Path:
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def test_a_certificate_of_the_named_authority_is_trusted(
    serve: Serve, authority: trustme.CA, tmp_path: Path
) -> None:
    tls = identity(authority, "localhost")
    script, client = serve(page([7]), tls=tls, ca_file=pem(authority, tmp_path))
    assert [client.get("/a").json(), client.get("/a").json()] == [[7], [7]]
    assert script.lines == 1


@pytest.mark.parametrize(("known", "name"), [(False, "localhost"), (True, "other.example")])
def test_a_certificate_of_somebody_else_ends_it_at_once(
    serve: Serve, authority: trustme.CA, tmp_path: Path, *, known: bool, name: str
) -> None:
    ca_file = pem(authority, tmp_path) if known else None
    script, client = serve(page([]), tls=identity(authority, name), ca_file=ca_file)
    for act in (lambda: client.get("/a"), lambda: client.post("/a", {})):
        error = failure(act)
        assert (error.reason, script.asked) == (Reason.AUTH, [])
        assert "its certificate is not trusted" in error.detail
        assert "`ca_file`" in error.detail
    assert script.lines == 2


def test_the_environment_brings_in_no_authority(
    serve: Serve, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem(authority, tmp_path)))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(pem(authority, tmp_path)))
    _, client = serve(page([]), tls=identity(authority, "localhost"))
    assert failure(lambda: client.get("/a")).reason is Reason.AUTH


def test_a_post_that_waits_for_a_secure_line_in_vain_is_surely_not_done() -> None:
    # Connected by the system, and never spoken to.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://localhost:{listener.getsockname()[1]}"
        pace = Time().pace(patience_s=0)
        limits = Limits(connect_s=0.2, read_s=0.2)
        with Client("slack", url, limits=limits, pace=pace) as client:
            error = failure(lambda: client.post("/a", {}))
    assert (error.reason, error.detail) == (Reason.UNAVAILABLE, "no answer within 1 s")


def test_a_port_without_tls_is_surely_nothing_done(serve: Serve, time: Time) -> None:
    script, _ = serve(page([]))
    url = script.url.replace("http://127.0.0.1", "https://localhost")
    with Client("slack", url, pace=time.pace()) as client:
        error = failure(lambda: client.post("/a", {}))
    assert (error.reason, error.reason.in_doubt) == (Reason.UNAVAILABLE, False)
    assert "no secure connection; check the address and its port" in error.detail


# --- Words: no credential, no query, no body ------------------------------------------------

CANARIES = [
    "ghp_canary5ecret",
    "canary%2Bquery",
    "canary+query",
    "canary-body",
    "T0/B0/canary",
    "canary-since",
]
CANARY_BODY = {
    "canary-body": 1,
    "errors": ["canary-body"],
    "message": f"bad {TOKEN}, T0/B0/canary at https://x/y?canary-body=1",
}
UGLY = [
    page(CANARY_BODY, 401),
    page(CANARY_BODY, 422),
    page(CANARY_BODY, 503),
    page(CANARY_BODY, 429, Retry_After="9999"),
    Reply(200, b"canary-body", {"Content-Type": f"text/{TOKEN}"}),
    Reply(200, b'{"canary-body', JSON),
    Reply(200, b'{"canary-body": NaN}', JSON),
    Reply(500, b"canary-body " + TOKEN.encode(), {"Content-Type": "text/plain"}),
    Reply(404, TOKEN.encode(), {"Content-Type": "text/plain"}),
    moved(f"https://{TOKEN.replace('_', '-')}.example/?canary-since={TOKEN}"),
    moved(f"https://{TOKEN}.example/"),
    following(f"https://{TOKEN}.example/T0/B0/canary?canary-since=1"),
    Reply(raw=b"HTTP/1.1 200 canary-body\r\nno header canary-body\r\n\r\n"),
    Reply(200, b"{}", JSON, length=99),
    DROP,
]


@pytest.mark.parametrize("reply", UGLY)
@pytest.mark.parametrize("post", [False, True])
def test_no_words_hold_a_credential_a_query_or_a_body(
    serve: Serve, time: Time, caplog: pytest.LogCaptureFixture, reply: Reply, *, post: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    _, client = serve(reply, secrets=["T0/B0/canary", "canary+query"])
    path = "/services/T0/B0/canary"
    shown = repr(client)
    try:
        if post:
            client.post(f"{path}?k=canary%2Bquery", {"text": "canary-body"})
        else:
            list(client.pages(path, {"since": "canary-since", "k": "canary+query"}))
    except RemoteError as error:
        shown += str(error) + repr(error)
    shown += " ".join([*time.said, caplog.text])
    assert [canary for canary in CANARIES if canary in shown] == []


def test_an_error_repeats_the_services_own_message_cleaned_and_cut(serve: Serve) -> None:
    message = f"Validation\nFailed\x1b[31m \u202eoops {TOKEN} " + "x" * 500
    _, client = serve(page({"message": message}, 422))
    detail = failure(lambda: client.get("/a")).detail
    said = detail.removeprefix("422: the request was refused; it says: ")
    assert said.startswith("Validation Failed[31m oops *** xxx")
    assert (len(said), said.isprintable()) == (200, True)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(404, b"no_service", {"Content-Type": "text/plain"}), "; it says: no_service"),
        (Reply(404, b"Not found, sorry", {"Content-Type": "text/plain"}), ""),
        (page(["message"], 404), ""),
        (page({"message": {"a": 1}}, 404), ""),
        (page({"message": "  "}, 404), ""),
        (Reply(404, b'{"message": "cut"', JSON, length=99), ""),
        (Reply(404, b'{"message": "two", "message": "times"}', JSON), ""),
    ],
)
def test_only_a_message_or_a_code_word_is_repeated(serve: Serve, reply: Reply, said: str) -> None:
    _, client = serve(reply)
    assert failure(lambda: client.get("/a")).detail == "404: not there, or not visible to this token" + said


def test_half_a_token_is_not_shown_where_a_message_is_cut(serve: Serve) -> None:
    _, client = serve(page({"message": "x" * 190 + TOKEN}, 422))
    assert "ghp_" not in failure(lambda: client.get("/a")).detail


def test_a_token_split_by_invisible_marks_is_masked(serve: Serve) -> None:
    _, client = serve(page({"message": "\u200b".join(TOKEN)}, 422))
    assert failure(lambda: client.get("/a")).detail.endswith("it says: ***")


def test_an_answer_shows_no_body_and_finds_headers_in_any_case(serve: Serve) -> None:
    _, client = serve(page(["canary-body"], Date="Sun, 01 Nov 2026 12:00:05 GMT"))
    answer = client.get("/a")
    assert "canary" not in repr(answer)
    assert answer.headers["CONTENT-type"] == "application/json; charset=utf-8"
    assert answer.date == NOON + timedelta(seconds=5)


def test_an_answer_can_be_built_by_hand() -> None:
    answer = Answer(200, {"content-type": "application/json"}, b"[1]")
    assert (answer.json(), answer.date) == ([1], None)
