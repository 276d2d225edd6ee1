"""A page an edition in a real repository over HTTP: in place, once, never over a person's words."""

import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery.fakes import frozen
from servers.git_remote import TOKEN, GitRemote, bare, git_remote
from servers.needed import need

from digest.delivery import kind_of
from digest.delivery.base import PAGES, Channel, ChannelDown, Context, Handover, Probing, TargetRefused
from digest.delivery.deliver import Pace, deliver
from digest.delivery.wikis.git import GitChannel
from digest.delivery.wikis.git_settings import Settings
from digest.errors import ConfigError, Reason, RemoteError
from digest.ledger import Ledger
from digest.model import DeliveryState, Receipt, Rendering
from digest.render.guards import markdown

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
PAGE, INDEX = "Incident-digest-2026-10.md", "Incident-digests.md"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[GitRemote]:
    (tmp_path / "server").mkdir()
    with git_remote(tmp_path / "server") as served:
        yield served


def edition(body: str = "A cache without a limit fills the disk.", month: str = "2026-10") -> Rendering:
    page = f"# Learning Digest, {month}\n\n{body}\n"
    return Rendering(month, "all", "subject", "<p>html</p>", "text", page)


def channel(remote: GitRemote, tell: Callable[[str], None] = lambda _: None, **over: Any) -> GitChannel:
    fields: dict[str, Any] = {"url": remote.url, "page_url": "https://wiki.example.org/{page}"}
    if remote.url.startswith("http"):
        fields["token"] = remote.token
    git = over.pop("git", None)
    context = Context(remote.path.parent, clock=lambda: NOW, tell=tell)
    return GitChannel("wiki", Settings.model_validate(fields | over), context, git)


def send(remote: GitRemote, pages: Rendering | None = None, **over: Any) -> Receipt:
    wiki = channel(remote, **over)
    return wiki.send(pages or edition(), wiki.targets()[0], Handover("key", lambda: None))


# --- What is written ---------------------------------------------------------------------------


def test_the_first_page_and_the_index_are_one_commit_by_us(remote: GitRemote) -> None:
    receipt = send(remote)
    pages = remote.pages()
    assert sorted(pages) == ["Home.md", PAGE, INDEX]
    assert "A cache without a limit fills the disk." in pages[PAGE]
    assert "\n- [Learning Digest, 2026-10](Incident-digest-2026-10)\n" in pages[INDEX]
    assert remote.log() == ["Incident digest for 2026-10", "Edit Home.md"]
    assert remote.tip().startswith(receipt.reference or "nothing")
    assert receipt.url == "https://wiki.example.org/Incident-digest-2026-10"
    who = remote.git("log", "-1", "--format=%an %ae %cn %aI", "master").strip()
    assert who == "Learning Digest digest@example.invalid Learning Digest 2026-11-03T09:00:00+00:00"


def test_the_same_again_makes_no_commit(remote: GitRemote) -> None:
    first = send(remote)
    assert send(remote) == first
    assert len(remote.log()) == 2


def test_a_changed_edition_is_updated_in_place(remote: GitRemote) -> None:
    send(remote)
    send(remote, edition("A queue without a limit fills it too."))
    assert sorted(remote.pages()) == ["Home.md", PAGE, INDEX]
    assert "A queue" in remote.pages()[PAGE]
    assert "A cache" not in remote.pages()[PAGE]
    assert len(remote.log()) == 3


def test_the_index_lists_the_editions_newest_first(remote: GitRemote) -> None:
    for month in ("2026-10", "2026-12", "2026-11", "2025-12"):
        send(remote, edition(month=month))
    lines = [line for line in remote.pages()[INDEX].splitlines() if line.startswith("- ")]
    assert [line.partition("](")[2] for line in lines] == [
        f"Incident-digest-{month})" for month in ("2026-12", "2026-11", "2026-10", "2025-12")
    ]


def test_an_edition_whose_page_was_deleted_leaves_the_index(remote: GitRemote) -> None:
    send(remote, edition(month="2026-09"))
    remote.write("Incident-digest-2026-09.md", None)
    send(remote)
    assert "2026-09" not in remote.pages()[INDEX]


