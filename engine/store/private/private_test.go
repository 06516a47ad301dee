//go:build unix

package private_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/private"
)

// helperVariable makes this test binary a user of the server in the folder that it names: it starts or joins it, says
// its address, and goes on until its input ends.
const helperVariable = "KASKAD_PRIVATE_TEST_USER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperVariable); dir != "" {
		os.Exit(helper(dir))
	}
	os.Exit(m.Run())
}

func helper(dir string) int {
	server, err := private.Start(context.Background(), private.Options{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("ready", server.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := server.Stop(context.Background()); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// user is a process that uses a server.
type user struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	url   string
}

func startUser(t *testing.T, dir string, change ...func(*exec.Cmd)) *user {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperVariable+"="+dir)
	cmd.Stderr = os.Stderr
	for _, f := range change {
		f(cmd)
	}
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // an error when the test ended it itself
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	url, ok := strings.CutPrefix(line, "ready ")
	require.True(t, ok, line)
	return &user{cmd: cmd, stdin: stdin, url: strings.TrimSpace(url)}
}

func (u *user) leave(t *testing.T) {
	t.Helper()
	require.NoError(t, u.stdin.Close())
	require.NoError(t, u.cmd.Wait())
}

func (u *user) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, u.cmd.Process.Kill())
	require.Error(t, u.cmd.Wait())
}

// newDir is a folder for a server. It is removed after the test, but not under a server that is still stopping.
func newDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { require.Eventually(t, stopped(t, dir), 30*time.Second, 20*time.Millisecond) })
	return dir
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, dir string) *private.Server {
	t.Helper()
	server, err := private.Start(testContext(t), private.Options{Dir: dir, Settings: map[string]string{"fsync": "off"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(testContext(t))) })
	return server
}

func query[T any](t *testing.T, url, sql string) T {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	var out T
	require.NoError(t, conn.QueryRow(ctx, sql).Scan(&out))
	return out
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	require.NoError(t, err)
}

// postmaster is the process id of the folder's server, 0 when none runs.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if os.IsNotExist(err) {
		return 0
	}
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	return pid
}

func stopped(t *testing.T, dir string) func() bool {
	return func() bool { return postmaster(t, dir) == 0 }
}

func TestStartAnswersAndStopEndsIt(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "here")
	server := start(t, dir)
	require.False(t, server.Joined())

	require.Equal(t, "иван", query[string](t, server.URL(), "SELECT lower('ИВАН')"))
	require.Equal(t, "UTF8", query[string](t, server.URL(), "SHOW server_encoding"))
	require.Equal(t, "100", query[string](t, server.URL(), "SHOW max_connections"))
	require.Equal(t, "127.0.0.1", query[string](t, server.URL(), "SHOW listen_addresses"))
	require.Equal(t, "4GB", query[string](t, server.URL(), "SHOW max_wal_size"))
	for _, name := range []string{"password", "server.log", "port"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}

	require.NoError(t, server.Stop(testContext(t)))
	require.NoError(t, server.Stop(testContext(t)), "stopping twice")
	require.Zero(t, postmaster(t, dir))
	_, err := pgx.Connect(testContext(t), server.URL())
	require.Error(t, err)
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	server := start(t, newDir(t))
	config, err := pgx.ParseConfig(server.URL())
	require.NoError(t, err)
	config.Password = "wrong"
	_, err = pgx.ConnectConfig(testContext(t), config)
	require.ErrorContains(t, err, "password authentication failed")
}

func TestASecondUserJoinsAndTheLastOneStops(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	first := start(t, dir)
	second := start(t, dir)
	require.True(t, second.Joined())
	require.Equal(t, first.URL(), second.URL())
	other := startUser(t, dir)
	require.Equal(t, first.URL(), other.url)

	pid := postmaster(t, dir)
	require.NoError(t, first.Stop(testContext(t)))
	require.NoError(t, second.Stop(testContext(t)))
	require.Equal(t, 1, query[int](t, other.url, "SELECT 1"), "the starter left, the server stays")
	require.Equal(t, pid, postmaster(t, dir))
	other.leave(t)
	require.Zero(t, postmaster(t, dir))
}

func TestAForgottenServerIsKept(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	first := start(t, dir)
	url := func() string {
		server, err := private.Start(testContext(t), private.Options{Dir: dir})
		require.NoError(t, err)
		return server.URL()
	}()
	require.NoError(t, first.Stop(testContext(t)))
	// The collector must not close the lock of a server that nobody holds in his hands.
	for range 5 {
		runtime.GC()
		// Longer than the keeper takes to see that the users have gone.
		require.Equal(t, 1, query[int](t, url, "SELECT 1 FROM pg_sleep(0.15)"))
	}
	// It lasts as long as this process; so that the folder can go, the server is made to.
	require.NoError(t, syscall.Kill(parentOf(t, postmaster(t, dir)), syscall.SIGKILL))
}

