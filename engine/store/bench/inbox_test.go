package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// callers is how many connections report at once.
const callers = 64

// callback is a provider's report as it comes by HTTP.
type callback struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	At     int64  `json:"at"`
}

// traffic is what a run against an endpoint gave.
type traffic struct {
	perSecond float64 // statuses
	p99       time.Duration
}

// endpoint serves callbacks in JSON, single or in a list, and answers once the inbox has taken them.
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
			reports[i] = channel.Report{Account: account, Connection: connection, ProviderID: c.ID, Fact: engine.Delivered,
				At: time.UnixMicro(c.At)}
		}
		if inbox.Receive(r.Context(), reports) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }
}

// report sends the statuses of messages first..first+n in requests of `each`, from 64 connections.
func (m *machine) report(address string, first, n, each int) traffic {
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
			list := make([]callback, each)
			for {
				at := int(next.Add(int64(each))) - each
				if at+each > n {
					return
				}
				for i := range list {
					list[i] = callback{ID: reportID(first + at + i), Status: "delivered", At: time.Now().UnixMicro()}
				}
				body.Reset()
				_ = json.NewEncoder(&body).Encode(list)
				sent := time.Now()
				resp, err := client.Post(address, "application/json", &body)
				if err != nil {
					failed.Add(1)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					failed.Add(1)
				}
				times[c] = append(times[c], time.Since(sent))
			}
		})
	}
	work.Wait()
	took := time.Since(began).Seconds()
	require.Zero(m, failed.Load(), "requests that failed")
	all := slices.Concat(times...)
	slices.Sort(all)
	return traffic{perSecond: float64(n/each*each) / took, p99: all[len(all)*99/100]}
}

func reportID(i int) string { return providerID(int64(i), 0) }

// nowhere takes reports and stores nothing.
type nowhere struct{}

func (nowhere) Receive(context.Context, []channel.Report) error { return nil }

// inboxRun measures the endpoint with the real inbox, and without a database.
func (m *machine) inboxRun(singles, batched int) (with, without, withMany, withoutMany traffic) {
	const each = 100
	w := m.newWorld("bench_inbox", 1, time.Now().Add(time.Hour))
	defer w.remove()
	total := singles + batched
	m.exec(w.db, `INSERT INTO messages (account, campaign, ordinal, node, attempt, launched_at, hand_by, address, text)
		SELECT $1, $2, o, 0, 1, now(), now(), '+79000000000', 'Скидка' FROM generate_series(0, $3 - 1) AS o`, account, campaignID, total)
	b := bare{ctx: m.Context(), db: w.db}
	names := []string{"account", "connection", "provider_id", "campaign", "segment", "ordinal", "node", "attempt", "recorded_at"}
	tx, err := w.db.Begin(m.Context())
	require.NoError(m, err)
	at := time.Now()
	require.NoError(m, b.copy(tx, "answers", names, total, func(i int) []any {
		return []any{account, connection, reportID(i), campaignID, int32(i / run.SegmentSize), int64(i), int16(0), int16(1), at}
	}))
	require.NoError(m, tx.Commit(m.Context()))
	m.exec(w.db, "ANALYZE")
	inbox := run.NewInbox(w.store, run.NewRegistry(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(m.Context())
	var done sync.WaitGroup
	done.Go(func() { inbox.Run(ctx) })
	real, stopReal := m.endpoint(inbox)
	empty, stopEmpty := m.endpoint(nowhere{})
	without = m.report(empty, 0, singles, 1)
	with = m.report(real, 0, singles, 1)
	withoutMany = m.report(empty, singles, batched, each)
	withMany = m.report(real, singles, batched, each)
	stopReal()
	stopEmpty()
	cancel()
	done.Wait()
	require.EqualValues(m, singles/1+batched/each*each, m.number(w.db, "SELECT count(*) FROM facts"), "facts for "+strconv.Itoa(total))
	return with, without, withMany, withoutMany
}
