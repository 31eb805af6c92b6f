# Every target installs what it needs first and does nothing twice.
PY := .venv/bin/python
ARGS ?=
# Where nothing may be kept of what Python compiles, every start of a server compiles all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup loopback servers checked run demo test lint unit integration fuzz bench

setup:
	@scripts/setup

loopback: setup
	@scripts/loopback

run: setup
	@.venv/bin/roomtape serve $(ARGS)

demo: loopback
	@ROOMTAPE_ICE_ADDRESSES=127.0.0.2 .venv/bin/roomtape demo $(ARGS)

lint: setup
	@.venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/mypy && .venv/bin/lint-imports

unit: setup
	@.venv/bin/pytest tests/unit -n 2 --reruns 1 $(ARGS)

# Two at a time, whole files: most of the time of these tests is waiting for media in real time. A machine that is
# starved for a while cannot send media on time, so a failure is tried twice more; three in a row are a failure.
integration: loopback servers
	@ROOMTAPE_ICE_ADDRESSES=127.0.0.2 .venv/bin/pytest tests/integration -n 2 --dist loadfile --no-loadscope-reorder --reruns 2 --reruns-delay 5 --durations=15 $(ARGS)

servers: setup
	@scripts/setup test

checked: lint
	@$(MAKE) unit

# The servers that the last tests talk to are installed while the first ones run.
test: setup
	@$(MAKE) -j 2 checked servers
	@$(MAKE) integration

# Five minutes of what /openapi.json allows, and what not, 1,000 cases a minute; ARGS="--minutes 1 --seed 7" as well.
fuzz: loopback
	@ROOMTAPE_ICE_ADDRESSES=127.0.0.2 .venv/bin/python -m tests.support.fuzzing $(ARGS)

bench: loopback
	@scripts/setup bench
	@ROOMTAPE_ICE_ADDRESSES=127.0.0.2 .venv/bin/roomtape bench $(ARGS)
