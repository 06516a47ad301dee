//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// Whoever asks /readyz is told what an acknowledged commit outlives, and when that is changed while the program runs.
func TestReadyzSaysHowDurableCommitsAre(t *testing.T) {
	t.Parallel()
	address := privateServer(t, t.TempDir(), nil).URL()
	s := startServerOn(t, address, t.TempDir(), true)
	asks := &http.Client{Timeout: 10 * time.Second}
	note := func() string {
		response, err := asks.Get(strings.TrimSuffix(s.base, "/api/v1") + "/readyz")
		require.NoError(t, err)
		defer response.Body.Close()
		var said struct {
			Notes map[string]string `json:"notes"`
		}
		require.NoError(t, json.NewDecoder(response.Body).Decode(&said))
		return said.Notes["durability"]
	}
	db := storetest.Connect(t, address)
	db.Exec("SET synchronous_commit = local") // what this test writes waits for no standby that is not there
	for _, c := range []struct{ commit, standbys, want string }{
		{"on", "", "a crash of the server loses nothing, a failover to a standby may lose the last commits (synchronous_commit on, synchronous standbys: none)"},
		{"off", "", "a crash of the server may lose the last commits: messages may be sent twice (synchronous_commit off, synchronous standbys: none)"},
		{"on", "ANY 1 (a, b)", "neither a crash of the server nor a failover loses anything (synchronous_commit on, synchronous standbys: ANY 1 (a, b))"},
		{"remote_apply", "a", "neither a crash of the server nor a failover loses anything (synchronous_commit remote_apply, synchronous standbys: a)"},
		{"remote_write", "a", "a crash of the server or a failover loses nothing, unless the standby's machine fails at the same time (synchronous_commit remote_write, synchronous standbys: a)"},
		{"local", "a", "a crash of the server loses nothing, a failover to a standby may lose the last commits (synchronous_commit local, synchronous standbys: a)"},
		{"on", "", "a crash of the server loses nothing, a failover to a standby may lose the last commits (synchronous_commit on, synchronous standbys: none)"},
	} {
		// A private server has the first from its command line, so it is set for the role, and sessions begin anew.
		db.Exec("ALTER ROLE CURRENT_USER SET synchronous_commit = '" + c.commit + "'")
		db.Exec("ALTER SYSTEM SET synchronous_standby_names = '" + c.standbys + "'")
		db.Exec("SELECT pg_reload_conf()")
		db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'kaskad%' AND pid <> pg_backend_pid()")
		until(t, 10*time.Second, c.want, func() bool { return note() == c.want })
	}
}
