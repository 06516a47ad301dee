//go:build unix

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// These tests run the program itself, in processes of its own, and kill them.

func TestMain(m *testing.M) {
	flag.Parse()
	storetest.Apart("processes")
	// Processes under test mostly wait, for the provider, for time limits and for each other: more of them can do so at
	// once than there are processors.
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		if err := parallel.Value.Set("4"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if programDir != "" {
		_ = os.RemoveAll(programDir)
	}
	os.Exit(code)
}

var programDir string

// program builds the program for the first test that runs it.
var program = sync.OnceValues(func() (string, error) {
	var err error
	if programDir, err = os.MkdirTemp("", "kaskad-program-"); err != nil {
		return "", err
	}
	path := filepath.Join(programDir, "kaskad")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// process is a running kaskad.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	log  string // file
	done chan struct{}
	err  error // of its end, once done is closed
}

// serveWorkers starts `kaskad serve --roles=worker`. It is killed with the test, and what it said is shown where the test
// has failed.
func (w *world) serveWorkers() *process {
	w.Helper()
	path, err := program()
	require.NoError(w, err)
	return w.serveWith(path, w.url)
}

// serveWith starts the workers of another build of the program, or on another way to the database.
func (w *world) serveWith(path, database string) *process {
	w.Helper()
	w.started++
	p := &process{t: w.TB, log: filepath.Join(w.dir, fmt.Sprintf("process-%d.log", w.started)), done: make(chan struct{})}
	log, err := os.Create(p.log)
	require.NoError(w, err)
	defer log.Close()
	p.cmd = exec.Command(path, "serve", "--roles", "worker", "--workers", "2", "--database", database, "--data", w.data(),
		"--profile", w.profile, "--seed", fmt.Sprint(w.seed), "--hurry", fmt.Sprint(w.hurry))
	p.cmd.Env = []string{"HOME=" + w.dir, "PATH=" + os.Getenv("PATH")}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	require.NoError(w, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	w.Cleanup(func() {
		if w.Failed() && !w.shown {
			w.shown = true
			w.showHolders()
		}
		p.kill()
		if w.Failed() {
			p.show()
		}
	})
	return p
}

// showHolders tells who holds what, and which connections have a transaction or wait: why a takeover takes so long.
func (w *world) showHolders() {
	for _, line := range storetest.Rows[struct{ Text string }](w.db, `SELECT concat_ws(' ', 'now', clock_timestamp())
		UNION ALL SELECT concat_ws(' ', 'segment', campaign, segment, 'open', open, 'due', due, 'held by', holder)
			FROM segments
		UNION ALL SELECT concat_ws(' ', 'process', process, 'seen', seen_at, 'workers', workers, pids) FROM processes
		UNION ALL SELECT concat_ws(' ', pid, application_name, state, wait_event_type, wait_event, 'since', backend_start,
			'transaction', xact_start, 'changed', state_change, 'waits for', pg_blocking_pids(pid), left(query, 80))
			FROM pg_stat_activity WHERE datname = current_database()`) {
		w.Log(line.Text)
	}
}

// show tells the last of what the process said.
func (p *process) show() {
	text, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Log(err)
		return
	}
	p.t.Logf("process %d, %s:\n%s", p.cmd.Process.Pid, p.log, lastWords(string(text)))
}

// lastWords are the last twenty lines of a log, without those about requests that went well: a test that polls makes thousands.
func lastWords(log string) string {
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(log), "\n"), func(line string) bool {
		return strings.Contains(line, "level=INFO msg=request ")
	})
	return strings.Join(lines[max(len(lines)-20, 0):], "\n")
}

// kill ends the process as a crash does, and returns when it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error means that it has ended
	<-p.done
}

// stop asks the process to end in order.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		require.Fail(p.t, "the process does not stop")
	}
	require.NoError(p.t, p.err)
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(s))
}

// holds reports whether a segment's holder is a worker of this process.
func (p *process) holds(holder string) bool {
	name, _, _ := strings.Cut(holder, "/")
	return strings.Contains(name+"-", fmt.Sprintf("-%d-", p.cmd.Process.Pid))
}

// alive fails the test where the process has ended by itself.
func (p *process) alive() {
	p.t.Helper()
	select {
	case <-p.done:
		p.show()
		require.Fail(p.t, "the process ended by itself", "%v", p.err)
	default:
	}
}

// until waits for a condition that only the database or the ledgers can tell, looking at it often.
func until(t testing.TB, limit time.Duration, what string, met func() bool) {
	t.Helper()
	deadline := time.After(limit)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !met() {
		select {
		case <-look.C:
		case <-deadline:
			require.Fail(t, "it did not come true within "+limit.String(), what)
		}
	}
}
