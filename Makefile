# Livepass. `make` prints the commands.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
PORT ?= 8080
T ?= tests
PY := .venv/bin/python
BENCH_NODE := tests/bench/baselines/node/node_modules/.installed
export PYTHONPATH := functions:tests

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^##@/ {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

##@ Run it

.PHONY: run
run: ## Run everything at http://127.0.0.1:8080 (PORT=, HTTPS=1 for a phone, DEV=1: no cooldown; ISSUER=, AUDIENCE= for your own provider)
	@[ -e .venv/runs -a -e web/dist/index.html ] || tests/tools/install/tools.sh python node >/dev/null
	+@$(MAKE) $(QUIET) -j2 .venv/runs web/dist/index.html
	@$(PY) -m emulator.run --port $(PORT) $(if $(HTTPS),--https) $(if $(DEV),--dev)

.PHONY: doctor
doctor: $(if $(ISSUER),.venv/runs) ## List what this machine lacks; what a deployment lacks (ENV=dev); what a provider does (ISSUER=https://...)

##@ Check it
.PHONY: check check-unit check-contract
check: .venv/installed ## Lint, types, unit tests, contracts without Firestore: within a minute, as you type
	+@LIVEPASS_QUICK=1 $(MAKE) $(QUIET) -j3 -k -Otarget lint-python check-unit check-contract
check-unit check-contract: .venv/installed
check-unit:
	$(PY) -m pytest -r fE tests/unit
check-contract: # mostly waits
	$(PY) -m pytest -r fE tests/contract --ignore tests/contract/emulator

.PHONY: test
test: lint ## Every test: make check, attacks, faults, browsers, Firestore, Terraform (T=path for some)
	@tests/tools/install/tools.sh java || [ "$$CI" != true ]
	+@$(if $(filter tests,$(T)),$(MAKE) $(QUIET) test-timed && $(MAKE) $(QUIET) -j4 -k -Otarget $(LANES),$(MAKE) $(QUIET) test-python)
LANES := test-faults test-e2e test-web test-python test-infra # the first mostly waits
APART := tests/e2e tests/resilience tests/bench tests/infra
QUIET := --no-print-directory

# Measurements have the machine to themselves.
.PHONY: test-timed
test-timed: .venv/installed web/node_modules/.installed web/dist/index.html packages
	cd web && npm run --silent lighthouse && npm run --silent bench:short

.PHONY: test-python test-e2e test-faults
test-python test-e2e test-faults: .venv/installed tests/node_modules/.installed $(BENCH_NODE) web/dist/index.html packages
test-e2e: tests/clients/node_modules/.installed
test-python:
	$(PY) -m pytest $(T) $(if $(filter tests,$(T)),$(APART:%=--ignore %))
test-e2e:
	$(PY) -m pytest tests/e2e
test-faults:
	$(PY) -m pytest tests/resilience tests/bench

.PHONY: test-web
test-web: .venv/installed tests/node_modules/.installed web/node_modules/.installed web/dist/index.html packages ## The web app: types, units, sizes, and every state and story in a browser
	cd web && npm run --silent typecheck && npm run --silent size && npm run --silent budget
	cd web && npm test --silent && npm run --silent test:page && npm run --silent test:live:short

.PHONY: test-infra
test-infra: .venv/installed web/dist/index.html ## Terraform, checkov, the deployment commands rehearsed, the smoke test
	@infra/check.sh
	$(PY) -m pytest tests/infra

##@ Test at length
# These draw a new seed each time; the line that make prints, and each failure, shows it.
DRAWN = $(shell echo $$((RANDOM * 32768 + RANDOM)))

.PHONY: race
race: .venv/installed ## Races, half an hour (TRIALS=2000 CALLERS=256 SCHEDULES=10000: two hours)
	LIVEPASS_SEED=$(or $(LIVEPASS_SEED),$(DRAWN)) LIVEPASS_TRIALS=$(or $(TRIALS),200) LIVEPASS_CALLERS=$(or $(CALLERS),64) LIVEPASS_PROCESSES=3 \
	LIVEPASS_SCHEDULES=$(or $(SCHEDULES),1000) LIVEPASS_USERS=500 $(PY) -m pytest -v tests/e2e/test_exactness.py tests/e2e/test_mixed_races.py tests/e2e/test_two_revisions.py
	LIVEPASS_SEED=$(or $(LIVEPASS_SEED),$(DRAWN)) LIVEPASS_RUNS=10000 $(PY) -m pytest tests/unit/limits/test_admit_model.py

