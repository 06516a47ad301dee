//go:build unix

package storetest

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"
)

// Pooling is when a pooler takes a connection to the server back.
type Pooling int

// The ways of pooling.
const (
	BySession Pooling = iota
	ByTransaction
	ByTransactionInTurn // the one that has rested longest comes next, not the one used last
)

// Pooler puts a connection pooler before an address and gives its own. It lends connections to the real server as PgBouncer
// does, the one that was used last first, and tells clients made-up keys to cancel by. It knows no COPY and no TLS, and lets
// everybody in.
func Pooler(t testing.TB, address string, way Pooling) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &pooler{address: address, way: way}
	p.ctx, p.end = context.WithCancel(context.Background())
	p.open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.open.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.end()
		p.open.Wait()
		for _, s := range p.idle {
			_ = s.Conn.Close()
		}
	})
	u, err := url.Parse(address)
	require.NoError(t, err)
	u.Host = listener.Addr().String()
	query := u.Query()
	query.Del("require_auth") // it asks nobody for a password
	u.RawQuery = query.Encode()
	return u.String()
}

type pooler struct {
	address string
	way     Pooling
	ctx     context.Context
	end     context.CancelFunc
	open    sync.WaitGroup

	mu   sync.Mutex
	idle []*pgconn.HijackedConn
}

// serve is one client. Whatever goes wrong ends its connection.
func (p *pooler) serve(conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(p.ctx, func() { _ = conn.Close() })()
	client := pgproto3.NewBackend(conn, conn)
	for started := false; !started; {
		message, err := client.ReceiveStartupMessage()
		if err != nil {
			return
		}
		if _, started = message.(*pgproto3.StartupMessage); !started { // it asks for TLS
			if _, err := conn.Write([]byte("N")); err != nil {
				return
			}
		}
	}
	server := p.take()
	if server == nil {
		return
	}
	client.Send(&pgproto3.AuthenticationOk{})
	for name, value := range server.ParameterStatuses {
		client.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	client.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if p.way != BySession {
		p.give(server)
		server = nil
	}
	if client.Flush() != nil {
		if server != nil {
			_ = server.Conn.Close()
		}
		return
	}
	p.carry(client, server)
}

// carry takes a client's messages to its server, or to any where it has none, and the answers back.
func (p *pooler) carry(client *pgproto3.Backend, server *pgconn.HijackedConn) {
	defer func() {
		if server != nil { // a session is not lent again: its settings and locks are the last client's
			_ = server.Conn.Close()
		}
	}()
	for {
		message, err := client.Receive()
		if _, bye := message.(*pgproto3.Terminate); bye || err != nil {
			return
		}
		if server == nil {
			if server = p.take(); server == nil {
				return
			}
		}
		server.TxStatus = 'T' // until it says otherwise
		server.Frontend.Send(message)
		switch message.(type) {
		case *pgproto3.Query, *pgproto3.Sync:
			if !answer(client, server) {
				return
			}
			// The server is free before its client hears that it is: whoever asks next may get it.
			if p.way != BySession && server.TxStatus == 'I' {
				p.give(server)
				server = nil
			}
			if client.Flush() != nil {
				return
			}
		}
	}
}

// answer brings what the server says until it is ready; its last words are not flushed.
func answer(client *pgproto3.Backend, server *pgconn.HijackedConn) bool {
	if server.Frontend.Flush() != nil {
		return false
	}
	for {
		message, err := server.Frontend.Receive()
		if err != nil {
			return false
		}
		client.Send(message)
		if ready, ok := message.(*pgproto3.ReadyForQuery); ok {
			server.TxStatus = ready.TxStatus
			return true
		}
	}
}

func (p *pooler) take() *pgconn.HijackedConn {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		at := n - 1
		if p.way == ByTransactionInTurn {
			at = 0
		}
		s := p.idle[at]
		p.idle = append(p.idle[:at], p.idle[at+1:]...)
		p.mu.Unlock()
		return s
	}
	p.mu.Unlock()
	conn, err := pgconn.Connect(p.ctx, p.address)
	if err != nil {
		return nil
	}
	s, err := conn.Hijack()
	if err != nil {
		return nil
	}
	return s
}

func (p *pooler) give(s *pgconn.HijackedConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, s)
}
