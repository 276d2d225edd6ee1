"""The Jinja environments, one a markup, each escaping as it must.

Autoescape is on in all of them, and `finalize` turns every value into `Markup` made for that
environment before Jinja looks at it: HTML, Markdown and text each get their own escaping, in
an operator's templates too, and a macro's output is not escaped twice. For the same reason
only a few of Jinja's filters are there; `safe` is not.
"""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from digest.errors import TemplateError
from digest.render import guards
from digest.render.words import Words

_KEPT_FILTERS = (
    "default",
    "first",
    "last",
    "length",
    "list",
    "map",
    "max",
    "min",
    "rejectattr",
    "selectattr",
)
_PACKAGE = str(Path(__file__).parent)


class Form(StrEnum):
    """The markups that templates are written in; the value is their folder's name."""

    EMAIL = "email"
    TEXT = "text"
    MARKDOWN = "markdown"
    CHAT = "chat"
    NOTICES = "notices"


class _Loader(jinja2.FileSystemLoader):
    """Reads the operator's folder first, and names a file that is not UTF-8."""

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError as error:
            detail = f"is not UTF-8: {error.reason} at byte {error.start}"
            raise jinja2.TemplateSyntaxError(detail, 1, template) from error


class Compiled(jinja2.BytecodeCache):
    """What is compiled, by file and content: the words, which every form uses, only once."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], Bucket] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give `bucket` the code of its file, where another form has compiled it."""
        held = self._held.get((bucket.key, bucket.checksum))
        bucket.code = held.code if held else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code for the other forms."""
        self._held[bucket.key, bucket.checksum] = bucket


def environment(
    form: Form, folders: Sequence[Path], words: Words, compiled: Compiled | None = None
) -> jinja2.Environment:
    """Return the environment for `form`; a template is taken from the first folder that has it.

    Environments may share `compiled`, as they differ only in what is looked up when a template runs.
    """
    finalize = _finalizer(form, words)
    env = jinja2.Environment(
        loader=_Loader([str(folder) for folder in folders]),
        autoescape=True,  # said aloud: select_autoescape() would leave MJML out
        undefined=jinja2.StrictUndefined,
        finalize=_at_run_time(finalize),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        optimized=False,  # else constants would go through one form's filters for all of them
        bytecode_cache=compiled,
    )
    env.filters = {name: env.filters[name] for name in _KEPT_FILTERS}
    env.filters |= {"attr": guards.attribute, "href": guards.href, **_composers(finalize)}
    env.tests["link"] = lambda url: guards.safe_url(url) is not None
    env.globals = {"words": words, "mailto": guards.mailto, "present": _present}
    return env


def _present(*values: str | Iterable[str] | None) -> list[str]:
    """Return those of `values`, one by one, that say something, in order."""
    parts: list[str] = []
    for value in values:
        parts += [value] if isinstance(value, str) else value or ()
    return [part.strip() for part in parts if part.strip()]


def _finalizer(form: Form, words: Words) -> Callable[[object], object]:
    def plain(text: str) -> Markup:
        return Markup(guards.isolate(guards.clean(text)))  # noqa: S704 -- text has no markup

    escapes: Mapping[Form, Callable[[str], Markup]] = {
        Form.EMAIL: lambda text: escape(guards.isolate(guards.clean(text))),
        Form.TEXT: plain,
        Form.MARKDOWN: guards.markdown,
        Form.CHAT: plain,
        Form.NOTICES: plain,
    }
    escaped = escapes[form]

    def finalize(value: object) -> object:
        if isinstance(value, Markup | jinja2.Undefined):
            return value  # made by a macro or a filter here; or undefined, which raises when printed
        if value is None:
            message = "would print None: test the value first"
            raise jinja2.TemplateRuntimeError(message)
        return escaped(words.number(value) if isinstance(value, int | float) else str(value))

    return finalize


def _at_run_time(finalize: Callable[[object], object]) -> Callable[[object, object], object]:
    # Constants would else be escaped as HTML while a template is compiled, whatever its markup is.
    @jinja2.pass_eval_context
    def with_context(_: object, value: object) -> object:
        return finalize(value)

    return with_context


def _composers(finalize: Callable[[object], object]) -> dict[str, Callable[..., Markup]]:
    """Return the filters that put values together; Jinja's own would escape as HTML in any markup."""

    def join(values: Iterable[object], separator: str = "") -> Markup:
        return Markup(separator.join(str(finalize(value)) for value in values))  # noqa: S704 -- each is escaped

    def fold(value: object) -> Markup:
        """Return a block of template output as one line."""
        return Markup(" ".join(str(finalize(value)).split()))  # noqa: S704 -- escaped by finalize

    def capital(value: object) -> Markup:
        """Return a line with its first letter raised."""
        line = str(finalize(value))
        return Markup(line[:1].upper() + line[1:])  # noqa: S704 -- escaped by finalize

    return {"join": join, "fold": fold, "capital": capital}


def compile_all(env: jinja2.Environment, form: Form) -> None:
    """Compile every template of a form, so that a wrong one is found before anything is done.

    Raises:
        TemplateError: one cannot be read; names the file and the line.
    """
    folders = (f"{form.value}/", "words/")
    for name in env.list_templates(filter_func=lambda n: n.startswith(folders) and n.endswith(".j2")):
        try:
            env.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            raise _unreadable(error, name) from error


def _unreadable(error: jinja2.TemplateSyntaxError, template: str) -> TemplateError:
    return TemplateError(error.name or template, error.message or "cannot be read", error.lineno)


def fill(env: jinja2.Environment, template: str, **context: object) -> str:
    """Return `template` with `context` filled in.

    Raises:
        TemplateError: it is missing or wrong; names the file and the line that are to be mended.
    """
    try:
        return env.get_template(template).render(context)
    except jinja2.TemplateNotFound as error:
        raise TemplateError(str(error.name), "there is no such template") from error
    except jinja2.TemplateSyntaxError as error:
        raise _unreadable(error, template) from error
    except (
        jinja2.TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        name, line = _place(error, env, template)
        raise TemplateError(name, str(error), line) from error


def _place(error: Exception, env: jinja2.Environment, template: str) -> tuple[str, int | None]:
    """Return the template and line where `error` arose; raise it again where it is this package's own."""
    frames = traceback.extract_tb(error.__traceback__)
    if not isinstance(error, jinja2.TemplateError) and frames[-1].filename.startswith(_PACKAGE):
        raise error
    folders = env.loader.searchpath if isinstance(env.loader, _Loader) else []
    for frame in reversed(frames):
        for folder in folders:
            if frame.filename.startswith(folder):
                return str(Path(frame.filename).relative_to(folder)), frame.lineno
    return template, None
