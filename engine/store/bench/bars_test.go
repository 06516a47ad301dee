package bench

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkBars measures all bars and prints the table.
func BenchmarkBars(b *testing.B) {
	m := newMachine(b)
	r := m.riverRun(4000, true)
	fmt.Println("river plain", r.rate(), r.logPerMessage())
	r = m.riverRun(15000, false)
	fmt.Println("river batched", r.rate(), r.logPerMessage())
	_ = os.Stdout
}
