package api

import (
	"net/http"
	"time"
)

// Time-outs of the server. A stream of events moves its own write deadline on and has no read deadline.
const (
	readHeaderWithin = 5 * time.Second
	readWithin       = 30 * time.Second
	writeWithin      = 30 * time.Second
	idleWithin       = 2 * time.Minute
	maxHeader        = 64 << 10
)

// Server makes a server with time-outs and limits for clients that one does not know. The caller listens, and on its
// stop closes Options.Stopping and then calls Shutdown.
func Server(addr string, h http.Handler) *http.Server {
	return &http.Server{Addr: addr, Handler: h, ReadHeaderTimeout: readHeaderWithin, ReadTimeout: readWithin,
		WriteTimeout: writeWithin, IdleTimeout: idleWithin, MaxHeaderBytes: maxHeader}
}
