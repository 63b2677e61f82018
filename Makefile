# Two commands do everything on a fresh machine with Python 3.11:
#     make demo     set up and see it work
#     make test     set up and run every check
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# One thread a process: tests and folds run side by side.
export OMP_NUM_THREADS := 1

.PHONY: demo test check format results fuzz torture clean

demo: $(VENV)/.demo
	$(BIN)/unheard demo --out demo

test: check
	$(BIN)/pytest -n auto

# Style, types, layers and shape; also run by `make test`.
check: $(VENV)/.test
	$(BIN)/ruff check src tests scripts benchmarks
	$(BIN)/ruff format --check src tests scripts benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff check --fix src tests scripts benchmarks
	$(BIN)/ruff format src tests scripts benchmarks

# 10,000 mutated recordings, 1,000 mutated headers, results and tables: each a value or a named error. About an hour.
fuzz: $(VENV)/.test
	$(BIN)/python tests/fuzz

# 100 kills at random moments, full disks, two writers: the result is that of an undisturbed run. About an hour.
torture: $(VENV)/.test
	$(BIN)/python tests/torture

# docs/results.md from the results that are kept in docs/results/.
results: $(VENV)/.demo
	$(BIN)/python scripts/results_page.py

$(VENV)/.demo: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt -e ".[demo]"
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
