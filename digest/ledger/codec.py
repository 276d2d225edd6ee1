"""Values to text in the ledger and back: JSON by pydantic, times in UTC of one width, hashes."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from digest.errors import LedgerError

Value = TypeVar("Value")

# A lone surrogate is legal in a Python string and in no encoding.
_SURROGATE = re.compile("[\ud800-\udfff]")
# Building one takes milliseconds, a month asks a thousand times.
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}
_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


def stamp(moment: datetime) -> str:
    """Return an aware time as UTC text of a fixed width, so that text sorts as times do."""
    return moment.astimezone(UTC).strftime(_STAMP)


def unstamp(text: str) -> datetime:
    """Return the time that `stamp` wrote."""
    return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)


def to_json(value: Value, kind: type[Value]) -> str:
    """Write a model's value as JSON, the same for the same value; a lone surrogate becomes U+FFFD."""
    plain = _adapter(kind).dump_python(value, mode="json")
    return _SURROGATE.sub("\ufffd", json.dumps(plain, ensure_ascii=False, separators=(",", ":")))


def from_json(text: str | bytes, kind: type[Value]) -> Value:
    """Read what `to_json` wrote.

    Raises:
        LedgerError: it is not such a value; something else wrote it, or another version of the program.
    """
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        message = (
            f"the ledger holds {kind.__name__} in a form that this version cannot read "
            f"({error.error_count()} places); use the version that wrote it"
        )
        raise LedgerError(message) from None


def digest_of(text: str | bytes) -> str:
    """Return the SHA-256 of a text, in hex."""
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def _adapter(kind: type[Value]) -> TypeAdapter[Value]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
