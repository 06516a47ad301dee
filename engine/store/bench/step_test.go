package bench

import (
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"
)

// stepRun runs the interpreter's own benchmark, and gives the slowest of its cases: nanoseconds and allocations a step.
func (m *machine) stepRun() (nanoseconds, allocations float64) {
	ctx, cancel := context.WithTimeout(m.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench=^BenchmarkStep$", "-benchmem", "kaskad/engine").CombinedOutput()
	require.NoError(m, err, string(out))
	lines := regexp.MustCompile(`(?m)^BenchmarkStep.*$`).FindAllString(string(out), -1)
	require.NotEmpty(m, lines, string(out))
	for _, line := range lines {
		value := func(unit string) float64 {
			found := regexp.MustCompile(`([0-9.]+) ` + unit).FindStringSubmatch(line)
			require.Len(m, found, 2, line)
			v, err := strconv.ParseFloat(found[1], 64)
			require.NoError(m, err)
			return v
		}
		nanoseconds = max(nanoseconds, value("ns/step"))
		allocations = max(allocations, value("allocs/op")/value("steps/op"))
	}
	return nanoseconds, allocations
}
