# Everything a contributor needs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test bench bench-full lint generate verify

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

build: ## build the program into .bin/
	go build -o $(BINARY) ./cmd/kaskad

# go test's own output goes through testsum, which shows failures and ends with "N passed, N failed".
test: ## run all tests; the last line counts them
	@.ci/postgresql
	@go build -o .bin/testsum ./engine/house/testsum
	@all=$$(go list ./...) && status=0; \
	raced=$$(echo "$$all" | grep -E '$(RACE_PACKAGES)'); rest=$$(echo "$$all" | grep -vE '$(RACE_PACKAGES)'); \
	{ go test -json -timeout 15m $$rest || status=1; \
	  [ -z "$$raced" ] || go test -json -timeout 15m $(RACE) $$raced || status=1; \
	  exit $$status; } 2>&1 | .bin/testsum

# One program measures every bar and prints a table: measured, bar, ok or MISSED. It needs a quiet machine, so a missed bar
# is printed and fails nothing; tests never time. BENCH_DATABASE_URL measures another server than a private one.
bench: ## measure the bars of performance and print a table; informative: MISSED is printed, the exit status stays 0
	@.ci/postgresql
	go test -run='^$$' -bench='^BenchmarkBars$$' -benchtime=1x -timeout 10m ./engine/store/bench

bench-full: ## the same with millions of recipients and more rounds, then the packages' own benchmarks
	@.ci/postgresql
	BENCH_FULL=1 go test -run='^$$' -bench='^BenchmarkBars$$' -benchtime=1x -timeout 2h ./engine/store/bench
	go test -run='^$$' -bench=. -benchmem -timeout 2h $$(go list $(BENCH_PACKAGES) | grep -v /store/bench)

# staticcheck's rules: all but
#   ST1000 (a comment for each package): test packages and one-file commands need none; reviewed by eye
#   ST1003 (names): it wants Url -> URL in generated files too
#   ST1020-ST1022 (a comment begins with the name): our comments are sentences, not signatures
lint: ## look for mistakes and bad style
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; \
	else go run $(STATICCHECK) -checks 'all,-ST1000,-ST1003,-ST1020,-ST1021,-ST1022' ./...; fi

generate: ## write the generated files anew
	go generate ./...

verify: ## check form, vet, the rules of the house and that generated files are current
	@unformed=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformed" ]; then echo "not gofmt-ed:"; echo "$$unformed"; exit 1; fi
	go vet ./...
	go test ./engine/house/...
	@files() { git ls-files -co --exclude-standard -z | xargs -0 sha256sum 2>/dev/null; true; }; \
	before=$$(files); go generate ./... || exit 1; \
	if ! diff <(echo "$$before") <(files); then echo "generated files were not current; they are now"; exit 1; fi
