"""What the classifier's commands share: options, the console, errors as one line, a model by its file."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

from classifier.errors import ClassifierError
from controller.errors import ControllerError, printable

if TYPE_CHECKING:
    from classifier.inference import Classifier

console = Console(markup=False, emoji=False)
"""Shows names of files and reasons verbatim: it reads no markup in them."""

Out = Annotated[Path, typer.Option(help="Folder to write to.")]
Seed = Annotated[int, typer.Option(help="Everything random is drawn from it.", min=0, max=2**64 - 1)]
ModelFile = Annotated[
    Path | None, typer.Option(help="Model file (.onnx or .safetensors); the shipped one if left out.")
]
GROUP_HELP = "What is of one item: looks (near-duplicates), name (all but a number at its end), none (each another)."
Classes = Annotated[
    str | None, typer.Option(help="The classes in the order of their numbers, as raw,half-ripe,ripe: says what folders"
                                  " and label files mean."),
]  # fmt: skip
Threads = Annotated[int, typer.Option(help="Threads that the engine may use.", min=1, max=64)]


@contextmanager
def one_line() -> Iterator[None]:
    """Turn bad input into one clear line and exit code 2."""
    try:
        yield
    except (ClassifierError, ControllerError) as error:
        typer.echo(f"error: {printable(error)}", err=True)
        raise typer.Exit(2) from error


def progress(numbers: Iterable[int], what: str) -> Iterable[int]:
    """Show a progress bar on standard error, where that is a terminal."""
    errors = Console(stderr=True)
    return track(numbers, what, console=errors, transient=True, disable=not errors.is_terminal)


def load_classifier(model: Path | None, *, threads: int = 1) -> "Classifier":
    """The model in a file, on the engine that runs such a file. Raises `ModelError`, `MissingExtraError`."""
    from classifier.inference import Classifier

    if model is None or model.suffix != ".safetensors":
        return Classifier.load(model, threads=threads)
    from classifier.training.extra import require_torch

    require_torch(model.name)
    from classifier.training.torch_engine import TorchEngine

    return Classifier(TorchEngine.load(model, threads=threads))
