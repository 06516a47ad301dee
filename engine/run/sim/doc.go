// Package sim drives whole processes of the runtime through mishaps in virtual time, from one seed: see world_test.go.
package sim
