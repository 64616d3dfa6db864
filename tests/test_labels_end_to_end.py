"""Other labels than sex and age, or none, all the way: pictures, a run, a model file, the add-on's engine."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="training needs torch")

from blender_facegan.core.engine.engine import Engine, verify  # noqa: E402 - after the skip
from blender_facegan.core.model.file import read_model  # noqa: E402
from blender_facegan.core.people.population import Recipe  # noqa: E402
from tests.trainer.small_networks import THIN_CROWD  # noqa: E402
from trainer.checkpoints import read_checkpoint, saved_checkpoints  # noqa: E402
from trainer.cli import main  # noqa: E402
from trainer.data.dataset import open_dataset  # noqa: E402
from trainer.data.sampler import BalancedSampler, bins_of  # noqa: E402

PICTURES = 120
AGES = ("4", "10-19", "25", "30-39", "47", "70+")
SPECIES = ("oak", "birch", "pine")
SEX = '[[labels]]\nname = "sex"\n'
SMALL = {
    "crowd": f"""
images = 128
{THIN_CROWD}[loss]
classifier_images = 128
[ema]
calibration = 2
[log]
metrics = 64
samples = 128
checkpoint = 128
validation = 24
""",
    "paper": """
images = 128
[generator]
hidden = 50
channels = [16, 8, 8, 3]
[discriminator]
channels = [8, 8, 8]
hidden = 50
[log]
metrics = 64
samples = 128
checkpoint = 128
validation = 24
""",
}


@dataclass(frozen=True)
class Scenario:
    """A collection's declaration and table; what training shows and gauges; the bins; what people can be asked for."""

    preset: str
    declaration: str
    columns: Sequence[str]
    row: Callable[[int], Sequence[str]]
    sheets: set[str]
    validation: str
    bins: set[str]
    asked: Sequence[dict[str, str]]


