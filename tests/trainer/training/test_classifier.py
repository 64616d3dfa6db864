import pytest
import torch

from trainer.data.dataset import Dataset
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.classifier import AuxiliaryClassifier
from trainer.training.classifier import ClassifierTraining, set_floors
from trainer.training.step.batches import load_pictures


def test_a_guide_learns_to_read_sex_and_age_and_its_floor_is_what_real_pictures_cost(discs: Dataset) -> None:
    torch.manual_seed(0)
    pictures, _ = load_pictures(discs, SEX_AND_AGE, torch.device("cpu"), held_out=False)
    held_out, _ = load_pictures(discs, SEX_AND_AGE, torch.device("cpu"), held_out=True)
    randomness = torch.Generator().manual_seed(0)

    real = held_out.batch(torch.arange(len(held_out)), randomness, flip=False)
    training = ClassifierTraining(SEX_AND_AGE, torch.device("cpu"), 64 * 40)
    while not training.finished:
        index = torch.randint(len(pictures), (64,), generator=randomness)
        training.learn(*pictures.batch(index, randomness, flip=True))
    classifier, reading = training.frozen(real)
    assert reading.figure["sex"] > 0.9
    assert reading.figure["age"] < 12.0
    assert all(not parameter.requires_grad for parameter in classifier.parameters())
    wrong = real[1].clone()
    wrong[:, 0] *= -1
    read = classifier(real[0])
    assert float(classifier.label_loss(read, wrong)) > 3 * float(classifier.label_loss(read, real[1]))
    assert float(classifier.get_buffer("floor_sex")) == pytest.approx(reading.cross_entropy["sex"])


def test_a_face_that_obeys_as_well_as_real_ones_is_left_alone() -> None:
    torch.manual_seed(0)
    classifier = AuxiliaryClassifier(SEX_AND_AGE).eval()
    images, labels = torch.randn(8, 3, 64, 64), torch.tensor([[1.0, 30.0]]).repeat(8, 1)
    limits = {
        name: float(loss.detach().max()) + 0.01 for name, loss in classifier.losses(classifier(images), labels).items()
    }
    for name, limit in limits.items():
        classifier.get_buffer(f"floor_{name}").fill_(limit)
    images.requires_grad_(True)
    cost = classifier.label_loss(classifier(images), labels)
    assert cost.item() == 0.0
    cost.backward()
    assert images.grad is not None
    assert float(images.grad.abs().max()) == 0.0
    read = classifier(images.detach())
    both = float(classifier.label_loss(read, labels, (0.5,)))
    sex, age = (float(classifier.label_loss(read, labels, floors)) for floors in ((0.5, 1.0), (1.0, 0.5)))
    assert min(sex, age) > 0.0
    assert both == pytest.approx(sex + age)


def test_floors_are_measured_on_what_is_given() -> None:
    classifier = AuxiliaryClassifier(SEX_AND_AGE).eval()
    reading = set_floors(classifier, torch.randn(5, 3, 64, 64), torch.tensor([[1.0, 30.0]]).repeat(5, 1))
    assert reading.cross_entropy.keys() == {"sex", "age"}
    assert reading.cross_entropy["age"] > 0
