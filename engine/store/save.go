package store

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// fact is a report on its way into the facts, or into the unknown ones.
type fact struct {
	source  source    // of the message, where it is named by its provider's id
	id      messageID // of the source
	key     channel.Key
	code    int32
	value   string
	unique  string
	scope   engine.Scope
	implied bool
	later   int32          // microseconds after the transaction's instant: keeps the order within one call
	at      engine.Instant // the provider's, 0: none

	stored, real engine.Facts // of the message, as far as they are known: in the database at all, and not as only implied
	again        bool         // it is told from others of its kind, and known to be stored
}

// single reports whether a message can have only one fact of this kind.
func (f *fact) single() bool { return f.unique == "" && f.code < run.HookDoneCode }

// repeated reports whether the fact is known to be stored, at least as what it is now.
func (f *fact) repeated() bool {
	if f.again {
		return true
	}
	have := f.real
	if f.implied {
		have = f.stored
	}
	return f.single() && have&engine.Facts(f.code) != 0
}

// promotes reports whether the fact is known to be stored as only implied so far, which it is not.
func (f *fact) promotes() bool {
	return !f.implied && f.single() && (f.stored&^f.real)&engine.Facts(f.code) != 0
}

// unsure reports whether it is not known of the fact that it is new.
func (f *fact) unsure() bool { return f.implied || f.promotes() }

// source names a message as its provider does.
type source struct {
	account              int64
	connection, provider string
}

// Save stores answers and facts in one transaction. A message is found by the provider's id, in answers stored earlier
// or given here, or by its key. Facts that came before one of these answers are stored now too, in a transaction after
// it. A value is kept up to 16 KiB.
//
// Many calls at once are served side by side, but those with answers, and facts whose message is not found, one after
// another: an answer and a fact of its message that are stored at the same time would both miss the other.
func (s *Store) Save(ctx context.Context, answers []run.Answer, reports []channel.Report,
	held func(run.SegmentKey) bool) (run.Saved, error) {
	facts := make([]fact, len(reports))
	for i := range reports {
		if err := facts[i].from(&reports[i]); err != nil {
			return run.Saved{}, err
		}
	}
	answers, err := s.launched(ctx, answers)
	if err != nil {
		return run.Saved{}, err
	}
	rows := answerRows(answers)
	if len(rows) > 0 {
		if err := s.alone.lock(ctx); err != nil {
			return run.Saved{}, err
		}
		defer s.alone.unlock()
	}
	known, unknown, err := s.find(ctx, rows, facts, len(rows) > 0 || !s.alone.taken())
	if err != nil {
		return run.Saved{}, err
	}
	if len(unknown) > 0 && len(rows) == 0 {
		// Their answers may be the ones that are being stored right now.
		if err := s.alone.lock(ctx); err != nil {
			return run.Saved{}, err
		}
		defer s.alone.unlock()
		var late []fact
		if late, unknown, err = s.find(ctx, nil, unknown, true); err != nil {
			return run.Saved{}, err
		}
		known = append(known, late...)
	}
	nameUnknown(unknown)
	if err := s.understand(ctx, known); err != nil {
		return run.Saved{}, err
	}
	saved, waiting, err := s.write(ctx, entry{answers: rows, facts: known, unknown: unknown, held: held})
	if err != nil || len(waiting) == 0 {
		return saved, err
	}
	more, err := s.settle(ctx, waiting, held)
	if err != nil {
		s.log.Warn("facts that came before their answers wait for the next rematch", "error", err)
		return saved, nil // what was asked for is stored
	}
	saved.Facts += more.Facts
	saved.Touched = append(saved.Touched, more.Touched...)
	return saved, nil
}

// from takes a report over, bounded and storable.
func (f *fact) from(r *channel.Report) error {
	if bits.OnesCount16(uint16(r.Fact)) != 1 {
		return fmt.Errorf("store: a report of connection %q has the facts %b: it must have exactly one", r.Connection, r.Fact)
	}
	*f = fact{code: int32(r.Fact), value: bounded(r.Value, maxValue), scope: r.Scope, key: r.Key}
	f.source = source{account: r.Account, connection: identifier(r.Connection), provider: identifier(r.ProviderID)}
	if f.source.provider != "" {
		f.id = f.source.id()
	}
	second := int64(0)
	if !r.At.IsZero() {
		f.at, second = engine.At(r.At), r.At.Unix()
	}
	f.unique = uniqueBy(r.Fact, f.value, r.Scope, r.Unique, second)
	return nil
}

type answerRow struct {
	source source
	id     messageID
	key    channel.Key
}

// answerRows takes answers over. One without the provider's id is kept under the message's own key.
func answerRows(answers []run.Answer) []answerRow {
	rows := make([]answerRow, len(answers))
	for i := range answers {
		a := &answers[i]
		id := a.ProviderID
		if id == "" {
			id = keyName(a.Key)
		}
		rows[i] = answerRow{source: source{a.Key.Account, identifier(a.Connection), identifier(id)}, key: a.Key}
		rows[i].id = rows[i].source.id()
	}
	return rows
}

func keyName(k channel.Key) string {
	return fmt.Sprintf("our key %d/%d/%d/%d", k.Campaign, k.Ordinal, k.Node, k.Attempt)
}

// SaveHooks stores the results of webhooks' calls: one a recipient and block.
func (s *Store) SaveHooks(ctx context.Context, results []run.HookResult, held func(run.SegmentKey) bool) (run.Saved, error) {
	results, err := s.waitedFor(ctx, results)
	if err != nil {
		return run.Saved{}, err
	}
	facts := make([]fact, len(results))
	for i := range results {
		r := &results[i]
		facts[i] = fact{key: r.Key, code: run.HookDoneCode}
		if r.Failed {
			facts[i].code, facts[i].value = run.HookFailedCode, bounded(r.Reason, maxIdentifier)
		}
	}
	saved, _, err := s.write(ctx, entry{facts: facts, held: held})
	return saved, err
}

// Rematch tries the facts of unknown messages again, and returns how many found theirs.
func (s *Store) Rematch(ctx context.Context, held func(run.SegmentKey) bool) (int, error) {
	rows, err := s.pool.Query(ctx, s.q.get("rematch"))
	if err != nil {
		return 0, err
	}
	waiting, err := readUnknown(rows)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	if _, err := s.settle(ctx, waiting, held); err != nil {
		return 0, err
	}
	return len(waiting), nil
}

// settle stores facts that were unknown, and forgets them as unknown in the same transaction.
func (s *Store) settle(ctx context.Context, waiting []fact, held func(run.SegmentKey) bool) (run.Saved, error) {
	rows := slices.Clone(waiting)
	known, _, err := s.find(ctx, nil, waiting, true)
	if err != nil {
		return run.Saved{}, err
	}
	if err := s.understand(ctx, known); err != nil {
		return run.Saved{}, err
	}
	saved, _, err := s.write(ctx, entry{facts: known, settled: rows, held: held})
	return saved, err
}

// understand lets each fact be what it means at its block.
func (s *Store) understand(ctx context.Context, facts []fact) error {
	meanings := meanings{store: s}
	for i := range facts {
		m, err := meanings.of(ctx, &facts[i].key)
		if err != nil {
			return err
		}
		m.apply(&facts[i])
	}
	return nil
}

// turnstile lets one through at a time.
type turnstile chan struct{}

func (t turnstile) lock(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turnstile) unlock() { <-t }

// taken reports whether somebody is in it now.
func (t turnstile) taken() bool { return len(t) > 0 }
