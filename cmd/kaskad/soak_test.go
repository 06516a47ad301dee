//go:build unix

package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"kaskad/engine/run"
	"kaskad/engine/store"
	"kaskad/engine/store/private"
	"kaskad/engine/store/storetest"
)

const (
	soakProcesses = 3
	soakPeople    = 300 // of a campaign
	soakRate      = 30
	soakDisk      = 3 << 30 // bytes of the server's disk
)

// soak is campaigns that follow one another while three processes, the server, its disk and the network between them break at
// random moments. Each process reaches the server by a proxy of its own.
type soak struct {
	*world
	server    *private.Server
	folder    string // of the server's data
	disk      string // the same where it is a disk of its own, empty where it is not
	net       *toxiproxy.ApiServer
	members   []*member
	takeovers []time.Duration
	done      map[string]int // faults, by name
	recruited int
}

// member is one of the processes, which is started again where it was killed.
type member struct {
	*process
	proxy *toxiproxy.Proxy
	url   string
}

// BenchmarkSoak breaks everything SOAK_FAULTS times (100), with each kind of provider (`make soak`). It measures no time.
func BenchmarkSoak(b *testing.B) {
	faults := 100
	if text := os.Getenv("SOAK_FAULTS"); text != "" {
		var err error
		faults, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	kinds := []string{"faulty", "faulty_repeats", "faulty_blind"}
	report := fmt.Sprintf("\n%-16s %10s %10s %9s %-s\n", "provider", "recipients", "messages", "takeover", "faults")
	for i, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			s := newSoak(b, kind)
			for range (faults + len(kinds) - 1 - i) / len(kinds) {
				s.recruit()
				s.fault()
			}
			report += s.end(kind)
		})
	}
	fmt.Println(report)
}

func newSoak(b *testing.B, kind string) *soak {
	b.Helper()
	s := &soak{done: map[string]int{}}
	dir := b.TempDir()
	if os.Geteuid() == 0 {
		require.NoError(b, syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", soakDisk)), "a disk that can be filled")
		b.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
		s.disk = dir
	}
	s.folder = dir
	s.server = privateServer(b, dir, map[string]string{"max_wal_size": "128MB", "wal_keep_size": "0"})
	require.NoError(b, store.Migrate(b.Context(), s.server.URL()))
	s.world = newWorldOn(b, s.server.URL(), "testdata/crash.json", slowed(kind), crashHurry)
	s.net = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	for i := range soakProcesses {
		s.members = append(s.members, s.join(i))
	}
	return s
}

func (s *soak) join(i int) *member {
	s.Helper()
	u, err := url.Parse(s.server.URL())
	require.NoError(s, err)
	m := &member{proxy: toxiproxy.NewProxy(s.net, fmt.Sprint("member-", i), "127.0.0.1:0", u.Host)}
	require.NoError(s, m.proxy.Start())
	s.Cleanup(m.proxy.Stop)
	u.Host = m.proxy.Listen
	m.url = u.String()
	s.serve(m)
	return m
}

// serve starts a member's process, once the server answers: a start that finds no database ends with an error, and should.
func (s *soak) serve(m *member) {
	s.Helper()
	s.settle()
	path, err := program()
	require.NoError(s, err)
	m.process = s.serveWith(path, m.url)
}

// settle waits until the server takes writes again, and gives the test connections that live.
func (s *soak) settle() {
	s.Helper()
	until(s, 3*time.Minute, "the server takes writes", func() bool {
		return storetest.Try(s.Context(), s.server.URL(), "SELECT pg_current_xact_id(), pg_switch_wal()") == nil
	})
	s.world.store.Close()
	s.look(s.server.URL())
}

// recruit makes sure that there is work for all.
func (s *soak) recruit() {
	s.Helper()
	open := 0
	for _, key := range s.keys {
		if s.info(key).Finished == nil {
			open++
		}
	}
	for ; open < 2*soakProcesses; open++ {
		s.campaign(run.Campaign{Rate: soakRate}, inMoscow(s.people(s.recruited, soakPeople)))
		s.recruited += soakPeople
	}
}

// fault lets one thing break, at a moment that is told by how far the campaigns are, and waits until it is whole again. No fault
// ends a process but the one that kills it.
func (s *soak) fault() {
	s.Helper()
	s.advance(1 + s.random.Int64N(soakPeople))
	all := []struct {
		name    string
		happens func()
	}{
		{"process killed", s.killProcess}, {"process frozen", s.freeze}, {"server killed", s.killServer}, {"backend killed", s.killBackend},
		{"connections cut", s.cut}, {"network silent", func() { s.toxic(`{"name": "t", "type": "timeout", "attributes": {"timeout": 0}}`, 20) }},
		{"network slow", func() {
			s.toxic(`{"name": "t", "type": "latency", "attributes": {"latency": 300, "jitter": 250}}`, 10)
		}},
		{"network in pieces", func() {
			s.toxic(`{"name": "t", "type": "slicer", "attributes": {"average_size": 40, "size_variation": 30, "delay": 500}}`, 10)
		}},
		{"disk full", s.fill},
	}
	if s.disk == "" {
		all = all[:len(all)-1]
	}
	f := all[s.random.IntN(len(all))]
	fmt.Printf("%s at %d\n", f.name, s.progress())
	s.done[f.name]++
	f.happens()
	s.settle()
	for _, m := range s.members {
		m.alive()
	}
}

// advance waits until the campaigns are so much further, or for as long as the longest fault needs to be over.
func (s *soak) advance(steps int64) {
	s.Helper()
	goal := s.progress() + steps
	enough := time.Now().Add(30 * time.Second)
	until(s, time.Minute, "the campaigns go on", func() bool { return s.progress() >= goal || time.Now().After(enough) || s.finished() })
}

// pause is a random time up to so many seconds, shorter ones more often.
func (s *soak) pause(seconds int) {
	x := s.random.Float64()
	<-time.After(time.Duration(x * x * float64(seconds) * float64(time.Second)))
}

func (s *soak) one() *member { return s.members[s.random.IntN(len(s.members))] }

// taken waits until the others have all that a member had.
func (s *soak) taken(from *member) {
	s.Helper()
	began := time.Now()
	until(s, takenWithin, "the others have all of it", func() bool {
		for _, key := range s.keys {
			segments, err := s.world.store.Segments(s.Context(), key)
			require.NoError(s, err)
			for _, segment := range segments {
				if from.holds(segment.Holder) && segment.Open > 0 {
					return false
				}
			}
		}
		return true
	})
	s.takeovers = append(s.takeovers, time.Since(began))
}

func (s *soak) killProcess() {
	m := s.one()
	m.kill()
	s.taken(m)
	s.serve(m)
}

func (s *soak) freeze() {
	m := s.one()
	m.signal(syscall.SIGSTOP)
	if s.random.IntN(2) == 0 {
		s.taken(m)
	}
	s.pause(15)
	m.signal(syscall.SIGCONT)
}

// postmaster is the server's first process.
func (s *soak) postmaster() int {
	s.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, "postgresql", "data", "postmaster.pid"))
	require.NoError(s, err)
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(s, err)
	return pid
}

