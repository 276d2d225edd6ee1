"""Looks at the config as it was written."""

import re
from collections.abc import Iterator

from digest.config import Config
from digest.edition.headline import count_of
from digest.pipeline.checks.report import Check, ok, warn

_PLACEHOLDER = re.compile(
    r"\bexample\.(?:org|com|net)\b|\AExample Organisation\Z|\Aacme/incidents\Z", re.IGNORECASE
)
_MOST = 5
_Steps = tuple[str | int, ...]


def config_checks(config: Config, *, whole: bool = True) -> Iterator[Check]:
    """Say what a config that could be read consists of, and what in it was never filled in.

    `whole` says that every connector's settings were read too, and with them every secret.
    """
    trackers, channels = count_of(len(config.trackers), "tracker"), count_of(len(config.channels), "channel")
    secrets = "; every secret that it names is there" if whole else ""
    yield ok("config", f"{config.file} is read: {trackers}, {channels}{secrets}")
    tree = config.trackers[0].tree
    places = [tree.place(steps) for steps, text in _texts(tree.value) if _PLACEHOLDER.search(text)]
    if places:
        more = f" and {len(places) - _MOST} more" if len(places) > _MOST else ""
        found = f"still as in the example: {', '.join(places[:_MOST])}{more}"
        yield warn("config", found, "put in what is yours")


def _texts(value: object, steps: _Steps = ()) -> Iterator[tuple[_Steps, str]]:
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*steps, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*steps, index))
