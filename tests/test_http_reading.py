"""The parts of the client that need no network: addresses, links, waits, JSON, packed bodies, masks."""

import contextlib
import errno
import gzip
import itertools
import json
import math
import socket
import zlib
from datetime import UTC, datetime
from email.utils import format_datetime
from socket import gaierror
from urllib.parse import quote, urlsplit

import pytest
import requests
import urllib3.connection
from hypothesis import example, given, settings
from hypothesis import strategies as st
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from digest.errors import Reason, RemoteError
from digest.http import Answer, Limits, read_base
from digest.http.address import origin, resolve
from digest.http.body import unpacked
from digest.http.credentials import masker
from digest.http.failure import Failure
from digest.http.faults import fault_of
from digest.http.line import Line
from digest.http.waits import MOST_S, next_wait, read_date, read_retry_after, spoken, told_s

# A busy machine is no fault.
unhurried = settings(deadline=None)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda one: one.replace(tzinfo=UTC, microsecond=0)
)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def answer(body: bytes | str, kind: str = "application/json", **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return Answer(200, {"Content-Type": kind} | headers, raw, "github")


def malformed(one: Answer) -> str:
    with pytest.raises(RemoteError) as caught:
        one.json()
    assert caught.value.reason is Reason.MALFORMED
    assert caught.value.__context__ is None
    return caught.value.detail


# --- Retry-After ----------------------------------------------------------------------------


@unhurried
@given(seconds=st.integers(0, 10**11))
def test_seconds_are_read_as_seconds(seconds: int) -> None:
    assert read_retry_after(f" {seconds} ", NOON) == seconds


@unhurried
@given(when=TIMES, now=TIMES)
def test_a_date_is_read_as_the_time_until_then_and_one_that_passed_as_no_time(
    when: datetime, now: datetime
) -> None:
    written = format_datetime(when, usegmt=True)
    assert read_retry_after(written, now) == max(0, (when - now).total_seconds())


@unhurried
@given(
    text=st.text()
    | st.text("0123456789-+.eE :,GMTSunNov")
    | st.from_regex(r"\A[A-Z][a-z]{2}, \d+ \w+ \d+ [\d:]+.*")
)
@example("-5")
@example("1e9")
@example("٣")
@example("nan")
@example("9" * 5000)
@example("Sun, 01 Nov 2026 12:00:00 -0000")
@example("Sun, 01 Nov 0000 12:00:00 GMT")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Sun, 01 Nov 2026 99999999999:00:00 GMT")
def test_whatever_a_retry_after_holds_the_wait_is_none_or_a_number_not_below_zero(text: str) -> None:
    wait = read_retry_after(text, NOON)
    assert wait is None or (wait >= 0 and math.isfinite(wait))


@unhurried
@given(text=st.text())
def test_a_date_is_aware_or_none(text: str) -> None:
    when = read_date(text)
    assert when is None or when.tzinfo is UTC


@unhurried
@given(
    attempt=st.integers(1, 10**6),
    told=st.none() | st.floats(0, 1e12),
    limited=st.booleans(),
    jitter=st.floats(0, 1),
)
def test_a_wait_is_as_long_as_asked_or_the_longest_and_never_nothing(
    attempt: int, told: float | None, jitter: float, *, limited: bool
) -> None:
    wait = next_wait(attempt, told, limited=limited, jitter=jitter)
    assert 1 <= wait <= MOST_S
    assert wait >= min(MOST_S, told or 0)
    assert next_wait(attempt + 1, told, limited=limited, jitter=jitter) >= wait


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "nonsense", "X-RateLimit-Reset": str(NOON.timestamp() + 9)}, 10),
        ({"X-RateLimit-Reset": str(int(NOON.timestamp()))}, None),
        ({"X-RateLimit-Reset": "30"}, None),
        ({"X-RateLimit-Reset": "30", "X-RateLimit-Remaining": "1"}, None),
    ],
)
def test_a_service_tells_its_wait_in_one_of_two_headers(headers: dict[str, str], told: float | None) -> None:
    assert told_s(headers, NOON) == told


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.2, "1 s"), (119, "119 s"), (120, "2 min"), (841, "15 min"), (7200, "2 h"), (7201, "3 h")],
)
def test_spans_are_spoken_rounded_up(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


# --- JSON -----------------------------------------------------------------------------------


@unhurried
@given(value=JSON_VALUES)
def test_honest_json_is_read_as_it_is(value: object) -> None:
    assert answer(json.dumps(value)).json() == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "breaks off or is garbled at character 0"),
        ('{"a": 1', "breaks off"),
        ("[1] [2]", "garbled"),
        ("NaN", "NaN"),
        ("[-Infinity]", "Infinity"),
        ("1e999", "too large"),
        ("-1e999", "too large"),
        ("9" * 5000, "hundreds of digits"),
        ("9" * 101, "hundreds of digits"),
        ('{"a": 1, "a": 2}', "twice"),
        ('[{"b": {"\\u0061": 1, "a": 2}}]', "twice"),
        ("[" * 100_000 + "]" * 100_000, "too deep"),
        ("[" + "[]," * 600_000 + "1]", "more parts"),
        (b"\xff\xfe[\x001\x00]\x00", "not UTF-8"),
        (b'"caf\xe9"', "not UTF-8"),
        (b"[1]\x00", "garbled"),
    ],
)
def test_json_that_is_none_or_not_honest_is_refused_with_its_fault(body: bytes | str, words: str) -> None:
    assert words in malformed(answer(body))


