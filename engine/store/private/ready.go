//go:build unix

package private

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// errKeeperEnded says that the keeper went away before its server answered.
var errKeeperEnded = errors.New("the server did not start")

// How often the server is asked whether it answers, and how long one answer may take.
const (
	askEvery = 25 * time.Millisecond
	askLimit = 2 * time.Second
)

// waitReady waits until the server answers to the folder's password, and returns its address. A wrong password means a
// stranger on the port, and is waited out like silence. It gives up when the keeper ends: ended is closed then when the
// keeper is our child; for another's keeper ended is nil and its lock is looked at.
func (f folder) waitReady(ctx context.Context, ended <-chan struct{}) (string, error) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	var last error
	for {
		address, err := f.address()
		if err == nil {
			err = ask(ctx, address)
		}
		if err == nil {
			return address, nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for the server to answer: %w (last: %v)", ctx.Err(), last) //nolint:errorlint // it may be nil
		case <-ended:
			return "", fmt.Errorf("%w; the end of %s:\n%s", errKeeperEnded, f.file("server.log"), f.logTail())
		case <-tick.C:
		}
		if ended == nil {
			kept, err := isLocked(f.file("keeper"))
			if err != nil {
				return "", err
			}
			if !kept {
				return "", errKeeperEnded
			}
		}
	}
}

// ask connects once and asks for nothing.
func ask(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.Ping(ctx)
}

// logTail is the end of the server's log, for an error message.
func (f folder) logTail() string {
	const size = 2000
	file, err := os.Open(f.file("server.log"))
	if err != nil {
		return "(there is no log: " + err.Error() + ")"
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "(the log cannot be read: " + err.Error() + ")"
	}
	tail := make([]byte, min(size, info.Size()))
	n, err := file.ReadAt(tail, info.Size()-int64(len(tail)))
	if err != nil {
		return "(the log cannot be read: " + err.Error() + ")"
	}
	return string(tail[:n])
}
