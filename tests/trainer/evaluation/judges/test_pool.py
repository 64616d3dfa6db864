"""Work on pictures gives the same rows here, in other processes and elsewhere."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from trainer.evaluation.judges.pool import Pool, in_chunks
from trainer.pictures import Pixels


def brightness(pictures: Pixels) -> Pixels:
    return np.asarray(pictures.mean(axis=(1, 2, 3)), np.uint8)


def test_what_is_done_elsewhere_comes_back_in_order() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (300, 4, 4, 3), dtype=np.uint8)
    with ThreadPoolExecutor(3) as elsewhere:
        with Pool(2, elsewhere) as pool:
            rows = pool.extract(brightness, in_chunks(pictures, 7), len(pictures), "brightness")
        assert elsewhere.submit(int, 3).result() == 3, "it is not ours to shut down"
    assert (rows == brightness(pictures)).all()