GLASSES = Scenario(
    "crowd",
    SEX
    + '[[labels]]\nname = "age"\n[[labels]]\nname = "glasses"\nkind = "binary"\nnegative = "none"\npositive = "worn"\n',
    ("sex", "age", "glasses"),
    lambda n: (("f", "m")[n % 2], AGES[n // 2 % 6], ("none", "worn")[n // 12 % 2]),
    {"people", "ageing", "glasses"},
    "fd_grid8",
    {"female 0-9 none", "male 70-199 worn"},
    [{"sex": "f", "age": "30", "glasses": "none"}, {"sex": "f", "age": "30", "glasses": "worn"}],
)
SCENARIOS = {
    "glasses": GLASSES,
    "glasses, paper": replace(GLASSES, preset="paper", validation="fd_grid8", bins={"male 40-49 none"}),
    "species": Scenario(
        "crowd",
        '[[labels]]\nname = "species"\nkind = "classes"\n',
        ("species",),
        lambda n: (SPECIES[n % 3],),
        {"random", "species"},
        "fd_grid8",
        {"birch", "oak", "pine"},
        [{"species": "oak"}, {"species": "pine"}],
    ),
    "number": Scenario(
        "crowd",
        '[[labels]]\nname = "height"\nkind = "number"\nunit = "cm"\n'
        "minimum = 150\nmaximum = 200\ngroups = [160, 180]\n",
        ("height",),
        lambda n: (("155", "165-175", "190.5")[n % 3],),
        {"random", "height"},
        "fd_grid8",
        {"under 160 cm", "160 to 180 cm", "180 cm and more"},
        [{"height": "151"}, {"height": "199"}],
    ),
    "age in bins": Scenario(
        "crowd",
        SEX + '[[labels]]\nname = "age_group"\nkind = "classes"\ncolumn = "age"\nunit = "years"\nlimits = [20, 40]\n',
        ("sex", "age"),
        lambda n: (("f", "m")[n % 2], AGES[n // 2 % 6]),
        {"random", "sex", "age_group"},
        "fd_grid8",
        {"female 0-19", "male 40+"},
        [{"sex": "f", "age_group": "0-19"}, {"sex": "f", "age_group": "40+"}],
    ),
    "none": Scenario("crowd", "labels = []\n", (), lambda _: (), {"random"}, "fd_grid8", {"all pictures"}, [{}, {}]),
    "none, paper": Scenario(
        "paper", "labels = []\n", (), lambda _: (), {"random"}, "fd_grid8", {"all pictures"}, [{}, {}]
    ),
}


def write_pictures(folder: Path, scenario: Scenario) -> None:
    folder.mkdir()
    dice = np.random.default_rng(0)
    rows = [",".join(("file", *scenario.columns))]
    for number in range(PICTURES):
        picture = dice.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(picture).resize((90, 70), Image.Resampling.BICUBIC).save(folder / f"{number:03}.png")
        rows.append(",".join((f"{number:03}.png", *scenario.row(number))))
    (folder / "labels.toml").write_text(scenario.declaration)
    if scenario.columns:
        (folder / "labels.csv").write_text("\n".join(rows) + "\n")


@dataclass(frozen=True)
class Trained:
    """Where everything of a scenario lies."""

    scenario: Scenario
    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module", params=SCENARIOS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A scenario's pictures, dataset, run, and model file."""
    torch.set_num_threads(1)
    scenario = SCENARIOS[request.param]
    folder = tmp_path_factory.mktemp("scenario")
    write_pictures(folder / "pictures", scenario)
    (folder / "small.toml").write_text(SMALL[scenario.preset])
    dataset, run, model = (str(folder / name) for name in ("dataset", "run", "model.facegan"))
    words = ["--whole", "--middle", "--similarity", "1.0", "--held-out", "0.25", "--workers", "1"]
    assert main(["prepare", "folder", str(folder / "pictures"), "--out", dataset, *words]) == 0
    options = ["--preset", scenario.preset, "--config", str(folder / "small.toml"), "--quiet", "--device", "cpu"]
    assert main(["train", "--data", dataset, "--out", run, *options]) == 0
    assert main(["export", run, "--out", model]) == 0
    return Trained(scenario, folder)


def test_the_dataset_declares_its_labels_and_how_they_are_sampled(trained: Trained) -> None:
    dataset = open_dataset(trained.path("dataset"))
    assert len(dataset) == PICTURES
    assert 0 < dataset.held_out.sum() < PICTURES
    assert dataset.of_faces == any("sex" in asked for asked in trained.scenario.asked)
    limits = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 200.0)
    bins = bins_of(dataset, limits)
    assert trained.scenario.bins <= set(bins.names)
    sampler = BalancedSampler(bins.of, 12, 0)
    drawn = np.concatenate([bins.of[sampler.next_batch()] for _ in range(30)])
    _, counts = np.unique(drawn, return_counts=True)
    assert np.ptp(counts) <= 1


def test_a_run_shows_and_gauges_what_the_labels_allow(trained: Trained) -> None:
    scenario = trained.scenario
    assert {path.stem for path in trained.path("run/sheets").iterdir()} == {
        f"{name}-000000128" for name in scenario.sheets
    }
    figures = [json.loads(line) for line in trained.path("run/metrics.jsonl").read_text().splitlines()]
    validated = [line[scenario.validation] for line in figures if scenario.validation in line]
    assert len(validated) == 1
    assert math.isfinite(validated[0])


def test_the_card_and_the_checkpoint_carry_the_labels(trained: Trained) -> None:
    labels = [label.card() for label in open_dataset(trained.path("dataset")).labels]
    assert read_checkpoint(saved_checkpoints(trained.path("run"))[-1])["labels"] == labels
    model = read_model(trained.path("model.facegan"))
    assert [label.name for label in model.card.labels] == [label["name"] for label in labels]
    assert set(model.graph.inputs) == {"latent", *(label["name"] for label in labels)}


def test_the_addons_engine_draws_the_golden_pictures_and_what_generate_draws(trained: Trained) -> None:
    model = read_model(trained.path("model.facegan"))
    assert verify(model) <= 2
    table, out = trained.path("people.csv"), trained.path("faces.npz")
    columns = list(trained.scenario.asked[0])
    rows = [",".join(("9", *asked.values())) for asked in trained.scenario.asked]
    table.write_text("\n".join([",".join(("seed", *columns)), *rows]) + "\n")
    words = ["generate", "--model", str(trained.path("model.facegan")), "--people", str(table), "--out", str(out)]
    assert main(words) == 0
    with np.load(out) as faces:
        assert set(faces) == {"images", "seed", *columns}
        images = faces["images"].astype(int)
    assert (np.abs(images[0] - images[1]).max() > 0) == bool(columns)
    recipes = [engine_recipe(asked) for asked in trained.scenario.asked]
    assert np.abs(Engine(model, threads=1).generate(recipes).astype(int) - images).max() <= 2


def engine_recipe(asked: dict[str, str]) -> Recipe:
    words = {"none": -1.0, "worn": 1.0, "f": -1.0, "m": 1.0}
    values = {
        name: words[text] if text in words else float(text) if name in ("age", "height") else text
        for name, text in asked.items()
    }
    sex, age = float(values.pop("sex", 0.0)), float(values.pop("age", 30.0))
    return Recipe(9, sex, age, labels=tuple(values.items()))


def test_sheets_are_drawn_of_what_there_is(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    out = trained.path("sheet.png")
    words = ["sample", str(trained.path("model.facegan")), "--rows", "2", "--out", str(out)]
    for kind in ("random", "interpolation"):
        assert main([*words, "--kind", kind]) == 0
    name = next(reversed(trained.scenario.asked[0]), "")
    fixed = [f"{key}={value}" for key, value in trained.scenario.asked[0].items() if key != name]
    options = ["--kind", "label", "--label", name, *(["--fix", *fixed] if fixed else [])]
    if name:
        assert main([*words, *options]) == 0
        assert out.stat().st_size > 0
    else:
        assert main([*words, *options, "--label", "species"]) == 2
        assert "the model has no label 'species' to show; it has none" in capsys.readouterr().err


def test_stats_counts_every_label(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["stats", str(trained.path("dataset"))]
    drawn = main([*words, "--plot", str(trained.path("stats.png"))])
    told = capsys.readouterr()
    assert drawn == (0 if trained.scenario.columns else 2)
    assert "of these held out" in told.out
    for label in open_dataset(trained.path("dataset")).labels:
        assert label.name in told.out or label.name == "sex"


def test_an_evaluation_measures_what_the_labels_allow(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--model", str(trained.path("model.facegan")), "--data", str(trained.path("dataset"))]
    words += ["--out", str(trained.path("report")), "--samples", "8", "--workers", "1"]
    words += ["--cache", str(trained.path("cache"))]
    people = {"sex", "age"} <= set(trained.scenario.asked[0])
    code = main([*words, "--only", "cascades"])
    told = capsys.readouterr().err
    if people:
        assert code == 0
    else:
        assert code == 2
        assert "the section cascades needs sex and age in years" in told.strip().splitlines()[-1]
        assert not trained.path("report").exists()
        assert main(words) == 0
        figures = json.loads(trained.path("report/report.json").read_text())["figures"]
        assert {key.split(".")[0] for key in figures} == {"distances", "memorisation", "cost"}
        assert figures["distances.kid_thumb192"]["value"] > figures["distances.kid_thumb192"]["photographs"]
        names = {f"label_{label.name}" for label in open_dataset(trained.path("dataset")).labels}
        sheets = {path.stem for path in trained.path("report/sheets").iterdir()}
        assert sheets == {"random", "photographs", "nearest_training", *names}
    assert trained.path("report/report.html").is_file()
