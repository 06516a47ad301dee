// Package virtual is a database in memory with the ports of [run], so that the runtime can be driven through years of mishaps
// in seconds. It promises what engine/store promises on PostgreSQL, transaction ids, snapshots and epochs included; both
// have to pass the package conformance. Nothing in it waits by itself: how long a call takes, and how it fails, is said by
// a [Wire].
package virtual
