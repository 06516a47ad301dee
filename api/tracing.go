package api

import (
	"context"

	"github.com/gin-gonic/gin"
)

// Tracer records how long requests took. It is safe for use by many goroutines.
type Tracer interface {
	// Request begins a span of a request and gives the context to work on with. The route is the pattern, never the path:
	// a tracked link's code stands for a person; it is empty where there is none. end is called once, with the status that
	// was answered.
	Request(ctx context.Context, method, route string) (on context.Context, end func(status int))
}

// traced records requests. Those that machines make all the time are left out. A span begins anew here, whatever the
// request says of a trace of its own: it comes from outside, and could fill our collector.
func traced(t Tracer) gin.HandlerFunc {
	return func(c *gin.Context) {
		if t == nil || incessant(c.FullPath()) {
			c.Next()
			return
		}
		ctx, end := t.Request(c.Request.Context(), method(c), c.FullPath())
		defer func() { end(c.Writer.Status()) }()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

// incessant are the routes that are asked for all the time.
func incessant(route string) bool {
	return route == "/healthz" || route == "/readyz" || route == "/metrics" || route == "/assets/:file"
}
