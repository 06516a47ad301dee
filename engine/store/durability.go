package store

import (
	"context"
	"fmt"
)

// Durability is for what an acknowledged commit waits. The settings can be changed while processes run.
type Durability struct {
	Commit   string // synchronous_commit: on, remote_apply, remote_write, local or off
	Standbys string // synchronous_standby_names; empty: none
}

// Durability reads the server's settings, as they are for a session of the runtime.
func (s *Store) Durability(ctx context.Context) (d Durability, err error) {
	err = s.pool.QueryRow(ctx, "SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names')").
		Scan(&d.Commit, &d.Standbys)
	return d, err
}

// Survives says which failures an acknowledged commit outlives.
func (d Durability) Survives() string {
	switch {
	case d.Commit == "off":
		return "a crash of the server may lose the last commits: messages may be sent twice"
	case d.Standbys == "" || d.Commit == "local":
		return "a crash of the server loses nothing, a failover to a standby may lose the last commits"
	case d.Commit == "remote_write":
		return "a crash of the server or a failover loses nothing, unless the standby's machine fails at the same time"
	}
	return "neither a crash of the server nor a failover loses anything"
}

// String gives the settings and what they mean.
func (d Durability) String() string {
	standbys := d.Standbys
	if standbys == "" {
		standbys = "none"
	}
	return fmt.Sprintf("%s (synchronous_commit %s, synchronous standbys: %s)", d.Survives(), d.Commit, standbys)
}
