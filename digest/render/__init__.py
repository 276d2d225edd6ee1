"""STAGE 5: an edition -> the same edition in every form: HTML for mail, text, Markdown, a note for chats."""

from pathlib import Path

from digest.model import Edition, Linked, Rendering
from digest.render.email import render_email, shade
from digest.render.environment import Compiled, Form, compile_all, environment
from digest.render.guards import subject_line
from digest.render.notice import cut, render_notice
from digest.render.notices import render_letter
from digest.render.page import NOT_OUT, OUT, Page
from digest.render.plain import heading, render_text, wrap
from digest.render.wiki import link, render_markdown, title
from digest.render.words import Words

__all__ = ["Renderer"]


class Renderer:
    """Puts editions into every form; reads templates once, and opens nothing else.

    Args:
        folder: the shipped templates: `digest.paths.templates()`.
        overrides: the operator's folder; a file of the same name there is used instead.
        locale: the language of dates, numbers and plurals.

    Raises:
        ConfigError: there is no such locale.
    """

    def __init__(self, folder: Path, overrides: Path | None = None, locale: str = "en") -> None:
        words = Words.of(locale)
        folders = [folder] if overrides is None else [overrides, folder]
        compiled = Compiled()
        self._environments = {form: environment(form, folders, words, compiled) for form in Form}
        self._environments[Form.EMAIL].globals["shade"] = shade
        self._environments[Form.TEXT].filters |= {"wrap": wrap, "heading": heading}
        self._environments[Form.MARKDOWN].globals["link"] = link
        self._environments[Form.MARKDOWN].filters["title"] = title
        self._environments[Form.CHAT].filters["cut"] = cut

    def compile(self) -> None:
        """Compile every template now: a run should not ask its trackers, and then stumble over one.

        Raises:
            TemplateError: a template is wrong; names the file and the line.
        """
        for form, env in self._environments.items():
            compile_all(env, form)

    def render(self, edition: Edition, *, page: bool = False) -> Rendering:
        """Return `edition` in every form; all of them state the same facts.

        With `page`, a page of the edition is going to be published: `linked` holds the forms that link
        to it, and the others say that it could not be published. Without, no form speaks of a page.

        Raises:
            TemplateError: a template is missing or wrong; nothing has been sent yet.
        """
        plain = self._forms(edition, NOT_OUT if page else None)
        return Rendering(
            month=edition.month.key,
            audience=edition.audience,
            subject=subject_line(edition.subject),
            html=plain.html,
            text=plain.text,
            markdown=render_markdown(self._environments[Form.MARKDOWN], edition),
            notice=plain.notice,
            linked=self._forms(edition, OUT) if page else None,
        )

    def notice(self, kind: str, /, **facts: object) -> tuple[str, str]:
        """Return the subject and the text of a notice to one person, wrapped at 72 as mails are.

        Args:
            kind: which template: `templates/notices/{kind}.txt.j2`.
            facts: what it names.

        Raises:
            TemplateError: the template is missing or wrong.
        """
        return render_letter(self._environments[Form.NOTICES], kind, facts)

    def note(self, kind: str, /, **facts: object) -> tuple[str, str]:
        """Return the same for a chat, a line a paragraph: a chat breaks lines itself."""
        return render_letter(self._environments[Form.NOTICES], kind, facts, wrapped=False)

    def _forms(self, edition: Edition, page: Page | None) -> Linked:
        """Return the forms that may link to a page."""
        return Linked(
            html=render_email(self._environments[Form.EMAIL], edition, page),
            text=render_text(self._environments[Form.TEXT], edition, page),
            notice=render_notice(self._environments[Form.CHAT], edition, page),
        )
