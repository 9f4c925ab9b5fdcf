"""The command line: `classifier synthesize|split|train|eval|predict|serve|export|collect`.

Exit codes: 0 all well; 1 a failed check (an unreadable image, engines that disagree); 2 bad usage or input.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from classifier.command import command_app
from classifier.errors import ClassifierError, DatasetError, ImageError, ModelError
from classifier.metadata import TrainingConfig
from classifier.recognition import Recognition
from classifier.tables import answer_table, plain, printable, report_table
from controller.errors import ControllerError

if TYPE_CHECKING:
    from classifier.inference import Classifier

app = command_app("classifier", __doc__)
_console = Console(markup=False)
"""Shows names of files and reasons verbatim: it reads no markup in them."""

_Out = Annotated[Path, typer.Option(help="Folder to write to.")]
_Seed = Annotated[int, typer.Option(help="Everything random is drawn from it.", min=0, max=2**64 - 1)]
_Model = Annotated[Path | None, typer.Option(help="Model file (.onnx or .safetensors); the shipped one if left out.")]
_Threads = Annotated[int, typer.Option(help="Threads that the engine may use.", min=1, max=64)]


def main() -> None:
    """The program's entry point."""
    if isinstance(sys.stdout, TextIOWrapper):  # On Windows a file's or a pipe's encoding may lack a character.
        sys.stdout.reconfigure(errors="backslashreplace")
    app()


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn bad input into one clear line and exit code 2."""
    try:
        yield
    except (ClassifierError, ControllerError) as error:
        typer.echo(f"error: {printable(error)}", err=True)
        raise typer.Exit(2) from error


def _progress(numbers: Iterable[int], what: str) -> Iterable[int]:
    """Show a progress bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    return track(numbers, what, console=console, transient=True, disable=not console.is_terminal)


@app.command()
def synthesize(
    out: Annotated[Path | None, typer.Option(help="Folder to write the tree to.")] = None,
    images: Annotated[int, typer.Option(help="How many images, all splits together.", min=12)] = 3000,
    seed: _Seed = 0,
    sheet: Annotated[Path | None, typer.Option(help="Draw a contact sheet (PNG) of every kind of picture.")] = None,
) -> None:
    """Render an ImageFolder tree: train/ val/ test/ (70 %, 15 %, 15 %), a folder a class."""
    from classifier.rendering.contact_sheet import contact_sheet
    from classifier.rendering.synthesis import draw_sample
    from classifier.training.dataset import write_tree

    with _one_line():
        if out is None and sheet is None:
            raise DatasetError("--out DIR, --sheet FILE or both must be given")
        if sheet is not None:
            contact_sheet(sheet, seed=seed)
            _console.print(f"seed {seed}: contact sheet in {sheet}")
        if out is not None:
            held_out = max(1, round(images * 0.15))
            counts = {"train": images - 2 * held_out, "val": held_out, "test": held_out}
            written = write_tree(out, {
                split: (draw_sample(number, seed=seed, split=split) for number in _progress(range(count), split))
                for split, count in counts.items()
            })  # fmt: skip
            _console.print(f"seed {seed}: {written} images in {out}")


@app.command()
def split(
    source: Annotated[Path, typer.Argument(help="Flat folder: a folder a class.")],
    out: _Out,
    val: Annotated[float, typer.Option(help="Share to validate on.", min=0.01, max=0.49)] = 0.15,
    test: Annotated[float, typer.Option(help="Share to test on.", min=0.01, max=0.49)] = 0.15,
    seed: _Seed = 0,
) -> None:
    """Copy a flat folder into train/ val/ test/ at random."""
    from classifier.training.dataset import split_flat

    with _one_line():
        counts = split_flat(source, out, shares=(1 - val - test, val, test), seed=seed)
    _console.print(f"seed {seed}: " + ", ".join(f"{count} in {name}" for name, count in counts.items()))


