// Package flaw names mistakes that the runtime makes on purpose, so that its simulation can be seen to find them. Nobody
// outside engine/run can ask for one.
package flaw

// Flaws are such mistakes; the zero value has none.
type Flaws struct {
	// Claims: what a process hears of a message that it got under a former claim of the segment is taken for the last word on
	// it, though another owner may have handed it over since.
	Claims bool
}
