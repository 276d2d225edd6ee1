"""Unpacks the body of an answer, and no more of it than is wanted."""

import zlib

from digest.errors import Reason
from digest.http.failure import A_FEW, ONCE, Failure

_GZIP, _ZLIB, _RAW = 31, 15, -15
# A gzip file may consist of several, RFC 1952 section 2.2. Each one costs a copy of what follows.
_MEMBERS_MOST = 16


def unpacked(raw: bytes, encoding: str, most: int) -> bytes:
    """Return `raw` without its content encoding, of which there may be one.

    Args:
        raw: the bytes as they came.
        encoding: the header `Content-Encoding`: empty, `identity`, `gzip` or `deflate`.
        most: how many bytes may come of it.

    Raises:
        Failure: MALFORMED: another encoding, more than one, broken, or more bytes than `most`.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return raw
    if name not in {"gzip", "x-gzip", "deflate"}:
        raise Failure(Reason.MALFORMED, "its answer is packed in a way that we do not take", ONCE)
    if not raw:
        return raw
    try:
        return _inflate(raw, _bits(raw, name), most)
    except zlib.error:
        pass
    raise Failure(Reason.MALFORMED, "its answer is packed, and cannot be unpacked", A_FEW)


def too_large(most: int) -> Failure:
    """Return the failure of an answer of more than `most` bytes."""
    return Failure(Reason.MALFORMED, f"its answer is larger than {most / 1024 / 1024:g} MiB", ONCE)


def _bits(raw: bytes, name: str) -> int:
    if name != "deflate":
        return _GZIP
    # RFC 9110 means the zlib form; some servers send the bare one. RFC 1950 section 2.2 tells them apart.
    is_zlib = raw[0] & 15 == 8 and int.from_bytes(raw[:2], "big") % 31 == 0  # noqa: PLR2004 - RFC 1950
    return _ZLIB if is_zlib else _RAW


def _inflate(raw: bytes, bits: int, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while raw and len(parts) < _MEMBERS_MOST:
        packed = zlib.decompressobj(bits)
        parts.append(packed.decompress(raw, most - size + 1))
        size += len(parts[-1])
        if size > most:
            raise too_large(most)
        if not packed.eof:
            raise zlib.error
        raw = packed.unused_data
    if raw:
        raise zlib.error
    return b"".join(parts)
