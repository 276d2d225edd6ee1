"""The settings of the tracker `github`; checked before the first request."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from digest.config import Secret, Strict
from digest.model import Severity
from digest.trackers.label_fields import LabelName, LabelNames, Prefixes, one_or_several
from digest.trackers.labels import severity_of, web_address

_CLOUD = "https://api.github.com"
_SITES = frozenset({"github.com", "www.github.com", "api.github.com"})
_SERVER = "/api/v3"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}"
_PAGE = re.compile(rf"https?://[^/]+/({_NAME}?)(?:\.git)?(?:/.*)?")


def _severity(value: object) -> object:
    # "SEV1", "Sev-1" and 1 are all one; what is none of them goes on to pydantic's own message.
    return severity_of(str(value)) or value


def _repository(value: str) -> str:
    if re.fullmatch(_NAME, value) and value.rpartition("/")[2] not in {".", ".."}:
        return value
    page = _PAGE.fullmatch(value)
    message = f"write {page[1]}" if page else "expected owner/name, such as acme/incidents"
    raise ValueError(message)


def _api_address(value: str) -> str:
    """Return where the API is: of github.com, of its sites for one company, or of a server of your own."""
    address = value.strip().rstrip("/")
    parts = urlsplit(address) if web_address(address) else SplitResult("", "", "", "", "")
    host = (parts.hostname or "").lower()
    if not host or parts.query or parts.fragment or "@" in parts.netloc or parts.path not in {"", _SERVER}:
        expected = "https://HOST/api/v3" if host not in _SITES else _CLOUD
        message = f"expected the address of the API: {expected} (or {_CLOUD}, which is the default)"
        raise ValueError(message)
    if parts.scheme != "https" and not _is_loopback(host):
        message = "http:// would send the token in clear; write https://"
        raise ValueError(message)
    if host in _SITES:
        return _CLOUD
    if host.endswith(".ghe.com"):
        return f"https://{parts.netloc if host.startswith('api.') else f'api.{parts.netloc}'}"
    return f"{parts.scheme}://{parts.netloc}{_SERVER}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


Repository = Annotated[str, AfterValidator(_repository)]


class Settings(Strict):
    """Issues of one repository or several, on github.com or on a GitHub Enterprise Server."""

    repository: Repository | None = Field(
        default=None,
        description="owner/name; an incident's key is the repository's name and its number: incidents-12",
    )
    repositories: Annotated[tuple[Repository, ...], BeforeValidator(one_or_several)] = Field(
        default=(), description="or several of them"
    )
    token: Secret | None = Field(
        default=None,
        description="it needs Issues: read and no more; without one, only public repositories can be read",
    )
    url: Annotated[str, AfterValidator(_api_address)] = Field(
        default=_CLOUD, description="of the API; of a GitHub Enterprise Server: https://HOST/api/v3"
    )
    ca_file: Path | None = Field(
        default=None, description="where the server's certificate is signed by your own authority"
    )
    label: LabelNames = Field(
        default=("incident",),
        min_length=1,
        description="what makes an issue an incident; of several, all of them",
    )
    visibility: Literal["public"] | None = Field(
        default=None,
        description="public: everybody who gets the edition may see the issues of your private repositories",
    )
    review: Literal["body", "comment"] = Field(
        default="body",
        description="where the review stands: in the issue, or in the newest comment that is one",
    )
    finished: LabelName | None = Field(
        default=None,
        description="the label of issues whose review is finished; otherwise closed ones with a review",
    )
    severities: Mapping[str, Annotated[Severity, BeforeValidator(_severity)]] = Field(
        default_factory=dict, description="the organisation's own words: {outage: SEV1, degraded: SEV3}"
    )
    labels: Prefixes = Field(default=Prefixes(), description="how the labels begin that tell a field")

    @model_validator(mode="after")
    def _which(self) -> "Settings":
        if bool(self.repository) == bool(self.repositories):
            message = (
                "repository: owner/name (one), or repositories: a list; exactly one of the two is needed"
            )
            raise ValueError(message)
        names = [name.rpartition("/")[2].casefold() for name in self.repositories]
        if len(set(names)) < len(names):
            message = (
                "repositories: two of them have one name, so their keys would be the same; use a tracker each"
            )
            raise ValueError(message)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The repositories, as owner/name, in the order given."""
        return (self.repository,) if self.repository else self.repositories
