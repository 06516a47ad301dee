//go:build unix

package private

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// keeperVariable, set in the environment, makes this program the keeper of a server instead of itself.
const keeperVariable = "KASKAD_PRIVATE_POSTGRESQL_KEEPER"

// The keeper's patience.
const (
	lookEvery     = 100 * time.Millisecond // for users that are gone
	fastStop      = 30 * time.Second       // for the server to end its sessions and write a checkpoint
	immediateStop = 10 * time.Second       // for it to end without one
	pipeDelay     = 10 * time.Second       // for its last children, who hold the log's pipe, after it died
	firstPause    = 100 * time.Millisecond // before it is started again; doubled each time
	longestPause  = 5 * time.Second
	steadyAfter   = 30 * time.Second // a run this long is no failure to start
	maxFailures   = 6
)

// keeperConfig is what a keeper is told. It goes by the environment, so there is no secret in it.
type keeperConfig struct {
	Dir      string
	Bin      string
	Identity identity
	Settings map[string]string
}

// init turns the process into a keeper when it was started as one. It is an init, and not a call that every main would
// have to make, so that each program and each test binary that can start a server can keep it too.
func init() {
	if text := os.Getenv(keeperVariable); text != "" {
		os.Exit(keeperMain(text))
	}
}

// spawnKeeper starts the keeper in a session of its own, out of reach of a Ctrl-C in our terminal. The channel is
// closed when it ends.
func spawnKeeper(f folder, config keeperConfig) (ended <-chan struct{}, err error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("starting the keeper: %w", err)
	}
	program, err := ownProgram()
	if err != nil {
		return nil, fmt.Errorf("starting the keeper: %w", err)
	}
	cmd := exec.Command(program)
	cmd.Args[0] = "kaskad-postgresql-keeper"
	cmd.Dir = string(f)
	cmd.Env = append(childEnvironment(), keeperVariable+"="+string(text))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the keeper: %w", err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in the log
		close(done)
	}()
	return done, nil
}

// childEnvironment is what our children get of our environment: none of its PG* settings, none of its secrets.
func childEnvironment() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func keeperMain(text string) int {
	var config keeperConfig
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", keeperVariable, err)
		return 2
	}
	// Caught and dropped: the server goes when its users have gone, who were told to stop at the same time. Caught and
	// not ignored, because an ignored signal stays ignored in the server.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	f := folder(config.Dir)
	log, err := openRotating(f.file("server.log"), logLimit)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	k := &keeper{folder: f, config: config, log: log}
	if err := k.run(); err != nil {
		k.say("%v", err)
		return 1
	}
	return 0
}

// keeper is the parent of one server.
type keeper struct {
	folder folder
	config keeperConfig
	log    io.Writer
}

func (k *keeper) say(format string, args ...any) {
	fmt.Fprintf(k.log, "%s keeper: %s\n", time.Now().UTC().Format("2006-01-02 15:04:05.000 MST"), fmt.Sprintf(format, args...))
}

// run starts the server again and again until nobody uses it or it cannot be started. It must run on the main thread:
// the server is told of our death when the thread that started it ends.
func (k *keeper) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// It may be held for an instant by one who asks whether it is held.
	own, err := lockFile(ctx, k.folder.file("keeper"), exclusive)
	if err != nil {
		return fmt.Errorf("another keeper is at work: %w", err)
	}
	defer own.release()
	pause := firstPause
	for failures := 0; ; {
		began := time.Now()
		abandoned, err := k.serve()
		if abandoned {
			return err
		}
		failures++
		if time.Since(began) > steadyAfter {
			failures, pause = 1, firstPause
		}
		k.say("the server ended by itself (%v); failures in a row: %d", err, failures)
		if failures >= maxFailures {
			return fmt.Errorf("giving up after %d failures", failures)
		}
		if k.pauseUnlessAbandoned(pause) {
			return nil
		}
		pause = min(2*pause, longestPause)
	}
}

// serve runs the server once, until it ends by itself or is abandoned and stopped.
func (k *keeper) serve() (abandoned bool, err error) {
	port, err := k.folder.choosePort()
	if err != nil {
		return false, err
	}
	cmd := k.command(port)
	if err := cmd.Start(); err != nil {
		return false, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return false, err
		case <-tick.C:
		}
		lock, err := k.abandoned()
		if err != nil {
			k.say("looking for users: %v", err)
		}
		if lock != nil {
			defer lock.release() // nobody joins while it stops
			k.stop(cmd.Process, done)
			return true, nil
		}
	}
}

func (k *keeper) command(port int) *exec.Cmd {
	args := []string{"-D", k.folder.data(), "-p", strconv.Itoa(port)}
	names := make([]string, 0, len(k.config.Settings))
	for name := range k.config.Settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		args = append(args, "-c", name+"="+k.config.Settings[name])
	}
	cmd := exec.Command(filepath.Join(k.config.Bin, "postgres"), args...)
	cmd.Dir = k.folder.data()
	cmd.Env = childEnvironment()
	cmd.Stdout, cmd.Stderr = k.log, k.log
	cmd.WaitDelay = pipeDelay
	cmd.SysProcAttr = k.config.Identity.attributes()
	stopWithParent(cmd.SysProcAttr)
	return cmd
}

// stop ends the server, the kindest way first.
func (k *keeper) stop(server *os.Process, done <-chan error) {
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGINT, fastStop}, {syscall.SIGQUIT, immediateStop}, {syscall.SIGKILL, immediateStop}} {
		if err := server.Signal(step.signal); err != nil {
			k.say("stopping the server by %v: %v", step.signal, err)
		}
		select {
		case <-done:
			return
		case <-time.After(step.patience):
			k.say("the server did not end within %v of %v", step.patience, step.signal)
		}
	}
}

// abandoned returns the folder's lock, held, when nobody uses the server, else nil. Whoever holds the lock is just
// coming or going, so the question is put off.
func (k *keeper) abandoned() (*fileLock, error) {
	lock, err := tryLock(k.folder.file("lock"), exclusive)
	if err != nil || lock == nil {
		return nil, err
	}
	used, err := isLocked(k.folder.file("users"))
	if err != nil || used {
		lock.release()
		return nil, err
	}
	return lock, nil
}

func (k *keeper) pauseUnlessAbandoned(pause time.Duration) bool {
	end := time.Now().Add(pause)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for time.Now().Before(end) {
		<-tick.C
		lock, err := k.abandoned()
		if err != nil {
			k.say("looking for users: %v", err)
		}
		if lock != nil {
			lock.release()
			return true
		}
	}
	return false
}

// choosePort takes the port of last time when it is free, so that connection pools find a server that was started
// again, else any free one, and writes it down.
func (f folder) choosePort() (int, error) {
	if text, err := os.ReadFile(f.file("port")); err == nil {
		if port, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && port > 0 && port < 1<<16 {
			if _, err := freePort(port); err == nil {
				return port, nil
			}
		}
	}
	port, err := freePort(0)
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	return port, writeFile(f.file("port"), strconv.Itoa(port)+"\n")
}

// freePort says whether a port of loopback is free; 0 finds one that is.
func freePort(port int) (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// writeFile writes a small file whole or not at all.
func writeFile(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