.PHONY: faults
faults: .venv/installed ## The whole fault matrix, 20 Firestore restarts, 1,000 kills: half an hour
	LIVEPASS_FAULTS=all LIVEPASS_RESTARTS=20 LIVEPASS_MARGIN_S=0.5 $(PY) -m pytest -v tests/resilience/faults
	LIVEPASS_KILLS=50 $(PY) -m pytest -v tests/e2e/test_crashes.py

.PHONY: fuzz
fuzz: .venv/installed ## Attacks: 20,000 requests, 2,000 cases per operation (LIVEPASS_FUZZ=1000000 for more)
	LIVEPASS_RANDOM=1 LIVEPASS_FUZZ=$(or $(LIVEPASS_FUZZ),20000) LIVEPASS_FUZZ_SEED=$(or $(LIVEPASS_FUZZ_SEED),$(DRAWN)) \
	LIVEPASS_SEED=$(or $(LIVEPASS_SEED),$(DRAWN)) $(PY) -m pytest tests/security tests/unit
	LIVEPASS_SCHEMA_CASES=2000 LIVEPASS_SCHEMA_SEED=$(or $(LIVEPASS_SCHEMA_SEED),$(DRAWN)) $(PY) -m pytest tests/e2e/test_openapi.py

.PHONY: audit
audit: .venv/installed ## Supply chain, deliberate defects, mutation score, coverage
	$(PY) -m tools.supply_chain
	$(PY) -m tools.mutants
	$(PY) -m tools.mutants.score
	$(PY) -m coverage run -m pytest tests/unit tests/contract tests/security
	$(PY) -m tools.mutants.covered

.PHONY: generators
generators: .venv/installed tests/node_modules/.installed .local/generators ## Clients by seven generators: generated, compiled, run (3 min; ONLY=java)
	@tests/tools/install/generators.sh
	$(PY) -m tools.generators $(ONLY)

.PHONY: soak
soak: .venv/installed $(if $(ONLY),,tests/node_modules/.installed web/node_modules/.installed) ## 200 sockets, 5 min of changing keys, 200 talks over broken networks, 13 min of load (ONLY=steady RATE=20 MINUTES=120)
	failed=; $(if $(ONLY),,$(PY) -m support.load.soak || failed=sockets; $(ROTATION) || failed=keys; $(PY) -m support.networks $(RUNS:%=--runs %) || failed=networks;) \
	$(PY) -m support.load $(ONLY:%=--only %) --rate $(or $(RATE),50) --minutes $(or $(MINUTES),10) && [ -z "$$failed" ]
ROTATION = LIVEPASS_ROTATION_MINUTES=5 $(PY) -m pytest tests/e2e/test_oidc_provider.py -k keys_change

.PHONY: networks
networks: .venv/installed web/node_modules/.installed ## Talks over broken networks, each word counted, as root on Linux (60 min; RUNS=20)
	$(PY) -m support.networks $(RUNS:%=--runs %)

.PHONY: clients
clients: .venv/installed tests/node_modules/.installed tests/clients/node_modules/.installed ## Other people's clients, each as published: every case, and the table (10 min, 1.5 GB)
	$(PY) -m clients

.PHONY: browsers
browsers: .venv/installed web/node_modules/.installed web/dist/index.html ## The page in Firefox and WebKit: stories, the live suite, how long sound takes (ONLY=webkit; 40 min)
	@tests/tools/install/browsers.sh
	cd web && npm run --silent test:browsers

##@ Measure
.PHONY: bench bench-cold capacity
bench: .venv/installed $(BENCH_NODE) ## Compare with other ways of vending tokens: table, JSON, plot (20 min)
	$(PY) -m bench
bench-cold: .venv/installed $(BENCH_NODE) ## Measure a new process: first answers, a mint, the page's requests
	$(PY) -m bench.cold
capacity: .venv/installed ## Work out what 10^3 to 10^8 talks a day need and cost
	$(PY) -m bench.capacity

.PHONY: bench-web
bench-web: .venv/installed web/node_modules/.installed ## Measure what is heard and sent: median and p95
	cd web && npm run --silent bench

