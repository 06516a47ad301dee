package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"
)

// hop is a step of the cascade as a job: one message of one recipient.
type hop struct {
	Ordinal int64 `json:"ordinal"`
	Node    int16 `json:"node"`
}

func (hop) Kind() string { return "hop" }

// hopWorker writes the rows of a message, as the engine would, and inserts the next hop. Plainly, each job writes and
// completes itself in a transaction of its own. In batches, jobs that run at once share a transaction, and River
// completes many together.
type hopWorker struct {
	river.WorkerDefaults[hop]
	pool  *pgxpool.Pool
	plain bool
	group chan waiting
	left  *atomic.Int64
	done  chan struct{}
}

// waiting is a hop that waits for its group's commit.
type waiting struct {
	hop
	result chan error
}

func (w *hopWorker) Work(ctx context.Context, job *river.Job[hop]) error {
	var err error
	if w.plain {
		err = w.alone(ctx, job)
	} else {
		x := waiting{job.Args, make(chan error, 1)}
		w.group <- x
		err = <-x.result
	}
	if err == nil && w.left.Add(-1) == 0 {
		close(w.done)
	}
	return err
}

func (w *hopWorker) alone(ctx context.Context, job *river.Job[hop]) error {
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if err := writeHops(ctx, tx, river.ClientFromContext[pgx.Tx](ctx), []hop{job.Args}); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
}

// together writes the hops that wait, many in one transaction, until ctx ends.
func (w *hopWorker) together(ctx context.Context, client *river.Client[pgx.Tx]) {
	for {
		var list []waiting
		select {
		case <-ctx.Done():
			return
		case x := <-w.group:
			list = append(list, x)
		}
		for more := true; more && len(list) < 1_000; {
			select {
			case x := <-w.group:
				list = append(list, x)
			default:
				more = false
			}
		}
		hops := make([]hop, len(list))
		for i := range list {
			hops[i] = list[i].hop
		}
		err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error { return writeHops(ctx, tx, client, hops) })
		for i := range list {
			list[i].result <- err
		}
	}
}

const hopRows = `WITH u AS MATERIALIZED (SELECT $1::bigint AS account, $2::bigint AS campaign, $3::timestamptz AS at, u.*
	FROM unnest($4::bigint[], $5::smallint[], $6::text[], $7::text[], $8::text[]) AS u(ordinal, node, address, text, provider)),
m AS (INSERT INTO messages (account, campaign, ordinal, node, attempt, launched_at, hand_by, address, text)
	SELECT account, campaign, ordinal, node, 1, at, at, address, text FROM u),
a AS (INSERT INTO answers (account, connection, provider_id, campaign, segment, ordinal, node, attempt, recorded_at)
	SELECT account, 'demo', provider, campaign, ordinal / 10000, ordinal, node, 1, at FROM u),
f AS (INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, recorded_at, provider_at)
	SELECT account, campaign, ordinal / 10000, ordinal, node, 1, 1, at, at FROM u),
s AS (INSERT INTO steps (account, campaign, ordinal, node, link, attempts, facts, entered_at, sent_at, decided_at, reason)
	SELECT account, campaign, ordinal, node, 0, 1, 1, at, at, at, 'delivered' FROM u)
UPDATE recipients r SET node = u.node, phase = 3, attempt = 1, facts = 1, entered_at = u.at, launched_at = u.at
FROM u WHERE r.account = u.account AND r.campaign = u.campaign AND r.ordinal = u.ordinal`

// writeHops writes the rows of messages, and inserts the jobs that follow.
func writeHops(ctx context.Context, tx pgx.Tx, client *river.Client[pgx.Tx], hops []hop) error {
	var ordinals []int64
	var nodes []int16
	var addresses, texts, providers []string
	var next []river.InsertManyParams
	for _, h := range hops {
		ordinals, nodes = append(ordinals, h.Ordinal), append(nodes, h.Node)
		addresses = append(addresses, fmt.Sprintf("+79%09d", h.Ordinal))
		texts = append(texts, fmt.Sprint("Анна ", h.Ordinal, ", -20% до воскресенья"))
		providers = append(providers, providerID(h.Ordinal, h.Node))
		if h.Node < blocks-1 {
			next = append(next, river.InsertManyParams{Args: hop{h.Ordinal, h.Node + 1}})
		}
	}
	if _, err := tx.Exec(ctx, hopRows, account, campaignID, time.Now(), ordinals, nodes, addresses, texts, providers); err != nil {
		return err
	}
	if len(next) == 0 {
		return nil
	}
	_, err := client.InsertManyFastTx(ctx, tx, next)
	return err
}

// riverRun takes n recipients through the cascade as River's jobs, and gives the messages a second.
func (m *machine) riverRun(n int, plain bool) outcome {
	w := m.newWorld("bench_river", n, time.Now())
	defer w.remove()
	ctx, cancel := context.WithCancel(m.Context())
	defer cancel()
	address, err := url.Parse(w.url)
	require.NoError(m, err)
	pool, err := pgxpool.New(ctx, address.String()+"&pool_max_conns=30")
	require.NoError(m, err)
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	require.NoError(m, err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	require.NoError(m, err)
	o := outcome{messages: float64(n * blocks)}
	var left atomic.Int64
	left.Store(int64(o.messages))
	worker := &hopWorker{pool: pool, plain: plain, left: &left, done: make(chan struct{}), group: make(chan waiting, batch)}
	slots := 2_000
	if plain {
		slots = 100
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker)
	client, err := river.NewClient(driver, &river.Config{Logger: log, Workers: workers, FetchCooldown: time.Millisecond,
		FetchPollInterval: 10 * time.Millisecond, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: slots}}})
	require.NoError(m, err)
	m.exec(w.db, "CHECKPOINT")
	log0, began := m.log(w.db), time.Now()
	for first := 0; first < n; first += batch {
		var jobs []river.InsertManyParams
		for i := first; i < min(first+batch, n); i++ {
			jobs = append(jobs, river.InsertManyParams{Args: hop{Ordinal: int64(i)}})
		}
		_, err := client.InsertManyFast(ctx, jobs)
		require.NoError(m, err)
	}
	if !plain {
		for range 2 {
			go worker.together(ctx, client)
		}
	}
	require.NoError(m, client.Start(ctx))
	select {
	case <-worker.done:
	case <-ctx.Done():
		m.Fatal("River did not finish in time")
	}
	require.NoError(m, client.Stop(context.Background()))
	o.seconds = time.Since(began).Seconds()
	o.log = m.log(w.db) - log0
	require.Equal(m, o.messages, m.number(w.db, "SELECT count(*) FROM river_job WHERE state = 'completed'"))
	return o
}
