//go:build unix

package private

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// The replication protocol is spoken directly, because the npm package has no pg_basebackup: "Streaming Replication
// Protocol", BASE_BACKUP, in PostgreSQL's manual, in the form that it has since version 15.
const (
	keepWAL = "CREATE_REPLICATION_SLOT kaskad_backup_%d TEMPORARY PHYSICAL RESERVE_WAL"
	copyAll = "BASE_BACKUP (LABEL 'kaskad', PROGRESS, CHECKPOINT 'fast', WAIT false, WAL true, MANIFEST 'yes')"
	// maxManifest bounds the list of files, in bytes: some 150 a file.
	maxManifest = 256 << 20
)

// cluster is a copy of a cluster on its way.
type cluster struct {
	from, to string // the WAL that it needs to be consistent, as LSNs
	total    int64  // bytes, as far as the server knows in advance; 0: not yet known
	manifest bytes.Buffer
}

// errTablespaces says that a part of the cluster lies elsewhere; a private server has none.
var errTablespaces = errors.New("the cluster has tablespaces: back it up with pg_basebackup")

// copyCluster writes the server's cluster, with the WAL that it needs, to out as a tar file without its end marks. The
// server goes on with its work meanwhile. progress may be nil.
func copyCluster(ctx context.Context, address string, out io.Writer, progress func(done, total int64)) (*cluster, error) {
	config, err := pgconn.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the server's address cannot be read") // the password is in it
	}
	config.RuntimeParams["replication"] = "true"
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// The slot goes with the connection. Without it the server may recycle WAL that a long copy needs in the end.
	if _, err := conn.Exec(ctx, fmt.Sprintf(keepWAL, conn.PID())).ReadAll(); err != nil {
		return nil, fmt.Errorf("keeping the WAL: %w", err)
	}
	conn.Frontend().Send(&pgproto3.Query{String: copyAll})
	if err := conn.Frontend().Flush(); err != nil {
		return nil, err
	}
	c := &copying{conn: conn, out: out, progress: progress}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return &c.cluster, nil
}

// copying reads the answer to BASE_BACKUP: where the WAL begins, the list of tablespaces, the data, where the WAL ends.
type copying struct {
	cluster
	conn     *pgconn.PgConn
	out      io.Writer
	progress func(done, total int64)
	results  int  // that have ended
	archives int  // that have begun
	listing  bool // the manifest has begun
	done     int64
}

func (c *copying) run(ctx context.Context) error {
	for {
		message, err := c.conn.ReceiveMessage(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			return pgconn.ErrorResponseToPgError(m)
		case *pgproto3.DataRow:
			err = c.row(m)
		case *pgproto3.CommandComplete:
			c.results++
		case *pgproto3.CopyData:
			err = c.data(m.Data)
		case *pgproto3.ReadyForQuery:
			if c.to == "" || c.archives != 1 || c.manifest.Len() == 0 {
				return errors.New("the server sent less than a whole backup")
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// row takes a row of one of the three results.
func (c *copying) row(m *pgproto3.DataRow) error {
	if len(m.Values) < 1 {
		return errors.New("the server's answer to BASE_BACKUP is not understood")
	}
	switch {
	case c.results == 0:
		c.from = string(m.Values[0])
	case c.results == 1 && len(m.Values) >= 3:
		if m.Values[0] != nil { // of the main data directory it is null
			return errTablespaces
		}
		if size, err := strconv.ParseInt(string(m.Values[2]), 10, 64); err == nil {
			c.total = size << 10
		}
	default:
		c.to = string(m.Values[0])
	}
	return nil
}

// data takes a message of the copy: its first byte says of what kind it is.
func (c *copying) data(text []byte) error {
	if len(text) == 0 {
		return errors.New("the server sent an empty message")
	}
	kind, text := text[0], text[1:]
	switch kind {
	case 'n':
		if c.archives++; c.archives > 1 {
			return errTablespaces
		}
	case 'm':
		c.listing = true
	case 'd':
		if c.listing {
			if c.manifest.Len()+len(text) > maxManifest {
				return errors.New("the list of files is too long")
			}
			c.manifest.Write(text)
			return nil
		}
		c.done += int64(len(text))
		_, err := c.out.Write(text)
		return err
	case 'p':
		if len(text) == 8 && c.progress != nil {
			c.progress(int64(binary.BigEndian.Uint64(text)), max(c.total, c.done))
		}
	}
	return nil
}
