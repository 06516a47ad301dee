// Package bench holds the bars of performance that can be measured: each is a ratio of two things measured in one run
// on one machine, or an absolute bound. `make bench` prints them as a table. Everything in it is test code.
package bench
