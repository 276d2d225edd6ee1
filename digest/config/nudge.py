"""Whom to ask what was learnt: the settings under `nudge`."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from digest.config.strict import Secret, Strict, Zone

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[^\s@<>,;:\"()\[\]\\$]+")
_WEBHOOK = re.compile(
    r"(?:https://[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|http://(?:localhost|127\.0\.0\.1))"
    r"(?::[0-9]{1,5})?/[!$-;=?-\[\]_a-~]+",
    re.IGNORECASE | re.ASCII,
)
_HOURS = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-\u2013]\s*([01]?[0-9]|2[0-3]):([0-5][0-9])")
_HOURS_SHAPE = r"^[0-9]{1,2}:[0-9]{2} *- *[0-9]{1,2}:[0-9]{2}$"

Hours = tuple[time, time]


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        message = "expected one e-mail address, such as payments-leads@example.org"
        raise ValueError(message)
    return value


def _webhook(value: SecretStr) -> SecretStr:
    if not _WEBHOOK.fullmatch(value.get_secret_value()):
        message = "expected the https:// address of an incoming webhook, from a variable or a file"
        raise ValueError(message)
    return value


class Owner(Strict):
    """Who is asked: by mail at an address, or in a chat by its webhook."""

    mail: Annotated[str, AfterValidator(_address)] | None = None
    slack: Annotated[Secret, AfterValidator(_webhook)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Owner":
        if (self.mail is None) == (self.slack is None):
            message = "expected an e-mail address, or `slack:` with an incoming webhook"
            raise ValueError(message)
        return self


def _owner(value: object) -> object:
    return {"mail": value} if isinstance(value, str) else value


def _hours(value: object) -> object:
    if isinstance(value, tuple):
        return value
    match = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        message = 'expected working hours in quotes, such as "09:00-17:00"'
        raise ValueError(message)
    start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if start >= end:
        message = "working hours end later on the day than they start"
        raise ValueError(message)
    return start, end


_Owner = Annotated[Owner, BeforeValidator(_owner, json_schema_input_type=str | Owner)]
_Hours = Annotated[
    Hours, BeforeValidator(_hours), WithJsonSchema({"type": "string", "pattern": _HOURS_SHAPE})
]


class Nudge(Strict):
    """Who is asked privately about incidents that wait for a review or a learning, when, and how often."""

    teams: Mapping[str, _Owner] = Field(default_factory=dict)
    otherwise: _Owner | None = None
    hours: _Hours = Field(default=(time(9), time(17)), json_schema_extra={"default": "09:00-17:00"})
    timezone: Zone | None = None
    every_days: int = Field(default=14, ge=7, le=365)
    wait_days: int = Field(default=7, ge=0, le=180)

    @field_validator("teams")
    @classmethod
    def _once_each(cls, teams: Mapping[str, Owner]) -> Mapping[str, Owner]:
        names = [named(team) for team in teams]
        twice = next((team for team in teams if names.count(named(team)) > 1), None)
        if twice is not None:
            message = f"the team {twice!r} stands here twice"
            raise ValueError(message)
        return teams

    def owner_of(self, team: str | None) -> Owner | None:
        """Return who is asked for a team, by its name in any case; None where nobody is named."""
        owners = {named(name): owner for name, owner in self.teams.items()}
        return owners.get(named(team), self.otherwise) if team else self.otherwise


def named(team: str) -> str:
    """Return a team's name in the form in which two spellings are one."""
    return " ".join(team.split()).casefold()
