"""The operator's settings: YAML into typed, strict values."""

from pydantic import BaseModel, ConfigDict, SecretStr


class Strict(BaseModel):
    """Settings that refuse what they do not know; the base of every connector's own `Settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


# Never shows in a repr, a log or an error; `.get_secret_value()` reads it.
Secret = SecretStr
