// Package campaign holds the rules of campaigns that need no database. So far: when each recipient's walk begins, and in
// which order recipients are numbered.
//
// A walk begins at an instant that is the same for everybody, or at a wall-clock time in each recipient's own zone; with
// smooth sending the walks of a zone are spread evenly over the time that the campaign's window is open there, from the
// start to the campaign's end. Recipients are numbered zone by zone and by start within a zone, so that a segment of
// consecutive ones sleeps while its zone does; within a zone they are shuffled, because the variants of a test go by
// number.
//
// Everything here is a function of its arguments, and safe for use by many goroutines.
package campaign
