"""The command line: `classifier synthesize|split|train|eval|predict|serve|export|collect|label`.

Exit codes: 0 all well; 1 a failed check (an unreadable image, engines that disagree); 2 bad usage or input.
"""

import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table

from classifier import data_commands
from classifier.command import command_app
from classifier.errors import DatasetError, ImageError, ModelError
from classifier.metadata import RENDERS, TrainingConfig
from classifier.options import (
    GROUP_HELP,
    Classes,
    ModelFile,
    Out,
    Seed,
    Threads,
    console,
    load_classifier,
    one_line,
    progress,
)
from classifier.recognition import SERVICE_PATH, SURE_AT, Recognition
from classifier.tables import answer_table, plain, print_report

if TYPE_CHECKING:
    from classifier.inference import Classifier

app = command_app("classifier", __doc__)
for command in (data_commands.synthesize, data_commands.split, data_commands.collect):
    app.command()(command)
app.command("label")(data_commands.label_pictures)


def main() -> None:
    """The program's entry point."""
    if isinstance(sys.stdout, TextIOWrapper):  # On Windows a file's or a pipe's encoding may lack a character.
        sys.stdout.reconfigure(errors="backslashreplace")
    app()


@app.command()
def train(
    out: Out,
    data: Annotated[Path | None, typer.Option(help="ImageFolder tree to train on.")] = None,
    renders: Annotated[
        int | None,
        typer.Option(
            help=f"How many rendered images join those of --data to train on (0: none; {RENDERS} if left out).",
            min=0,
        ),
    ] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Train on rendered images.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer images and epochs.")] = False,
    arch: Annotated[str, typer.Option(help="resnet18, resnet34 or resnet50.")] = "resnet18",
    images: Annotated[int | None, typer.Option(help="How many images to render.", min=64)] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the images.", min=1)] = None,
    small_epochs: Annotated[int | None, typer.Option(help="How many of them at half the edge.", min=0)] = None,
    batch: Annotated[int, typer.Option(help="Images a step.", min=2)] = 32,
    image_px: Annotated[int | None, typer.Option(help="Edge of the network's input.", min=32, max=512)] = None,
    seed: Seed = 0,
    init: Annotated[Path | None, typer.Option(help="Start from this ResNet's weights (safetensors).")] = None,
    freeze_backbone: Annotated[bool, typer.Option("--freeze-backbone", help="Train the head only.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a training into --out was cut short.")] = False,
    patience: Annotated[int, typer.Option(help="Stop after as many epochs without a better one.", min=1)] = 3,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    classes: Classes = None,
    tensorboard: Annotated[Path | None, typer.Option(help="Write a TensorBoard log here.")] = None,
) -> None:
    """Train a model; writes its ONNX files, its weights to train on from, its report and figures to --out."""
    from classifier.training.extra import require_torch

    with one_line():
        if (data is None) == (not synthetic):
            raise DatasetError("exactly one of --data DIR and --synthetic must be given")
        if renders is not None and data is None:
            raise DatasetError("--renders must come with --data DIR")
        if images is not None and not synthetic:
            raise DatasetError("--images must come with --synthetic: all images of --data are used")
        if device not in ("auto", "cpu", "cuda"):
            raise ModelError(f"device must be auto, cpu or cuda, got {device!r}")
        require_torch("train")
        from classifier.training.layouts import parse_classes
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
            renders=0 if data is None else RENDERS if renders is None else renders, names=parse_classes(classes),
        )  # fmt: skip
        console.print(f"seed {seed}: {config.arch}, {config.epochs} epochs")
        report = produce(config, out, device=device, resume=resume, tensorboard=tensorboard, progress=progress)
    print_report(console, report)


@app.command(name="eval")
def evaluate_(
    data: Annotated[Path, typer.Option(help="ImageFolder tree, or one split of it.")],
    model: ModelFile = None,
    threads: Threads = 1,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    group: Annotated[str | None, typer.Option(help=f"{GROUP_HELP} Left out: as `split` found.")] = None,
    classes: Classes = None,
) -> None:
    """Measure a model on labelled images: accuracy, recall, confusion matrix, error by group, latency."""
    from classifier.training.dataset import read_tree
    from classifier.training.evaluation import evaluate
    from classifier.training.layouts import parse_classes

    with one_line():
        folder, part = (data, "test") if (data / "test").is_dir() else (data.parent, data.name)
        classifier = load_classifier(model, threads=threads)
        images = read_tree(folder, part, classifier.metadata.classes, names=parse_classes(classes), group=group)
        report = evaluate(classifier, images, progress)
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        print_report(console, report)


@app.command()
def predict(
    files: Annotated[list[Path], typer.Argument(help="Image files.")],
    model: ModelFile = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Say what images show."""
    with one_line():
        classifier = load_classifier(model)
        answers = [(path, _predicted(classifier, path)) for path in files]
    if json:
        for path, answer in answers:
            typer.echo(msgspec.json.encode(plain(path, answer)))
    else:
        console.print(answer_table(answers, classifier.metadata))
    if any(isinstance(answer, ImageError) for _, answer in answers):
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8088,
    model: ModelFile = None,
    threads: Threads = 1,
) -> None:
    """Serve recognition over HTTP: POST /aisim_tf_pre, an image file in the body; /docs, /healthz."""
    import uvicorn

    from classifier.service import CONNECTIONS, SHUTDOWN_S, build_app, listen
    from controller.address import address_text

    with one_line():
        classifier = load_classifier(model, threads=threads)
        listener = listen(host, port)
    at = address_text(host, listener.getsockname()[1])
    console.print(f"recognition at http://{at}{SERVICE_PATH}", highlight=False)
    if classifier.threshold != SURE_AT:
        console.print(
            f"This model is sure from {classifier.threshold:.2f} on. No answer says so, and our controller takes "
            f"{SURE_AT:.2f} for any service: set confidence_threshold = {classifier.threshold:.2f} in its settings.",
            soft_wrap=True,
        )  # fmt: skip
    settings = uvicorn.Config(
        build_app(classifier), log_level="warning", access_log=False, limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )  # fmt: skip
    with listener, suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=[listener])


@app.command()
def export(
    checkpoint: Annotated[Path, typer.Argument(help="Model to export (.safetensors).")],
    out: Out,
    data: Annotated[Path | None, typer.Option(help="Tree whose val/ calibrates; rendered images if left out.")] = None,
    format_: Annotated[str, typer.Option("--format", help="onnx.")] = "onnx",
    int8: Annotated[bool, typer.Option("--int8", help="Quantise to int8, too.")] = False,
    seed: Seed = 0,
) -> None:
    """Write a checkpoint as ONNX, and check on real inputs that the engines agree (exit code 1 if not)."""
    from classifier.training.extra import require_torch

    with one_line():
        if format_ != "onnx":
            raise ModelError(f"format must be onnx, got {format_!r}")
        require_torch("export")
        from classifier.training.recipe import export_checkpoint

        agreements = export_checkpoint(checkpoint, out, data=data, int8=int8, seed=seed, progress=progress)
    table = Table("file", "same label", "largest gap of logits", "mean gap")
    for path, found in agreements.items():
        table.add_row(str(path), f"{found.labels:.2%}", f"{found.logits_max:.4f}", f"{found.logits_mean:.4f}")
    console.print(table)
    if min(found.labels for found in agreements.values()) < 0.98:
        raise typer.Exit(1)


def _predicted(classifier: "Classifier", path: Path) -> Recognition | ImageError:
    try:
        return classifier.classify(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path} must be readable, got: {error.strerror}") from error
    except ImageError as error:
        return error