def test_names_folder_branch_and_links_are_the_operators(tmp_path: Path) -> None:
    with git_remote(
        tmp_path, "trunk", {"mkdocs.yml": "site_name: x\n", "docs/index.md": "# Docs\n"}
    ) as remote:
        over = {
            "folder": "docs/incidents",
            "page": "{month}",
            "index": "index",
            "links": "file",
            "branch": "trunk",
        }
        send(remote, **over)
        pages = remote.pages()
    assert sorted(pages) == [
        "docs/incidents/2026-10.md",
        "docs/incidents/index.md",
        "docs/index.md",
        "mkdocs.yml",
    ]
    assert "](2026-10.md)" in pages["docs/incidents/index.md"]
    assert pages["docs/index.md"] == "# Docs\n"


def test_no_index_where_none_is_wanted(remote: GitRemote) -> None:
    send(remote, index=None)
    assert sorted(remote.pages()) == ["Home.md", PAGE]


@pytest.mark.parametrize("branch", ["master", "main", "wiki/live"])
def test_the_branch_is_the_one_that_the_remote_names(tmp_path: Path, branch: str) -> None:
    with git_remote(tmp_path, branch) as remote:
        send(remote)
        assert PAGE in remote.pages()
        assert remote.git("for-each-ref", "--format=%(refname)").split() == [f"refs/heads/{branch}"]


def test_an_empty_repository_is_begun_on_the_branch_of_the_config_and_on_no_guess(tmp_path: Path) -> None:
    with git_remote(tmp_path, "main", {}) as remote:
        with pytest.raises(
            ChannelDown, match="is empty; write its first page in the browser, or set `branch`"
        ):
            send(remote)
        send(remote, branch="main")
        assert sorted(remote.pages()) == [PAGE, INDEX]
        assert remote.log() == ["Incident digest for 2026-10"]


def test_a_folder_of_this_machine_is_a_repository_too(tmp_path: Path) -> None:
    remote = bare(tmp_path)
    assert channel(remote, url=remote.path.name).targets() == (str(remote.path),)
    send(remote, url=remote.path.name)
    assert PAGE in remote.pages()


def test_over_https_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    with git_remote(tmp_path, tls=True) as remote:
        with pytest.raises(ChannelDown, match=r"is not trusted; .* set `ca_file`") as caught:
            send(remote)
        assert caught.value.reason is Reason.AUTH
        send(remote, ca_file="ca.pem")
        assert PAGE in remote.pages()


def test_an_authority_that_is_not_there_is_told_before_anything_is_sent(remote: GitRemote) -> None:
    with pytest.raises(ConfigError, match="channel wiki: ca_file: there is no file"):
        channel(remote, ca_file="nowhere.pem")


# --- What people have written ------------------------------------------------------------------


def test_words_outside_our_part_survive_to_the_byte(remote: GitRemote) -> None:
    send(remote)
    above, below = "---\nlayout: wiki\n---\r\nAna: café \xff\n\n", "\n\nBen: thanks.  \n\n"
    page = above.encode("latin-1") + remote.pages()[PAGE].strip().encode() + below.encode()
    remote.write(PAGE, page)
    remote.write(INDEX, f"# Our editions\n\n{remote.pages()[INDEX]}\nAsk Ana.\n")
    send(remote, edition("corrected"))
    written = remote.pages()[PAGE].encode("utf-8", "surrogateescape")
    assert written.startswith(above.encode("latin-1"))
    assert written.endswith(below.encode())
    assert b"corrected" in written
    assert b"A cache" not in written
    send(remote, edition(month="2026-11"))
    index = remote.pages()[INDEX]
    assert index.startswith("# Our editions\n\n<!--")
    assert index.endswith("\nAsk Ana.\n")
    assert "2026-11" in index


@pytest.mark.parametrize("body", ["corrected", "A cache without a limit fills the disk."])
def test_an_edit_inside_our_part_is_refused_and_named(remote: GitRemote, body: str) -> None:
    send(remote)
    remote.write(PAGE, remote.pages()[PAGE].replace("fills", "slowly fills"))
    before = (remote.pages(), remote.log())
    commits: list[int] = []
    wiki = channel(remote)
    with pytest.raises(TargetRefused) as caught:
        wiki.send(edition(body), wiki.targets()[0], Handover("key", lambda: commits.append(1)))
    assert caught.value.reason is Reason.REJECTED
    assert f"the page {PAGE} was left as it is" in caught.value.detail
    assert "move the words" in caught.value.detail
    assert (remote.pages(), remote.log(), commits) == (before[0], before[1], [])