def test_a_fault_in_json_shows_nothing_of_it() -> None:
    assert "canary" not in malformed(answer('{"canary": canary}')) + malformed(
        answer('{"canary":1,"canary":1}')
    )


@pytest.mark.parametrize(
    ("kind", "is_json"),
    [
        ("application/json", True),
        ("Application/JSON; Charset=UTF-8", True),
        ('application/json; charset="utf-8"', True),
        ("application/vnd.github.v3+json; x=y; charset=utf8", True),
        ("application/problem+json", True),
        ("application/json; charset=iso-8859-1", False),
        ("application/json; charset=utf-16", False),
        ("text/html", False),
        ("text/plain", False),
        ("application/jsonp", False),
        ("application/json-seq", False),
        ("", False),
        ("; charset=utf-8", False),
        ("a" * 9999, False),
    ],
)
def test_only_json_in_utf_8_is_json(kind: str, *, is_json: bool) -> None:
    one = answer("[1]", kind)
    if is_json:
        assert one.json() == [1]
    else:
        assert len(malformed(one)) < 200


def test_a_byte_order_mark_is_passed_over() -> None:
    assert answer(b"\xef\xbb\xbf[1]").json() == [1]


# --- Links and addresses --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("", []),
        ('<https://x/?page=2>; rel="next"', ["https://x/?page=2"]),
        ('<https://x/?a;b,c>; rel="next", <https://x/?z>; rel="last"', ["https://x/?a;b,c"]),
        ('<https://x/1>; rel="prev", <https://x/2>;rel=next', ["https://x/2"]),
        ('<https://x/2>; title="a, b; rel=none"; REL="last Next"', ["https://x/2"]),
        ('<https://x/2>; title="; rel=next"', []),
        ('<https://x/2>; rel="prev"; rel="next"', []),
        ('<https://x/2>; rel="nextish"', []),
        ('<https://x/2>; rev="next"', []),
        ("<https://x/2>; rel", []),
        ("https://x/2; rel=next", []),
        ('</2>; rel="next", </2>; rel="next"', ["/2"]),
        ('</2>; rel="next", </3>; rel="next"', ["/2", "/3"]),
    ],
)
def test_a_link_to_the_next_page_is_found_by_its_relation(link: str, following: list[str]) -> None:
    assert answer("[]", Link=link).next_links() == following


@unhurried
@given(text=st.text('<>;=", relnxtitle*', max_size=300))
def test_no_link_header_breaks_the_reading(text: str) -> None:
    assert all("<" not in one and ">" not in one for one in answer("[]", Link=text).next_links())


@unhurried
@given(
    url=st.from_regex(r"\Ahttps?://[a-zA-Z0-9@:.\\/?#\[\]_%-]{1,30}")
    | st.builds("https://{}{}".format, st.text(max_size=9), st.text(max_size=9))
)
@example("https://api.example.org\\@evil.example/")
@example("https://api.example.org:443@evil.example/")
@example("https://api.example.org%2f@evil.example/")
@example("https://api.example.org/..//evil.example/")
@example("https://[::1]:80/")
def test_requests_goes_to_the_origin_that_we_read(url: str) -> None:
    where = origin(url)
    if where is None:
        return
    try:
        sent = requests.Request("GET", url).prepare()
    except requests.exceptions.InvalidURL:
        return
    parts = urlsplit(str(sent.url))
    assert (parts.scheme, str(parts.hostname)) == (where[0], where[1].strip("[]"))
    assert (parts.port or {"https": 443, "http": 80}[parts.scheme]) == where[2]
    assert sent.headers.get("Authorization") is None


@unhurried
@given(reference=st.text(max_size=30) | st.from_regex(r"\A(https?:)?/{0,3}[a-z.@:\\/?#%-]{1,20}"))
def test_what_is_resolved_is_an_address_or_nothing(reference: str) -> None:
    target = resolve("https://api.example.org/a?b=c", reference)
    assert target == "" or origin(target) is not None


@pytest.mark.parametrize(
    "text",
    [
        "https://api.github.com",
        "HTTPS://GHE.example.org:8443/api/v3/",
        "https://10.0.0.1",
        "https://[2001:db8::1]/x",
        "http://localhost:8080",
        "http://127.0.0.1:1",
        "http://[::1]:1/",
        "https://hook.example.org/x?sig=y",
    ],
)
def test_an_address_that_an_operator_may_write_is_a_base(text: str) -> None:
    base = read_base(text)
    assert base.holds(text)
    assert not base.holds("https://other.example")
    assert not base.holds("")


