"""Checks what a client is given to identify itself and the service with, before anything is sent."""

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

Mask = Callable[[str], str]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?", re.ASCII)
# Headers that tell what is wanted, not who wants it.
_OPEN = {"accept", "accept-language", "content-type", "user-agent", "x-github-api-version"}
_LEAST = 6


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what would break a request apart, or break off in sending it.

    Raises:
        ValueError: naming the header, never its value.
    """
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise ValueError("a header's name holds what no header's name may")
        if not _VALUE.fullmatch(value):
            raise ValueError(
                f"the value for {name} is empty, or holds a line break, a space at its end or a character "
                "beyond ASCII; was the token copied whole, and nothing else?"
            )


def check_authorities(ca_file: Path | None) -> None:
    """Read a file of certificates once, so that a wrong one is told apart from a wrong service.

    Raises:
        ValueError: it cannot be read, or holds none.
    """
    if ca_file is None:
        return
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        why = error.strerror.lower() if error.strerror and not isinstance(error, ssl.SSLError) else "no PEM"
    else:
        return
    raise ValueError(f"`ca_file` {ca_file} cannot be used as certificates: {why}")


def secrets_in(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what is secret in headers: values, and what follows a word such as `Bearer` in them."""
    for name, value in headers.items():
        if name.lower() not in _OPEN:
            yield from (part for part in {value, value.split()[-1]} if len(part) >= _LEAST)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    # One that is no Unicode has a form in URLs all the same.
    for quoting in (quote, quote_plus):
        for safe in ("", "/"):
            yield quoting(secret, safe, None, "surrogatepass")


def masker(secrets: Iterable[str]) -> Mask:
    """Return what takes each secret out of a text, as it is or as a URL writes it."""
    forms = {form for one in secrets for form in _forms(one)}
    # The longest first: one may be part of another.
    ordered = sorted(forms - {""}, key=lambda form: (-len(form), form))
    if not ordered:
        return lambda text: text
    found = re.compile("|".join(re.escape(form) for form in ordered))
    return lambda text: found.sub("***", text)
