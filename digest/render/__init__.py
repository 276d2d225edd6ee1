"""STAGE 5: an edition -> the same edition in every form: HTML for mail, text, Markdown."""

from pathlib import Path

from digest.model import Edition, Rendering
from digest.render.email import render_email, shade
from digest.render.environment import Compiled, Form, compile_all, environment
from digest.render.guards import subject_line
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

    def compile(self) -> None:
        """Compile every template now: a run should not ask its trackers, and then stumble over one.

        Raises:
            TemplateError: a template is wrong; names the file and the line.
        """
        for form, env in self._environments.items():
            compile_all(env, form)

    def render(self, edition: Edition) -> Rendering:
        """Return `edition` in every form; all of them state the same facts.

        Raises:
            TemplateError: a template is missing or wrong; nothing has been sent yet.
        """
        return Rendering(
            month=edition.month.key,
            audience=edition.audience,
            subject=subject_line(edition.subject),
            html=render_email(self._environments[Form.EMAIL], edition),
            text=render_text(self._environments[Form.TEXT], edition),
            markdown=render_markdown(self._environments[Form.MARKDOWN], edition),
        )