func (s *soak) killServer() {
	s.gone(func() { require.NoError(s, syscall.Kill(s.postmaster(), syscall.SIGKILL)) })
}

// killBackend has the server end all its sessions and recover, as after a fault in its memory.
func (s *soak) killBackend() {
	s.gone(func() {
		pids := s.backends()
		_ = syscall.Kill(pids[s.random.IntN(len(pids))], syscall.SIGKILL) // it may have ended by itself
	})
}

// gone waits until a session of before is lost.
func (s *soak) gone(kill func()) {
	s.Helper()
	kill()
	again := time.Now().Add(5 * time.Second)
	until(s, time.Minute, "the session is lost", func() bool {
		if time.Now().After(again) { // what was killed had ended by itself
			kill()
			again = time.Now().Add(5 * time.Second)
		}
		_, err := storetest.Column[int64](s.db, "SELECT 1::bigint")
		return err != nil
	})
}

func (s *soak) backends() (pids []int) {
	s.Helper()
	server := s.postmaster()
	for child, parent := range processes(s) {
		if parent == server {
			pids = append(pids, child)
		}
	}
	require.NotEmpty(s, pids)
	return pids
}

// cut ends all connections of a member, and lets no new ones come about for a while.
func (s *soak) cut() {
	m := s.one()
	m.proxy.Stop()
	s.pause(15)
	require.NoError(s, m.proxy.Start())
}

// toxic makes the network of one member, or of all, bad for a while.
func (s *soak) toxic(toxic string, seconds int) {
	s.Helper()
	hit := []*member{s.one()}
	if s.random.IntN(3) == 0 {
		hit = s.members
	}
	for _, m := range hit {
		for _, stream := range []string{"upstream", "downstream"} {
			_, err := m.proxy.Toxics.AddToxicJson(strings.NewReader(strings.Replace(toxic, `"name": "t"`, `"name": "`+stream+`", "stream": "`+stream+`"`, 1)))
			require.NoError(s, err)
		}
	}
	s.pause(seconds)
	for _, m := range hit {
		m.proxy.Toxics.ResetToxics(s.Context())
	}
}

// fill leaves no byte free on the server's disk for a while.
func (s *soak) fill() {
	s.Helper()
	filler := filepath.Join(s.disk, "filler")
	f, err := os.Create(filler)
	require.NoError(s, err)
	zeros := make([]byte, 1<<20)
	for size := len(zeros); size > 0; {
		if _, err := f.Write(zeros[:size]); err != nil {
			size /= 2
		}
	}
	require.NoError(s, f.Close())
	s.pause(8)
	require.NoError(s, os.Remove(filler))
}

// end lets all campaigns finish undisturbed and checks that everything that must be true is.
func (s *soak) end(kind string) string {
	s.Helper()
	var working []*process
	for _, m := range s.members {
		working = append(working, m.process)
	}
	s.finish(working...)
	s.check(working...)
	var slowest time.Duration
	for _, t := range s.takeovers {
		slowest = max(slowest, t)
	}
	a := s.newAudit()
	return fmt.Sprintf("%-16s %10d %10d %8.1fs %v\n", kind, len(a.walks), len(a.messages), slowest.Seconds(), s.done)
}
