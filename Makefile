# make demo          build the add-on, install it into Blender, fill a grandstand, render it
# make test          lint, types, and every test, those in Blender included
# make test-fast     what needs neither training nor Blender, in two minutes on two cores
# make test-matrix   the core's and the add-on's tests on every Blender that this machine can hold
# make newcomer      README.md's own lines, from `pip install` to a model, in an environment of their own
# make zip           the add-on's zip, in dist/
# make zip-lite      the same without a model, for places that take no model files
# make repository    a repository for Blender's Get Extensions, in dist/repository, for a studio to host
# make ci            all of these, and no test on one Blender twice
#
# PYTHON=/path/to/python chooses the interpreter; left out, a fitting one is looked for. pip's own settings hold,
# such as PIP_EXTRA_INDEX_URL for a CPU build of torch.

export PYTHON
DEMO_PYTHON := .venv-demo/bin/python
DEV_PYTHON := .venv-dev/bin/python

# Tests of pure logic: they run no training, open no Blender, and prepare no photographs.
FAST_TESTS := tests/core tests/trainer/labels --ignore=tests/trainer/labels/test_new_kind.py tests/trainer/networks \
	tests/trainer/training/step/test_augmentation.py tests/trainer/training/step/test_gan.py \
	tests/trainer/training/step/test_losses.py tests/trainer/drawing/test_people.py \
	tests/trainer/evaluation/statistics tests/trainer/evaluation/test_figures.py tests/trainer/data/sources \
	tests/trainer/data/light tests/trainer/data/test_sampler.py tests/trainer/data/test_decisions.py \
	tests/trainer/data/prepare/test_split.py tests/trainer/study/test_results.py tests/trainer/study/test_bootstrap.py \
	tests/trainer/test_config.py tests/trainer/test_files.py tests/trainer/test_tables.py \
	tests/test_architecture.py tests/test_trainer_rooms.py tests/test_add_on_rooms.py tests/test_documentation.py

# A recipe's first line that needs an interpreter before there is an environment.
find_python = python=$$(sh tools/find_python.sh 3.11 3.13) || exit 2; PYTHONDONTWRITEBYTECODE=1 $$python

.PHONY: demo test test-fast test-matrix newcomer ci zip zip-lite repository lint types test-trainer test-blender environment-dev environment-demo clean

demo: environment-demo
	@$(DEMO_PYTHON) build_addon.py
	@$(DEMO_PYTHON) -m examples.demo

zip: environment-demo
	@$(DEMO_PYTHON) build_addon.py

zip-lite: environment-demo
	@$(DEMO_PYTHON) build_addon.py --lite

repository: environment-demo
	@$(DEMO_PYTHON) -m tools.extension_repository --out dist/repository

test: lint types test-trainer test-blender

ci: lint types test-trainer test-matrix newcomer demo

lint: environment-dev
	$(DEV_PYTHON) -m ruff check .
	$(DEV_PYTHON) -m ruff format --check .

types: environment-dev
	$(DEV_PYTHON) -m mypy

test-fast: environment-dev
	$(DEV_PYTHON) -m pytest -n 2 --hypothesis-profile=fast $(FAST_TESTS)

test-trainer: environment-dev
	$(DEV_PYTHON) -m pytest --ignore=tests/blender

test-blender:
	@$(find_python) -m tools.blender_tests

test-matrix:
	@$(find_python) -m tools.blender_tests --all

newcomer:
	@$(find_python) -m tools.newcomer

environment-dev:
	@$(find_python) -m tools.environments dev

environment-demo:
	@$(find_python) -m tools.environments demo

clean:
	rm -rf .venv-dev .venv-demo .venv-blender-* build dist demo *.egg-info