func TestManyStartsAtOnceMakeOneServer(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	const count = 4
	urls := make([]string, count)
	errs := make([]error, count)
	var wait sync.WaitGroup
	for i := range count {
		wait.Go(func() {
			var server *private.Server
			if server, errs[i] = private.Start(testContext(t), private.Options{Dir: dir}); errs[i] == nil {
				t.Cleanup(func() { require.NoError(t, server.Stop(testContext(t))) })
				urls[i] = server.URL()
			}
		})
	}
	other := startUser(t, dir)
	wait.Wait()
	for i := range count {
		require.NoError(t, errs[i])
		require.Equal(t, other.url, urls[i])
	}
}

func TestTheServerStopsWhenItsOnlyUserIsKilled(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	u := startUser(t, dir)
	execute(t, u.url, "CREATE TABLE kept AS SELECT 'да' AS a")
	u.kill(t)
	require.Eventually(t, stopped(t, dir), 30*time.Second, 20*time.Millisecond)

	again := start(t, dir)
	require.Equal(t, "да", query[string](t, again.URL(), "SELECT a FROM kept"))
}

func TestTheServerStaysWhenOneOfTwoUsersIsKilled(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	starter := startUser(t, dir)
	joined := startUser(t, dir)
	pid := postmaster(t, dir)
	starter.kill(t)
	third := startUser(t, dir)
	require.Equal(t, pid, postmaster(t, dir))
	require.Equal(t, joined.url, third.url)
	joined.kill(t)
	third.kill(t)
	require.Eventually(t, stopped(t, dir), 30*time.Second, 20*time.Millisecond)
}

func TestAKilledServerComesBackWithItsRows(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	server := start(t, dir)
	execute(t, server.URL(), "CREATE TABLE kept AS SELECT 7 AS a")
	pid := postmaster(t, dir)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		ctx := testContext(t)
		conn, err := pgx.Connect(ctx, server.URL())
		if err != nil {
			return false
		}
		defer conn.Close(ctx)
		return true
	}, time.Minute, 50*time.Millisecond, "the keeper starts it again on the same port")
	require.Equal(t, 7, query[int](t, server.URL(), "SELECT a FROM kept"))
	require.NotEqual(t, pid, postmaster(t, dir))
}

func TestAKilledKeeperTakesItsServerAlong(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	u := startUser(t, dir)
	execute(t, u.url, "CREATE TABLE kept AS SELECT 7 AS a")
	// The keeper's parent is the user, the server's parent is the keeper.
	keeper := parentOf(t, postmaster(t, dir))
	require.NoError(t, syscall.Kill(keeper, syscall.SIGKILL))
	u.kill(t)
	again := start(t, dir)
	require.Equal(t, 7, query[int](t, again.URL(), "SELECT a FROM kept"))
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	require.NoError(t, err)
	parent, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(t, err)
	return parent
}

func TestAPidFileThatNamesAStrangerIsNoObstacle(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	server := start(t, dir)
	pidFile := filepath.Join(dir, "data", "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	require.NoError(t, server.Stop(testContext(t)))
	_, rest, _ := strings.Cut(string(text), "\n")
	// After a restart of the machine any process may have the server's old number: here it is ours.
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600))
	again := start(t, dir)
	require.Equal(t, 1, query[int](t, again.URL(), "SELECT 1"))
}

func TestAClusterOfAnOrdinaryUserRunsAsThatUser(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "kaskad-private-") //nolint:usetesting // t.TempDir is closed to other users
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	server := start(t, dir)
	require.NoError(t, server.Stop(testContext(t)))
	owner := os.Getuid()
	if owner == 0 {
		owner = 65534 // root drops to an ordinary user where that one owns the cluster
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "data"), func(path string, _ os.DirEntry, err error) error {
		require.NoError(t, err)
		return os.Lchown(path, owner, -1)
	}))
	again := start(t, dir)
	require.Equal(t, 1, query[int](t, again.URL(), "SELECT 1"))
	info, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
	require.NoError(t, err)
	require.Equal(t, uint32(owner), info.Sys().(*syscall.Stat_t).Uid)
}

func TestAnOccupiedPortIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	stranger := start(t, newDir(t))
	config, err := pgx.ParseConfig(stranger.URL())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "port"), fmt.Appendf(nil, "%d\n", config.Port), 0o600))
	server := start(t, dir)
	require.NotEqual(t, stranger.URL(), server.URL())
	require.Contains(t, query[string](t, server.URL(), "SHOW data_directory"), dir)
}

func TestAFailedStartShowsTheServersWords(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	_, err := private.Start(testContext(t), private.Options{Dir: dir, Settings: map[string]string{"shared_buffers": "many"}})
	require.ErrorContains(t, err, `invalid value for parameter "shared_buffers"`)
	require.ErrorContains(t, err, filepath.Join(dir, "server.log"))
	server := start(t, dir)
	require.Equal(t, 1, query[int](t, server.URL(), "SELECT 1"), "the failure leaves nothing in the way")
}

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options private.Options
		want    string
	}{
		"no folder":       {private.Options{}, "no folder was given"},
		"few connections": {private.Options{Dir: "x", MaxConnections: 3}, "max connections 3 is outside 10 to 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := private.Start(testContext(t), c.options)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAStartThatIsGivenUpLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	first := start(t, dir) // so that the cluster is there
	require.NoError(t, first.Stop(testContext(t)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := private.Start(ctx, private.Options{Dir: dir})
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, stopped(t, dir), 30*time.Second, 20*time.Millisecond)
}
