"""The settings of digest.yaml."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from digest.config.nudge import Nudge
from digest.config.schedule import Schedule
from digest.config.strict import Strict, Zone


class Redaction(Strict):
    """What is masked beside the kinds in redaction.yaml."""

    customers: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    ip_addresses: bool = False


class Settings(Strict):
    """All of digest.yaml but the connectors."""

    organisation: str = Field(min_length=1, max_length=80)
    title: str = Field(default="Learning Digest", min_length=1, max_length=80)
    timezone: Zone = "UTC"
    language: Literal["en"] = "en"
    editor: str | None = None
    count_by: Literal["resolved", "created"] = "resolved"
    history: int = Field(default=12, ge=0, le=36)
    takeaways: int = Field(default=5, ge=3, le=5)
    approval: Literal["first", "always", "never"] = "first"
    remind_after: int = Field(default=2, ge=1, le=20)  # working days
    approve_after: int | None = Field(default=None, ge=1, le=20)  # working days; None: never by silence
    missing_sources: Literal["hold", "send"] = "hold"
    schedule: Schedule = Schedule()
    nudge: Nudge | None = None
    wait_for_page: float = Field(default=6, ge=0, le=72)  # hours
    ledger: Path = Path("digest.db")
    templates: Path | None = None
    redaction: Redaction = Redaction()

    @field_validator("editor")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[^\s@<>,;\"()]+@[^\s@<>,;\"()]+", value):
            message = "expected one e-mail address, such as learning@example.org"
            raise ValueError(message)
        return value
