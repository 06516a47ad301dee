//go:build unix

package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store"
	"kaskad/engine/store/private"
	"kaskad/engine/store/storetest"
)

// cable joins a standby to its primary, until it is cut: both ends stay open then, and nothing comes through any more, as
// when the network between two machines fails.
type cable struct {
	net.Listener
	whole context.Context
	cut   context.CancelFunc
}

func newCable(t testing.TB, target string) *cable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cable{Listener: listener}
	c.whole, c.cut = context.WithCancel(context.Background())
	var open sync.WaitGroup
	var ends []net.Conn
	open.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil {
				_ = in.Close()
				continue
			}
			ends = append(ends, in, out)
			open.Go(func() { c.carry(in, out) })
			open.Go(func() { c.carry(out, in) })
		}
	})
	t.Cleanup(func() {
		c.cut()
		_ = listener.Close()
		open.Wait()
		for _, e := range ends {
			_ = e.Close()
		}
	})
	return c
}

// carry moves bytes one way.
func (c *cable) carry(from, to net.Conn) {
	defer context.AfterFunc(c.whole, func() { _ = from.SetReadDeadline(time.Unix(1, 0)) })()
	_, _ = io.Copy(to, from)  // how it ended does not matter
	if c.whole.Err() == nil { // else the other end must not hear of it
		_, _ = from.Close(), to.Close()
	}
}

// pair is a primary and its standby.
type pair struct {
	testing.TB
	primary, standby string // addresses
	url              string // of both: whichever takes writes
	data             string // of the primary
	cable            *cable
}

// newPair starts a primary whose commits are as durable as commit says, and a standby that follows it; waited: commits wait
// for the standby, as far as commit says so.
func newPair(t testing.TB, commit string, waited bool) *pair {
	t.Helper()
	p := &pair{TB: t, data: t.TempDir()}
	// The primary must not notice a cut cable by itself: it would go on waiting either way.
	server := privateServer(t, p.data, map[string]string{"synchronous_commit": commit, "wal_sender_timeout": "0"})
	p.primary = server.URL()
	require.NoError(t, store.Migrate(t.Context(), p.primary))
	u, err := url.Parse(p.primary)
	require.NoError(t, err)
	p.cable = newCable(t, u.Host)
	p.standby = p.follow(server, u)
	s, err := url.Parse(p.standby)
	require.NoError(t, err)
	u.Host += "," + s.Host
	u.RawQuery += "&target_session_attrs=read-write"
	p.url = u.String()
	db := storetest.Connect(t, p.primary)
	until(t, time.Minute, "the standby follows", func() bool {
		return db.Count("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND state = 'streaming'") == 1
	})
	if waited {
		db.Exec("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'")
		db.Count("SELECT pg_reload_conf()::integer::bigint")
		until(t, time.Minute, "commits wait for it", func() bool {
			return db.Count("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'") == 1
		})
	}
	return p
}

// follow makes a standby of a backup of the primary, opened as anybody would without this program.
func (p *pair) follow(server *private.Server, primary *url.URL) string {
	p.Helper()
	data := p.TempDir()
	file := filepath.Join(data, "backup.tar.gz")
	_, err := private.Backup(p.Context(), private.BackupOptions{Data: p.data, Server: server, File: file, Clock: time.Now})
	require.NoError(p, err)
	f, err := os.Open(file)
	require.NoError(p, err)
	defer f.Close()
	plain, err := gzip.NewReader(f)
	require.NoError(p, err)
	in := tar.NewReader(plain)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(p, err)
		path := filepath.Join(data, h.Name)
		if h.Typeflag == tar.TypeDir {
			require.NoError(p, os.MkdirAll(path, 0o700))
			continue
		}
		text, err := io.ReadAll(in)
		require.NoError(p, err)
		require.NoError(p, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(p, os.WriteFile(path, text, 0o600))
	}
	host, port, err := net.SplitHostPort(p.cable.Addr().String())
	require.NoError(p, err)
	password, _ := primary.User.Password()
	cluster := filepath.Join(data, "postgresql", "data")
	settings := fmt.Sprintf("primary_conninfo = 'host=%s port=%s user=%s password=%s application_name=standby'\n", host, port,
		primary.User.Username(), password)
	require.NoError(p, os.WriteFile(filepath.Join(cluster, "postgresql.auto.conf"), []byte(settings), 0o600))
	require.NoError(p, os.WriteFile(filepath.Join(cluster, "standby.signal"), nil, 0o600))
	return privateServer(p, data, nil).URL()
}

// lose ends the primary as the loss of its machine does: nothing of it gets to do anything more, and it does not come back.
func (p *pair) lose() {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(p.data, "postgresql", "data", "postmaster.pid"))
	require.NoError(p, err)
	line, _, _ := strings.Cut(string(text), "\n")
	server, err := strconv.Atoi(line)
	require.NoError(p, err)
	parents := processes(p)
	keeper := parents[server]
	// Its keeper would start it again, and would have it stopped in order if it were killed first.
	require.NoError(p, syscall.Kill(keeper, syscall.SIGSTOP))
	require.NoError(p, syscall.Kill(server, syscall.SIGSTOP))
	for child, parent := range processes(p) {
		if parent == server {
			_ = syscall.Kill(child, syscall.SIGKILL) // it may have ended
		}
	}
	require.NoError(p, syscall.Kill(server, syscall.SIGKILL))
	require.NoError(p, syscall.Kill(keeper, syscall.SIGKILL))
}

// processes are all that run, with their parents.
func processes(t testing.TB) map[int]int {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	require.NoError(t, err)
	parents := map[int]int{}
	for line := range strings.Lines(string(out)) {
		var pid, parent int
		_, err := fmt.Sscan(line, &pid, &parent)
		require.NoError(t, err)
		parents[pid] = parent
	}
	return parents
}

// promote makes the standby take writes, and returns when it does.
func (p *pair) promote() {
	p.Helper()
	db := storetest.Connect(p, p.standby)
	db.Count("SELECT pg_promote(wait => false)::integer::bigint")
	until(p, time.Minute, "the standby takes writes", func() bool {
		return db.Count("SELECT pg_is_in_recovery()::integer::bigint") == 0
	})
}
