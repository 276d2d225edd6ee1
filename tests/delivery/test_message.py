"""The mail: what it says, and what no title can make it say."""

import unicodedata
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.message import Form, Letter, clean_header, compose, on_the_wire, plain_address
from digest.errors import TemplateError
from digest.model import Rendering

DATE = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
FORM = Form("digest@example.org", "Learning Digest", "learning-digest.example.org", "learning@example.org")
NAMES = [
    "To",
    "Message-ID",
    "From",
    "Subject",
    "Date",
    "List-Id",
    "List-Unsubscribe",
    "Auto-Submitted",
    "Precedence",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


def rendering(
    subject: str = "What we learnt in May", text: str = "May.", html: str = "<p>May</p>"
) -> Rendering:
    return Rendering("2026-05", "all", subject, html, text, "# May")


def mail(letter: Letter, address: str = "ana@example.org", key: str = "digest-2026-05.abc") -> bytes:
    return letter.head(address, key) + letter.body


def read(content: bytes) -> EmailMessage:
    return cast("EmailMessage", BytesParser(policy=policy.default).parsebytes(content))


def test_a_mail_says_who_what_when_and_how_to_leave() -> None:
    message = read(mail(compose(rendering(), FORM, DATE)))
    assert dict(message.items()) | {"Content-Type": ""} == {
        "To": "ana@example.org",
        "Message-ID": "<digest-2026-05.abc@example.org>",
        "From": "Learning Digest <digest@example.org>",
        "Subject": "What we learnt in May",
        "Date": "Wed, 03 Jun 2026 09:00:00 +0000",
        "List-Id": "<learning-digest.example.org>",
        "List-Unsubscribe": "<mailto:learning@example.org?subject=unsubscribe>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }


def test_both_forms_arrive_as_they_were_written() -> None:
    pages = rendering(
        text="Zürich, “quoted”\n.\n..\nend" + "x" * 3000, html="<p>Zürich = ☃</p>\n" + "y" * 3000
    )
    message = read(mail(compose(pages, FORM, DATE)))
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == pages.text + "\n"
    assert html.get_content().replace("\r\n", "\n") == pages.html + "\n"


def test_every_byte_is_plain_and_every_line_short_enough_for_any_relay() -> None:
    content = mail(compose(rendering("Zürich " * 40, "ü" * 9000, "<p>" + "☃" * 9000), FORM, DATE))
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_the_same_edition_is_the_same_mail() -> None:
    assert mail(compose(rendering(), FORM, DATE)) == mail(compose(rendering(), FORM, DATE))


def test_a_distribution_list_and_an_address_to_reply_to_show() -> None:
    form = Form("d@example.org", "", "l.example.org", "l@example.org", "learning@example.org", to_list=True)
    message = read(mail(compose(rendering(), form, DATE)))
    assert (message["From"], message["Reply-To"]) == ("d@example.org", "learning@example.org")
    assert message["Precedence"] == "list"


HOSTILE = [
    "x\r\nBcc: evil@example.net",
    "x\nBcc: evil@example.net\n\nbody",
    "=?utf-8?q?hi=0D=0ABcc:_evil@example.net?=",
    "=?utf-8?q?hi=0ABcc:_evil@example.net?= " * 9,
    "=?utf-8?b?aGkNCkJjYzogZXZpbEBleGFtcGxlLm5ldA==?=",
    "a\u2028Bcc: evil@example.net",
    "a\u2029b\u0085c\vd\fe\x1cf",
    "half \ud800 a character",
    "\u202etxt.exe",
    "\x00",
    "",
    "Ü" * 400,
    "word " * 20_000,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_makes_a_header_of_its_own(title: str) -> None:
    for form in (FORM, Form("d@example.org", title, "l.example.org", "l@example.org")):
        message = read(mail(compose(rendering(title), form, DATE)))
        assert list(message.keys()) == NAMES
        assert len(message["Subject"]) <= 150
        assert [one.addr_spec for one in message["From"].addresses] == [form.sender]


@given(st.text(max_size=400))
def test_whatever_the_subject_the_headers_are_the_ones_meant(title: str) -> None:
    message = read(mail(compose(rendering(title), FORM, DATE)))
    assert list(message.keys()) == NAMES
    assert message["Subject"] == clean_header(title)


@given(st.text(max_size=300))
def test_a_cleaned_header_is_clean(title: str) -> None:
    line = clean_header(title, 40)
    assert not {unicodedata.category(one) for one in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(line) <= 40
    assert clean_header(line, 40) == line


def test_what_got_past_the_cleaning_is_refused_when_it_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    # The second guard alone: a library that lets a line break through, as CPython before 3.11.10 did.
    monkeypatch.setattr("digest.delivery.message._encoded", lambda *_: "x\r\nBcc: evil@example.net")
    with pytest.raises(TemplateError, match="read back"):
        compose(rendering(), FORM, DATE)


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org>\r\nRCPT TO:<evil@example.net",
        "ana@example.org\r\nBcc: evil@example.net",
        "ana@example.org, evil@example.net",
    ],
)
def test_an_address_that_is_none_never_becomes_a_header(address: str) -> None:
    letter = compose(rendering(), FORM, DATE)
    with pytest.raises(ValueError, match="one plain e-mail address"):
        letter.head(address, "key")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana@example.org", "ana@example.org"),
        (" Ana.B+tag@EXAMPLE.Org ", "Ana.B+tag@example.org"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("team@localhost", "team@localhost"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
    ],
)
def test_a_plain_address_is_taken(text: str, address: str) -> None:
    assert plain_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@@example.org",
        "ana@example..org",
        "ana@-example.org",
        "ana@example.org)ben@evil.example",
        '"a, b" <x@example.org>, evil@example.net',
        "Ana <ana@example.org>",
        "ana@example.org,ben@example.org",
        "ana@example.org>\r\nRCPT TO:<evil@example.net",
        "ana b@example.org",
        ".ana@example.org",
        "än@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b." * 130 + "org",
        "ana@[127.0.0.1]",
        "ana@example.org\x00",
        "ana@exa\u202emple.org",
    ],
)
def test_what_is_not_one_plain_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="expected one plain e-mail address") as caught:
        plain_address(text)
    assert not text or text not in str(caught.value).replace("ana@example.org", "")


def test_leading_dots_are_doubled_and_the_end_is_a_line() -> None:
    assert on_the_wire(b".a\r\nb\r\n..c") == b"..a\r\nb\r\n...c\r\n"
