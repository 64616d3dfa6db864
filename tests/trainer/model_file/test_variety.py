from pathlib import Path

import numpy as np
import pytest
import torch

from trainer import cli
from trainer.commands.export import Export
from trainer.config import Config
from trainer.drawing.calibration import draw_latents
from trainer.drawing.inference import open_generator
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.build import build_generator
from trainer.networks.crowd import CrowdGenerator


def test_variety_moves_styles_from_the_typical_one_and_none_of_it_leaves_that_of_the_labels(
    small_crowd: Config,
) -> None:
    randomness = torch.Generator().manual_seed(0)
    latents = draw_latents(256, small_crowd.generator.latent_size, "normal", randomness)
    labels = torch.tensor([[1.0, 30.0]]).expand(256, 2)
    spreads = []
    for factor in (1e-6, 0.5, 1.0, 2.0):
        torch.manual_seed(0)
        generator = build_generator(small_crowd, SEX_AND_AGE)
        assert isinstance(generator, CrowdGenerator)
        generator.vary(factor)
        with torch.no_grad():
            spreads.append(float(generator.style_of(latents, labels).std(dim=0).mean()))
    assert spreads[0] < 1e-4
    assert spreads == sorted(spreads)


def test_an_exported_model_says_its_variety_and_has_it(trained_run: Path, tmp_path: Path) -> None:
    spreads = []
    for variety in (0.25, 1.0):
        Export(trained_run, tmp_path / "model.facegan", variety=variety).run()
        generator = open_generator(tmp_path / "model.facegan")
        assert generator.card["trainer"]["variety"] == variety
        faces = generator(range(64), np.ones(64), np.full(64, 30.0))
        spreads.append(float(faces.astype(np.float64).std(axis=0).mean()))
    assert spreads[0] < spreads[1]


@pytest.mark.parametrize("variety", ["0", "-1", "5", "nan"])
def test_a_variety_that_makes_no_sense_is_refused(
    variety: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(tmp_path), "--out", str(tmp_path / "model.facegan"), "--variety", variety]
    assert cli.main(words) == 2
    told = capsys.readouterr().err
    assert f"variety {float(variety):g}" in told
    assert told.count("\n") == 1
