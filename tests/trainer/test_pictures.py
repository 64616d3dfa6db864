import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.drawing.sheets import save_sheet
from trainer.pictures import MADE_MARK, png

MADE = "trainedAlgorithmicMedia"
PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


def test_what_a_model_has_made_says_so_and_nothing_else_does() -> None:
    made, photograph = (Image.open(io.BytesIO(png(PICTURE, made=made))) for made in (True, False))
    assert made.text["XML:com.adobe.xmp"] == MADE_MARK  # type: ignore[attr-defined] # Pillow's PNG has it
    assert "Iptc4xmpExt:DigitalSourceType" in MADE_MARK
    assert not photograph.text  # type: ignore[attr-defined]
    assert (np.asarray(made) == PICTURE).all()


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".svg"])
def test_sheets_of_every_kind_carry_the_mark(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sheet{ending}"
    save_sheet(PICTURE[None], 1, path)
    assert MADE.encode() in path.read_bytes()
