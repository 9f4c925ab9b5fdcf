"""The command line: what it writes, and one clear line with exit code 2 for bad input."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support import image_files
from support.programs import STOPS, stoppable
from typer.testing import CliRunner, Result

from classifier.cli import app
from classifier.inference import SHIPPED
from classifier.rendering.renderer import render

needs_model = pytest.mark.skipif(not SHIPPED.is_file(), reason="the shipped model is not there")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result: Result) -> str:
    """The one line of an exit with code 2."""
    assert result.exit_code == 2
    line = result.stderr.strip()
    assert line.startswith("error: ")
    assert "\n" not in line
    return line


def test_synthesize_writes_a_tree_and_a_contact_sheet(tmp_path: Path) -> None:
    result = run("synthesize", "--out", tmp_path / "tree", "--images", 40, "--sheet", tmp_path / "sheet.png")
    assert result.exit_code == 0, result.output
    assert "seed 0: 40 images" in result.stdout
    assert len(list((tmp_path / "tree").rglob("*.jpg"))) == 40
    assert {path.name for path in (tmp_path / "tree").iterdir()} == {"train", "val", "test", "class_indices.json"}
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_split_says_what_went_where(tmp_path: Path) -> None:
    for name, colour in (("raw", image_files.GREEN), ("ripe", image_files.RED)):
        (tmp_path / "flat" / name).mkdir(parents=True)
        for number in range(10):
            (tmp_path / "flat" / name / f"{number}.jpg").write_bytes(image_files.plain(colour))
    assert "got 1 by looks" in refused(run("split", tmp_path / "flat", "--out", tmp_path / "tree"))
    result = run("split", tmp_path / "flat", "--out", tmp_path / "tree", "--group", "none", "--val", 0.2, "--test", 0.2)
    assert result.exit_code == 0, result.output
    assert "12 in train (12 items), 4 in val (4 items), 4 in test (4 items)" in result.stdout
    assert "4 groups: nothing below 53% error is excluded" in result.stdout


@needs_model
def test_predict_prints_json_and_fails_on_a_file_that_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "ripe.jpg").write_bytes(render("ripe", seed=1))
    (tmp_path / "text.jpg").write_text("text")
    good = run("predict", tmp_path / "ripe.jpg", "--json")
    assert good.exit_code == 0, good.output
    assert json.loads(good.stdout)["label"] == "ripe"
    both = run("predict", tmp_path / "ripe.jpg", tmp_path / "text.jpg", "--json")
    assert both.exit_code == 1
    assert "begin with" in json.loads(both.stdout.splitlines()[1])["error"]


@needs_model
def test_a_name_that_the_terminal_cannot_encode_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "桃.jpg").write_bytes(image_files.plain(image_files.RED))
    words = [sys.executable, "-m", "classifier", "predict", str(tmp_path / "桃.jpg")]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "COLUMNS": "200"}
    table, line = (
        subprocess.run([*words, *more], capture_output=True, check=True, env=environment).stdout
        for more in ([], ["--json"])
    )
    assert rb"\u6843.jpg" in table
    assert json.loads(line)["file"].endswith("桃.jpg")


@needs_model
def test_eval_reports_on_a_tree_and_on_one_split_of_it(tmp_path: Path) -> None:
    run("synthesize", "--out", tmp_path, "--images", 120, "--seed", 3, "--look", "fruit")
    for folder in (tmp_path, tmp_path / "test"):
        result = run("eval", "--data", folder, "--json")
        assert result.exit_code == 0, result.output
        report = json.loads(result.stdout)
        assert report["images"] == 18
        assert report["accuracy"] > 0.8
    assert "accuracy" in run("eval", "--data", tmp_path).stdout


@needs_model
def test_a_data_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    assert "must be a data folder that can be read" in refused(run("eval", "--data", tmp_path / "nowhere"))
    for name in ("half_ripe", "raw", "ripe"):
        (tmp_path / "test" / name).mkdir(parents=True)
    assert "got no image" in refused(run("eval", "--data", tmp_path))
    (tmp_path / "test" / "plum").mkdir()
    assert "plum" in refused(run("eval", "--data", tmp_path))


def test_a_file_that_is_no_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_text("no model")
    (tmp_path / "a.jpg").write_bytes(image_files.plain(image_files.RED))
    assert "not readable as an ONNX model" in refused(
        run("predict", tmp_path / "a.jpg", "--model", tmp_path / "model.onnx")
    )
    assert "no such model file" in refused(run("serve", "--model", tmp_path / "none.onnx"))


@needs_model
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text here")
def test_names_are_shown_as_they_are_whatever_is_in_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    odd, bold, wrong = Path(os.fsdecode(b"\xff.jpg")), Path("[bold]x.jpg"), Path("wrong.jpg")
    for path in (odd, bold):
        path.write_bytes(image_files.plain(image_files.RED))
    wrong.write_bytes(b"[/a]hello")
    table = run("predict", bold, odd, wrong)
    assert table.exit_code == 1
    assert "[bold]x.jpg" in table.stdout
    assert "[/a]" in table.stdout
    answers = [json.loads(line) for line in run("predict", "--json", bold, odd, wrong).stdout.splitlines()]
    assert [Path(answer["file"]).name for answer in answers] == ["[bold]x.jpg", "\\udcff.jpg", "wrong.jpg"]
    assert "in a[/b]" in run("synthesize", "--out", "a[/b]", "--images", 12).stdout


@needs_model
def test_the_service_says_where_it_is_and_refuses_what_is_taken() -> None:
    words = [sys.executable, "-m", "classifier", "serve", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            where = server.stdout.readline().split()[-1]
            assert httpx.post(where, content=image_files.plain(image_files.RED)).json()["code"] == 0
            port = where.split(":")[2].split("/")[0]
            assert f"got 127.0.0.1:{port} (" in refused(run("serve", "--port", port))
        finally:
            server.terminate()
    assert "got nowhere.invalid:8088" in refused(run("serve", "--host", "nowhere.invalid"))


@needs_model
@pytest.mark.slow
def test_a_service_that_stops_answers_a_picture_that_never_came_whole() -> None:
    words = [sys.executable, "-m", "classifier", "serve", "--port", "0"]
    with stoppable(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline().split(":")[2].split("/")[0])
            with socket.create_connection(("127.0.0.1", port)) as half:
                half.sendall(b"POST /aisim_tf_pre HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")
                assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
                server.send_signal(STOPS[-1])
                answer = b"".join(iter(lambda: half.recv(4096), b""))
        finally:
            errors = server.communicate(timeout=30)[1]
    assert b'"code":1,"error":"service: stopping"' in answer
    assert "Traceback" not in errors


@needs_model
def test_a_missing_image_file_is_one_line(tmp_path: Path) -> None:
    assert "none.jpg must be readable" in refused(run("predict", tmp_path / "none.jpg"))


def test_train_without_torch_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    line = refused(run("train", "--synthetic", "--out", tmp_path))
    assert "pip install 'sorting-line-twin[train]'" in line


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("train", "--out", "x"), "exactly one of --data DIR and --synthetic"),
        (("train", "--out", "x", "--synthetic", "--device", "tpu"), "device must be auto, cpu or cuda, got 'tpu'"),
        (("export", "x.safetensors", "--out", "y", "--format", "tflite"), "format must be onnx, got 'tflite'"),
        (("collect", "--broker", ":x", "--out", "x", "--label", "raw"), "--broker must be HOST, HOST:PORT"),
        (("collect", "--broker", "127.0.0.1:9", "--out", "x", "--label", "raw"), "no answer at 127.0.0.1:9"),
        (("collect", "--broker", "h", "--out", "x", "--label", "raw", "--by-look"), "--by-look must be given without"),
        (("synthesize", "--out", "x", "--look", "coin"), "--look must be one of fruit, card, box, got 'coin'"),
        (("split", "x", "--out", "y", "--classes", "raw,,ripe"), "--classes must be different names"),
        (("train", "--synthetic", "--renders", "3", "--out", "x"), "--renders must come with --data"),
    ],
)
def test_bad_usage_is_one_line(arguments: tuple[str, ...], word: str) -> None:
    assert word in refused(run(*arguments))


@pytest.mark.train
def test_training_on_bad_data_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
    for name in ("raw", "ripe"):
        (tmp_path / "train" / name).mkdir(parents=True)
    (tmp_path / "train" / "raw" / "0.jpg").write_bytes(image_files.plain(image_files.RED))
    assert "ripe must hold one" in refused(run("train", "--data", tmp_path, "--out", tmp_path / "out"))
    assert "not readable as safetensors" in refused(
        run("export", tmp_path / "train" / "raw" / "0.jpg", "--out", tmp_path)
    )
    assert "got 'resnet7'" in refused(run("train", "--synthetic", "--arch", "resnet7", "--out", tmp_path))


@needs_model
@pytest.mark.train
def test_saved_weights_run_in_torch(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="weights in safetensors need torch (extra `train`)")
    (weights,) = SHIPPED.parent.glob("*.safetensors")
    (tmp_path / "ripe.jpg").write_bytes(render("ripe", seed=1))
    result = run("predict", tmp_path / "ripe.jpg", "--json", "--model", weights)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["label"] == "ripe"


@needs_model
def test_saved_weights_without_torch_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (weights,) = SHIPPED.parent.glob("*.safetensors")
    line = refused(run("predict", tmp_path / "ripe.jpg", "--model", weights))
    assert line.startswith(f"error: {weights.name} needs torch and torchvision: pip install")
