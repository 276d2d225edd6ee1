"""Which page of a folder is which: found by its marks, whatever its name; and the list of editions. Pure."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from digest.delivery.wikis.git_repository import Entry, new_page
from digest.delivery.wikis.git_settings import Settings, quoted
from digest.delivery.wikis.marked import PartRefused, find, keys, page_key, title_of

INDEX = "index"
# A wiki takes the same name with any of these for the same page.
_ENDINGS = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mediawiki", ".wiki", ".org"})
_OTHER_ENDINGS = frozenset({".rst", ".textile", ".asciidoc", ".adoc", ".creole", ".pod", ".rdoc"})


@dataclass(frozen=True, slots=True)
class Shelf:
    """The pages' folder as it is in the repository, or is to be."""

    entries: Mapping[str, Entry]  # by path
    marked: Mapping[str, str]  # path to page: those with a mark of ours

    def place(self, path: str, key: str) -> Entry:
        """Return where the part of a key stands, on a renamed page too; else where it is to stand: at `path`.

        Raises:
            PartRefused: it stands on several pages, or something else has the name.
        """
        holders = sorted(found for found, page in self.marked.items() if key in keys(page))
        if path not in holders and len(holders) > 1:
            raise PartRefused(f"its part stands on {' and '.join(holders)}; delete it from all but one")
        found = path if path in holders or not holders else holders[0]
        if found in self.entries:
            if not self.entries[found].is_page:
                raise PartRefused("a link, a folder or a very large file has its name; rename or delete that")
            return self.entries[found]
        for other in sorted(self.entries):
            if _name_of(other) == _name_of(path) and _is_page(other):
                raise PartRefused(f"{other} has the same name for a wiki; rename or delete it")
        return new_page(path)

    def text(self, entry: Entry) -> str | None:
        """Return a page as it stands; None where it is new, nothing where it has no mark of ours."""
        return self.marked.get(entry.path, "" if entry.path in self.entries else None)

    def with_page(self, entry: Entry, page: str) -> "Shelf":
        """Return the shelf with a page put there."""
        return replace(self, marked={**self.marked, entry.path: page})

    def listed(self, settings: Settings, audience: str) -> str:
        """Return the editions whose pages are in the folder, newest first, a link each, as Markdown."""
        found: dict[str, set[str]] = {}
        for path, page in self.marked.items():
            for key in keys(page):
                _, month, whose = key.split(":")
                if whose == audience and month != INDEX:
                    found.setdefault(month, set()).add(path)
        best = {
            month: _one_of(paths, settings.path(page_name(settings, month, audience)))
            for month, paths in found.items()
        }
        ending = ".md" if settings.links == "file" else ""
        return "\n".join(
            f"- [{self._title(best[month], month, audience)}]({quoted(name(best[month]))}{ending})"
            for month in sorted(best, reverse=True)
        )

    def _title(self, path: str, month: str, audience: str) -> str:
        title = None
        with contextlib.suppress(PartRefused):
            title = title_of(find(self.marked[path], page_key(month, audience)))
        return title or month


def page_name(settings: Settings, month: str, audience: str) -> str:
    """Return the name of an edition's page, where nobody has renamed it."""
    return settings.page.replace("{month}", month) + _suffix(audience)


def index_name(settings: Settings, audience: str) -> str | None:
    """Return the name of the page with the list of editions; None where there is to be none."""
    return None if settings.index is None else settings.index + _suffix(audience)


def name(path: str) -> str:
    """Return a page's name: its file's, without the ending."""
    return PurePosixPath(path).stem


def _suffix(audience: str) -> str:
    return "" if audience == "all" else f"-{audience}"


def _one_of(paths: Iterable[str], wanted: str) -> str:
    return min(paths, key=lambda path: (path != wanted, path))


def _name_of(path: str) -> str:
    return str(PurePosixPath(path).with_suffix("")).casefold()


def _is_page(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _ENDINGS | _OTHER_ENDINGS