def test_after_the_person_has_done_as_told_it_is_written_again(remote: GitRemote) -> None:
    send(remote)
    begin, _, end = remote.pages()[PAGE].partition("# Learning")
    end = end[end.index("<!--") :]
    remote.write(PAGE, f"{begin}{end}\nAna: it fills slowly.\n")
    send(remote, edition("corrected"))
    assert "corrected" in remote.pages()[PAGE]
    assert remote.pages()[PAGE].endswith("\nAna: it fills slowly.\n")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (PAGE, "# Ana's own notes\n"),
        ("incident-digest-2026-10.md", "x"),
        ("Incident-digest-2026-10.mediawiki", "x"),
    ],
)
def test_somebody_elses_page_of_that_name_is_refused_and_named(
    remote: GitRemote, path: str, text: str
) -> None:
    remote.write(path, text)
    with pytest.raises(
        TargetRefused, match=r"Incident-digest-2026-10.md was left as it is: .*rename or delete"
    ):
        send(remote)
    assert sorted(remote.pages()) == sorted(["Home.md", path])


def test_a_picture_with_the_pages_name_is_nobodys_page(remote: GitRemote) -> None:
    remote.write("Incident-digest-2026-10.png", b"\x89PNG")
    send(remote)
    assert PAGE in remote.pages()


def test_a_renamed_page_is_updated_under_its_new_name(remote: GitRemote) -> None:
    send(remote)
    remote.write("What we learnt (October).md", remote.pages()[PAGE])
    remote.write(PAGE, None)
    receipt = send(remote, edition("corrected"))
    assert sorted(remote.pages()) == ["Home.md", INDEX, "What we learnt (October).md"]
    assert "corrected" in remote.pages()["What we learnt (October).md"]
    assert receipt.url == "https://wiki.example.org/What%20we%20learnt%20%28October%29"
    assert "](What%20we%20learnt%20%28October%29)" in remote.pages()[INDEX]


def test_the_index_links_to_the_page_and_not_to_a_copy_of_it(remote: GitRemote) -> None:
    send(remote)
    remote.write("A copy.md", remote.pages()[PAGE])
    send(remote, edition("corrected"))
    assert "](Incident-digest-2026-10)" in remote.pages()[INDEX]
    assert "A%20copy" not in remote.pages()[INDEX]
    assert "corrected" not in remote.pages()["A copy.md"]


@pytest.mark.parametrize(
    ("name", "linked"), [("caf\udce9.md", "caf%E9"), ("a](x).md", "a%5D%28x%29"), ("a\nb.md", "a%0Ab")]
)
def test_a_page_of_any_name_is_updated_and_linked(remote: GitRemote, name: str, linked: str) -> None:
    send(remote)
    remote.write(name, remote.pages()[PAGE])
    remote.write(PAGE, None)
    receipt = send(remote, edition("corrected"))
    assert "corrected" in remote.pages()[name]
    assert receipt.url == f"https://wiki.example.org/{linked}"
    assert f"]({linked})" in remote.pages()[INDEX]


def test_two_copies_of_a_renamed_page_are_refused_by_name(remote: GitRemote) -> None:
    send(remote)
    remote.write("A.md", remote.pages()[PAGE])
    remote.write("B.md", remote.pages()[PAGE])
    remote.write(PAGE, None)
    with pytest.raises(TargetRefused, match=r"stands on A\.md and B\.md; delete it from all but one"):
        send(remote, edition("corrected"))


@pytest.mark.parametrize("change", ["edit", "replace"])
def test_an_index_that_was_edited_is_left_and_the_page_goes_out(remote: GitRemote, change: str) -> None:
    send(remote)
    edited = remote.pages()[INDEX].replace("- [", "- Read this! [") if change == "edit" else "# Ana's list\n"
    remote.write(INDEX, edited)
    told: list[str] = []
    receipt = send(remote, edition(month="2026-11"), tell=told.append)
    assert "Incident-digest-2026-11.md" in remote.pages()
    assert remote.pages()[INDEX] == edited
    assert "the index Incident-digests.md was left as it is" in (receipt.reference or "")
    assert len(told) == 1
    assert told[0].startswith("wiki: the index")


