// Package wire says how connections to the database are made: so that either end notices soon when the other is gone.
//
// A peer whose machine lost its power, or that a cut network hides, sends nothing, and TCP alone would wait for a quarter of an
// hour. What a session holds until then, locks of segments above all, nobody else can take; and whoever waits for an answer does
// so in vain.
package wire

import (
	"context"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The time-outs of both ends. What was sent has to be acknowledged within Unanswered; a connection on which nothing is sent
// is probed after idleFor, and given up when probes were in vain for as long.
const (
	Unanswered    = 10 * time.Second
	idleFor       = 5 * time.Second
	probeEvery    = 2 * time.Second
	probesAtMost  = 3
	connectWithin = 10 * time.Second // also what bounds the dialer, where an address gives no connect_timeout
)

// session are the server's part of it, as settings that every session may make for itself. A session that leaves a
// transaction open and does nothing is ended: it would hold the watermark, and keep dead rows.
var session = map[string]string{
	"tcp_user_timeout": "10s", "tcp_keepalives_idle": "5s", "tcp_keepalives_interval": "2s", "tcp_keepalives_count": "3",
	"idle_in_transaction_session_timeout": "30s",
}

// Dial sets the client's part of it on connections that a configuration makes from now on.
func Dial(c *pgconn.Config) {
	within := connectWithin
	if c.ConnectTimeout > 0 {
		within = c.ConnectTimeout
	}
	c.ConnectTimeout = within
	dialer := &net.Dialer{Timeout: within, Control: control,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: idleFor, Interval: probeEvery, Count: probesAtMost}}
	c.DialFunc = dialer.DialContext
}

// Settle makes the settings of a new session: the server's part of the time-outs, and others besides. They are not given with
// the start of the connection, because poolers refuse most settings there.
func Settle(ctx context.Context, conn *pgx.Conn, others map[string]string) error {
	all := maps.Clone(session)
	maps.Copy(all, others)
	names := slices.Sorted(maps.Keys(all))
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = all[name]
	}
	_, err := conn.Exec(ctx, "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS s(name, value)",
		pgx.QueryExecModeExec, names, values)
	return err
}
