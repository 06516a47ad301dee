# Everything a contributor needs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build web test screenshots bench bench-full endurance soak standby lint generate verify

BINARY := .bin/kaskad

# What `make run` starts.
RUN := $(BINARY) serve --demo

# Packages whose tests also run under the race detector: those with goroutines that share something. It needs a C
# compiler and makes tests several times slower, so not all have it. `make test RACE=` leaves it out.
RACE := $(shell command -v cc >/dev/null && echo -race)
RACE_PACKAGES := ^kaskad/(engine/(run|channel|store/private)|api)(/|$$)

# Packages with benchmarks of their own.
BENCH_PACKAGES := ./engine/...

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

help: ## show this list
	@echo "make TARGET, where TARGET is one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and start the server with a demonstration
	$(RUN)

build: web ## build the program with its web application into .bin/
	go build -o $(BINARY) ./cmd/kaskad

# The web application goes into the program, so it is built first: when its sources are newer than what was built, and where
# there is npm. Without it the program is built all the same, and says on its page what is missing.
WEB_BUILT := web-editor/dist/index.html
WEB_SOURCES = $(shell find web-editor/src web-editor/index.html web-editor/package-lock.json web-editor/vite.config.ts web-editor/public \
	web-editor/postcss.config.js -type f 2>/dev/null)

web: ## build the web application, where it is not current
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(WEB_BUILT); \
	else echo "npm is not there: the program is built without a new web application" >&2; fi

$(WEB_BUILT): $(WEB_SOURCES)
	@cd web-editor && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error; }
	cd web-editor && npx vite build --logLevel warn


# For how long each decoder of outside input is fuzzed, five at a time, after the other tests: beside them it would slow those that wait.
FUZZ := 60s

# All output goes through testsum, which shows failures and ends with "N passed, N failed": go test's, and the browser's tests
# in the same form.
test: web ## run all tests; the last line counts them
	@.ci/postgresql
	@.ci/chromium >/dev/null
	@go build -o .bin/testsum ./engine/house/testsum
	@go build -o $(BINARY) ./cmd/kaskad
	@cd web-editor && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error; }
	@all=$$(go list ./...) && status=0; \
	raced=$$(echo "$$all" | grep -E '$(RACE_PACKAGES)'); rest=$$(echo "$$all" | grep -vE '$(RACE_PACKAGES)'); \
	{ go test -json -timeout 15m $$rest || status=1; \
	  [ -z "$$raced" ] || go test -json -timeout 15m $(RACE) $$raced || status=1; \
	  (cd web-editor && export CHROMIUM=$$(../.ci/chromium) && npm run --silent test) || status=1; \
	  .ci/fuzz $(FUZZ) || status=1; \
	  exit $$status; } 2>&1 | .bin/testsum

# Into web-editor/screenshots/. It fails where a page has an error in its console, asks another host, is wider than its window, or
# keeps somebody out who cannot see or use a mouse. SCREENS=campaigns,launch LANGS=ru WIDTHS=390 draws less.
screenshots: build ## draw every screen of the web application in both languages, wide and narrow, light and dark
	@.ci/postgresql
	cd web-editor && CHROMIUM=$$(../.ci/chromium) npm run --silent screenshots

# One program measures the bars of the server and another, in Chromium, those of the web application; each prints a table: measured,
# bar, ok or MISSED. They need a quiet machine, so a missed bar is printed and fails nothing; tests never time.
# BENCH_DATABASE_URL measures another server than a private one.
bench: build ## measure the bars of performance, the canvas's too, and print tables; informative: MISSED is printed, the exit status stays 0
	@.ci/postgresql
	go test -run='^$$' -bench='^BenchmarkBars$$' -benchtime=1x -timeout 10m ./engine/store/bench
	cd web-editor && CHROMIUM=$$(../.ci/chromium) npm run --silent frames

bench-full: ## the same with millions of recipients and more rounds, half an hour at full rate, then the packages' own benchmarks
	@.ci/postgresql
	@$(MAKE) --no-print-directory endurance
	BENCH_FULL=1 go test -run='^$$' -bench='^BenchmarkBars$$' -benchtime=1x -timeout 2h ./engine/store/bench
	go test -run='^$$' -bench=. -benchmem -timeout 2h $$(go list $(BENCH_PACKAGES) | grep -v /store/bench)

# Processes, the server, its disk and the network between them break at random moments, SOAK_FAULTS times (100), with each kind of
# provider; the demo channel's own ledger is held against the rows. KASKAD_TEST_SEED repeats a run's choices. Filling the disk needs root.
soak: ## break everything a hundred times, then fuzz for five minutes each
	@.ci/postgresql
	go test -run='^$$' -bench='^BenchmarkSoak$$' -benchtime=1x -timeout 3h ./cmd/kaskad
	.ci/fuzz 5m | grep -E '"Action":"(fail|pass)"|Failing'

# A million people through four channel blocks in one campaign after another, with ten million messages in the tables. It draws the
# rate over time and names the largest costs. BENCH_MINUTES and BENCH_RECIPIENTS make it shorter or smaller.
endurance: ## half an hour at full rate with ten million messages in the tables: the rate drawn, the largest costs named
	@.ci/postgresql
	go test -run='^$$' -bench='^BenchmarkEndurance$$' -benchtime=1x -timeout 2h ./engine/store/bench

# A primary is lost during a campaign and its standby promoted, with each setting of synchronous_commit; what was lost is counted
# from the demo channel's own ledger. engine/store/RECOVERY.md has the table.
standby: ## lose a primary under load with each setting of synchronous_commit, and print what its standby kept
	@.ci/postgresql
	go test -run='^$$' -bench='^BenchmarkStandby$$' -benchtime=1x -timeout 30m ./cmd/kaskad

# staticcheck's rules: all but
#   ST1000 (a comment for each package): test packages and one-file commands need none; reviewed by eye
#   ST1003 (names): it wants Url -> URL in generated files too
#   ST1020-ST1022 (a comment begins with the name): our comments are sentences, not signatures
lint: ## look for mistakes and bad style
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; \
	else go run $(STATICCHECK) -checks 'all,-ST1000,-ST1003,-ST1020,-ST1021,-ST1022' ./...; fi

generate: ## write the generated files anew
	go generate ./...
	cd web-editor && npm run --silent generate

verify: ## check form, vet, the rules of the house and that generated files are current
	@unformed=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformed" ]; then echo "not gofmt-ed:"; echo "$$unformed"; exit 1; fi
	go vet ./...
	go test ./engine/house/...
	@files() { git ls-files -co --exclude-standard -z | xargs -0 sha256sum 2>/dev/null; true; }; \
	before=$$(files); go generate ./... || exit 1; \
	if ! diff <(echo "$$before") <(files); then echo "generated files were not current; they are now"; exit 1; fi