@app.command()
def train(
    out: _Out,
    data: Annotated[Path | None, typer.Option(help="ImageFolder tree to train on.")] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Train on rendered images.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer images and epochs.")] = False,
    arch: Annotated[str, typer.Option(help="resnet18, resnet34 or resnet50.")] = "resnet18",
    images: Annotated[int | None, typer.Option(help="How many images to render.", min=64)] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the images.", min=1)] = None,
    small_epochs: Annotated[int | None, typer.Option(help="How many of them at half the edge.", min=0)] = None,
    batch: Annotated[int, typer.Option(help="Images a step.", min=2)] = 32,
    image_px: Annotated[int | None, typer.Option(help="Edge of the network's input.", min=32, max=512)] = None,
    seed: _Seed = 0,
    init: Annotated[Path | None, typer.Option(help="Start from this ResNet's weights (safetensors).")] = None,
    freeze_backbone: Annotated[bool, typer.Option("--freeze-backbone", help="Train the head only.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a training into --out was cut short.")] = False,
    patience: Annotated[int, typer.Option(help="Stop after as many epochs without a better one.", min=1)] = 3,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    tensorboard: Annotated[Path | None, typer.Option(help="Write a TensorBoard log here.")] = None,
) -> None:
    """Train a model; writes its ONNX files, its weights to train on from, its report and figures to --out."""
    from classifier.training.extra import require_torch

    with _one_line():
        if (data is None) == (not synthetic):
            raise DatasetError("exactly one of --data DIR and --synthetic must be given")
        if device not in ("auto", "cpu", "cuda"):
            raise ModelError(f"device must be auto, cpu or cuda, got {device!r}")
        require_torch("train")
        from classifier.training.network import ARCHES
        from classifier.training.recipe import QUICK, produce

        if arch not in ARCHES:
            raise ModelError(f"arch must be one of {', '.join(ARCHES)}, got {arch!r}")
        base = msgspec.structs.replace(TrainingConfig(), **(QUICK if quick else {}))
        epochs = epochs or base.epochs
        config = msgspec.structs.replace(
            base, arch=arch, data=None if data is None else str(data), images=images or base.images,
            epochs=epochs, batch=batch, image_px=image_px or base.image_px, seed=seed, patience=patience,
            small_epochs=min(base.small_epochs, epochs - 1) if small_epochs is None else small_epochs,
            init=None if init is None else str(init), freeze_backbone=freeze_backbone,
        )  # fmt: skip
        _console.print(f"seed {seed}: {config.arch}, {config.epochs} epochs")
        report = produce(config, out, device=device, resume=resume, tensorboard=tensorboard, progress=_progress)
    _console.print(report_table(report))


@app.command(name="eval")
def evaluate_(
    data: Annotated[Path, typer.Option(help="ImageFolder tree, or one split of it.")],
    model: _Model = None,
    threads: _Threads = 1,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure a model on labelled images: accuracy, recall, confusion matrix, calibration error, latency."""
    from classifier.training.dataset import read_tree
    from classifier.training.evaluation import evaluate

    with _one_line():
        folder, part = (data, "test") if (data / "test").is_dir() else (data.parent, data.name)
        classifier = _load(model, threads=threads)
        report = evaluate(classifier, read_tree(folder, part, classifier.metadata.classes), _progress)
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        _console.print(report_table(report))


@app.command()
def predict(
    files: Annotated[list[Path], typer.Argument(help="Image files.")],
    model: _Model = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Say what images show."""
    with _one_line():
        classifier = _load(model)
        answers = [(path, _predicted(classifier, path)) for path in files]
    if json:
        for path, answer in answers:
            typer.echo(msgspec.json.encode(plain(path, answer)))
    else:
        _console.print(answer_table(answers, classifier.metadata))
    if any(isinstance(answer, ImageError) for _, answer in answers):
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8088,
    model: _Model = None,
    threads: _Threads = 1,
) -> None:
    """Serve recognition over HTTP: POST /aisim_tf_pre, an image file in the body; /docs, /healthz."""
    import uvicorn

    from classifier.service import CONNECTIONS, PATH, SHUTDOWN_S, build_app, listen
    from controller.address import address_text

    with _one_line():
        classifier = _load(model, threads=threads)
        listener = listen(host, port)
    at = address_text(host, listener.getsockname()[1])
    _console.print(f"recognition at http://{at}{PATH}", highlight=False)
    settings = uvicorn.Config(
        build_app(classifier), log_level="warning", access_log=False, limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )  # fmt: skip
    with listener, suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=[listener])


