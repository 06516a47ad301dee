// Package store keeps everything in PostgreSQL: it is the only place that speaks to it. A worker's work goes in sets of
// thousands, one transaction a batch, its statements sent together, so that opening a batch and committing it are one
// round trip each.
//
// Statements are in queries/*.sql. What holds a segment is an advisory lock of the session that also commits the
// segment's changes, and an epoch that every batch checks.
package store
