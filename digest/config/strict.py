"""What all settings are built on: they refuse what they do not know, and secrets never show.

Apart from the settings themselves, so that a part of them can have a module of its own.
"""

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationInfo,
    field_validator,
)

_VARIABLE = re.compile(r"\$\{(file:)?([^}]*)\}")


def _resolved(value: object) -> object:
    """Put a variable or a file's content in place of `${NAME}` or `${file:/path}`."""
    match = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    name = match[2]
    if match[1]:
        try:
            return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            message = f"the file {name} could not be read ({type(error).__name__})"
            raise ValueError(message) from error
    if not os.environ.get(name):
        message = f"the environment variable {name} is not set; set it, or write ${{file:/path/to/secret}}"
        raise ValueError(message)
    return os.environ[name]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        message = f"{name!r} is not the name of a time zone, such as Europe/Lisbon or UTC{hint}"
        raise ValueError(message) from error
    return name


# Never shows in a repr, a log or an error; `.get_secret_value()` reads it.
Secret = Annotated[SecretStr, BeforeValidator(_resolved)]
Zone = Annotated[str, AfterValidator(_known_zone)]


class Strict(BaseModel):
    """Settings that refuse what they do not know; the base of every connector's own `Settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_variable(cls, value: object, info: ValidationInfo) -> object:
        """Refuse `${NAME}` outside secrets: what readers may see never holds what the machine hides."""
        secret = "SecretStr" in repr(cls.model_fields[info.field_name or ""])
        if not secret and isinstance(value, str) and _VARIABLE.search(value):
            message = "variables are put in only where a field is a secret; write the value itself"
            raise ValueError(message)
        return value