@app.command()
def export(
    checkpoint: Annotated[Path, typer.Argument(help="Model to export (.safetensors).")],
    out: _Out,
    data: Annotated[Path | None, typer.Option(help="Tree whose val/ calibrates; rendered images if left out.")] = None,
    format_: Annotated[str, typer.Option("--format", help="onnx.")] = "onnx",
    int8: Annotated[bool, typer.Option("--int8", help="Quantise to int8, too.")] = False,
    seed: _Seed = 0,
) -> None:
    """Write a checkpoint as ONNX, and check on real inputs that the engines agree (exit code 1 if not)."""
    from classifier.training.extra import require_torch

    with _one_line():
        if format_ != "onnx":
            raise ModelError(f"format must be onnx, got {format_!r}")
        require_torch("export")
        from classifier.training.recipe import export_checkpoint

        agreements = export_checkpoint(checkpoint, out, data=data, int8=int8, seed=seed, progress=_progress)
    table = Table("file", "same label", "largest gap of logits", "mean gap")
    for path, found in agreements.items():
        table.add_row(str(path), f"{found.labels:.2%}", f"{found.logits_max:.4f}", f"{found.logits_mean:.4f}")
    _console.print(table)
    if min(found.labels for found in agreements.values()) < 0.98:
        raise typer.Exit(1)


@app.command()
def collect(
    broker: Annotated[str, typer.Option(help="HOST[:PORT] of the line's broker, an IPv6 host in brackets.")],
    out: _Out,
    label: Annotated[str | None, typer.Option(help="Everything goes under this label.")] = None,
    model: _Model = None,
    images: Annotated[int | None, typer.Option(help="Stop after as many.", min=1)] = None,
) -> None:
    """Keep the pictures of a live line: under one --label, or sorted by a model for later review."""
    from classifier.collection import Collector, live_pictures
    from controller.address import DEFAULT_PORT, parse_address

    with _one_line():
        host, port = parse_address(broker, default_port=DEFAULT_PORT)
        collector = Collector(out, label=label, classifier=_load(model) if label is None else None)
        status = Console(stderr=True).status("")
        with suppress(KeyboardInterrupt), live_pictures(host, port) as pictures, status:
            for image in pictures:
                if image is not None:
                    collector.keep(image)
                status.update(f"new images: {collector.new}")
                if collector.new == images:
                    break
    left_out = f", {collector.unreadable} unreadable ones left out" if collector.unreadable else ""
    _console.print(f"{collector.new} new images in {out}{left_out}")


def _load(model: Path | None, *, threads: int = 1) -> "Classifier":
    """The model in a file, on the engine that runs such a file. Raises `ModelError`, `MissingExtraError`."""
    from classifier.inference import Classifier

    if model is None or model.suffix != ".safetensors":
        return Classifier.load(model, threads=threads)
    from classifier.training.extra import require_torch

    require_torch(model.name)
    from classifier.training.torch_engine import TorchEngine

    return Classifier(TorchEngine.load(model, threads=threads))


def _predicted(classifier: "Classifier", path: Path) -> Recognition | ImageError:
    try:
        return classifier.classify(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path} must be readable, got: {error.strerror}") from error
    except ImageError as error:
        return error


if __name__ == "__main__":
    main()
