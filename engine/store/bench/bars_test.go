package bench

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkBars measures all bars and prints the table.
func BenchmarkBars(b *testing.B) {
	m := newMachine(b)
	t := &table{setting: m.setting()}
	n := 30_000
	bare := m.bareRun(n)
	fmt.Println("bare", bare.rate(), bare.logPerMessage(), bare.hot, bare.updates)
	eng := m.engineRun(n)
	fmt.Println("engine", eng.rate(), eng.logPerMessage(), eng.hot, eng.updates)
	t.print(os.Stdout)
}
