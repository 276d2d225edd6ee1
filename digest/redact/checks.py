"""What a pattern alone cannot say: whether the words it found are a secret, a card, a person's handle.

A check takes a match and the number of its group to mask, and returns the stretch to mask, or None.
"""

import re
from collections.abc import Callable, Mapping

Check = Callable[[re.Match[str], int], "tuple[int, int] | None"]

# Words that stand where a value would, and are none.
_NO_VALUE = frozenset({
    "changeme", "empty", "encrypted", "env", "environment", "expired", "false", "file", "hidden",
    "incorrect", "invalid", "masked", "missing", "none", "null", "optional", "password",
    "placeholder", "redacted", "removed", "required", "reset", "rotated", "secret", "string",
    "token", "true", "undefined", "unknown", "unset", "value", "wrong", "yes", "your",
})  # fmt: skip
_REFERENCE = re.compile(
    r"\$[({A-Za-z]|\{\{|%[({sA-Z]|[*xX.#…_-]{3,}$|/[\w./-]+$|~/|\./|[A-Za-z]:\\|vault:|arn:|env[.:]|os\.environ"
    r"|process\.env|getenv|get_|file:|ref\+|secretref|projects/"
)
_CODE = re.compile(r"[A-Za-z_.]+\($|[A-Za-z_][\w.]*\(.*\)$")
_KEY_WORD = re.compile(r"(?i)pass|pwd|secret|token|key|cred|auth")
_NAME_LIKE = re.compile(r"(?:[A-Za-z]{0,40}\d{0,4}[-_./:@]){0,12}[A-Za-z]{0,40}\d{0,4}$")
_DATE_OR_TIME = re.compile(
    r"\d{4}-\d\d(?:-\d\d.*)?$|\d{1,2}:\d\d(?::\d\d)?$|\d{1,3}(?:ms|s|m|h|d|min|days?)$"
)
_VARIETY = 0.55  # of the characters are different ones; in prose and in hex fewer are
_AUTHORITY = re.compile(r"://[^\s/?#<>\"']*$")
_LONGEST_USER = 100
_MOST_SLASHES = 3  # a path has more
_SHORTEST_PASSWORD = 3
_PHONE_DIGITS = range(9, 16)  # ITU-T E.164: 15 at the most
_UNGROUPED_DIGITS = 11
_OCTET = 255
_SYMBOL = re.compile(r"[!@#$%^&*+=~?]")
_TRAILING = ".,;:!?'\"`"


def value_of(match: re.Match[str], group: int) -> tuple[int, int]:
    """Return where the value stands, without the punctuation that a sentence puts behind it."""
    start, end = match.span(group)
    if match.re.groupindex.get("quote") and match["quote"]:
        return start, end
    found = match[group]
    kept = found.rstrip(_TRAILING)
    while kept.endswith(")") and kept.count("(") < kept.count(")"):
        kept = kept[:-1].rstrip(_TRAILING)
    return start, end - len(found) + len(kept)


def password(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """A password after its name: anything after `=` or in quotes; with a digit or a sign after `:`."""
    start, end = value_of(match, group)
    value = match.string[start:end]
    if len(value) < _SHORTEST_PASSWORD or _no_secret(value):
        return None
    if _DATE_OR_TIME.match(value):
        return None
    if match["sep"].strip() == "=" or match["quote"]:
        return start, end
    told = any(c.isdigit() for c in value) or _SYMBOL.search(value[:-1])
    return (start, end) if told and len(value) > _SHORTEST_PASSWORD else None


def secret(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """A key or token after its name: it mixes letters and digits, and is no name with a number."""
    start, end = value_of(match, group)
    value = match.string[start:end]
    if _no_secret(value) or _DATE_OR_TIME.match(value):
        return None
    least = 8 if match["sep"].strip() == "=" or match["quote"] else 12
    if len(value) < least or not _mixed(value) or _NAME_LIKE.match(value):
        return None
    return start, end


def mixed(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """Words that hold both letters and digits, and refer to nothing."""
    start, end = match.span(group)
    value = match.string[start:end]
    return (start, end) if _mixed(value) and not _no_secret(value) else None


def given(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """Any value that is given as such, rather than named or left open."""
    start, end = match.span(group)
    value = match.string[start:end]
    return None if _no_secret(value) and not value.isalnum() else (start, end)


def dense(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """Base64 that looks random: both cases and digits, many different ones; no digest in hex."""
    start, end = match.span(group)
    value = match.string[start:end]
    cases = any(c.isupper() for c in value) and any(c.islower() for c in value)
    if not cases or not any(c.isdigit() for c in value) or value.count("/") > _MOST_SLASHES:
        return None
    return (start, end) if len(set(value)) > len(value) * _VARIETY else None


def luhn(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """A card number: its check digit is right, and its digits are not all alike."""
    digits = [int(c) for c in match[group] if c.isdigit()]
    doubled = [d if n % 2 == 0 else sum(divmod(d * 2, 10)) for n, d in enumerate(reversed(digits))]
    return match.span(group) if sum(doubled) % 10 == 0 and len(set(digits)) > 1 else None


# Registered lengths of the countries in the IBAN registry (ISO 13616).
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK",
        21: "CH CR HR LI LV", 22: "BG BH DE GB GE IE ME RS VA", 23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC",
    }.items()
    for country in countries.split()
}  # fmt: skip


def iban(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """An account number: as long as its country's are, and with the right check digits."""
    start = match.start(group)
    length = _IBAN_LENGTHS.get(match[group][:2])
    places = [n for n, c in enumerate(match[group]) if c != " "]
    if length is None or len(places) < length:
        return None
    plain = "".join(match[group][n] for n in places[:length])
    number = int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4]))
    return (start, start + places[length - 1] + 1) if number % 97 == 1 else None


def phone(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """A telephone number: 9 to 15 digits, grouped as people write them, or long enough not to be a count."""
    count = sum(c.isdigit() for c in match[group])
    grouped = any(not c.isdigit() for c in match[group][1:])
    return match.span(group) if count in _PHONE_DIGITS and (grouped or count >= _UNGROUPED_DIGITS) else None


def address(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """An e-mail address: what stands before the @ is no user of a URL, whose password has its own rule."""
    start, end = match.span(group)
    return None if _AUTHORITY.search(match.string, max(0, start - _LONGEST_USER), start) else (start, end)


def ipv4(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """An address: each of its four numbers is at most 255."""
    return match.span(group) if all(int(n) <= _OCTET for n in match[group].split(".")) else None


def anything(match: re.Match[str], group: int) -> tuple[int, int] | None:
    """Whatever the pattern found."""
    return match.span(group)


def _mixed(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _no_secret(value: str) -> bool:
    """Whether a value refers to one, is left open, or is a word such as "expired"."""
    if _REFERENCE.match(value) or _CODE.match(value) or value.casefold() in _NO_VALUE:
        return True
    # `password=db_password`, `secret: my-app-secret`: a name, for it says what it names.
    return (
        not any(c.isdigit() for c in value)
        and value.isascii()
        and bool(_KEY_WORD.search(value) and re.fullmatch(r"[A-Za-z._-]+", value))
    )


CHECKS: Mapping[str, Check] = {
    "none": anything,
    "password": password,
    "secret": secret,
    "mixed": mixed,
    "given": given,
    "dense": dense,
    "luhn": luhn,
    "iban": iban,
    "phone": phone,
    "address": address,
    "ipv4": ipv4,
}
