"""What the forms say of the edition's page, which is published before chats and mails go out."""

from dataclasses import dataclass

from digest.model import PAGE_URL


@dataclass(frozen=True, slots=True)
class Page:
    """The page as templates know it; where none is configured, they get None instead."""

    url: str | None  # None: it could not be published


OUT, NOT_OUT = Page(PAGE_URL), Page(None)
