"""What a service answered, and the strict reading of it."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from requests.structures import CaseInsensitiveDict

from digest.errors import Reason, RemoteError
from digest.http.waits import read_date

_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,60}", re.ASCII)
_UTF_8 = re.compile(r"[^;]*(?:;\s*charset\s*=\s*\"?utf-?8\"?\s*|;(?!\s*charset)[^;]*)*", re.IGNORECASE)
_DIGITS_MOST = 100
# Each costs some hundred bytes once read, however few it took on the wire.
_CONTAINERS_MOST = 500_000
# One that nobody closed reaches to the end. It never tries a place twice: `++` and `*+` give nothing back.
_JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
# RFC 8288: the target in angle brackets, then parameters, their values quoted or not.
_PARAMETER = r';\s*([\w!#$&+.^|~*-]+)(?:\s*=\s*(?:"([^"]*)"|([^",;\s]*)))?'
_PARAMETERS = re.compile(_PARAMETER, re.ASCII)
_LINK = re.compile(rf"<([^<>]*)>((?:\s*{_PARAMETER})*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, unpacked and complete. Headers are found in any case; the body is never shown by repr."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    service: str = ""  # who answered, for errors

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", CaseInsensitiveDict(self.headers))

    def json(self) -> object:
        """Read the body as JSON, strictly; two calls give two values.

        Raises:
            RemoteError: MALFORMED: another content type, not UTF-8, cut short, or what no honest JSON
                holds: NaN, infinities, a name twice in one object, numbers of hundreds of digits.
        """
        kind = self.headers.get("Content-Type", "")
        name, *_ = kind.split(";")
        if not _JSON_TYPE.fullmatch(name.strip().lower()):
            raise self._malformed(_no_json(name.strip().lower()))
        if not _UTF_8.fullmatch(kind):
            raise self._malformed("its JSON is not in UTF-8")
        if _containers(self.body) > _CONTAINERS_MOST:
            raise self._malformed("its JSON has more parts than any page of incidents")
        try:
            return _read(self.body)
        except (ValueError, RecursionError) as error:
            detail = f"its JSON cannot be read ({_why(error)})"
        raise self._malformed(detail)

    @property
    def date(self) -> datetime | None:
        """When it was sent by the service's own clock, in UTC; None where it does not say."""
        return read_date(self.headers.get("Date", ""))

    def next_links(self) -> list[str]:
        """Return the targets of its links to the next page, as written, each once."""
        links = _LINK.finditer(self.headers.get("Link", ""))
        return list(dict.fromkeys(link[1] for link in links if "next" in _relations(link[2])))

    def _malformed(self, detail: str) -> RemoteError:
        return RemoteError(self.service or "service", Reason.MALFORMED, detail)


def _relations(parameters: str) -> list[str]:
    """Return the relations that a link states; where it states them twice, the first count (RFC 8288)."""
    for name, quoted, bare in _PARAMETERS.findall(parameters):
        if name.lower() == "rel":
            return [*(quoted or bare).lower().split()]
    return []


def _no_json(kind: str) -> str:
    if kind in {"text/html", "application/xhtml+xml"}:
        return "it answered with a web page, not JSON; is the address the API's, and the token valid?"
    shown = kind if _MEDIA_TYPE.fullmatch(kind) else "something unnamed"
    return f"it answered with {shown}, not JSON; is the address the API's?"


def _containers(body: bytes) -> int:
    """Return how many objects and arrays a body begins; where they are few, those in its texts too."""
    found = body.count(b"[") + body.count(b"{")
    if found <= _CONTAINERS_MOST:
        return found
    bare = _JSON_STRING.sub(b"", body)
    return bare.count(b"[") + bare.count(b"{")


class _NotHonestError(ValueError):
    """JSON that Python would read and that no service should send; its text is ours."""


def _read(body: bytes) -> object:
    return json.loads(
        body.decode("utf-8-sig"),
        parse_constant=_no_constant,
        parse_float=_finite,
        parse_int=_short,
        object_pairs_hook=_once_each,
    )


def _why(error: Exception) -> str:
    if isinstance(error, _NotHonestError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError):
        return "too deep"
    if isinstance(error, json.JSONDecodeError):
        return f"it breaks off or is garbled at character {error.pos}"
    return "garbled"


def _no_constant(name: str) -> object:
    raise _NotHonestError(f"it holds {name}")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _NotHonestError("it holds a number too large to be one")
    return number


def _short(digits: str) -> int:
    if len(digits) > _DIGITS_MOST:
        raise _NotHonestError("it holds a number of hundreds of digits")
    return int(digits)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise _NotHonestError("it names something twice in one object")
    return read
