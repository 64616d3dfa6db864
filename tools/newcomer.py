"""Go the way of somebody who has just cloned the project: README.md's own lines, in an environment of its own.

    python -m tools.newcomer               in a folder that is removed afterwards
    python -m tools.newcomer --keep FOLDER in FOLDER, which is made and left, to look at what came out

A copy of the checkout's files is installed as README.md says, with nothing of the tests' environment. Then its commands
run on faces that the default model draws, each cut short: prepare, train, kill, resume, and all others. The first
thing that fails ends it, exit code 1, with what the command said.
"""

import csv
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.environments import ROOT, running_python

PEOPLE = 360
AGES = (8, 15, 24, 33, 45, 52, 64, 74)
MODEL = Path("blender_facegan") / "models" / "default.facegan"
SHORT = ("--set", "loss.classifier_images=1920", "log.checkpoint=8192", "log.samples=8192", "log.metrics=8192")
"""A classifier of seconds, and a first checkpoint after 512 images."""
MINUTES = "0.5"
PATIENCE = 900.0
"""Seconds after which a command counts as hanging; each should take far less."""
LAST_LINES = 40
GROWN, CAST = 24, 20
"""Of whom a cast is made: of what age at least, and how many."""


class NewcomerError(Exception):
    """What a newcomer would have been stopped by."""


def readme_lines() -> list[str]:
    """The lines of README.md's code blocks, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M | re.S)
    return [line for line in "".join(blocks).splitlines() if line and not line.startswith("#")]


def readme_words(beginning: str) -> list[str]:
    """The words of README.md's first line that begins so. Raises NewcomerError where there is none any more."""
    for line in readme_lines():
        if line.startswith(beginning):
            return shlex.split(line)
    raise NewcomerError(f"README.md has no line that begins with {beginning!r}")


def trainer_words(command: str) -> list[str]:
    """README.md's words for a command of the trainer, from the command's name on."""
    return readme_words(f"python -m trainer {command} ")[3:]


def with_minutes(words: Sequence[str], minutes: str) -> list[str]:
    """The words with other minutes. Raises NewcomerError where they name none."""
    if "--max-minutes" not in words:
        raise NewcomerError(f"README.md's line has no --max-minutes: {shlex.join(words)}")
    place = words.index("--max-minutes") + 1
    return [*words[:place], minutes, *words[place + 1 :]]


def copy_of_checkout(target: Path) -> None:
    """The checkout's files as a clone would hold them, changes that are not committed included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


class Newcomer:
    """Somebody in the folder `home`, with the checkout beside in `clone` and an environment in `environment`."""

    def __init__(self, folder: Path) -> None:
        self.clone, self.environment, self.home = (folder / name for name in ("clone", "environment", "home"))
        self.python = self.environment / "bin" / "python"
        self.home.mkdir()

    def type(self, words: Sequence[str | Path], where: Path | None = None) -> str:
        """Run a command in `home`, or `where`; returns its output. Raises NewcomerError where it fails."""
        line, began = shlex.join(map(str, words)), time.monotonic()
        print(f"$ {line}", flush=True)
        try:
            done = subprocess.run(
                [str(word) for word in words],
                cwd=where or self.home,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NewcomerError(f"{line}: hangs") from error
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
        if done.returncode != 0:
            raise NewcomerError(f"{line}: exit code {done.returncode}\n{last_lines(done.stdout)}")
        if "Traceback" in done.stdout:
            raise NewcomerError(f"{line}: a traceback\n{last_lines(done.stdout)}")
        return done.stdout

    def train(self, *words: str) -> list[str]:
        """A command line of the installed trainer."""
        return [str(self.python), "-m", "trainer", *words]

    def trainer(self, *words: str) -> str:
        """Run a command of the installed trainer."""
        return self.type(self.train(*words))

    def kill_once(self, happened: Callable[[], bool], *words: str) -> None:
        """Begin a command of the trainer, and kill it as soon as something has happened."""
        line = self.train(*words)
        print(f"$ {shlex.join(line)} &", flush=True)
        with tempfile.TemporaryFile("w+") as said:
            running = subprocess.Popen(line, cwd=self.home, stdout=said, stderr=subprocess.STDOUT)
            until = time.monotonic() + PATIENCE
            try:
                while not happened():
                    if running.poll() is not None or time.monotonic() > until:
                        said.seek(0)
                        raise NewcomerError(f"{shlex.join(line)}: ended, or hangs\n{last_lines(said.read())}")
                    time.sleep(0.1)
            finally:
                running.send_signal(signal.SIGKILL)
                running.wait()
        print("  killed", flush=True)

    def must_have(self, *names: str) -> None:
        """Raises NewcomerError unless there are files in `home` that fit each of these patterns."""
        for name in names:
            if not any(path.stat().st_size for path in self.home.glob(name)):
                raise NewcomerError(f"{name}: was not written")


def last_lines(output: str) -> str:
    """The end of what a command said, its progress bars' older states left out."""
    lines = [line.rpartition("\r")[2] for line in output.splitlines()]
    return "\n".join(lines[-LAST_LINES:])


