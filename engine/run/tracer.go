package run

import (
	"context"
	"errors"
	"time"

	"kaskad/engine/channel"
)

// Tracer records how long pieces of work took. It is safe for use by many goroutines. Where there is none, nothing is
// recorded and nothing allocated. No person's data goes in: numbers, names of connections and keys only.
//
// The spans are: `claim` (segments), segments taken; `turn` (read, events, recipients, messages), a worker's look at the
// database that led to a batch, with `people` and `commit` (recipients, messages, steps) in it; `save` (answers, reports,
// hooks), a group commit of the inbox; `send` (connection, messages, accepted, refused, not_taken, uncertain), a call of a
// provider; `ask` (the same), a question to a provider what became of messages; `webhook` (message, reason), a call of a
// webhook.
type Tracer interface {
	// Start begins a span inside that of ctx, and gives the context to work on with.
	Start(ctx context.Context, name string) (context.Context, Span)
}

// Span is a piece of work under way. It is used by one goroutine, and is ended or dropped, once.
type Span interface {
	// Set adds a number, Tell a word.
	Set(name string, n int)
	Tell(name, text string)
	// End ends the piece of work; err is nil where it went well.
	End(err error)
	// Drop forgets it: nothing is recorded. Nothing may have been started inside it.
	Drop()
}

// begin starts a span where there is a tracer.
func begin(ctx context.Context, t Tracer, name string) (context.Context, Span) {
	if t == nil {
		return ctx, noSpan{}
	}
	return t.Start(ctx, name)
}

type noSpan struct{}

func (noSpan) Set(string, int)     {}
func (noSpan) Tell(string, string) {}
func (noSpan) End(error)           {}
func (noSpan) Drop()               {}

// apart is a context outside the span of its own: for work that goes on after that ended or was dropped.
type apart struct{ context.Context }

// Value hides what is in the context.
func (apart) Value(any) any { return nil }

// round looks at the database and works what it told. A look that led to no batch leaves no span: there are several a
// second of every worker.
func (w *Worker) round(ctx context.Context, local time.Time, mail mail) (busy bool, err error) {
	ctx, span := begin(ctx, w.Tracer, "turn")
	tick, err := w.look(ctx, local)
	if err != nil {
		span.End(err)
		return false, err
	}
	busy, err = w.work(ctx, tick, mail)
	if !busy && err == nil {
		span.Drop()
		return false, nil
	}
	span.Set("read", len(w.turn.read))
	span.Set("events", len(w.turn.events))
	span.Set("recipients", len(w.turn.batch.Recipients))
	span.Set("messages", len(w.turn.batch.Messages))
	span.End(err)
	return busy, err
}

// tracedSession records what a worker waits for.
type tracedSession struct {
	Session
	tracer Tracer
}

func traced(s Session, t Tracer) Session {
	if t == nil {
		return s
	}
	return &tracedSession{s, t}
}

func (s *tracedSession) Claim(ctx context.Context, max int, ahead time.Duration) ([]Claimed, error) {
	ctx, span := s.tracer.Start(ctx, "claim")
	claimed, err := s.Session.Claim(ctx, max, ahead)
	if len(claimed) == 0 && err == nil {
		span.Drop()
		return nil, nil
	}
	span.Set("segments", len(claimed))
	span.End(err)
	return claimed, err
}

func (s *tracedSession) Begin(ctx context.Context, people map[int64][]int64, launches ...Launching) (
	map[PersonKey]Person, error) {
	ctx, span := s.tracer.Start(ctx, "people")
	found, err := s.Session.Begin(ctx, people, launches...)
	span.End(err)
	return found, err
}

func (s *tracedSession) Commit(ctx context.Context, b *Batch) error {
	ctx, span := s.tracer.Start(ctx, "commit")
	span.Set("recipients", len(b.Recipients))
	span.Set("messages", len(b.Messages))
	span.Set("steps", len(b.Steps))
	err := s.Session.Commit(ctx, b)
	span.End(err)
	return err
}

var errNoAnswer = errors.New("the provider answered for no message")

// told ends the span of a sender's call.
func told(span Span, connection string, results []channel.Result) {
	if counted(span, connection, len(results), results) == 0 {
		span.End(errNoAnswer)
		return
	}
	span.End(nil)
}

// asked ends the span of a question. That a message was not taken, or that nobody knows, is an answer too.
func asked(span Span, connection string, keys []channel.Key, results []channel.Result) {
	counted(span, connection, len(keys), results)
	if len(results) != len(keys) {
		span.End(errNoAnswer)
		return
	}
	span.End(nil)
}

// counted puts a provider's word into a span, and gives for how many messages it is certain that it heard of them.
func counted(span Span, connection string, messages int, results []channel.Result) (sure int) {
	var n [channel.Uncertain + 1]int
	for i := range results {
		n[results[i].Status]++
	}
	span.Tell("connection", connection)
	span.Set("messages", messages)
	span.Set("accepted", n[channel.Accepted])
	span.Set("refused", n[channel.Refused])
	span.Set("not_taken", n[channel.NotTaken])
	span.Set("uncertain", n[channel.Uncertain])
	return n[channel.Accepted] + n[channel.Refused]
}

// try makes a call. Its address and its body stay out of the span: they may name a person.
func (h *Hooks) try(ctx context.Context, r HookRequest) (reason string) {
	if h.Tracer == nil {
		return h.caller.Call(ctx, r)
	}
	ctx, span := h.Tracer.Start(ctx, "webhook")
	span.Tell("message", r.Key.String())
	if reason = h.caller.Call(ctx, r); reason != "" {
		span.Tell("reason", reason)
		span.End(errors.New(reason))
		return reason
	}
	span.End(nil)
	return ""
}