##@ Deploy it: ENV=dev for infra/envs/dev.tfvars
.PHONY: bootstrap plan drift deploy pause resume smoke status secret logs rollback destroy
bootstrap: ## Once per project: create the state's bucket and the identity for CI
plan: ## Show what deploy would change
drift: ## Fail if the project is not what the code says
deploy: ## Build, plan, ask, apply, publish, smoke test; a failed release is rolled back (CONFIRM=yes: no question)
secret: ## Set or rotate the Gemini API key
logs: ## Show what the function wrote (SINCE=1h, FILTER='severity>=ERROR')
status: ## Show what is live, what answers, and with which code and key
rollback: ## Restore the previous release (RELEASE=name: that one)
destroy: ## Remove everything from the project
doctor bootstrap plan drift deploy status secret logs rollback destroy:
	@$(if $(ENV)$(filter-out doctor,$@),PYTHONPATH=infra python3 -m ops.$@ $(ENV),$(if $(ISSUER),$(PY) -m emulator.issuer_check,tests/tools/install/doctor.sh))
pause: ## Pause new talks (UNTIL=2h), in ENV=dev or in make run
resume: ## Allow new talks again
pause resume:
	@$(if $(ENV),PYTHONPATH=infra python3 -m ops.$@ $(ENV),PYTHONPATH=infra:functions:tests $(PY) -m emulator.switch $@)
smoke: .venv/installed ## Check a deployment from outside: URL=https://..., ENV=dev, or make run
	@$(if $(ENV),PYTHONPATH=infra python3 -m ops.smoke $(ENV),$(PY) -m infra.smoke $(or $(URL),http://127.0.0.1:$(PORT)))

##@ The code
.PHONY: lint lint-python lint-web
lint: lint-python lint-web ## Check format, style, types and dependencies
lint-python: .venv/installed
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy functions infra/ops tests
	$(PY) -m deptry functions
	.venv/bin/lint-imports --no-logo --no-cache
lint-web: web/node_modules/.installed
	cd web && npm run --silent lint

.PHONY: fmt
fmt: .venv/installed web/node_modules/.installed ## Format the code
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	cd web && npm run --silent fmt

.PHONY: lock
lock: .venv/installed ## Lock the newest allowed versions, with hashes
	$(PY) -m tools.supply_chain.lock

.PHONY: rooms
rooms: .venv/installed ## Show which room of the server imports which
	@$(PY) -m tools.supply_chain.rooms

.PHONY: openapi
openapi: .venv/installed ## Write functions/openapi.yaml from the code
	$(PY) -m vending.openapi > functions/openapi.yaml

.PHONY: clean
clean: ## Remove everything that was installed or built
	rm -rf .venv .local .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/node_modules tests/clients/node_modules web/node_modules web/dist

.PHONY: packages
packages:
	@tests/tools/install/packages.sh

# Install what running needs first; install what checking needs only when something is checked.
.venv/runs: functions/requirements.txt tests/emulator/requirements.txt tests/tools/install/requirements.txt
	@tests/tools/install/python.sh functions/requirements.txt tests/emulator/requirements.txt
	@touch $@

.venv/installed: .venv/runs tests/requirements.txt
	@tests/tools/install/python.sh --exact functions/requirements.txt tests/requirements.txt
	@touch $@

web/dist/index.html: web/package-lock.json $(wildcard web/*.html) web/vite.config.ts $(shell find web/client web/site web/page web/admin web/public -type f) | web/node_modules/.builds
	cd web && npm run --silent build -- --logLevel error

web/node_modules/.builds: web/package-lock.json
	@tests/tools/install/tools.sh node
	@[ web/node_modules/.installed -nt $< ] || { cd web && $(NPM_CI) --omit=dev; } # everything is there already
	@touch $@

web/node_modules/.installed: web/package-lock.json | web/node_modules/.builds
	@cd web && $(NPM_CI)
	@touch web/node_modules/.builds $@

.local/generators: tests/tools/generators/requirements.txt .venv/installed
	@$(PY) -m pip install --quiet --require-hashes --upgrade --target $@ -r $< && touch $@

%/node_modules/.installed: %/package-lock.json
	@tests/tools/install/tools.sh node
	@cd $* && $(NPM_CI)
	@touch $@
NPM_CI := npm ci --loglevel=error --no-fund --no-audit