@pytest.mark.parametrize(
    ("url", "path"), [("https://x.example", "@evil.example"), ("https://x.example", "a")]
)
def test_a_path_that_could_change_the_host_is_a_mistake_of_ours(url: str, path: str) -> None:
    with pytest.raises(ValueError, match="slash"):
        read_base(url).at(path)


def test_a_path_is_not_put_behind_a_query() -> None:
    base = read_base("https://hook.example.org/x?sig=y/")
    assert base.at("") == "https://hook.example.org/x?sig=y/"
    with pytest.raises(ValueError, match="query"):
        base.at("/more")


# --- Packed bodies --------------------------------------------------------------------------


@unhurried
@given(body=st.binary(max_size=2000), most=st.integers(0, 2000))
def test_a_packed_body_comes_out_whole_or_not_at_all(body: bytes, most: int) -> None:
    for raw, name in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate")):
        if len(body) <= most:
            assert unpacked(raw, name, most) == body
            continue
        with pytest.raises(Failure, match="larger"):
            unpacked(raw, name, most)


@unhurried
@given(raw=st.binary(min_size=1, max_size=200), name=st.sampled_from(["gzip", "deflate"]))
def test_garbage_is_a_failure_or_a_body_and_no_other_error(raw: bytes, name: str) -> None:
    with contextlib.suppress(Failure):
        assert isinstance(unpacked(raw, name, 10_000), bytes)


@unhurried
@given(body=st.binary(min_size=1, max_size=500), cut=st.integers(1, 8))
def test_a_packed_body_that_broke_off_is_noticed(body: bytes, cut: int) -> None:
    for raw, name in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate")):
        with pytest.raises(Failure):
            unpacked(raw[:-cut], name, 10_000)


# --- Faults of the connection ---------------------------------------------------------------


def raised(*chain: BaseException) -> BaseException:
    """Return the first, raised from the second, and so on."""
    for error, cause in itertools.pairwise(chain):
        error.__cause__ = cause
    return chain[0]


CONNECTION = urllib3.connection.HTTPSConnection("api.example.org")
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


@pytest.mark.parametrize(
    ("chain", "reason", "words"),
    [
        (
            [requests.ConnectTimeout(), ConnectTimeoutError(), TimeoutError()],
            Reason.UNAVAILABLE,
            "it cannot be reached: no connection within 10 s",
        ),
        (
            [requests.ConnectionError(), NewConnectionError(CONNECTION, "canary"), REFUSED],
            Reason.UNAVAILABLE,
            "it cannot be reached: connection refused",
        ),
        (
            [requests.ConnectionError(), NewConnectionError(CONNECTION, "canary"), OSError("canary")],
            Reason.UNAVAILABLE,
            "it cannot be reached: no connection",
        ),
        (
            [
                requests.ConnectionError(),
                NameResolutionError("h", CONNECTION, gaierror()),
                gaierror(-2, "canary"),
            ],
            Reason.UNAVAILABLE,
            "no such host is known here; check the address, and the network",
        ),
        ([requests.ReadTimeout(), TimeoutError()], Reason.NO_ANSWER, "no answer within 60 s"),
        ([TimeoutError()], Reason.NO_ANSWER, "no answer within 60 s"),
        (
            [requests.exceptions.InvalidURL("canary")],
            Reason.REJECTED,
            "no request can be made of its address; check it",
        ),
        ([requests.ConnectionError("canary")], Reason.NO_ANSWER, "its answer was garbled, or broke off"),
        ([OSError("canary")], Reason.NO_ANSWER, "its answer was garbled, or broke off"),
    ],
)
def test_a_fault_is_worded_from_what_lies_under_it(
    chain: list[BaseException], reason: Reason, words: str
) -> None:
    fault = fault_of(raised(*chain), Limits())
    assert (fault.reason, fault.detail) == (reason, words)


def test_closing_the_line_closes_the_connection_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = urllib3.connection.HTTPConnection(*listener.getsockname())
        connection.connect()
        line = Line()
        assert connection.sock is not None
        line.opened(connection, connection.sock)
        line.close()
        line.close()
    assert connection.sock is None


# --- Masks ----------------------------------------------------------------------------------


@unhurried
@given(
    secret=st.text(st.characters(), min_size=4, max_size=20).filter(lambda one: "*" not in one),
    around=st.text(max_size=9),
)
def test_no_form_of_a_secret_is_left(secret: str, around: str) -> None:
    quoted = quote(secret, safe="", errors="surrogatepass")
    shown = masker([secret])(f"{around}{secret}|{quoted}|{secret}{around}")
    assert shown.count("***") >= 3


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert masker(["abc", "abcdef"])("abcdef abc") == "*** ***"


def test_without_secrets_nothing_is_masked() -> None:
    assert masker([""])("as it was") == "as it was"
