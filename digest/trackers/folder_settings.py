"""The settings of the tracker `folder`."""

import re
from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator
from rapidfuzz import process

from digest.config import Strict
from digest.model import Severity, Visibility
from digest.trackers.fields import ALIASES
from digest.trackers.labels import severity_of, web_address


def _severity(value: object) -> object:
    # "SEV1", "Sev-1" and 1 are all one; what is none of them goes on to pydantic's own message.
    return severity_of(str(value)) or value


class Settings(Strict):
    """A folder of reviews, with or without a table of incidents."""

    path: str = Field(description="the folder; a relative one starts at the folder of the config file")
    table: str | None = Field(
        default=None,
        description="the CSV or YAML table in it; otherwise incidents.csv, .yaml or .yml, where there is one",
    )
    reviews: tuple[str, ...] = Field(
        default=(
            *("**/*.md", "**/*.markdown", "**/*.md.erb", "**/*.qmd", "**/*.rst"),
            *("**/*.txt", "**/*.html"),
        ),
        description="which files are reviews: patterns, `**` standing for any folders",
    )
    columns: Mapping[str, str] = Field(
        default_factory=dict, description="our field to the table's column: {key: Number, title: Summary}"
    )
    key_pattern: str | None = Field(
        default=None, description="a regular expression whose one group is the key in a review's file name"
    )
    url: str | None = Field(
        default=None, description="an incident's address: https://tracker.example.org/incidents/{key}"
    )
    timezone: str | None = Field(
        default=None, description="the zone of times that name none; otherwise the edition's"
    )
    visibility: Visibility | None = Field(
        default=None, description="for incidents that do not say; otherwise they are left out"
    )
    severities: Mapping[
        str, Annotated[Severity, BeforeValidator(_severity, json_schema_input_type=int | str)]
    ] = Field(
        default_factory=dict, description="the organisation's own words: {outage: SEV1, degraded: SEV3}"
    )
    encoding: str = Field(default="utf-8", description="of the table and the reviews")

    @field_validator("reviews", mode="before", json_schema_input_type=str | tuple[str, ...])
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("columns")
    @classmethod
    def _our_fields(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value:
            if name not in ALIASES:
                near = process.extractOne(name, list(ALIASES), score_cutoff=60)
                hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(ALIASES)}"
                message = f"there is no field {name!r}; {hint}"
                raise ValueError(message)
        return value

    @field_validator("key_pattern")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        try:
            groups = re.compile(value or "()").groups
        except re.error as error:
            message = f"not a regular expression: {error}"
            raise ValueError(message) from None
        if groups != 1:
            message = f"one group in parentheses, which is the key; this has {groups}"
            raise ValueError(message)
        return value

    @field_validator("url")
    @classmethod
    def _address_with_key(cls, value: str | None) -> str | None:
        if value is not None and ("{key}" not in value or not web_address(value.replace("{key}", "1"))):
            message = "an http(s) address with {key} in it, such as https://tracker.example.org/{key}"
            raise ValueError(message)
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            message = f"{value!r} is no time zone; write one such as Europe/Lisbon"
            raise ValueError(message) from None
        return value

    @field_validator("encoding")
    @classmethod
    def _text_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError:
            message = f"{value!r} is no encoding of text; write one such as utf-8 or latin-1"
            raise ValueError(message) from None
        return value
