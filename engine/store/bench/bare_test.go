package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// batch is how many recipients the bare statements take at once.
const batch = 5_000

// bareRun writes the rows that the engine writes for n recipients, and nothing else: two connections, batches of 5,000,
// two transactions a message, which is the least that it can be, since an intent is committed before the provider hears
// of it. Every batch goes block by block through the cascade.
//
// The first transaction of a message is its launch: the recipient's row, the intent, the step out of the block before and
// the figures. The second is its answer and its fact, with figures. After the last one each walk ends in a third.
func (m *machine) bareRun(n int) outcome {
	w := m.newWorld("bench_bare", n, time.Now())
	defer w.remove()
	o := outcome{messages: float64(n * blocks)}
	m.exec(w.db, "CHECKPOINT")
	disk, log, began := m.disk(w.db), m.log(w.db), time.Now()
	batches := make(chan int)
	var work sync.WaitGroup
	errs := make(chan error, 2)
	for shard := range 2 {
		work.Go(func() {
			errs <- func() error {
				db, err := pgx.Connect(m.Context(), w.url)
				if err != nil {
					return err
				}
				defer db.Close(context.Background())
				x := bare{ctx: m.Context(), db: db, shard: int16(shard)}
				for first := range batches {
					if err := x.walk(int64(first), min(batch, n-first)); err != nil {
						return err
					}
				}
				return nil
			}()
		})
	}
	for first := 0; first < n; first += batch {
		select {
		case batches <- first:
		case err := <-errs:
			require.NoError(m, err)
		}
	}
	close(batches)
	work.Wait()
	o.seconds = time.Since(began).Seconds()
	close(errs)
	for err := range errs {
		require.NoError(m, err)
	}
	o.log, o.disk = m.log(w.db)-log, m.disk(w.db)-disk
	require.Equal(m, o.messages, m.number(w.db, "SELECT count(*) FROM messages"))
	require.EqualValues(m, n, m.number(w.db, "SELECT count(*) FROM recipients WHERE phase = 7"))
	w.close()
	o.hot, o.updates = m.hot(w.db, "recipients")
	return o
}

// bare is one connection that writes.
type bare struct {
	ctx   context.Context
	db    *pgx.Conn
	shard int16
}

// walk takes consecutive recipients through the whole cascade.
func (x *bare) walk(first int64, n int) error {
	var entered, launched time.Time
	for node := range int16(blocks) {
		was := launched
		entered, launched = launched, time.Now()
		if err := x.tx(func(tx pgx.Tx) error { return x.launch(tx, first, n, node, was, launched) }); err != nil {
			return err
		}
		if err := x.tx(func(tx pgx.Tx) error { return x.answer(tx, first, n, node) }); err != nil {
			return err
		}
	}
	return x.tx(func(tx pgx.Tx) error { return x.end(tx, first, n, entered, launched) })
}

func (x *bare) tx(f func(pgx.Tx) error) error { return pgx.BeginFunc(x.ctx, x.db, f) }

const setRecipients = `UPDATE recipients r SET node = u.node, phase = u.phase, outcome = u.outcome, attempt = 1, facts = u.facts,
	entered_at = u.at, launched_at = u.at, wake_at = NULL, ended_at = u.ended, reason = u.reason
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::integer[],
	$8::timestamptz[], $9::timestamptz[], $10::text[]) AS u(account, campaign, ordinal, node, phase, outcome, facts, at, ended, reason)
WHERE r.account = u.account AND r.campaign = u.campaign AND r.ordinal = u.ordinal`

const setCounters = `INSERT INTO counters AS c (account, campaign, shard, node, what, n)
SELECT $1, $2, $3, u.node, u.what, u.n FROM unnest($4::smallint[], $5::text[], $6::bigint[]) AS u(node, what, n)
ON CONFLICT (account, campaign, shard, node, what) DO UPDATE SET n = c.n + excluded.n`

// recipients writes the states.
func (x *bare) recipients(tx pgx.Tx, first int64, n int, node, phase, outcome int16, facts int32, at time.Time, ended *time.Time,
	reason *string) error {
	_, err := tx.Exec(x.ctx, setRecipients, repeat(n, account), repeat(n, campaignID), ordinals(first, n), repeat(n, node),
		repeat(n, phase), repeat(n, outcome), repeat(n, facts), repeat(n, at), repeat(n, ended), repeat(n, reason))
	return err
}

