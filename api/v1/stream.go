package v1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

const (
	// streamFor bounds how long a stream of events lasts; clients connect again by themselves.
	streamFor = time.Minute
	// writeWithin is how long a client may take for a piece of a stream.
	writeWithin = 30 * time.Second
)

// slow gives the body of an answer that takes longer than the server allows: each piece has time of its own.
func slow(h huma.Context) io.Writer {
	return &slowWriter{h.BodyWriter(), http.NewResponseController(humagin.Unwrap(h).Writer)}
}

type slowWriter struct {
	to      io.Writer
	control *http.ResponseController
}

func (w *slowWriter) Write(p []byte) (int, error) {
	// A recorder of a test has no deadlines.
	_ = w.control.SetWriteDeadline(time.Now().Add(writeWithin))
	return w.to.Write(p)
}

// events makes an answer of server-sent events. run sends until it has no more, its context has ended or send fails; the
// context ends with the request, and a minute after its beginning.
func (a *API) events(run func(ctx context.Context, send func(name string, data any) error) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", "text/event-stream")
		h.SetHeader("Cache-Control", "no-store")
		h.SetHeader("X-Accel-Buffering", "no") // nginx would hold events back
		h.SetStatus(http.StatusOK)
		ctx, cancel := context.WithTimeout(h.Context(), streamFor)
		defer cancel()
		w := slow(h)
		control := http.NewResponseController(humagin.Unwrap(h).Writer)
		err := run(ctx, func(name string, data any) error {
			text, err := json.Marshal(data)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, text); err != nil {
				return err
			}
			return control.Flush()
		})
		if err != nil && ctx.Err() == nil && !errors.Is(err, http.ErrNotSupported) {
			a.Log.Warn("a stream of events broke off", "error", err)
		}
	}}
}

// streams says in the document what an answer of bytes is.
func (a *API) streams(path, mediaType, what string) {
	o := operationOf(a.huma.OpenAPI(), http.MethodGet, Base+path)
	o.Responses["200"] = &huma.Response{Description: what, Content: map[string]*huma.MediaType{
		mediaType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	delete(o.Responses, "204")
}
