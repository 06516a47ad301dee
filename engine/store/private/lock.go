//go:build unix

package private

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

type lockKind int

const (
	shared    lockKind = syscall.LOCK_SH
	exclusive lockKind = syscall.LOCK_EX
)

// lockEvery is how often a lock that another holds is tried again.
const lockEvery = 20 * time.Millisecond

// fileLock is a held flock(2) lock. It holds a bare descriptor, not an [os.File]: the garbage collector closes a forgotten
// file, and a lock must last until it is released or the process ends.
type fileLock struct {
	once sync.Once
	fd   int
}

// release lets the lock go. It may be called more than once and concurrently.
func (l *fileLock) release() { l.once.Do(func() { _ = syscall.Close(l.fd) }) }

// tryLock takes a lock if it is free, else returns nil.
func tryLock(path string, kind lockKind) (*fileLock, error) {
	fd, err := retried(func() (int, error) {
		return syscall.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	})
	if err != nil {
		return nil, &os.PathError{Op: "opening the lock file", Path: path, Err: err}
	}
	_, err = retried(func() (int, error) { return 0, syscall.Flock(fd, int(kind)|syscall.LOCK_NB) })
	if err == nil {
		return &fileLock{fd: fd}, nil
	}
	_ = syscall.Close(fd)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("locking %s (the folder must be on a local file system): %w", path, err)
}

// retried makes a system call again as long as a signal interrupts it.
func retried(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

// lockFile takes a lock, waiting for it until ctx ends.
func lockFile(ctx context.Context, path string, kind lockKind) (*fileLock, error) {
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		lock, err := tryLock(path, kind)
		if err != nil || lock != nil {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// isLocked says whether anyone holds the lock, in either way.
func isLocked(path string) (bool, error) {
	lock, err := tryLock(path, exclusive)
	if err != nil {
		return false, err
	}
	if lock == nil {
		return true, nil
	}
	lock.release()
	return false, nil
}
