"""The mail itself: text and HTML built once, and for each recipient two lines more.

Subjects hold words out of trackers. They are cleaned before they become a header, and the finished
headers are read back and compared with what was meant: Pythons before 3.11.10 turn an encoded-word
into a header of its own, and no check of the input alone is proof against the next such fault.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email import errors, policy
from email.header import Header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from urllib.parse import quote

from digest.errors import TemplateError
from digest.model import Notice, Rendering

SUBJECT_MOST = 150
_ADDRESS_MOST = 254
_LOCAL_MOST = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_KEY = re.compile(r"[A-Za-z0-9.-]{1,120}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
# The recipient's own headers come first.
_OWN = ("To", "Message-ID")
_NAME_MOST = 60
# Python before 3.11.4 misses the parts of a multipart whose headers alone are parsed.
_OF_THE_BODY = (errors.MultipartInvariantViolationDefect, errors.StartBoundaryNotFoundDefect)
_PARSER = BytesHeaderParser(policy=policy.compat32)
_DOTS = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Form:
    """What all mails of a channel have in common; from the config alone, never from data."""

    sender: str  # an address
    sender_name: str
    list_id: str  # learning-digest.example.org
    unsubscribe: str  # an address
    reply_to: str | None = None
    to_list: bool = False  # the recipient is a distribution list


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be addressed: the shared headers, and the body, as they go over the wire."""

    shared: bytes
    body: bytes
    domain: str  # the right half of every Message-ID
    names: tuple[str, ...]  # the headers that are meant, in order

    def head(self, address: str, key: str) -> bytes:
        """Return the headers for one address (as `plain_address` returns it), and the line that ends them.

        Raises:
            TemplateError: they do not read back as they were meant.
            ValueError: it is not one plain address.
        """
        if not _KEY.fullmatch(key) or plain_address(address) != address:
            raise TemplateError("mail", "a recipient or a Message-ID is not in the form of one")
        own = f"To: {address}\r\nMessage-ID: <{key}@{self.domain}>\r\n".encode("ascii")
        head = own + self.shared + b"\r\n"
        read = _PARSER.parsebytes(head)
        wrong = [defect for defect in read.defects if not isinstance(defect, _OF_THE_BODY)]
        if tuple(read.keys()) != (*_OWN, *self.names) or read["To"] != address or wrong:
            raise TemplateError("mail", "its headers do not read back as they were meant; nothing was sent")
        return head


def compose(rendering: Rendering, form: Form, date: datetime) -> Letter:
    """Build the mail that all recipients get, but for their own headers.

    Raises:
        TemplateError: its headers do not read back as they were meant.
    """
    parts = EmailMessage(policy=policy.SMTP)
    parts.set_content(_sound(rendering.text), cte="quoted-printable")
    parts.add_alternative(_sound(rendering.html), subtype="html", cte="quoted-printable")
    parts.set_boundary(_boundary(rendering.html))
    return _letter(parts, _headers(rendering.subject, form, date, to_many=True), form)


def compose_notice(notice: Notice, form: Form, date: datetime) -> Letter:
    """Build a mail to one person: text, and one file of HTML where the notice has one. No list is named.

    Raises:
        TemplateError: its headers do not read back as they were meant, or the file's name is none.
    """
    parts = EmailMessage(policy=policy.SMTP)
    parts.set_content(_sound(notice.text), cte="quoted-printable")
    if notice.attachment is not None:
        name, html = notice.attachment
        if not _FILE.fullmatch(name):
            raise TemplateError("mail", "an attachment's name is no plain file name")
        parts.add_attachment(_sound(html), subtype="html", filename=name, cte="quoted-printable")
        parts.set_boundary(_boundary(html))
    return _letter(parts, _headers(notice.subject, form, date, to_many=False), form)


def notice_key(notice: Notice) -> str:
    """Return what a `Handover.key` is to an edition: the same whenever the same words go to the same person.

    Another fortnight's letter under the same key has other words, and mail programs show it as another.
    """
    whole = f"{notice.key}\n{notice.to}\n{notice.subject}\n{notice.text}"
    return f"notice.{hashlib.sha256(whole.encode('utf-8', 'replace')).hexdigest()[:32]}"


def on_the_wire(body: bytes) -> bytes:
    """Return a body as SMTP wants it: leading dots doubled, CRLF at its end, the final dot not yet there."""
    ended = body if body.endswith(b"\r\n") else body + b"\r\n"
    return _DOTS.sub(b"..", ended)


