import torch

from trainer.config import Config
from trainer.drawing.calibration import calibrated, draw_labels, draw_latents
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.build import build_generator


def test_calibration_gives_the_statistics_of_these_weights(small_crowd: Config) -> None:
    torch.manual_seed(0)
    generator = build_generator(small_crowd, SEX_AND_AGE)
    ready = calibrated(generator, SEX_AND_AGE, "normal", batches=20)
    randomness = torch.Generator().manual_seed(5)
    latents, labels = draw_latents(256, 16, "normal", randomness), draw_labels(256, SEX_AND_AGE, randomness)
    with torch.no_grad():
        by_batch, by_average = generator(latents, labels), ready(latents, labels)
    assert not ready.training
    assert float((by_batch - by_average).abs().mean()) < 0.05
    assert float((by_batch - generator.eval()(latents, labels)).abs().mean().detach()) > 0.05


def test_calibration_leaves_the_network_itself_alone(small_crowd: Config) -> None:
    generator = build_generator(small_crowd, SEX_AND_AGE)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    calibrated(generator, SEX_AND_AGE, "normal", batches=2)
    assert generator.training
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_drawn_labels_fill_their_ranges() -> None:
    labels = draw_labels(4000, SEX_AND_AGE, torch.Generator().manual_seed(0))
    assert set(labels[:, 0].tolist()) == {-1.0, 1.0}
    assert abs(float(labels[:, 0].mean())) < 0.1
    assert 0 <= float(labels[:, 1].min()) < 1
    assert 89 < float(labels[:, 1].max()) <= 90
