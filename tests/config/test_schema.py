"""The schema takes what the program takes, and refuses what it refuses."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from digest import paths
from digest.config import Secret, Strict
from digest.config.schema import schema_of
from digest.delivery import CHANNELS
from digest.trackers import TRACKERS

SAMPLE = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
SCHEMA = schema_of(
    {kind: one.settings for kind, one in TRACKERS.items()},
    {kind: one.settings for kind, one in CHANNELS.items()},
    SAMPLE,
)
_COMMENTED = re.compile(r"^(\s*)# (\s*(?:- |- \w+:|\w+:)(?: .*)?)$", re.MULTILINE)


class Loader(yaml.SafeLoader):
    """Leaves dates as they are written, as editors do."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    return yaml.load(text, Loader)  # noqa: S506 - it is a SafeLoader


def switched_on(text: str) -> str:
    """Return the text with every commented line on."""
    while (more := _COMMENTED.sub(r"\1\2", text)) != text:
        text = more
    return text


def faults(value: object) -> list[str]:
    found = Draft202012Validator(SCHEMA).iter_errors(value)
    return [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in found]


def test_it_is_a_schema_itself() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", ["digest.yaml", "demo.yaml"])
def test_the_configs_that_come_with_the_program_fit(file: str) -> None:
    assert faults(read((paths.config() / file).read_text(encoding="utf-8"))) == []


def test_every_commented_line_fits_once_it_is_switched_on() -> None:
    whole = read(switched_on(SAMPLE))

    assert {"title", "editor", "history", "schedule", "redaction", "ledger"} <= set(whole)
    assert {c["kind"] for c in whole["channels"]} >= {"outbox", "smtp"}
    assert faults(whole) == []


def without(key: str) -> Callable[[Any], None]:
    return lambda value: value.pop(key)


def with_(**values: object) -> Callable[[Any], None]:
    return lambda value: value.update(values)


def of_tracker(**values: object) -> Callable[[Any], None]:
    return lambda value: value["trackers"][0].update(values)


def of_mail(**values: object) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        mail = {"kind": "smtp", "host": "mx", "sender": "a@example.org", "recipients": ["b@example.org"]}
        value["channels"].append({**mail, **values})

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("organisation"),
        without("trackers"),
        with_(channels=[]),
        with_(organisaton="Twice"),
        with_(organisation=""),
        with_(history="twelve"),
        with_(history=99),
        with_(count_by="closed"),
        with_(redaction={"custmers": ["X"]}),
        with_(trackers=[{"name": "no kind"}]),
        of_tracker(kind="fodler"),
        of_tracker(pth="x"),
        of_tracker(name="../x"),
        of_tracker(severities={"outage": []}),
        of_mail(tls="ssl"),
        of_mail(password=7),
        of_mail(recipients=[{"adress": "x@example.org"}]),
        of_mail(sender=None),
        of_mail(timeouts={"connect_s": 0}),
    ],
)
def test_what_the_program_refuses_does_not_fit(change: Callable[[Any], None]) -> None:
    value = read(SAMPLE)

    change(value)

    assert faults(value) != []


@pytest.mark.parametrize(
    "change",
    [
        of_tracker(reviews="**/*.md"),
        of_tracker(reviews=["**/*.md", "*.txt"]),
        of_tracker(severities={"outage": "SEV1", "degraded": 3}),
        of_mail(),
        of_mail(sender="Learning Digest <a@example.org>"),
        of_mail(sender={"address": "a@example.org", "name": "Learning Digest"}),
        of_mail(username="digest", password="${SMTP_PASSWORD}"),
    ],
)
def test_what_the_program_takes_in_several_shapes_fits(change: Callable[[Any], None]) -> None:
    value = read(SAMPLE)

    change(value)

    assert faults(value) == []


def test_keys_are_described_in_the_words_of_the_settings_or_of_the_sample() -> None:
    folder, smtp = SCHEMA["$defs"]["tracker-folder"], SCHEMA["$defs"]["channel-smtp"]

    assert folder["properties"]["columns"]["description"].startswith("our field to the table's column")
    assert smtp["properties"]["tls"]["description"].startswith("or: tls (port 465)")
    assert "0 to 36" in SCHEMA["properties"]["history"]["description"]
    assert SCHEMA["$defs"]["Redaction"]["properties"]["allow"]["description"] == "never masked"


def secrets_in(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for one in node for found in secrets_in(one)]
    if not isinstance(node, dict):
        return []
    here = [node] if node.get("format") == "password" else []
    return here + [found for one in node.values() for found in secrets_in(one)]


def test_secrets_are_strings_of_any_shape_and_say_where_to_put_them() -> None:
    found = secrets_in(SCHEMA)

    assert found
    for secret in found:
        assert secret["type"] == "string"
        assert "pattern" not in secret
        assert "${NAME}" in secret["description"]


def test_nothing_in_it_repeats_a_key_as_its_title() -> None:
    assert SCHEMA["title"] == "digest.yaml"
    assert "title" not in SCHEMA["properties"]["organisation"]
    assert SCHEMA["properties"]["title"]["default"] == "Learning Digest"


class Board(Strict):
    """A board of cards."""

    url: str
    token: Secret


def test_an_outsiders_kind_is_a_kind_like_ours() -> None:
    schema = schema_of({"board": Board}, {}, "")

    board = schema["$defs"]["tracker-board"]
    assert board["description"] == "A board of cards."
    assert board["required"] == ["kind", "url", "token"]
    assert board["additionalProperties"] is False
    assert schema["properties"]["trackers"]["items"]["properties"]["kind"] == {"enum": ["board"]}


def test_two_kinds_may_share_their_settings() -> None:
    schema = schema_of({"board": Board, "wall": Board}, {}, "")

    assert schema["$defs"]["tracker-wall"]["properties"]["kind"] == {"const": "wall"}
    assert schema["$defs"]["tracker-board"]["properties"]["kind"] == {"const": "board"}


def test_every_ref_leads_somewhere() -> None:
    refs = set(re.findall(r"'#/\$defs/([^']+)'", repr(SCHEMA)))

    assert refs <= set(SCHEMA["$defs"])
