"""The page of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args, get_origin

from pydantic import SecretStr

from streams.reference.markdown import code, table, text
from streams.settings import PREFIX, SETTINGS_FILE, Settings, available_cores

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["settings_page"]

#: What a default is called that differs from one machine, or one user, to the next.
_MADE = {available_cores: "the number of processors"}
#: What pydantic calls limits on numbers.
_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most"}
#: The setting whose default is found by the platform's rules.
_STATE = "`~/.local/state/mediadna`"


def settings_page() -> str:
    """Return the page."""
    rows = [
        (code(PREFIX + name.upper()), text(field.description or ""), _default(field), _allowed(field))
        for name, field in Settings.model_fields.items()
    ]
    return (
        "# Settings\n\n"
        f"Every setting is a `{PREFIX}...` variable or a line of `{SETTINGS_FILE}` in the working directory (there "
        f"without `{PREFIX}`, in small letters); any other name is refused. A variable wins over the file, the file "
        "over the default. Some have an option of `mediadna up` and `mediadna worker` too: [commands](commands.md). "
        "`mediadna settings` shows what holds on a machine, and where each comes from.\n\n"
        + table(("variable", "meaning", "default", "allowed"), rows)
    )


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return _MADE.get(field.default_factory, _STATE)  # type: ignore[arg-type] # a factory of either signature
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "" if value is None or value == "" else code(str(value).lower() if isinstance(value, bool) else str(value))


def _allowed(field: FieldInfo) -> str:
    """Return what a value may be, where that is less than its type allows."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(code(one) for one in get_args(field.annotation) if one)
    words = []
    for limit in field.metadata:
        words += [f"{sign} {getattr(limit, name)}" for name, sign in _LIMITS.items() if hasattr(limit, name)]
        if hasattr(limit, "max_length"):
            words.append(f"at most {limit.max_length} characters")
        if getattr(limit, "pattern", None):
            words.append(code(limit.pattern))
    return ", ".join(words)