def test_page_and_index_may_stand_in_one_file(remote: GitRemote) -> None:
    send(remote)
    remote.write(INDEX, f"{remote.pages()[INDEX]}\nAna was here.\n\n{remote.pages()[PAGE]}")
    remote.write(PAGE, None)
    send(remote, edition("corrected"))
    assert sorted(remote.pages()) == ["Home.md", INDEX]
    both = remote.pages()[INDEX]
    assert "\n- [Learning Digest, 2026-10](Incident-digests)\n" in both
    assert both.index("Ana was here.") < both.index("corrected")
    assert "A cache" not in both


def test_marks_that_a_person_has_put_on_an_index_of_their_own_are_filled(remote: GitRemote) -> None:
    marks = "<!-- incident-digest:index:all begin -->\n<!-- incident-digest:index:all end -->"
    remote.write("Home.md", f"# Home\n\n{marks}\n\nAsk Ana.\n")
    send(remote, index="Home")
    home = remote.pages()["Home.md"]
    assert home.startswith("# Home\n\n<!--")
    assert "](Incident-digest-2026-10)" in home
    assert home.endswith("\n\nAsk Ana.\n")


# --- Hostile names and words -------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/etc/passwd", "Home.md", "../../outside"])
def test_a_link_at_the_pages_place_is_refused(remote: GitRemote, target: str) -> None:
    remote.write(PAGE, target, mode="120000")
    with pytest.raises(TargetRefused, match="a link, a folder or a very large file has its name"):
        send(remote)
    assert remote.pages()[PAGE] == target


def test_a_folder_or_a_file_in_the_way_is_refused(remote: GitRemote) -> None:
    remote.write(f"{PAGE}/inner.md", "x")
    with pytest.raises(TargetRefused, match="a link, a folder"):
        send(remote)
    remote.write("docs", "/etc", mode="120000")
    with pytest.raises(TargetRefused, match="docs is no folder"):
        send(remote, folder="docs/incidents")
    assert sorted(remote.pages()) == ["Home.md", f"{PAGE}/inner.md", "docs"]


@pytest.mark.parametrize(
    ("month", "audience"), [("../../etc", "all"), ("2026-10", "../x"), ("2026-10", "a\x00b"), (".git", "all")]
)
def test_no_name_of_an_edition_leads_elsewhere(remote: GitRemote, month: str, audience: str) -> None:
    pages = Rendering(month, audience, "s", "h", "t", "m")
    with pytest.raises(ValueError, match=r"not a month|no name of an audience"):
        send(remote, pages)
    assert remote.requests == []


