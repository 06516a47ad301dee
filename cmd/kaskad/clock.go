package main

import "time"

// clockOffset shifts this program's clock. It is set by the linker alone (-X main.clockOffset=90m), in tests of a process whose
// machine has a wrong clock.
var clockOffset = "0s"

// now is the program's clock. What decides is the database's; this one stamps what people do, and measures.
func now() time.Time {
	offset, err := time.ParseDuration(clockOffset)
	if err != nil {
		panic("the program was linked with a clock offset that is none: " + clockOffset)
	}
	return time.Now().Add(offset)
}
