"""Checkpoints, model files and datasets that are damaged: opened, or refused in one line that names the file."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from tests.trainer.fuzz.conftest import damaged
from trainer.checkpoints import newest_checkpoint, read_checkpoint, write_state
from trainer.config import Config
from trainer.data.dataset import IMAGES, LABELS, METADATA, Dataset, open_dataset
from trainer.data.packing import write_pack
from trainer.drawing.export import export
from trainer.drawing.inference import open_generator
from trainer.errors import UserError
from trainer.model_file.graph import graph_from_json
from trainer.model_file.storage import read_model, write_model
from trainer.training.resuming import resume, start_from
from trainer.training.run import Run, RunOptions, fabric_for

WRONG: tuple[Any, ...] = (None, "x", -1, 10**30, 1.5, True, [], {}, [1], {"a": 1}, "9" * 400)


def run_of(config: Config, dataset: Dataset, out: Path) -> Run:
    return Run(config, dataset, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True))


def refusal(act: Callable[[], object]) -> str | None:
    """What a user is told where `act` is refused; None where it is not."""
    try:
        act()
    except UserError as error:
        return str(error)
    return None


def is_line_about(told: str | None, path: Path) -> bool:
    return told is None or ("\n" not in told and path.name in told and len(told) < 1500)


@pytest.fixture
def trained(small_crowd: Config, discs: Dataset, tmp_path: Path) -> Path:
    """A run of one step, with the dataset.json that `train` writes."""
    out = tmp_path / "run"
    out.mkdir()
    (out / METADATA).write_text(json.dumps(discs.metadata))
    run = run_of(small_crowd, discs, out)
    run.step(run.next_index(run.sampler))
    run.save()
    return out


def altered(value: Any, dice: random.Random) -> Any:
    """A tree of plain values with one thing in it left out or replaced."""
    if isinstance(value, Mapping) and value and dice.random() < 0.85:
        key = dice.choice(list(value))
        if dice.random() < 0.3:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: altered(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.7:
        place = dice.randrange(len(value))
        return [*value[:place], altered(value[place], dice), *value[place + 1 :]]
    if isinstance(value, torch.Tensor):
        return dice.choice([value[:0], value.flatten(), torch.zeros(3), torch.zeros(()), None])
    return dice.choice(WRONG)


def test_a_checkpoint_that_is_not_as_it_was_is_refused_in_one_line(
    trained: Path, small_crowd: Config, discs: Dataset
) -> None:
    path, state, _ = newest_checkpoint(trained)
    dice, refused = random.Random(17), 0
    for name in state:
        write_state(path, {key: value for key, value in state.items() if key != name})
        assert is_line_about(refusal(lambda: open_generator(path)), path), name
        assert is_line_about(refusal(lambda: resume(run_of(small_crowd, discs, trained), path)), path), name
    run = run_of(small_crowd, discs, trained)
    for _ in range(60):
        torch.save(altered(state, dice), path)
        for act in (lambda: open_generator(path), lambda: resume(run, path), lambda: start_from(run, path)):
            told = refusal(act)
            assert is_line_about(told, path)
            refused += told is not None
    assert refused > 60


def test_a_damaged_checkpoint_is_refused_in_one_line(trained: Path) -> None:
    path = newest_checkpoint(trained)[0]
    for content in (b"", *damaged(path.read_bytes(), 17, 40)):
        path.write_bytes(content)
        assert is_line_about(refusal(lambda: read_checkpoint(path)), path)


def test_a_model_file_that_is_not_as_it_was_is_refused_in_one_line(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "faces.facegan"
    model, _ = export(newest_checkpoint(trained)[0], path, {})
    good, dice, refused = path.read_bytes(), random.Random(17), 0
    plain = {"graph": model.graph.json(), "card": dict(model.card), "golden": list(model.golden)}
    for _ in range(120):
        changed = altered(plain, dice)
        if not isinstance(changed, dict):
            continue
        texts = {name: json.dumps(value) for name, value in changed.items()}
        path.write_bytes(save(load(good), {"format": "facegan/1", **texts}))
        told = refusal(lambda: open_generator(path).draw(np.array([1]), {}))
        assert is_line_about(told, path), changed
        refused += told is not None
    assert refused > 40
    for content in (b"", *damaged(good, 17, 60)):
        path.write_bytes(content)
        assert is_line_about(refusal(lambda: open_generator(path)), path)


def test_a_model_file_that_asks_for_the_impossible_allocates_nothing(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "faces.facegan"
    export(newest_checkpoint(trained)[0], path, {})
    model = read_model(path)
    graph = model.graph.json()
    next(node for node in graph["nodes"] if node["op"] == "upsample")["attributes"]["factor"] = 2**15
    write_model(path, replace(model, graph=graph_from_json(graph)))
    assert "upsample makes" in (refusal(lambda: open_generator(path)) or "")
    graph["nodes"][0]["op"] = "think"
    write_model(path, replace(model, graph=graph_from_json(graph)))
    assert "no op 'think'" in (refusal(lambda: open_generator(path)) or "")


def test_a_dataset_that_is_damaged_is_refused_in_one_line(discs: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    header = "file,sex,age_low,age_high,held_out,group,source"
    rows = [
        f"{file},{1 if index % 2 else -1},20,30,{int(index % 10 == 9)},{index},s"
        for index, file in enumerate(discs.files[:20])
    ]
    texts = {METADATA: json.dumps({**discs.metadata, "format": 1}), LABELS: "\n".join([header, *rows]) + "\n"}
    np.save(folder / IMAGES, discs.images[:20, ::8, ::8])
    for name, text in texts.items():
        (folder / name).write_text(text)
    assert len(open_dataset(folder)) == 20
    dice, refused = random.Random(17), 0
    for name in (METADATA, LABELS, IMAGES):
        good = (folder / name).read_bytes()
        start = good[:200] if name == IMAGES else good
        versions = [version + good[len(start) :] for version in damaged(start, 17, 50)]
        if name == METADATA:
            versions += [json.dumps(altered(json.loads(good), dice)).encode() for _ in range(60)]
        for content in versions:
            (folder / name).write_bytes(content)
            told = refusal(lambda: open_dataset(folder))
            assert is_line_about(told, folder)
            refused += told is not None
        (folder / name).write_bytes(good)
    write_pack(folder / "packed.zip", texts, discs.images[:20, ::8, ::8])
    pack = folder / "packed.zip"
    for content in damaged(pack.read_bytes(), 17, 60):
        pack.write_bytes(content)
        told = refusal(lambda: open_dataset(pack))
        assert is_line_about(told, pack)
        refused += told is not None
    assert refused > 60
