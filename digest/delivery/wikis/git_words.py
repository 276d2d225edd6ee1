"""What git says when it fails, and what that means; its words are those of `LC_ALL=C`."""

import re
from collections.abc import Sequence

from digest.delivery.message import clean_header
from digest.errors import Reason

_WORDS_MOST = 300
_BY_HAND = "a GitHub wiki is there only after its first page was written in the browser"
_BROKEN = (
    r"Failed to connect|Couldn't connect|Connection (?:refused|timed out|reset)|No route to host"
    r"|Empty reply|hung up|early EOF|RPC failed|transfer closed|Recv failure"
)
# The first that fits counts; each ends a sentence that begins with the repository's address.
_MEANINGS: Sequence[tuple[str, Reason, str]] = (
    (
        r"could not read (?:Username|Password)|Authentication failed|returned error: 401",
        Reason.AUTH,
        "refused the log-in; check `token` (is there one, has it expired?) and `username`",
    ),
    (
        r"returned error: 403|[Ww]rite access to repository not granted",
        Reason.AUTH,
        "refused access; the token needs the right to write there, see docs/channels.md",
    ),
    (
        r"Permission denied \(|Host key verification failed",
        Reason.AUTH,
        "refused the log-in by ssh; log in to it by hand once, as the user who runs this",
    ),
    (
        r"returned error: (?:404|410)|[Rr]epository (?:'.*' )?not found",
        Reason.NOT_FOUND,
        f"is not there, or the token may not see it; check `url`; {_BY_HAND}",
    ),
    (
        r"returned error: 30\d|redirect",
        Reason.REJECTED,
        "leads elsewhere, where no token is taken; write the new address as `url`",
    ),
    (r"returned error: 429", Reason.RATE_LIMITED, "asks for a pause; it is tried again later"),
    (r"returned error: 5\d\d", Reason.UNAVAILABLE, "is in trouble; it is tried again later"),
    (
        r"certificate|gnutls|SSL[ _:]|TLS",
        Reason.AUTH,
        "is not trusted; where its certificate is signed by your own authority, set `ca_file`",
    ),
    (
        r"Could not resolve host|Name or service not known",
        Reason.UNAVAILABLE,
        "cannot be found by name; check `url` and the network",
    ),
    (
        _BROKEN,
        Reason.UNAVAILABLE,
        "cannot be reached, or broke off; check the network, it is tried again later",
    ),
    (
        r"does not appear to be a git repository",
        Reason.NOT_FOUND,
        "is no git repository, or may not be read; check `url`",
    ),
    (
        r"dubious ownership",
        Reason.REJECTED,
        "belongs to another account of this machine, so git refuses it; run this as that one, or use ssh",
    ),
    (r"is this a git repository", Reason.MALFORMED, "does not answer as a git repository does; check `url`"),
    (r"No space left", Reason.REJECTED, "cannot be copied: this machine's temporary folder is full"),
)
# Lines that tell a person nothing, or nothing that the advice does not.
_LEFT_OUT = re.compile(
    r"hint:|warning:|To |From |Done$|[!=*] |git config |.*terminal prompts disabled"
    r"|.*repository '.*' not found|Could not read from remote repository"
    r"|Please make sure you have the correct|and the repository exists"
)
_ADDRESS = re.compile(r"unable to access '[^']*': ")


def meaning(said: str) -> tuple[Reason, str]:
    """Return why git failed, and what a person is told; `REJECTED` and no words where we do not know."""
    for words, reason, advice in _MEANINGS:
        if re.search(words, said):
            return reason, advice
    return Reason.REJECTED, ""


def words_of(said: str) -> str:
    """Return what git and the remote said, as one line, without hints, each line once."""
    kept: dict[str, None] = {}
    for line in said.splitlines():
        words = re.sub(r"^(?:remote|fatal|error): *", "", line).strip()
        if words and not _LEFT_OUT.match(words):
            kept[_ADDRESS.sub("", words)] = None
    return clean_header("; ".join(kept), _WORDS_MOST)
