"""The contract between the two programs: the add-on's engine draws what the trainer's network draws."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="parity needs the trainer's torch")
pytest.importorskip("safetensors", reason="the trainer writes model files with safetensors")

from blender_facegan.core.engine.engine import Engine, verify  # noqa: E402 - after the skips
from blender_facegan.core.engine.products import Gemm  # noqa: E402 - after the skips
from blender_facegan.core.model.file import ModelFile, read_model  # noqa: E402
from blender_facegan.core.people.population import Recipe, latents  # noqa: E402
from tests.core.model.model_writer import CARD  # noqa: E402
from trainer.config import PRESETS  # noqa: E402
from trainer.drawing.export import build_model  # noqa: E402
from trainer.drawing.inference import TrainedGenerator  # noqa: E402
from trainer.labels.label import SEX_AND_AGE  # noqa: E402
from trainer.model_file.storage import write_model  # noqa: E402
from trainer.networks.build import build_generator  # noqa: E402

CROWD = [Recipe(seed, sex, age) for seed, (sex, age) in enumerate([(-1, 0), (1, 4), (0, 33.3), (-0.5, 75), (1, 90)])]


@pytest.fixture(scope="module", params=["crowd", "paper"])
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainedGenerator, ModelFile]:
    """An untrained generator of a preset, its norms' statistics drawn as if it had been trained, and its model file."""
    torch.manual_seed(1)
    config = PRESETS[request.param]
    generator = build_generator(config, SEX_AND_AGE).eval()
    for name, buffer in generator.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0)
        elif name.endswith("running_mean"):
            buffer.normal_(0.0, 0.3)
    trained = TrainedGenerator(network=generator, config=config, labels=SEX_AND_AGE, images=0, history=())
    latent = {"size": generator.latent_size, "distribution": config.generator.latent_distribution}
    path = tmp_path_factory.mktemp(str(request.param)) / "faces.facegan"
    write_model(path, build_model(trained, CARD | {"resolution": config.resolution, "latent": latent}))
    return trained, read_model(path)


@pytest.mark.parametrize("gemm", ["blas", "einsum"])
def test_the_trainers_golden_pictures_are_kept(exported: tuple[TrainedGenerator, ModelFile], gemm: Gemm) -> None:
    _, model = exported
    assert np.stack([golden.image for golden in model.golden]).std() > 5
    assert verify(model, Engine(model, threads=1, gemm=gemm)) <= 2


def test_the_engine_draws_what_the_network_draws(exported: tuple[TrainedGenerator, ModelFile]) -> None:
    """To a rounding, and 3 of 255 steps where the file's half precision adds up; the network's weights are single."""
    trained, model = exported
    card = model.card
    vectors = torch.from_numpy(latents([r.seed for r in CROWD], card.latent_size, card.latent_distribution))
    labels = torch.tensor([[recipe.sex, recipe.age] for recipe in CROWD], dtype=torch.float32)
    with torch.no_grad():
        expected = trained.network(vectors, labels).permute(0, 2, 3, 1).numpy()
    difference = np.abs(Engine(model, threads=1).generate(CROWD) - (expected + 1) * 127.5)
    assert difference.max() < 3
    assert difference.mean() < 0.5
