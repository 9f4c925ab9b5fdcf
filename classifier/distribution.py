"""The distribution that the packages come in, and its version."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

DISTRIBUTION: Final = "sorting-line-twin"


def distribution_version() -> str:
    """The version that is installed, as pip knows it."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:  # A checkout that was never installed.
        return "unknown"
