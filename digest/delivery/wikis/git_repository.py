"""One remote repository through a shallow copy without files: read, commit, push.

Nothing is ever checked out. Pages are read and written as git's own objects, so that no link, no
attribute and no path of the repository can lead to a file of this machine.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.delivery.base import ChannelDown, TargetRefused
from digest.delivery.message import clean_header
from digest.delivery.wikis.git_command import Done, Git
from digest.delivery.wikis.git_words import words_of
from digest.errors import Reason, RemoteError

_TIP = "refs/digest/tip"
_HEADS = "refs/heads/"
_FILE, _PROGRAM = "100644", "100755"
_PAGE_MOST = 5 * 1024 * 1024
_BRANCHES_TOLD = 5
# A push that lost against another: told by our git, or by the remote's lock.
_OVERTAKEN = re.compile(
    r"\[rejected\]|\[remote rejected\] "
    r"\((?:cannot lock ref|failed to (?:update|lock)|incorrect old value|reference already exists)"
)
_LISTED = re.compile(r"(?P<mode>\d{6}) \w+ (?P<object>[0-9a-f]+) +(?P<size>\d+|-)\t(?P<path>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or link in the repository."""

    path: str
    mode: str  # as git writes it: "100644"
    object: str
    size: int  # bytes; 0 for a folder

    @property
    def is_page(self) -> bool:
        """Whether it is a plain file of a size that a page may have; a link is none."""
        return self.mode in {_FILE, _PROGRAM} and self.size <= _PAGE_MOST


