"""The registry of channels."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from digest.config import Strict
from digest.delivery import CHANNELS, GROUP, kind_of
from digest.delivery.base import ChannelKind, Context
from digest.errors import ConfigError


@pytest.mark.parametrize("name", CHANNELS)
def test_every_kind_has_settings_that_refuse_what_they_do_not_know(name: str) -> None:
    kind = kind_of(name, outsiders=())
    assert issubclass(kind.settings, Strict)
    assert kind.settings.model_config["extra"] == "forbid"


def test_a_kind_connects_without_asking_the_network(tmp_path: Path) -> None:
    smtp = kind_of("smtp", outsiders=())
    settings = smtp.settings(host="mail.invalid", sender="d@example.org", recipients=["ana@example.org"])
    channel = smtp.connect("mail", settings, Context(tmp_path))
    assert (channel.name, list(channel.targets())) == ("mail", ["ana@example.org"])
    channel.close()


def test_a_misspelt_kind_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"'stmp'; did you mean 'smtp'\? there is: .*outbox, .*smtp"):
        kind_of("stmp", outsiders=())


def test_an_outsider_s_kind_is_found_and_checked() -> None:
    good = EntryPoint("pigeon", "delivery.test_channels:PIGEON", GROUP)
    assert kind_of("pigeon", outsiders=[good]) is not None
    for value in ("delivery.test_channels:NOTHING", "no_such_module:X", "delivery.test_channels:GROUP"):
        with pytest.raises(ConfigError, match="pigeon"):
            kind_of("pigeon", outsiders=[EntryPoint("pigeon", value, GROUP)])
    with pytest.raises(ConfigError, match="several kinds"):
        kind_of("smtp", outsiders=[EntryPoint("smtp", "x:Y", GROUP)])


PIGEON = ChannelKind(CHANNELS["outbox"].settings, CHANNELS["outbox"].connect)
