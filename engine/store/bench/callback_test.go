package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// callers is how many connections report at once.
const callers = 64

// callback is a provider's report as it comes by HTTP.
type callback struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	At     int64  `json:"at"`
	Text   string `json:"text,omitempty"`
}

// statuses are the provider's words.
var statuses = map[string]engine.Facts{"delivered": engine.Delivered, "undelivered": engine.NotDelivered,
	"seen": engine.Viewed, "clicked": engine.Clicked, "reply": engine.Replied}

// stream gives what a provider reports of messages, in the order in which it does: the messages at random, of each the
// delivery, of some a view, a click or a reply later, now and then one of them twice.
func stream(messages []int, random *rand.Rand) []callback {
	type event struct {
		at   float64
		call callback
	}
	var list []event
	began := time.Now().UnixMicro()
	for _, i := range messages {
		at := random.Float64()
		say := func(status, text string) {
			call := callback{ID: reportID(i), Status: status, At: began + int64(at*1e6), Text: text}
			list = append(list, event{at, call})
			if random.IntN(200) == 0 {
				list = append(list, event{at + 0.01, call})
			}
			at += 0.2 * random.Float64()
		}
		if random.IntN(100) < 8 {
			say("undelivered", "")
			continue
		}
		say("delivered", "")
		if random.IntN(100) < 60 {
			say("seen", "")
		}
		if random.IntN(100) < 10 {
			say("clicked", "")
		}
		if random.IntN(100) < 1 {
			say("reply", "Да, хочу")
		}
	}
	slices.SortStableFunc(list, func(a, b event) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	calls := make([]callback, len(list))
	for i := range list {
		calls[i] = list[i].call
	}
	return calls
}

func reportID(i int) string { return providerID(int64(i), 0) }

// endpoint serves callbacks in JSON, lists of one or more, and answers once the inbox has taken them.
func (m *machine) endpoint(inbox channel.Inbox) (address string, stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(m, err)
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var list []callback
		if json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&list) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		reports := make([]channel.Report, len(list))
		for i, c := range list {
			reports[i] = channel.Report{Account: account, Connection: connection, ProviderID: c.ID, Fact: statuses[c.Status],
				Value: c.Text, At: time.UnixMicro(c.At)}
		}
		if inbox.Receive(r.Context(), reports) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }
}

// traffic is what runs against an endpoint gave.
type traffic struct {
	statuses int
	seconds  float64
	times    []time.Duration // of the requests
}

func (t *traffic) perSecond() float64 { return float64(t.statuses) / t.seconds }

func (t *traffic) p99() time.Duration {
	slices.Sort(t.times)
	return t.times[len(t.times)*99/100]
}

// report sends the callbacks in requests of `each`, from 64 connections, and adds what that took.
func (m *machine) report(t *traffic, address string, calls []callback, each int) {
	transport := &http.Transport{MaxIdleConnsPerHost: callers, MaxConnsPerHost: callers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var next, failed atomic.Int64
	times := make([][]time.Duration, callers)
	var work sync.WaitGroup
	began := time.Now()
	for c := range callers {
		work.Go(func() {
			var body bytes.Buffer
			for {
				at := int(next.Add(int64(each))) - each
				if at >= len(calls) {
					return
				}
				body.Reset()
				_ = json.NewEncoder(&body).Encode(calls[at:min(at+each, len(calls))])
				sent := time.Now()
				if err := post(client, address, &body); err != nil {
					failed.Add(1)
					return
				}
				times[c] = append(times[c], time.Since(sent))
			}
		})
	}
	work.Wait()
	t.seconds += time.Since(began).Seconds()
	require.Zero(m, failed.Load(), "requests that failed")
	t.statuses += len(calls)
	t.times = append(t.times, slices.Concat(times...)...)
}

func post(client *http.Client, address string, body io.Reader) error {
	resp, err := client.Post(address, "application/json", body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}