def install(newcomer: Newcomer) -> None:
    """README.md's line for pip, in a new environment."""
    copy_of_checkout(newcomer.clone)
    venv.create(newcomer.environment, with_pip=True)
    newcomer.type([newcomer.python, "-m", *readme_words("pip install ")], where=newcomer.clone)
    where = newcomer.type([newcomer.python, "-c", "import trainer; print(trainer.__file__)"])
    if not Path(where.strip()).is_relative_to(newcomer.environment.resolve()):
        raise NewcomerError(f"the trainer that runs is not the installed one: {where}")


def make_photographs(newcomer: Newcomer) -> None:
    """Photographs of people who do not exist, with their labels."""
    rows = [f"{seed},{('female', 'male')[seed % 2]},{AGES[seed // 2 % len(AGES)]}" for seed in range(PEOPLE)]
    (newcomer.home / "people.csv").write_text("\n".join(["seed,sex,age", *rows]) + "\n", encoding="utf-8")
    newcomer.trainer("generate", "--model", str(newcomer.clone / MODEL), "--people", "people.csv", "--out", "faces")
    script = newcomer.clone / "tools" / "drawn_photographs.py"
    newcomer.type([newcomer.python, script, "faces", "people.csv", "photographs"])


def prepare_and_train(newcomer: Newcomer) -> None:
    """From photographs to a run that was killed twice, gone on with, and ended by its minutes."""
    newcomer.trainer(*trainer_words("prepare"), "--held-out", "0.3")
    newcomer.trainer(*trainer_words("stats"))
    newcomer.trainer("prepare", "folder", "photographs", "--out", "more", "--held-out", "0.3", "--size", "32")
    newcomer.trainer("prepare", "folder", "photographs", "--out", "others", "--held-out", "0.3", "--size", "32")
    newcomer.trainer("merge", "more", "others", "--out", "merged", "--most", "others=0.5")
    line = trainer_words("train")
    run = newcomer.home / line[line.index("--out") + 1]
    newcomer.trainer(*line, "--dry-run")
    newcomer.kill_once(lambda: any(run.glob("checkpoints/step-*.pt")), *line, *SHORT)
    newcomer.kill_once(lambda: any(run.glob("checkpoints/step-*[1-9]*.pt")), *line, *SHORT, "--resume")
    before = {path.name for path in run.glob("checkpoints/step-*.pt")}
    told = newcomer.trainer(*with_minutes(line, MINUTES), "--resume")
    if "resumed step-" not in told or before >= {path.name for path in run.glob("checkpoints/step-*.pt")}:
        raise NewcomerError(f"the run did not go on:\n{last_lines(told)}")
    newcomer.must_have("run/metrics.jsonl", "run/sheets/people-*.png", "run/checkpoints/best.pt")


