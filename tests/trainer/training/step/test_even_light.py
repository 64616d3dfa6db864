"""Even light on tensors: as `prepare --even-light` makes it, and with the skin that is asked for."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.data.light.portraits import EYES, SIDE, faces, lamp, lit, side_light
from trainer.data.light.evening import even
from trainer.training.step.even_light import EvenLight
from trainer.training.step.measured import Skin

SKIN = Skin(0.36, 0.38)
EVENING = EvenLight(64, SKIN, torch.device("cpu"))


def tensor(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def pictures(faces: torch.Tensor) -> np.ndarray:
    return ((faces + 1) * 127.5).round().clamp(0, 255).permute(0, 2, 3, 1).to(torch.uint8).numpy()


def side_lit(across: float = 0.6) -> np.ndarray:
    return np.stack([lit(face // 2, lamp(SIDE, across, 0.0)) for face in faces()])


def test_side_light_goes_as_it_does_from_training_pictures() -> None:
    under_lamp = side_lit()
    before = [abs(side_light(face)) for face in under_lamp]
    after = [abs(side_light(face)) for face in pictures(EVENING(tensor(under_lamp), {}))]
    reference = [abs(side_light(even(face, *EYES).picture)) for face in under_lamp]
    assert min(before) > 0.4
    np.testing.assert_allclose(after, reference, atol=0.15)


@given(tone=st.floats(1.5, 9.5), under=st.floats(-1, 1))
def test_the_skin_is_what_was_asked_for(tone: float, under: float) -> None:
    asked = {"skin_tone": torch.full((4,), tone), "undertone": torch.full((4,), under)}
    evened = EVENING(tensor(side_lit()), asked)
    np.testing.assert_allclose(SKIN.measured("skin_tone", evened), tone, atol=0.3)
    np.testing.assert_allclose(SKIN.measured("undertone", evened), under, atol=0.3)


def test_the_background_does_not_turn_with_the_skin() -> None:
    faces = tensor(side_lit())
    light, dark = (
        EVENING(faces, {"skin_tone": torch.full((4,), tone), "undertone": torch.zeros(4)}) for tone in (2.0, 9.0)
    )
    change = (light - dark).abs().mean(dim=(0, 1))
    assert change[:3, :3].max() < 0.1 * change[30:34, 30:34].min()
