"""What an operator says of a mail server and of the recipients; checked before the first connection."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from digest.config import Secret, Strict
from digest.delivery.message import plain_address
from digest.errors import ConfigError

_SENDER = re.compile(r'\s*"?([^<>"\r\n]*?)"?\s*<([^<>]+)>\s*')
_LIST_ID = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_BYTES_MOST = 20 * 1024 * 1024

Address = Annotated[str, AfterValidator(plain_address)]


class Recipient(Strict):
    """One mailbox; a distribution list is said to be one, since one mail to it reaches many."""

    address: Address
    kind: Literal["person", "list"] = "person"


def _as_recipient(value: object) -> object:
    return {"address": value} if isinstance(value, str) else value


class Timeouts(Strict):
    """Seconds to wait for the server; RFC 5321 asks for patience, above all after the final dot."""

    connect_s: float = Field(default=30, gt=0)
    reply_s: float = Field(default=300, gt=0)  # greeting, sender, recipient
    data_s: float = Field(default=120, gt=0)
    block_s: float = Field(default=180, gt=0)  # writing the body
    final_s: float = Field(default=600, gt=0)

    def hurried(self, most_s: float) -> "Timeouts":
        """Return the same, but none longer than `most_s`."""
        return Timeouts(**{name: min(value, most_s) for name, value in self.model_dump().items()})


def _sender_parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _SENDER.fullmatch(value)
    return {"name": match[1], "address": match[2]} if match else {"address": value}


class Sender(Strict):
    """Who the mail is from; in the config `Learning Digest <digest@example.org>`, or the address alone."""

    address: Address
    name: str = Field(default="", max_length=60)


class Settings(Strict):
    """The channel `smtp`."""

    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)  # 587, with `tls: tls` 465, with `tls: none` 25
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None
    username: str | None = None
    password: Secret | None = None
    sender: Annotated[Sender, BeforeValidator(_sender_parts, json_schema_input_type=str | Sender)]
    reply_to: Address | None = None
    list_id: str | None = Field(default=None, pattern=f"^{_LIST_ID}$")  # learning-digest.<sender's domain>
    unsubscribe: Address | None = None  # else reply_to, else the sender
    recipients: tuple[
        Annotated[Recipient, BeforeValidator(_as_recipient, json_schema_input_type=str | Recipient)], ...
    ] = ()
    recipients_file: Path | None = None
    timeouts: Timeouts = Timeouts()

    @model_validator(mode="after")
    def _together(self) -> "Settings":
        if (self.username is None) != (self.password is None):
            message = "username and password go together; one of them is missing"
            raise ValueError(message)
        secret = self.password.get_secret_value() if self.password else ""
        if not ((self.username or "") + secret).isascii():
            message = "username and password: only ASCII characters can be sent to a mail server"
            raise ValueError(message)
        if self.tls == "none" and self.username and self.host not in _LOOPBACK:
            message = "tls: none would send the password in clear; use starttls or tls"
            raise ValueError(message)
        if not self.recipients and self.recipients_file is None:
            message = "nobody to write to; list recipients, or name a recipients_file"
            raise ValueError(message)
        return self

    @property
    def at(self) -> tuple[str, int]:
        """The host and the port to connect to."""
        return self.host, self.port or _PORTS[self.tls]


def all_recipients(settings: Settings, base: Path) -> dict[str, Recipient]:
    """Return the recipients of the settings and of their file, each once, by address in small letters.

    Raises:
        ConfigError: the file cannot be read, holds no address, or something else; with its line.
    """
    found = {one.address.casefold(): one for one in reversed(settings.recipients)}
    if settings.recipients_file is not None:
        for one in _in_file(base / settings.recipients_file.expanduser()):
            found.setdefault(one.address.casefold(), one)
    return dict(sorted(found.items()))


def _in_file(path: Path) -> Sequence[Recipient]:
    try:
        if path.stat().st_size > _BYTES_MOST:
            raise ConfigError(str(path), "the file is over 20 MB; a list of addresses is expected")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(str(path), f"the recipients cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "the recipients are not UTF-8 text; save the file as UTF-8") from error
    lines = _column(path, text) if path.suffix.lower() == ".csv" else enumerate(text.splitlines(), start=1)
    found = []
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(Recipient(address=plain_address(line)))
        except ValueError:
            # The address itself stays in the file: errors go to logs.
            expected = "expected one plain e-mail address, such as ana@example.org"
            raise ConfigError(f"{path}:{number}", expected) from None
    if not found:
        raise ConfigError(str(path), "no address in it; expected one a line, or a CSV with a column `email`")
    return found


def _column(path: Path, text: str) -> Iterator[tuple[int, str]]:
    rows = csv.DictReader(text.splitlines(keepends=True))
    names = {name.strip().casefold(): name for name in rows.fieldnames or () if name}
    if "email" not in names:
        raise ConfigError(f"{path}:1", "expected a column `email` in the first line")
    try:
        for row in rows:
            yield rows.line_num, row[names["email"]] or ""
    except csv.Error as error:
        raise ConfigError(f"{path}:{rows.line_num}", f"this is not CSV: {error}") from error