def test_what_a_repository_holds_runs_nothing_and_changes_nothing_here(remote: GitRemote) -> None:
    evil = remote.path.parent / "evil"
    for file in (".git-hooks/pre-push", "hooks/pre-push", "hooks/reference-transaction"):
        remote.write(file, f"#!/bin/sh\ntouch {evil}\n", mode="100755")
    remote.write(".gitattributes", "*.md filter=evil diff=evil eol=crlf working-tree-encoding=UTF-16\n")
    remote.write(".gitmodules", f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch% {evil}"\n')
    send(remote)
    assert not evil.exists()
    assert "\r" not in remote.pages()[PAGE]


def test_what_the_machine_has_configured_for_git_counts_for_nothing(
    remote: GitRemote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home, evil = tmp_path / "home", tmp_path / "evil"
    (home / "hooks").mkdir(parents=True)
    hook = home / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {evil}\nexit 1\n")
    hook.chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[core]\n\thooksPath = {home}/hooks\n[url "https://elsewhere.invalid/"]\n\tinsteadOf = http\n'
        f'[credential]\n\thelper = "!touch {evil}"\n[user]\n\tname = Eve\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(home / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.hooksPath={home}/hooks'")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    send(remote)
    assert PAGE in remote.pages()
    assert not evil.exists()
    assert set(remote.credentials) == {remote.credentials[0]}


def test_no_credential_that_lies_about_is_used(
    remote: GitRemote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login bot password {TOKEN}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_ASKPASS", str(program(tmp_path / "ask", f"echo {TOKEN}")))
    with pytest.raises(ChannelDown, match="refused the log-in"):
        send(remote, token=None)
    assert set(remote.credentials) == {""}


@pytest.mark.parametrize(
    "words", ["{% include secrets.md %}", "{{ site.secret }}", "{{% sc %}}", "{# x #}", "[[Page]]"]
)
def test_no_site_generator_finds_its_tags_in_what_a_tracker_says(remote: GitRemote, words: str) -> None:
    send(remote, edition(str(markdown(words))))
    page = remote.pages()[PAGE]
    assert not [tag for tag in ("{%", "{{", "{#", "[[") if tag in page]


def test_a_review_that_holds_our_marks_changes_nothing_about_them(remote: GitRemote) -> None:
    forged = (
        "<!-- incident-digest:2026-10:all end -->\n\n<!-- incident-digest:index:all begin sha256:0 -->\n-->"
    )
    for words in (forged, str(markdown(forged))):
        send(remote, edition(words))
        send(remote, edition("later"))
        assert "sha256:0 " not in remote.pages()[PAGE]
        assert remote.pages()[PAGE].count("<!--") == 2


# --- Others at the same time, and what goes wrong ------------------------------------------------


def test_who_writes_just_before_our_push_is_not_overwritten(remote: GitRemote) -> None:
    remote.overtake("Home.md", "# Home, edited\n")
    send(remote)
    assert remote.pages()["Home.md"] == "# Home, edited\n"
    assert PAGE in remote.pages()
    assert remote.log() == ["Incident digest for 2026-10", "Edit Home.md", "Edit Home.md"]


def test_who_writes_amid_our_push_is_not_overwritten(remote: GitRemote) -> None:
    remote.amid_push.append(lambda: remote.write("Home.md", "# Home, edited\n"))
    send(remote)
    assert remote.pages()["Home.md"] == "# Home, edited\n"
    assert PAGE in remote.pages()


def test_the_intent_is_told_once_however_often_the_push_is_tried(remote: GitRemote) -> None:
    for number in range(2):
        remote.overtake("Home.md", f"{number}\n")
    commits: list[list[str]] = []
    wiki = channel(remote)
    wiki.send(edition(), wiki.targets()[0], Handover("key", lambda: commits.append(list(remote.requests))))
    assert len(commits) == 1
    assert not [request for request in commits[0] if "receive-pack" in request]


def test_where_others_are_always_faster_it_is_left_for_later(remote: GitRemote) -> None:
    for number in range(3):
        remote.overtake("Home.md", f"{number}\n")
    with pytest.raises(TargetRefused, match="others wrote to the repository") as caught:
        send(remote)
    assert caught.value.reason.passing
    assert PAGE not in remote.pages()


def test_an_edit_inside_that_comes_amid_the_push_is_seen(remote: GitRemote) -> None:
    send(remote)
    edited = remote.pages()[PAGE].replace("fills", "slowly fills")
    remote.before_push.append(lambda: remote.write(PAGE, edited))
    with pytest.raises(TargetRefused, match="edited by hand"):
        send(remote, edition("corrected"))
    assert remote.pages()[PAGE] == edited


def test_without_the_intent_nothing_is_pushed(remote: GitRemote) -> None:
    def lost() -> None:
        raise InterruptedError

    wiki = channel(remote)
    with pytest.raises(InterruptedError):
        wiki.send(edition(), wiki.targets()[0], Handover("key", lost))
    assert sorted(remote.pages()) == ["Home.md"]
    assert not [request for request in remote.requests if "receive-pack" in request]


def test_the_intent_is_told_where_nothing_has_to_be_pushed_too(remote: GitRemote) -> None:
    send(remote)
    commits: list[int] = []
    wiki = channel(remote)
    wiki.send(edition(), wiki.targets()[0], Handover("key", lambda: commits.append(1)))
    assert commits == [1]


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (301, Reason.REJECTED, "write the new address"),
        (401, Reason.AUTH, "refused the log-in; check `token`"),
        (403, Reason.AUTH, "right to write there"),
        (404, Reason.NOT_FOUND, "first page was written in the browser"),
        (429, Reason.RATE_LIMITED, "asks for a pause"),
        (500, Reason.UNAVAILABLE, "in trouble"),
        (503, Reason.UNAVAILABLE, "in trouble"),
    ],
)
def test_each_refusal_has_its_reason_and_what_to_do(
    remote: GitRemote, status: int, reason: Reason, words: str
) -> None:
    remote.status = status
    remote.location = "http://127.0.0.1:9/elsewhere" if status == 301 else ""
    for action in (lambda: send(remote), lambda: channel(remote).probe()):
        with pytest.raises(ChannelDown, match=words) as caught:
            action()
        assert caught.value.reason is reason
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith(f"wiki: {remote.url} ")


def test_a_wrong_token_is_told_and_shows_nowhere(remote: GitRemote) -> None:
    with pytest.raises(ChannelDown, match="check `token`") as caught:
        send(remote, token="canary-wrong")
    assert caught.value.reason is Reason.AUTH
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__context__!r}"
    assert sorted(remote.pages()) == ["Home.md"]


