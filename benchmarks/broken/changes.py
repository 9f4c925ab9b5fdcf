"""Wrong settings."""

from typing import Any

from controller.settings import Settings


def changed(settings: Settings, **values: Any) -> Settings:
    """The settings with some values replaced by wrong ones."""
    fields = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    return Settings(**{**fields, **values})