def plain_address(text: str) -> str:
    """Return an address as it is used: no name, no comment, its domain in lower-case ASCII.

    Raises:
        ValueError: it is not one plain e-mail address; the message says what would be, and not what was.
    """
    local, at, domain = text.strip().rpartition("@")
    try:
        host = domain.encode("ascii" if domain.isascii() else "idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    sound = at and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(host) and len(local) <= _LOCAL_MOST
    if not sound or len(local) + 1 + len(host) > _ADDRESS_MOST:
        # The text stays unsaid: what errors say ends in logs.
        message = "expected one plain e-mail address, such as ana@example.org"
        raise ValueError(message)
    return f"{local}@{host}"


def clean_header(text: str, most: int = SUBJECT_MOST) -> str:
    """Return a text as one line for a header: nothing that breaks, hides, reorders or decodes itself.

    Line breaks of every kind become spaces, halves of characters U+FFFD; what has no width of its own
    (bidirectional overrides among them) goes; `=?` is parted, so that no reader decodes it.
    """
    kept = "".join(_shown(one) for one in unicodedata.normalize("NFC", text[: most * 10]))
    line = " ".join(kept.split()).replace("=?", "= ?")
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _shown(one: str) -> str:
    kind = unicodedata.category(one)
    if kind in {"Cc", "Zl", "Zp"}:
        return " "
    if kind == "Cs":
        return "\ufffd"
    return "" if kind == "Cf" else one


def _sound(text: str) -> str:
    """Return a body in which half characters do not stop the mail."""
    return text.encode("utf-8", "replace").decode()


def _boundary(html: str) -> str:
    """Return a boundary named by content, not by chance; "=_" cannot stand in quoted-printable text."""
    return "=_" + hashlib.sha256(_sound(html).encode()).hexdigest()[:32]


def _letter(parts: EmailMessage, headers: dict[str, str], form: Form) -> Letter:
    """Return a letter of these parts; their own headers are written anew, folded where they would be long."""
    body = parts.as_bytes().partition(b"\r\n\r\n")[2]
    headers["MIME-Version"] = "1.0"
    if parts.is_multipart():
        headers["Content-Type"] = f'{parts.get_content_type()};\r\n boundary="{parts.get_boundary()}"'
    else:
        headers["Content-Type"] = 'text/plain; charset="utf-8"'
        headers["Content-Transfer-Encoding"] = "quoted-printable"
    letter = Letter(
        shared="".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii"),
        body=body,
        domain=form.sender.rpartition("@")[2],
        names=tuple(headers),
    )
    _check(letter, form)
    return letter


def _headers(subject: str, form: Form, date: datetime, *, to_many: bool) -> dict[str, str]:
    """Return the headers as they go over the wire: ASCII, folded; those of a list where it goes to many."""
    reply_to = {} if form.reply_to is None else {"Reply-To": form.reply_to}
    of_list = {
        "List-Id": f"<{form.list_id}>",
        "List-Unsubscribe": f"<mailto:{quote(form.unsubscribe, safe='@')}?subject=unsubscribe>",
    }
    precedence = {"Precedence": "list" if form.to_list else "bulk"}
    return {
        "From": _from(form),
        **reply_to,
        "Subject": _encoded(clean_header(subject), "Subject"),
        "Date": format_datetime(date),
        **(of_list if to_many else {}),
        "Auto-Submitted": "auto-generated",
        **(precedence if to_many else {}),
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def _from(form: Form) -> str:
    name = clean_header(form.sender_name, _NAME_MOST)
    if not name:
        return form.sender
    if name.isascii():
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + f'"\r\n <{form.sender}>'
    return f"{_encoded(name, 'From')}\r\n <{form.sender}>"


def _encoded(words: str, header: str) -> str:
    # The newer interface, EmailMessage, loses spaces between encoded words (seen on 3.11.7).
    charset = "us-ascii" if words.isascii() else "utf-8"
    return Header(words, charset, header_name=header, maxlinelen=76).encode(linesep="\r\n")


def _check(letter: Letter, form: Form) -> None:
    """Read the finished headers back: the names that are meant, and one sender, the one configured."""
    read = BytesHeaderParser(policy=policy.SMTP).parsebytes(letter.shared + b"\r\n")
    senders = [one.addr_spec for one in read["From"].addresses]
    if tuple(read.keys()) != letter.names or senders != [form.sender]:
        raise TemplateError("mail", "its headers do not read back as they were meant; nothing was sent")