def test_a_token_that_may_only_read_is_told_and_the_probe_finds_it(remote: GitRemote) -> None:
    remote.refuse_push = 403
    for action in (lambda: send(remote), lambda: channel(remote).probe()):
        with pytest.raises(ChannelDown, match="needs the right to write") as caught:
            action()
        assert caught.value.reason is Reason.AUTH


def test_a_token_that_the_remote_repeats_is_masked(remote: GitRemote) -> None:
    remote.git("config", "receive.denyUpdates", "true")
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\necho 'master is protected, {TOKEN}' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(
        TargetRefused, match=r"master is protected, \*\*\*.*is the branch protected\?"
    ) as caught:
        send(remote)
    assert caught.value.reason is Reason.REJECTED
    assert TOKEN not in str(caught.value)


def test_a_remote_that_is_down_is_told_and_works_when_it_is_up(remote: GitRemote) -> None:
    remote.down = True
    with pytest.raises(ChannelDown, match="cannot be reached, or broke off") as caught:
        send(remote)
    assert caught.value.reason is Reason.UNAVAILABLE
    remote.down = False
    send(remote)
    assert PAGE in remote.pages()


def test_nothing_at_that_address_is_told(remote: GitRemote) -> None:
    with pytest.raises(ChannelDown, match="cannot be reached") as caught:
        send(remote, url="http://127.0.0.1:1/x.wiki.git")
    assert caught.value.reason is Reason.UNAVAILABLE
    with pytest.raises(ChannelDown, match="is no git repository, or may not be read"):
        send(remote, url="/nowhere/at/all", token=None)


def test_a_remote_that_hangs_is_left_and_no_process_stays(remote: GitRemote) -> None:
    remote.hanging = True
    with pytest.raises(ChannelDown, match=r"did not answer within 0\.5 s") as caught:
        send(remote, timeout_s=0.5)
    assert caught.value.reason is Reason.NO_ANSWER
    assert not [words for words in command_lines() if remote.url in words]


def test_a_hang_amid_the_push_is_in_doubt_and_sending_again_leaves_one_page(remote: GitRemote) -> None:
    def hang() -> None:
        remote.hanging = True

    wiki = channel(remote, timeout_s=2)
    with pytest.raises(RemoteError, match="may have been written") as caught:
        wiki.send(edition(), wiki.targets()[0], Handover("key", hang))
    assert caught.value.reason is Reason.NO_ANSWER
    assert not isinstance(caught.value, ChannelDown)


def test_a_push_that_was_taken_but_not_answered_leaves_one_page(remote: GitRemote) -> None:
    remote.drop_push_answers = 1
    with pytest.raises(RemoteError, match="may have been written") as caught:
        send(remote)
    assert caught.value.reason is Reason.NO_ANSWER
    assert PAGE in remote.pages()
    send(remote)
    assert remote.log() == ["Incident digest for 2026-10", "Edit Home.md"]


