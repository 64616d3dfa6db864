"""What a face was made with: labels are read back from it as they were asked for."""

from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.atlas.worker import fingerprint, labels_made_with
from blender_facegan.core.people.population import Recipe

names = st.text("abc _-é", min_size=1)
values = st.one_of(st.text("abc :=é"), st.floats(-5, 5))


@given(st.dictionaries(names, values), st.booleans(), st.booleans())
def test_labels_are_read_back(labels: dict[str, str | float], has_skin: bool, is_known: bool) -> None:
    plain = {name: value for name, value in labels.items() if ":" not in str(value) or "=" not in str(value)}
    latent = (1.0, 0.5, -0.5, 0.0) if is_known else None
    recipe = Recipe(7, -1.0, 30.0, skin=4.0 if has_skin else None, labels=tuple(sorted(plain.items())), latent=latent)
    read = labels_made_with(fingerprint("0123+light@64", recipe))
    assert read == {name: str(value) for name, value in plain.items()}


def test_labels_of_instances_are_read() -> None:
    assert labels_made_with("0123:skin:hair=fair") == {"hair": "fair"}
    assert labels_made_with("") == {}