class Repository:
    """A branch of a remote repository."""

    def __init__(self, git: Git, branch: str | None) -> None:
        """Make an empty copy; `branch` is None where the remote's HEAD tells.

        Raises:
            ChannelDown: the copy cannot be made.
        """
        self._git = git
        self._branch = branch
        git.must("init", "--quiet", "--bare", "--template=")

    def branch(self) -> tuple[str, str | None]:
        """Ask the remote; return the branch, and the commit on it: None where the repository is empty.

        Raises:
            ChannelDown: no answer, or no such branch.
        """
        said = self._git.must("ls-remote", "--symref", "--", self._git.url, "HEAD", f"{_HEADS}*")
        tips, head = _refs(said.decode("utf-8", "replace"))
        branch = self._branch or head
        if branch in tips:
            return str(branch), tips[str(branch)]
        if not tips and self._branch is not None:
            return self._branch, None
        if not tips:
            what, hint = "is empty", "write its first page in the browser, or set `branch`, such as main"
        else:
            there = clean_header(", ".join(sorted(tips)[:_BRANCHES_TOLD]))
            what = f"has no branch {self._branch}" if self._branch else "does not say which branch counts"
            hint = f"set `branch`; there is: {there}"
        raise ChannelDown(self._git.service, Reason.NOT_FOUND, f"{self._git.url} {what}; {hint}")

    def fetch(self) -> str | None:
        """Copy the newest state of the branch; return its commit, None where the repository is empty.

        Raises:
            ChannelDown: it cannot be had.
        """
        branch, tip = self.branch()
        self._branch = branch
        if tip is None:
            return None
        refs = f"+{_HEADS}{branch}:{_TIP}"
        self._git.must("fetch", "--quiet", "--depth=1", "--no-tags", "--", self._git.url, refs)
        return self._git.must("rev-parse", "--verify", f"{_TIP}^{{commit}}").decode("ascii").strip()

    def entries(self, commit: str, folder: str) -> Mapping[str, Entry]:
        """Return what lies in a folder, by path; nothing where there is no such folder.

        Raises:
            TargetRefused: something else than a folder has its name.
        """
        for above in _above(folder):
            for entry in self._list(commit, above):
                if entry.mode != "040000":
                    detail = (
                        f"{above} is no folder in {self._git.url}; rename it there, or set another `folder`"
                    )
                    raise TargetRefused(self._git.service, Reason.REJECTED, detail)
        return {entry.path: entry for entry in self._list(commit, f"{folder}/" if folder else "")}

    def holding(self, commit: str, words: str, folder: str) -> Sequence[str]:
        """Return the paths of a folder's files that hold some words, sorted."""
        within = ("--", folder) if folder else ()
        done = self._git.run("grep", "-l", "-z", "-F", "--max-depth", "0", "-e", words, commit, *within)
        if done.status > 1:
            self._git.fail(done)
        found = done.out.decode("utf-8", "surrogateescape").split("\0")
        return sorted(path.removeprefix(f"{commit}:") for path in found if path)

    def read(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        """Return pages by path; bytes that are no UTF-8 are kept, and written again as they were."""
        asked = "".join(f"{entry.object}\n" for entry in entries)
        answer = self._git.must("cat-file", "--batch", stdin=asked.encode("ascii"))
        pages, start = {}, 0
        for entry in entries:
            # A line with the name and the size, the content, a line end.
            begin = answer.index(b"\n", start) + 1
            start = begin + entry.size + 1
            pages[entry.path] = answer[begin : start - 1].decode("utf-8", "surrogateescape")
        return pages

    def commit(self, parent: str | None, pages: Mapping[Entry, str], message: str, date: datetime) -> str:
        """Return a new commit on `parent` with these pages in place; the remote does not have it yet."""
        moment = f"@{int(date.timestamp())} +0000"
        self._git.must("read-tree", parent or "--empty")
        for entry, text in pages.items():
            content = text.encode("utf-8", "surrogateescape")
            blob = self._git.must("hash-object", "-w", "--stdin", stdin=content).decode("ascii").strip()
            line = f"{entry.mode} {blob}\t{entry.path}\0".encode("utf-8", "surrogateescape")
            self._git.must("update-index", "-z", "--index-info", stdin=line)
        tree = self._git.must("write-tree").decode("ascii").strip()
        parents = () if parent is None else ("-p", parent)
        made = self._git.must(
            "commit-tree",
            *parents,
            tree,
            stdin=message.encode("utf-8"),
            environment={"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment},
        )
        return made.decode("ascii").strip()

    def push(self, commit: str) -> bool:
        """Put a commit on the branch, which `fetch` has named; False where somebody else was faster.

        Raises:
            ChannelDown: the remote did not let us.
            TargetRefused: it does not take this commit.
            RemoteError: no answer; it may have taken it.
        """
        try:
            done = self._git.run(
                "push", "--porcelain", "--", self._git.url, f"{commit}:{_HEADS}{self._branch}"
            )
            return self._pushed(done)
        except ChannelDown as error:
            if error.reason.in_doubt or error.reason is Reason.UNAVAILABLE:
                detail = f"{error.detail}; it may have been written, and sending it again leaves one page"
                raise RemoteError(self._git.service, Reason.NO_ANSWER, detail) from None
            raise

    def may_push(self) -> None:
        """Ask whether a push would be let in, sending nothing.

        Raises:
            ChannelDown: it would not.
        """
        tree = self._git.must("hash-object", "-t", "tree", "-w", "--stdin").decode("ascii").strip()
        commit = self._git.must("commit-tree", tree, stdin=b"probe\n").decode("ascii").strip()
        self._git.must(
            "push", "--dry-run", "--porcelain", "--", self._git.url, f"{commit}:{_HEADS}learning-digest-probe"
        )

    def _pushed(self, done: Done) -> bool:
        if done.status == 0:
            return True
        told = self._git.masked(done.out.decode("utf-8", "replace"))
        if _OVERTAKEN.search(told):
            return False
        if "[remote rejected]" not in told:
            self._git.fail(done)
        why = re.search(r"\[remote rejected\] \((.*)\)", told)
        words = "; ".join(filter(None, (why[1] if why else "", words_of(done.said))))
        hint = "is the branch protected?"
        if "checked out" in words:
            words, hint = "a folder of it has that branch checked out", "write to a bare repository"
        detail = f"{self._git.url} did not take the page: {clean_header(words, 300)}; {hint}"
        raise TargetRefused(self._git.service, Reason.REJECTED, detail)

    def _list(self, commit: str, path: str) -> Sequence[Entry]:
        within = ("--", path) if path else ()
        listed = self._git.must("ls-tree", "-z", "-l", "--full-tree", commit, *within)
        found = (_LISTED.fullmatch(line) for line in listed.decode("utf-8", "surrogateescape").split("\0"))
        return [
            Entry(one["path"], one["mode"], one["object"], 0 if one["size"] == "-" else int(one["size"]))
            for one in found
            if one is not None
        ]


def new_page(path: str) -> Entry:
    """Return the entry of a page that is not there yet."""
    return Entry(path, _FILE, "", 0)


def _above(folder: str) -> Sequence[str]:
    """Return a folder and those that it lies in, outermost first."""
    names = folder.split("/") if folder else []
    return ["/".join(names[: n + 1]) for n in range(len(names))]


def _refs(said: str) -> tuple[dict[str, str], str | None]:
    """Return the branches with their commits, and which of them HEAD is."""
    tips: dict[str, str] = {}
    head = None
    for line in said.splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith(f"ref: {_HEADS}"):
            head = value.removeprefix(f"ref: {_HEADS}")
        elif name.startswith(_HEADS):
            tips[name.removeprefix(_HEADS)] = value
    return tips, head
