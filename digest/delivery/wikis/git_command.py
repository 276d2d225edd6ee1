"""Runs git: shut off from the machine's settings, without a prompt, within a time, without a secret in sight.

What a user of the machine has configured (hooks, helpers, rewritten addresses, `~/.netrc`) must not
change where a page or a token goes. So the environment is built from nothing, and all settings are
ours. The token travels as a setting in that environment: arguments and addresses are seen by every
process of the machine.
"""

import base64
import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from digest.delivery.base import ChannelDown
from digest.delivery.message import clean_header
from digest.delivery.wikis.git_settings import Settings
from digest.delivery.wikis.git_words import meaning, words_of
from digest.errors import Reason

# Settings in the environment are read since 2.31, GIT_CONFIG_GLOBAL since 2.32: older ones drop our guards.
_OLDEST = (2, 32)
_NOTHING = os.devnull
# Of the machine's environment: where programs are, and the key agent, for ssh.
_KEPT = ("PATH", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "TMPDIR", "LD_LIBRARY_PATH")
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=30"  # never asks


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of git left: its exit status and what it said."""

    status: int
    out: bytes
    said: str  # its messages: secrets masked, several lines


class Git:
    """git on a repository of its own in `folder`, which talks to one remote."""

    def __init__(self, service: str, settings: Settings, folder: Path, base: Path, program: Path) -> None:
        """Check the program; `base` is where relative paths start, `program` the absolute path of git.

        Raises:
            ChannelDown: this git is too old for its guards to work.
        """
        self.service = service
        self.url = address(settings, base)
        self._program = str(program)
        self._folder = folder
        self._patience_s = settings.timeout_s
        self._secrets = _secrets(settings)
        self._environment = _environment(settings, folder, base)
        self._check_version()

    def run(self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> Done:
        """Run a git command to its end.

        Raises:
            ChannelDown: it did not end in time (all of its processes are ended), or could not be started.
        """
        try:
            process = subprocess.Popen(  # noqa: S603 -- an absolute path and a list; data come by stdin
                [self._program, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._folder,
                env={**self._environment, **(environment or {})},
                start_new_session=True,
            )
        except OSError as error:
            detail = f"{self._program} cannot be started: {error.strerror}; install git"
            raise ChannelDown(self.service, Reason.REJECTED, detail) from None
        with process:
            try:
                out, said = process.communicate(stdin, self._patience_s)
            except subprocess.TimeoutExpired:
                _end(process)
                detail = (
                    f"{self.url} did not answer within {self._patience_s:g} s (timeout_s); git was stopped"
                )
                raise ChannelDown(self.service, Reason.NO_ANSWER, detail) from None
            except BaseException:
                _end(process)  # it is in a session of its own: no Ctrl-C reaches it
                raise
        return Done(process.returncode, out, self.masked(said.decode("utf-8", "replace")))

    def must(
        self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> bytes:
        """Run a command that has to work; return its output.

        Raises:
            ChannelDown: it did not; with the reason that its words tell.
        """
        done = self.run(*arguments, stdin=stdin, environment=environment)
        if done.status != 0:
            self.fail(done)
        return done.out

    def fail(self, done: Done) -> NoReturn:
        """Raise what a failed command's words mean."""
        # The address is ours, and must not be read as the remote's words.
        reason, advice = meaning(done.said.replace(self.url, ""))
        words = words_of(done.said)
        detail = f"{self.url} {advice}" if advice else f"git could not work with {self.url}"
        raise ChannelDown(self.service, reason, f"{detail} ({words})" if words else detail)

    def masked(self, text: str) -> str:
        """Return a text without the token, in any form in which it was sent."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _check_version(self) -> None:
        said = self.must("version").decode("utf-8", "replace")
        found = re.search(r"(\d+)\.(\d+)", said)
        if found is None or (int(found[1]), int(found[2])) < _OLDEST:
            detail = f"git {_OLDEST[0]}.{_OLDEST[1]} or later is needed; this is {clean_header(said)}"
            raise ChannelDown(self.service, Reason.REJECTED, detail)


def program() -> Path | None:
    """Return the absolute path of git; None where it is not installed."""
    found = shutil.which("git")
    return None if found is None else Path(found).absolute()


def address(settings: Settings, base: Path) -> str:
    """Return the repository's address; a folder's absolute."""
    if settings.place.kind != "file":
        return settings.url
    return str((base / Path(settings.url).expanduser()).resolve())


def _environment(settings: Settings, folder: Path, base: Path) -> dict[str, str]:
    place = settings.place
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    config = _config(settings, base)
    numbered = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, pair in enumerate(config)
        for part, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return {
        "GIT_SSH_COMMAND": _SSH,
        **kept,
        "HOME": str(folder),  # curl would read ~/.netrc
        "XDG_CONFIG_HOME": str(folder),
        "LC_ALL": "C",
        "GIT_DIR": str(folder / "repository"),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": _NOTHING,
        "GIT_CONFIG_GLOBAL": _NOTHING,
        "GIT_ALLOW_PROTOCOL": place.kind,
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_AUTHOR_NAME": settings.author.name,
        "GIT_AUTHOR_EMAIL": settings.author.address,
        "GIT_COMMITTER_NAME": settings.author.name,
        "GIT_COMMITTER_EMAIL": settings.author.address,
        "GIT_CONFIG_COUNT": str(len(config)),
        **numbered,
    }


def _config(settings: Settings, base: Path) -> Sequence[tuple[str, str]]:
    origin = settings.place.origin
    config = [
        ("core.hooksPath", _NOTHING),
        ("core.fsmonitor", "false"),
        ("credential.helper", ""),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("http.followRedirects", "false"),
        ("http.proxy", ""),
        ("push.gpgSign", "false"),
    ]
    if settings.ca_file is not None:
        config.append(("http.sslCAInfo", str((base / settings.ca_file.expanduser()).resolve())))
    if settings.token is not None:
        config.append((f"http.{origin}/.extraHeader", f"Authorization: Basic {_basic(settings)}"))
    return config


def _basic(settings: Settings) -> str:
    token = settings.token.get_secret_value() if settings.token else ""
    return base64.b64encode(f"{settings.username}:{token}".encode("ascii")).decode("ascii")


def _secrets(settings: Settings) -> tuple[str, ...]:
    if settings.token is None:
        return ()
    token = settings.token.get_secret_value()
    return _basic(settings), token, quote(token, safe="")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End git and what it started: they share a session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
