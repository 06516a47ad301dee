// Package driver makes the calls of webhook blocks over HTTP.
package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Request is one call. Key is the same whenever the same call is made again after a crash; the receiver gets it as the
// Idempotency-Key header.
type Request struct {
	Key     string
	Method  string
	URL     string
	Headers map[string]string
	Body    string
	Timeout time.Duration // of the whole call
}

// The reasons of a failure that are no status code.
const (
	Timeout   = "timeout"     // no whole answer in time
	Down      = "unreachable" // no connection
	Forbidden = "forbidden"   // the address is not a public one
	BadURL    = "bad_url"     // the filled-in address is none
)

// maxAnswer is how much of an answer is read, so that the connection can be used again; the rest is cut off.
const maxAnswer = 64 << 10

// Caller makes calls. It is safe for use by many goroutines.
type Caller struct{ client *http.Client }

// New makes a caller. Unless private is true, only public addresses are called: a marketer's address must not reach
// into the operator's own network, whatever name it hides behind, so the address is judged after it was resolved.
func New(private bool) *Caller {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		if private || public(address) {
			return nil
		}
		return errForbidden
	}}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10}
	return &Caller{client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirect is an answer other than success, not a new address to call
	}}}
}

var errForbidden = errors.New("webhook: the address is not public")

// public reports whether an address is one of the open internet.
func public(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	ip := ap.Addr().Unmap()
	shared := netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}

// Call makes one call. The reason is empty for an answer of 200 to 299, the status code for another answer, else one
// of the constants above.
func (c *Caller) Call(ctx context.Context, r Request) (reason string) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(r.Body))
	if err != nil || request.URL.Scheme != "http" && request.URL.Scheme != "https" || request.URL.Host == "" {
		return BadURL
	}
	if r.Body == "" {
		request.Body, request.ContentLength = http.NoBody, 0
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "Kaskad")
	request.Header.Set("Idempotency-Key", r.Key)
	for name, value := range r.Headers {
		request.Header.Set(name, value)
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return failure(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)); err != nil {
		return failure(err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return strconv.Itoa(answer.StatusCode)
	}
	return ""
}

func failure(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, errForbidden):
		return Forbidden
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	}
	return Down
}

// String keeps headers, which may hold secrets, out of logs.
func (r Request) String() string { return fmt.Sprintf("%s %s", r.Method, r.URL) }
