"""Settings with a mistake in them."""

from typing import Any

from controller.settings import Settings


def changed(settings: Settings, **values: Any) -> Settings:
    """The same settings with other values, for mistakes that a person makes there."""
    fields = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    return Settings(**{**fields, **values})
