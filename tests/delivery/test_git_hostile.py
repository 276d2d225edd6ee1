"""Repositories that hang, are somebody else's, or take no push: told in time, nothing left behind."""

import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers.git_remote import GitRemote, git_remote

from digest.delivery.base import ChannelDown, Context, Handover, TargetRefused
from digest.delivery.wikis import git
from digest.delivery.wikis.git import GitChannel
from digest.delivery.wikis.git_settings import Settings
from digest.delivery.wikis.git_words import meaning, words_of
from digest.errors import Reason
from digest.model import Rendering

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def channel(remote: GitRemote, **over: object) -> GitChannel:
    token = {"token": remote.token} if remote.url.startswith("http") else {}
    settings = Settings.model_validate({"url": remote.url} | token | over)
    return GitChannel("wiki", settings, Context(remote.path.parent, clock=lambda: NOW))


def test_trying_out_a_remote_that_hangs_ends_soon_however_long_a_delivery_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "_PROBE_S", 0.3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "server").mkdir()
    with git_remote(tmp_path / "server") as remote:
        remote.hanging = True
        with pytest.raises(ChannelDown, match=r"did not answer within 0\.3 s"):
            channel(remote, timeout_s=3600).probe()

    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_repository_of_another_account_is_told_with_advice_that_helps() -> None:
    said = (
        "fatal: detected dubious ownership in repository at '/srv/wiki.git'\n"
        "To add an exception for this directory, call:\n\n"
        "\tgit config --global --add safe.directory /srv/wiki.git\n"
    )

    assert meaning(said)[1].startswith("belongs to another account of this machine")
    assert "safe.directory" not in words_of(said)


def test_a_repository_whose_branch_is_checked_out_is_told_to_be_a_bare_one(tmp_path: Path) -> None:
    folder = tmp_path / "wiki"
    ana = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(folder)], check=True)
    commit = ["commit", "--quiet", "--allow-empty", "-m", "first"]
    subprocess.run(["git", "-C", str(folder), *ana, *commit], check=True)
    wiki = channel(GitRemote(str(folder), "", folder, "main"))
    page = Rendering("2026-10", "all", "subject", "<p>html</p>", "text", "# Digest\n")

    with pytest.raises(TargetRefused, match="checked out; write to a bare repository") as caught:
        wiki.send(page, wiki.targets()[0], Handover("key", lambda: None))

    assert caught.value.reason is Reason.REJECTED
