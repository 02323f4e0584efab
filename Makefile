# Everything starts here: `make demo` and `make test` need Python 3.11 or newer, make and git, and bring the rest.
# Some shells forbid bytecode: every start would compile PyTorch anew.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.stamp
COMPILE := uv pip compile pyproject.toml --extra dev --extra backbones --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -o requirements.txt

# The demo's size. DEMO_SCALE=small is what CI runs: the same steps, too few for readable results. FROM=scratch starts from random
# weights (about 20 minutes) instead of those that have seen drawn lines (weights/vi_line_ptr.safetensors; ten minutes at most).
DEMO_SCALE ?= full
FROM ?= vi_line_ptr
DEMO_PTR := demo_ptr_f5
DEMO_FOLD := demo_f0
DEMO_WORDS := 6000
ifeq ($(FROM),scratch)
DEMO_PTR := demo_scratch_ptr_f5
DEMO_FOLD := demo_scratch_f0
DEMO_WORDS := 9000
endif
ifeq ($(DEMO_SCALE),small)
DEMO_WORDS := 96
DEMO_OPTIONS := train.epochs=1 train.minutes=0.1
ifeq ($(FROM),scratch)
DEMO_OPTIONS := train.epochs=1 train.average=1
endif
endif
DEMO := demo

.PHONY: help env demo test schemas wheel-test web web-demo docs lint format bench requirements licences sbom audit clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

env: $(STAMP) ## the environment in .venv, from requirements.txt

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "chuviet needs Python 3.11 or newer; $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12" % v[:2])'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "python's venv module is missing; on Debian and Ubuntu: apt install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@awk '/^uv==/, !/\\$$/' requirements.txt > $(VENV)/uv.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	$(VENV)/bin/uv pip install --compile-bytecode --python $(PY) -r requirements.txt
	$(VENV)/bin/uv pip install --python $(PY) --no-deps --build-constraints requirements.txt -e .
	@touch $@

test: $(STAMP) ## the tests: a few minutes, no network, no data
	$(PY) -m pytest -q -n auto --maxprocesses 4 -m "not slow and not programs"

test-programs: $(STAMP) ## tests that start programs: torchrun, Chromium, the commands of the documentation
	$(PY) -m pytest -q -n auto --maxprocesses 2 -m programs

wheel-test: $(STAMP) ## build the wheel, install it in a fresh environment, read with it
	$(PY) -m pytest -q -m slow

# The schemas of ALTO and PAGE are no part of this project; a source distribution on PyPI has both among its tests.
SCHEMAS := outputs/schemas
schemas: $(STAMP) ## the XML schemas that tests of ALTO and PAGE want; without them these tests are skipped
	@mkdir -p $(SCHEMAS)
	$(PY) -m pip download --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-binary :all: --dest $(SCHEMAS) ocrd-page-to-alto==1.3.0
	tar -xzf $(SCHEMAS)/ocrd-page-to-alto-1.3.0.tar.gz -C $(SCHEMAS) --strip-components=3 $(addprefix ocrd-page-to-alto-1.3.0/tests/data/,alto-4-2.xsd page.xsd)

docs: $(STAMP) ## the site in outputs/site; links checked, nothing from other hosts
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet
	$(PY) .ci/check_site.py outputs/site
	@echo "To look at it: python -m http.server -d outputs/site, then http://127.0.0.1:8000"

web: web/node_modules ## build the page: for the service into src/chuviet/serve/page, for the browser alone into web/dist (needs npm)
	cd web && npm run --silent build && npm run --silent build:browser

web-demo: $(STAMP) web/node_modules ## the page with its reader inside the browser, as static files in demo/web (needs npm)
	cd web && npm run --silent build:browser
	$(VENV)/bin/chuviet export --to web $(DEMO)/web

web/node_modules: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

lint: $(STAMP) ## ruff, mypy, and hadolint for the Dockerfile
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/hadolint Dockerfile

format: $(STAMP) ## let ruff fix and format
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(STAMP) ## the benchmarks, each beside a named peer
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(PY) $$file; done

requirements: $(STAMP) ## compile requirements.txt anew from pyproject.toml's ranges
	UV_CUSTOM_COMPILE_COMMAND="$(COMPILE)" $(VENV)/bin/$(COMPILE) --upgrade

licences: $(STAMP) ## the tables of docs/licences.md, from what is installed
	$(PY) .ci/licences.py

sbom: $(STAMP) ## outputs/sbom.json: what is installed in .venv, as CycloneDX
	@mkdir -p outputs
	$(VENV)/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --of JSON -o outputs/sbom.json $(PY)

audit: $(STAMP) ## known vulnerabilities of what requirements.txt pins (needs a network)
	$(VENV)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.txt

# Reading with the shipped weights, then from no data to a submission: fonts, a small handwriting set, drawn words, pretraining,
# five folds, packing, the notebook.
demo: $(STAMP) ## the whole way on a generated set: ten minutes at most on two cores
	@mkdir -p $(DEMO)
	$(VENV)/bin/chuviet predict docs/examples/lines
	$(VENV)/bin/chuviet read docs/examples/pages/letter.jpg --draw $(DEMO)/read
	@$(PY) synthetic_data/get_fonts.py --set starter || echo "going on with the fonts that the packages bring"
	$(PY) synthetic_data/gendata_demo.py
	$(PY) synthetic_data/gendata_address.py --words --count $(DEMO_WORDS) --out $(DEMO)/address_words --fresh
	$(PY) synthetic_data/gendata_poems.py --words --count $(DEMO_WORDS) --out $(DEMO)/poems_words --fresh
	$(PY) prepare_ext_data.py --manifests $(DEMO)/*/manifest.csv --out $(DEMO)/train_ext3.csv
	$(PY) train.py -C $(DEMO_PTR) $(DEMO_OPTIONS)
	$(VENV)/bin/chuviet train -C $(DEMO_FOLD) --folds 0-4 $(DEMO_OPTIONS)
	CHUVIET_MAX_IMAGES=200 CHUVIET_WEIGHTS="outputs/$(DEMO_FOLD)/fold*/weights.safetensors" $(VENV)/bin/jupyter execute inference.ipynb --output=$(CURDIR)/$(DEMO)/inference.ipynb
	$(VENV)/bin/chuviet predict -w outputs/$(DEMO_FOLD)/fold0/weights.safetensors "training_data/images/1/1*.jpg"
	$(VENV)/bin/chuviet report outputs/$(DEMO_FOLD)/oof.csv --out $(DEMO)/errors.html
	@echo
	@echo "Above: lines of a writer that fold 0 never saw, then the error rates of the five folds together. The picture of the page"
	@echo "that was read first is in $(DEMO)/read, the submission is submission.csv, the notebook's pictures are in"
	@echo "$(DEMO)/inference.ipynb, the errors in $(DEMO)/errors.html. Next: delete the drawn images in training_data/images, put"
	@echo "your own lines there and in train_folds.csv (chuviet folds makes the folds), and train on them as README says."

clean: ## remove what the demo and the tools made; the environment stays
	rm -rf $(DEMO) outputs/demo_* .pytest_cache .ruff_cache .mypy_cache build dist