def test_delivering_ends_well_where_the_answer_to_the_push_was_lost(
    remote: GitRemote, tmp_path: Path
) -> None:
    remote.drop_push_answers = 1
    now = [NOW]
    with Ledger.open(tmp_path / "digest.db", lambda: now[0]) as ledger:
        first = deliver(frozen(ledger), [channel(remote)], ledger, pace=Pace((), lambda _: None))
        now[0] += timedelta(minutes=2)
        second = deliver(frozen(ledger), [channel(remote)], ledger, pace=Pace((), lambda _: None))
    assert [one.state for one in first.deliveries] == [DeliveryState.RETRY_WAIT]
    assert [one.state for one in second.deliveries] == [DeliveryState.SENT]
    assert remote.log() == ["Incident digest for 2026-05", "Edit Home.md"]


def test_git_that_is_missing_or_too_old_is_told(remote: GitRemote, tmp_path: Path) -> None:
    with pytest.raises(ChannelDown, match=r"cannot be started: .*; install git"):
        send(remote, git=tmp_path / "no-git")
    old = program(tmp_path / "old-git", "echo git version 2.30.2")
    with pytest.raises(ChannelDown, match=r"git 2\.32 or later is needed; this is git version 2\.30\.2"):
        send(remote, git=old)
    assert remote.requests == []


def test_no_git_on_the_path_is_told(
    remote: GitRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiki = channel(remote)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ChannelDown, match="git, which is not installed; install git"):
        wiki.probe()


# --- What shows to whom ------------------------------------------------------------------------


def command_lines() -> list[str]:
    """Return the command lines of all processes that can be seen."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_token_is_in_no_command_line(remote: GitRemote, tmp_path: Path) -> None:
    seen: list[str] = []
    remote.on_request = lambda: seen.extend(command_lines())
    log = tmp_path / "arguments"
    git = program(tmp_path / "git", f'echo "$@" >>{log}\nexec {need("git")} "$@"')
    send(remote, git=git)
    basic = remote.credentials[0].removeprefix("Basic ")
    assert [words for words in seen if "git-remote-http" in words or "git remote-http" in words]
    for words in (*seen, log.read_text()):
        assert TOKEN not in words
        assert basic not in words
    assert "push" in log.read_text()


def test_the_token_shows_in_no_repr_and_goes_to_its_own_server_alone(remote: GitRemote) -> None:
    wiki = channel(remote)
    assert TOKEN not in f"{wiki!r} {wiki._settings!r} {wiki.targets()} {vars(wiki)}"
    send(remote)
    assert TOKEN not in "".join(remote.requests)
    assert TOKEN not in f"{remote.pages()}"


def test_the_copy_is_its_owners_alone_and_goes_again(
    remote: GitRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    modes: set[int] = set()
    remote.on_request = lambda: modes.update(stat.S_IMODE(one.stat().st_mode) for one in place.iterdir())
    send(remote)
    assert modes == {0o700}
    assert list(place.iterdir()) == []


def test_the_kind_is_in_the_registry_and_keeps_what_channels_promise(remote: GitRemote) -> None:
    kind = kind_of("git", outsiders=())
    assert (kind.settings, kind.connect) == (Settings, GitChannel)
    wiki: Channel = channel(remote)
    assert (wiki.name, wiki.order, wiki.repeatable, wiki.publishes) == ("wiki", PAGES, True, True)
    assert wiki.targets() == (remote.url,)
    assert isinstance(wiki, Probing)
    wiki.close()
    wiki.close()
    assert remote.requests == []


def test_without_a_known_address_it_is_no_page_to_link_to(remote: GitRemote) -> None:
    wiki = channel(remote, page_url=None)
    assert not wiki.publishes
    assert send(remote, page_url=None).url is None
    assert "set `page_url`" in wiki.probe()


def test_the_probe_says_what_was_found_and_changes_nothing(remote: GitRemote) -> None:
    before = remote.git("for-each-ref")
    assert channel(remote).probe() == (
        "branch master, may be written to; pages such as https://wiki.example.org/Incident-digest-2026-10"
    )
    assert remote.git("for-each-ref") == before


def test_what_the_program_itself_wrote_reads_as_git_expects(remote: GitRemote) -> None:
    send(remote)
    done = subprocess.run(
        ["git", "--git-dir", str(remote.path), "fsck", "--strict"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
