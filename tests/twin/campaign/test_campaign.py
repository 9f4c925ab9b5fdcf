"""Campaigns on real workers of Dask, in processes of their own."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from support.programs import STOPS, stoppable

from twin.campaign.plan import PACKAGES, code_version

pytestmark = pytest.mark.slow
pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")  # Dask has it.
SCENARIOS = 320
ROOT = Path(__file__).parents[3]
QUEUE_PER_CLASS = ROOT / "examples" / "controllers" / "queue_per_class.py"


def campaign(folder, *options, scenarios=SCENARIOS, **kinds):
    command = [sys.executable, "-m", "twin", "campaign", "--scenarios", str(scenarios), "--folder", str(folder)]
    return stoppable(
        [*command, "--faults", "rods", "--faults", "no fault", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kinds,
    )  # fmt: skip


def ended(process, code=0):
    output = process.communicate(timeout=600)[0]
    assert process.returncode == code, output
    return output


def await_a_unit(process, folder, with_text=b""):
    """Wait until a campaign has done a unit whose line has a text in it."""
    units = folder / "units.jsonl"
    while not (units.exists() and with_text in units.read_bytes()):
        assert process.poll() is None, process.communicate()[0]
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)


def kept(folder):
    return [(folder / name).read_bytes() for name in ("campaign.json", "units.jsonl", "findings.json", "coverage.json")]


def own_program(folder):
    """A folder of one's own with a program that has mistakes, and the command line that starts it."""
    folder.mkdir()
    (folder / "my_controller.py").write_bytes(QUEUE_PER_CLASS.read_bytes())
    return shlex.join([sys.executable, f"{folder.name}/my_controller.py", "{host}", "{port}", "{service}"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaigns") / "one"
    with campaign(folder, "--workers", "1") as process:
        output = ended(process)
    assert f"{SCENARIOS} scenarios in 16 units; 0 groups of failures" in output
    return folder


@pytest.mark.parametrize("workers", ["2", "4"])
def test_the_number_of_workers_changes_nothing(undisturbed, tmp_path, workers):
    with campaign(tmp_path / "more", "--workers", workers) as process:
        ended(process)
    assert kept(tmp_path / "more") == kept(undisturbed)


def test_an_interrupted_campaign_is_resumed_to_the_same_end(undisturbed, tmp_path):
    folder = tmp_path / "stopped"
    with campaign(folder, "--workers", "1") as process:
        await_a_unit(process, folder)
        process.send_signal(STOPS[0])
        assert "interrupted: go on with the same options and --resume" in ended(process, 130)
    with campaign(folder, "--workers", "1", "--resume") as process:
        ended(process)
    assert kept(folder) == kept(undisturbed)


@contextmanager
def cluster(count=2, **kinds):
    """A scheduler and workers, each a process of its own; gives the address, and the processes, the scheduler first."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address, dask = f"tcp://127.0.0.1:{port}", [sys.executable, "-m", "distributed.cli"]
    scheduler = subprocess.Popen(
        [*dask[:2], "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    workers = [
        subprocess.Popen(
            [*dask[:2], "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kinds,
        )
        for _ in range(count)
    ]  # fmt: skip
    try:
        yield address, [scheduler, *workers]
    finally:
        for process in (scheduler, *workers):
            process.kill()
            process.wait()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_worker_that_is_killed_meanwhile_changes_nothing(undisturbed, tmp_path):
    folder = tmp_path / "killed"
    with cluster() as (address, processes), campaign(folder, "--scheduler", address) as process:
        await_a_unit(process, folder)
        os.kill(processes[1].pid, signal.SIGKILL)
        ended(process)
    assert kept(folder) == kept(undisturbed)


def test_a_scheduler_that_is_lost_is_one_clear_line_and_the_rest_is_done_later(undisturbed, tmp_path):
    folder = tmp_path / "lost"
    with cluster() as (address, processes), campaign(folder, "--scheduler", address) as process:
        await_a_unit(process, folder)
        processes[0].kill()
        output = ended(process, 2)
    assert "twin: the scheduler was lost" in output
    assert "Traceback" not in output
    assert (folder / "report.html").exists()
    assert not (folder / "findings.json").exists()
    with campaign(folder, "--workers", "2", "--resume") as process:
        ended(process)
    assert kept(folder) == kept(undisturbed)


def test_a_scheduler_that_is_not_there_is_one_clear_line(tmp_path):
    with campaign(tmp_path / "none", "--scheduler", "tcp://127.0.0.1:1") as process:
        output = ended(process, 2)
    assert "--scheduler must be the address of a Dask scheduler, got 'tcp://127.0.0.1:1'" in output


def test_a_scheduler_without_workers_is_one_clear_line(tmp_path):
    with cluster(0) as (address, _), campaign(tmp_path / "none", "--scheduler", address) as process:
        output = ended(process, 2)
    assert f"--scheduler must have a worker, got '{address}', which has none" in output


def test_a_worker_with_other_code_is_one_clear_line(tmp_path):
    other = tmp_path / "other"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, other / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "twin" / "errors.py").open("a") as file:
        file.write("# another version\n")
    with cluster(1, cwd=other) as (address, _), campaign(tmp_path / "none", "--scheduler", address) as process:
        output = " ".join(ended(process, 2).split())
    other_code = rf"worker \S+ must run {re.escape(code_version())}, got [0-9.]+\S*\+\w+ \(.*\); install"
    assert re.search(other_code, output), output
    assert not (tmp_path / "none").exists()


def test_a_folder_of_another_campaign_is_left_as_it_is(undisturbed):
    before = kept(undisturbed)
    with campaign(undisturbed) as process:
        assert "--folder must be new, or be given with --resume" in ended(process, 2)
    with campaign(undisturbed, "--resume", "--seed", "9") as process:
        assert re.search(r"has a campaign with another seed: 0, and not 9", ended(process, 2))
    assert kept(undisturbed) == before


def test_a_line_that_was_cut_off_is_run_again(undisturbed, tmp_path):
    folder = tmp_path / "torn"
    folder.mkdir()
    (folder / "campaign.json").write_bytes((undisturbed / "campaign.json").read_bytes())
    units = (undisturbed / "units.jsonl").read_bytes()
    (folder / "units.jsonl").write_bytes(units[: len(units) * 3 // 4])
    with campaign(folder, "--resume", "--workers", "1") as process:
        ended(process)
    assert kept(folder) == kept(undisturbed)


@contextmanager
def small_disk(folder, size):
    """A file system of its own in `folder`; gives a function that changes its size."""
    folder.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a file system can only be mounted by root, on Linux")
    try:
        yield lambda larger: subprocess.run(["mount", "-o", f"remount,size={larger}", folder], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full_is_one_clear_line_and_nothing_is_lost(undisturbed, tmp_path):
    with small_disk(tmp_path / "disk", "64k") as grow:
        folder = tmp_path / "disk" / "kept"
        with campaign(folder, "--workers", "1") as process:
            output = ended(process, 2)
        assert f"twin: --folder must be a folder that can be written, got '{folder}' (No space left" in output
        done = (folder / "units.jsonl").read_bytes().count(b"\n")
        assert 0 < done < 16
        grow("4m")
        with campaign(folder, "--workers", "1", "--resume") as process:
            ended(process)
        assert kept(folder) == kept(undisturbed)


def test_the_page_and_the_coverage_are_kept(undisturbed):
    page = (undisturbed / "report.html").read_text()
    assert "0 groups of failures in 320 scenarios" in page
    assert "http" not in page
    counts = json.loads((undisturbed / "coverage.json").read_bytes())
    assert counts["roddead|anything|"] > 0


def test_a_program_of_the_users_own_reaches_the_workers(tmp_path):
    folder, command = tmp_path / "found", own_program(tmp_path / "own")
    options = ["--controller", command, "--workers", "2"]
    with campaign(folder, *options, scenarios=32, cwd=tmp_path) as process:
        output = ended(process, 1)
    found = json.loads((folder / "findings.json").read_bytes())
    assert found
    assert f"{found[0]['count']} x {found[0]['rule']} under {found[0]['faults']}" in output
    assert (folder / found[0]["file"]).exists()
    assert (
        found[0]["again"] == f"twin run {folder}/{found[0]['file']} --link hosted --controller {shlex.quote(command)}"
    )
    assert "own/my_controller.py" in (folder / found[0]["report"]).read_text()
    assert f'<a href="{found[0]["report"]}">' in (folder / "report.html").read_text()
    assert "{folder}" not in (folder / "report.html").read_text()
    with campaign(folder, *options, "--resume", scenarios=32, cwd=tmp_path) as process:
        ended(process, 1)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_the_only_worker_is_lost_with_the_users_program_and_changes_nothing(tmp_path):
    options = ["--controller", own_program(tmp_path / "own"), "--workers", "1"]
    for name in ("calm", "killed"):
        with campaign(tmp_path / name, *options, scenarios=32, cwd=tmp_path) as process:
            await_a_unit(process, tmp_path / name)
            for child in psutil.Process(process.pid).children() if name == "killed" else ():
                if "multiprocessing.spawn" in " ".join(child.cmdline()):
                    child.kill()
            ended(process, 1)
    assert kept(tmp_path / "killed")[1] == kept(tmp_path / "calm")[1]


def test_a_program_that_ends_by_itself_is_one_clear_line(tmp_path):
    (tmp_path / "ends.py").write_text("raise SystemExit(3)")
    command = shlex.join([sys.executable, str(tmp_path / "ends.py"), "{host}", "{port}"])
    with campaign(tmp_path / "none", "--controller", command) as process:
        output = ended(process, 2)
    assert "--controller must be a program that does not end by itself in a run without faults" in output
    assert not (tmp_path / "none").exists()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
def test_an_interrupted_campaign_shows_what_it_has_found(tmp_path):
    folder, command = tmp_path / "found", own_program(tmp_path / "own")
    options = ["--controller", command, "--workers", "1"]
    with campaign(folder, *options, scenarios=320, cwd=tmp_path, start_new_session=True) as process:
        await_a_unit(process, folder, b'"failures":[{')
        os.killpg(process.pid, STOPS[0])  # As a terminal does: to the workers, too.
        output = ended(process, 130)
    assert "Traceback" not in output
    assert re.search(r"; [1-9]\d* groups? of failures", output)
    assert "No scenario broke a rule" not in (folder / "report.html").read_text()
    assert not (folder / "findings.json").exists()


@pytest.mark.parametrize(
    ("options", "must"),
    [
        (["--minutes", "1"], "--scenarios must be left out with --minutes"),
        (["--workers", "1", "--scheduler", "tcp://127.0.0.1:1"], "--workers must be left out with --scheduler"),
    ],
)  # fmt: skip
def test_an_option_that_would_be_ignored_is_one_clear_line(tmp_path, options, must):
    with campaign(tmp_path / "none", *options) as process:
        assert must in ended(process, 2)


def test_a_family_that_is_named_twice_counts_once(undisturbed, tmp_path):
    with campaign(tmp_path / "twice", "--faults", "rods", "--workers", "2") as process:
        ended(process)
    assert kept(tmp_path / "twice") == kept(undisturbed)
