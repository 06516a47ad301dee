package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"kaskad/api/page"
	"kaskad/api/v1"
)

type logger = *slog.Logger

// policy allows a page its own files and nothing else: no inline script or style, no frames, no other site.
const policy = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"

// secured sets the headers that keep a page to itself, and bounds the request's body.
func secured(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if !strings.HasPrefix(c.Request.URL.Path, v1.Base+"/") {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	}
	c.Next()
}

// logged writes a line for each request. It says the route where there is one, never the query, and no path parameter:
// a tracked link's code stands for a person.
func (s *site) logged(clock func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		begun := clock()
		defer func() {
			status, level := c.Writer.Status(), slog.LevelInfo
			switch route := c.FullPath(); {
			case status >= http.StatusInternalServerError:
				level = slog.LevelWarn
			case incessant(route):
				level = slog.LevelDebug
			}
			s.log.LogAttrs(c.Request.Context(), level, "request", slog.String("method", method(c)),
				slog.String("path", place(c)), slog.Int("status", status), slog.Int("bytes", max(c.Writer.Size(), 0)),
				slog.Duration("took", clock().Sub(begun)), slog.String("from", c.RemoteIP()))
		}()
		c.Next()
	}
}

const maxLogged = 200 // bytes of an unknown path

func place(c *gin.Context) string {
	if route := c.FullPath(); route != "" {
		return route
	}
	path := c.Request.URL.Path
	return path[:min(len(path), maxLogged)]
}

// recovered turns a panic into an answer, and into a log line with its stack.
func (s *site) recovered(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // the server's own way to break a connection off
		}
		s.log.Error("a request panicked", "path", place(c), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler) // half an answer must not look whole
		}
		s.refuse(c, http.StatusInternalServerError, page.Broken, "Something broke on our side; the server's log has the details.")
	}()
	c.Next()
}
