//go:build unix

package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clearStale stops a server that outlived its keeper, and removes a pid file that names a stranger: after a restart of
// the machine, or of a container, another process often has the old number, and PostgreSQL would refuse to start. A
// pid file that names nobody is PostgreSQL's own business. It must be called with the folder's lock held and no keeper.
func (f folder) clearStale(ctx context.Context) error {
	path := filepath.Join(f.data(), "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		return os.Remove(path) // cut short by a full disk, or not PostgreSQL's
	}
	if !serves(pid, f.data()) {
		if syscall.Kill(pid, 0) != nil {
			return nil //nolint:nilerr // the process is not there
		}
		return os.Remove(path)
	}
	return f.stopOrphan(ctx, pid)
}

// stopOrphan asks a server to end its sessions and stop, and then less kindly.
func (f folder) stopOrphan(ctx context.Context, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, fastStop+immediateStop)
	defer cancel()
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	harder := time.After(fastStop)
	if err := tell(pid, syscall.SIGINT); err != nil {
		return err
	}
	for serves(pid, f.data()) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server left by a killed process (pid %d) does not stop: %w", pid, ctx.Err())
		case <-harder:
			if err := tell(pid, syscall.SIGQUIT); err != nil {
				return err
			}
		case <-tick.C:
		}
	}
	return nil
}

// tell signals a process that may have ended meanwhile.
func tell(pid int, signal syscall.Signal) error {
	if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stopping the server left by a killed process: %w", err)
	}
	return nil
}