def use_the_run(newcomer: Newcomer) -> None:
    """Everything else that README.md and the commands' `--help` offer."""
    newcomer.trainer("plot", "run", "--out", "run.png")
    newcomer.trainer("sample", "run", "--kind", "ageing", "--out", "ageing.png")
    newest = max(newcomer.home.glob("run/checkpoints/step-*.pt"))
    newcomer.trainer("average", str(newest), "run/checkpoints/best.pt", "--out", "mean.pt")
    newcomer.trainer(*trainer_words("export"), "--onnx", "faces.onnx", "--checkpoint", "best", "--doubt", "0")
    newcomer.trainer(*trainer_words("export"))
    newcomer.trainer(*trainer_words("generate"))
    newcomer.trainer(*trainer_words("evaluate"), "--samples", "200", "--cache", "cache")
    newcomer.trainer("compare", "report", "report")
    newcomer.trainer("review", "dataset", "--list", "--folds", "2", "--images", "1280")
    words = ["--model", "faces.facegan", "--data", "dataset", "--out", "study"]
    newcomer.trainer("study", "make", *words, "--faces", "14", "--real", "14", "--labels", "0", "--background", "0")
    newcomer.must_have(
        "run.png",
        "ageing.png",
        "mean.pt",
        "faces.onnx",
        "faces.facegan",
        "faces.npz",
        "report/report.html",
        "study/key.json",
    )
    shipped = readme_words("python -m trainer train --preset crowd --data dataset --out run --start-from")[-1]
    again = ["--data", "dataset", "--out", "second", "--start-from", str(newcomer.clone / shipped)]
    newcomer.trainer("train", *again, *SHORT, "images=64", "loss.classifier_images=128")


def take_in_somebody(newcomer: Newcomer) -> None:
    """An encoder for the run's model, and a cast of some people of the photographs, who agree."""
    newcomer.trainer("encoder", "run", "--data", "dataset", "--out", "likeness", "--max-minutes", MINUTES)
    newcomer.trainer("export", "run", "--encoder", "likeness", "--out", "double.facegan", "--doubt", "0")
    with (newcomer.home / "photographs" / "labels.csv").open(newline="", encoding="utf-8") as file:
        grown = [row for row in csv.DictReader(file) if int(row["age"]) >= GROWN][:CAST]
    with (newcomer.home / "cast-people.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ("file", "sex", "age", "consent"), extrasaction="ignore")
        table.writeheader()
        table.writerows({**row, "consent": "nobody: drawn by the default model"} for row in grown)
    told = ["--table", "cast-people.csv", "--out", "cast.csv", "--sheet", "cast.png", "--leave-out"]
    newcomer.trainer("encode", "photographs", "--model", "double.facegan", *told)
    newcomer.must_have("cast.csv", "cast.png")


def ask_for_help(newcomer: Newcomer) -> None:
    """The overview, and each of its commands' help."""
    overview = newcomer.trainer("--help")
    for command in re.findall(r"^  (\w+)  ", overview, flags=re.M):
        newcomer.trainer(command, "--help")


STEPS = (install, ask_for_help, make_photographs, prepare_and_train, use_the_run, take_in_somebody)


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    if len(arguments) not in (0, 2) or arguments[:1] not in ([], ["--keep"]):
        print("usage: python -m tools.newcomer [--keep FOLDER]", file=sys.stderr)
        return 2
    began = time.monotonic()
    print(f"The newcomer's way, with Python {running_python()}", flush=True)
    with tempfile.TemporaryDirectory(prefix="newcomer-") as passing:
        folder = Path(arguments[1]).resolve() if arguments else Path(passing)
        try:
            folder.mkdir(parents=True, exist_ok=not arguments)
            newcomer = Newcomer(folder)
            for step in STEPS:
                step(newcomer)
        except (NewcomerError, OSError, subprocess.CalledProcessError) as error:
            print(f"newcomer: {error}", file=sys.stderr)
            return 1
    print(f"The newcomer's way works; {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
