package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

// fiveBlocks is a cascade without conditions: two channels, an A/B test, a delay and a goal.
func fiveBlocks() *Program {
	viber, sms := aViber(), anSMS()
	return cascade(
		block("v", viber, "status=delivered>d", "status=not_delivered>s"),
		block("d", &Wait{Until: func(entered time.Time, _ *time.Location) time.Time { return entered.Add(time.Hour) }}, "next>t"),
		block("t", &Split{Variants: []Variant{{ID: "a", Weight: 1}, {ID: "b", Weight: 1}}}, "variant=a>s", "variant=b>s"),
		block("s", sms, "status=clicked>g", "status=delivered>g"),
		block("g", &Goal{}),
	)
}

// walkFive takes one recipient through all five blocks, and gives the number of steps.
func walkFive(in *Input, out *Effects) (s State, steps int) {
	now := morning
	s = in.Program.NewState(now)
	step := func(ev Event) {
		s, _ = Step(in, s, ev, now, out)
		steps++
	}
	timer := func() {
		now, _ = in.Program.Due(&s)
		step(Event{Kind: Timer})
	}
	for range 2 {
		node := s.Node
		for s.Phase != Sending { // the start, or the delay's end, and the launch
			timer()
			node = s.Node
		}
		step(Event{Kind: Acceptance, Node: node, Attempt: 1})
		now = now.Add(time.Minute)
		step(Event{Kind: Fact, Fact: Delivered, Node: node, Attempt: 1})
	}
	timer()
	return s, steps
}

// BenchmarkStep measures interpreting alone. The bar is 1 µs and one allocation a step.
func BenchmarkStep(b *testing.B) {
	week := &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: 9 * 60, To: 21 * 60}
	for name, window := range map[string]*scheme.Window{"no window": nil, "window": week} {
		b.Run(name, func(b *testing.B) {
			zone, err := time.LoadLocation("Europe/Moscow")
			require.NoError(b, err)
			in := &Input{Program: fiveBlocks(), Campaign: &Campaign{Seed: "c", Start: morning, Window: window, Zone: zone,
				StopWords: DefaultStopWords()}, Vars: &scheme.Vars{}, Zone: zone}
			var out Effects
			s, _ := walkFive(in, &out)
			require.Equal(b, ReachedGoal, s.Outcome)
			b.ReportAllocs()
			steps := 0
			b.ResetTimer()
			for b.Loop() {
				out.Reset()
				in.Ordinal++
				_, n := walkFive(in, &out)
				steps += n
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
			b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
		})
	}
}
