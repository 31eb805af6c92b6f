# Every target installs what it needs first and does nothing twice.
PY := .venv/bin/python
ARGS ?=
PYTEST = TMPDIR=$$(scripts/scratch) .venv/bin/pytest
INTEGRATION = ROOMTAPE_ICE_ADDRESSES=127.0.0.2 $(PYTEST) tests/integration
# Where nothing may be kept of what Python compiles, every start of a server compiles all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup loopback servers run demo test beside lint unit integration test-long fuzz bench

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
	@$(PYTEST) tests/unit -n 3 --reruns 2 $(ARGS)

# Whole files, more of them than there are cores: most of the time of these tests is waiting for media in real time. A
# machine that is starved for a while cannot send media on time, so a failure is tried twice more; three in a row are one.
integration: loopback servers
	@$(INTEGRATION) -m "not long" -n 3 --dist loadfile --no-loadscope-reorder --reruns 2 --reruns-delay 5 --durations=15 $(ARGS)

# What wants the machine to itself, or minutes of it: many browsers, the bench, hours of capture, thousands of requests.
test-long: loopback servers
	@PAGE_TEST_STRICT=1 $(INTEGRATION) -m long -n 0 --reruns 1 $(ARGS)
	@SCENE_TEST_STRICT=1 CRASH_TEST_ALL_MOMENTS=1 RTMP_TEST_DEATHS=2 START_TEST_STARTS=20 $(INTEGRATION) \
	  -k "test_crashes or test_disk or test_janus_dies or test_sdk_reconnect or test_rtmp or starts_in_a_row" -n 0 --reruns 1 $(ARGS)

servers: setup
	@scripts/setup test

# The integration tests leave a third of two cores idle: there the others run, behind them, and are told when they end.
test: setup
	@$(MAKE) -j 2 integration beside

beside:
	@told=$$(mktemp); nice -n 10 $(MAKE) lint unit >$$told 2>&1; code=$$?; cat $$told; rm $$told; exit $$code

# Five minutes of what /openapi.json allows, and what not, 1,000 cases a minute; ARGS="--minutes 1 --seed 7" as well.
fuzz: loopback
	@ROOMTAPE_ICE_ADDRESSES=127.0.0.2 .venv/bin/python -m tests.support.fuzzing $(ARGS)

bench: loopback
	@scripts/setup bench
	@ROOMTAPE_ICE_ADDRESSES=127.0.0.2 .venv/bin/roomtape bench $(ARGS)
