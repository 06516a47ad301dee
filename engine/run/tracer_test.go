package run_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// tracer keeps the spans that ended.
type tracer struct {
	mu    sync.Mutex
	spans []*span
}

type span struct {
	tracer     *tracer
	name, in   string
	numbers    map[string]int
	words      map[string]string
	err        error
	ended      bool
	dropped    bool
	insideLeft int // spans that were started inside
}

type spanKey struct{}

func (t *tracer) Start(ctx context.Context, name string) (context.Context, run.Span) {
	s := &span{tracer: t, name: name, numbers: map[string]int{}, words: map[string]string{}}
	if outer, ok := ctx.Value(spanKey{}).(*span); ok {
		s.in = outer.name
		t.mu.Lock()
		outer.insideLeft++
		t.mu.Unlock()
	}
	return context.WithValue(ctx, spanKey{}, s), s
}

func (s *span) Set(name string, n int) { s.numbers[name] = n }
func (s *span) Tell(name, text string) { s.words[name] = text }
func (s *span) End(err error)          { s.close(err, false) }
func (s *span) Drop()                  { s.close(nil, true) }
func (s *span) close(err error, d bool) {
	s.tracer.mu.Lock()
	defer s.tracer.mu.Unlock()
	if s.ended || d && s.insideLeft > 0 {
		panic("a span was ended twice, or dropped with others inside: " + s.name)
	}
	s.err, s.ended, s.dropped = err, true, d
	s.tracer.spans = append(s.tracer.spans, s)
}

// of gives the spans of a name that were not dropped.
func (t *tracer) of(name string) []*span {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.spans), func(s *span) bool { return s.dropped || s.name != name })
}

func (t *tracer) sum(name, number string) (n int) {
	for _, s := range t.of(name) {
		n += s.numbers[number]
	}
	return n
}

func TestWorkIsTraced(t *testing.T) {
	t.Parallel()
	l, spans := newLab(t), &tracer{}
	drawing := draw(sms("s", "1h"), block("w", "webhook", `{"method":"POST","url":"https://shop.example/{{contact.phone}}"}`),
		goal("g"), link("s", "status:delivered", "w"), link("w", "next", "g"))
	key := l.campaign(drawing, l.people(3))
	r := l.start(l.provider(func(m channel.Message, _ int) channel.Result {
		if m.Key.Ordinal == 2 {
			return refused(engine.Rejected)
		}
		return accepted(m)
	}), func(o *run.Options) { o.Tracer = spans })
	l.becomes(key, 0, "s waiting")
	l.becomes(key, 1, "s waiting")
	r.report(fact(l.message(key, 0, "s"), engine.Delivered), fact(l.message(key, 1, "s"), engine.Delivered))
	l.finished(key)
	r.stop()

	require.Positive(t, spans.sum("claim", "segments"))
	require.Equal(t, 3, spans.sum("send", "messages"))
	require.Equal(t, 2, spans.sum("send", "accepted"))
	require.Equal(t, 1, spans.sum("send", "refused"))
	require.Equal(t, connection, spans.of("send")[0].words["connection"])
	require.Equal(t, 3, spans.sum("commit", "messages"))
	require.Equal(t, 3, spans.sum("turn", "messages"))
	require.Equal(t, spans.sum("turn", "recipients"), spans.sum("commit", "recipients"))
	require.Equal(t, 2, spans.sum("save", "answers"))
	require.Equal(t, 3, spans.sum("save", "reports"), "two deliveries and a refusal")
	require.Equal(t, 2, spans.sum("save", "hooks"))
	require.Len(t, spans.of("webhook"), 2)
	for _, name := range []string{"people", "commit"} {
		require.NotEmpty(t, spans.of(name))
		for _, s := range spans.of(name) {
			require.Equal(t, "turn", s.in, name)
		}
	}
	for _, s := range spans.spans {
		require.NoError(t, s.err, s.name)
		for _, word := range s.words {
			require.NotContains(t, word, "+7900", "a person's data")
		}
	}
	require.LessOrEqual(t, len(spans.of("turn")), len(spans.of("people")), "a look that found nothing leaves no span")
}

func TestWhatFailsIsTraced(t *testing.T) {
	t.Parallel()
	l, spans := newLab(t), &tracer{}
	drawing := draw(sms("s", "1h"), block("w", "webhook", `{"method":"POST","url":"https://shop.example/"}`), goal("g"),
		link("s", "status:delivered", "w"), link("w", "error:any", "g"))
	key := l.campaign(drawing, l.people(1))
	server := &hookServer{answer: func(context.Context, run.HookRequest, int) string { return "500" }}
	r := l.start(l.provider(func(m channel.Message, times int) channel.Result {
		if times == 1 {
			return notTaken()
		}
		return accepted(m)
	}), func(o *run.Options) { o.Tracer = spans }, hooks(server))
	l.becomes(key, 0, "s waiting")
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.eventually("the webhook was called", func() bool { return len(spans.of("webhook")) > 0 })
	call := spans.of("webhook")[0]
	require.EqualError(t, call.err, "500")
	require.Equal(t, "500", call.words["reason"])
	require.Equal(t, l.message(key, 0, "w").String(), call.words["message"])
	require.Equal(t, 1, spans.sum("send", "not_taken"))
	require.Error(t, spans.of("send")[0].err)
	require.NoError(t, spans.of("send")[1].err)
}

func TestQuestionsAreTraced(t *testing.T) {
	t.Parallel()
	l, spans := newLab(t), &tracer{}
	key := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g"), link("s", "error", "g")), l.people(2))
	p := &askable{provider: l.provider(func(channel.Message, int) channel.Result { return uncertain() })}
	p.know = func(k channel.Key) channel.Result {
		if k.Ordinal == 0 {
			return refused(engine.BadAddress)
		}
		return channel.Result{Status: channel.Accepted, ProviderID: providerID(k)}
	}
	r := l.start(p, soon, func(o *run.Options) { o.Tracer = spans })
	l.eventually("both are known", func() bool { return l.figure(key, "s", "accepted") == 1 && l.figure(key, "g", "entered") == 1 })
	r.report(fact(l.message(key, 1, "s"), engine.Delivered))
	l.finished(key)
	require.Equal(t, 2, spans.sum("ask", "messages"))
	require.Equal(t, 1, spans.sum("ask", "accepted"))
	require.Equal(t, 1, spans.sum("ask", "refused"))
	for _, s := range spans.of("ask") {
		require.Equal(t, connection, s.words["connection"])
		require.NoError(t, s.err, "that nobody knows is an answer")
		require.Empty(t, s.in, "the turn in which it began may be over, and leave no span")
	}
}