func (x *bare) count(tx pgx.Tx, node int16, n int, whats ...string) error {
	_, err := tx.Exec(x.ctx, setCounters, account, campaignID, x.shard, repeat(len(whats), node), whats, repeat(len(whats), int64(n)))
	return err
}

func (x *bare) copy(tx pgx.Tx, table string, names []string, n int, row func(i int) []any) error {
	_, err := tx.CopyFrom(x.ctx, pgx.Identifier{table}, names, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
		return row(i), nil
	}))
	return err
}

func (x *bare) launch(tx pgx.Tx, first int64, n int, node int16, was, at time.Time) error {
	if err := x.recipients(tx, first, n, node, 3, 0, 0, at, nil, nil); err != nil {
		return err
	}
	names := []string{"account", "campaign", "ordinal", "node", "attempt", "launched_at", "hand_by", "address", "text"}
	if err := x.copy(tx, "messages", names, n, func(i int) []any {
		o := first + int64(i)
		return []any{account, campaignID, o, node, int16(1), at, at.Add(10 * time.Second), fmt.Sprintf("+79%09d", o),
			fmt.Sprint("Анна ", o, ", -20% до воскресенья")}
	}); err != nil {
		return err
	}
	if node > 0 {
		if err := x.steps(tx, first, n, node-1, was, at); err != nil {
			return err
		}
	}
	return x.count(tx, node, n, "entered", "sent")
}

func (x *bare) steps(tx pgx.Tx, first int64, n int, node int16, was, at time.Time) error {
	names := []string{"account", "campaign", "ordinal", "node", "link", "attempts", "facts", "entered_at", "sent_at",
		"decided_at", "reason", "chosen"}
	if err := x.copy(tx, "steps", names, n, func(i int) []any {
		return []any{account, campaignID, first + int64(i), node, int16(0), int16(1), int32(1), was, was, at, "delivered", ""}
	}); err != nil {
		return err
	}
	return x.count(tx, node, n, "link:0")
}

func (x *bare) answer(tx pgx.Tx, first int64, n int, node int16) error {
	at := time.Now()
	names := []string{"account", "connection", "provider_id", "campaign", "segment", "ordinal", "node", "attempt", "recorded_at"}
	if err := x.copy(tx, "answers", names, n, func(i int) []any {
		o := first + int64(i)
		return []any{account, connection, providerID(o, node), campaignID, int32(o / 10_000), o, node, int16(1), at}
	}); err != nil {
		return err
	}
	names = []string{"account", "campaign", "segment", "ordinal", "node", "attempt", "fact", "recorded_at", "provider_at"}
	if err := x.copy(tx, "facts", names, n, func(i int) []any {
		o := first + int64(i)
		return []any{account, campaignID, int32(o / 10_000), o, node, int16(1), int32(1), at, at}
	}); err != nil {
		return err
	}
	return x.count(tx, node, n, "accepted", "delivered")
}

func (x *bare) end(tx pgx.Tx, first int64, n int, was, at time.Time) error {
	ended, reason := time.Now(), "goal"
	if err := x.recipients(tx, first, n, blocks, 7, 1, 0, at, &ended, &reason); err != nil {
		return err
	}
	if err := x.steps(tx, first, n, blocks-1, was, ended); err != nil {
		return err
	}
	if err := x.steps(tx, first, n, blocks, ended, ended); err != nil {
		return err
	}
	return x.count(tx, -1, n, "end:goal")
}

// providerID is as random as the demo channel's.
func providerID(ordinal int64, node int16) string {
	v := uint64(ordinal)*1_000 + uint64(node)
	v *= 0x9e3779b97f4a7c15
	v ^= v >> 29
	v *= 0xbf58476d1ce4e5b9
	return fmt.Sprintf("demo-%016x", v)
}

func repeat[T any](n int, v T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func ordinals(first int64, n int) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = first + int64(i)
	}
	return list
}
