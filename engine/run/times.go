package run

import "time"

// Times are the runtime's spans of time. Zero values take the defaults named here.
type Times struct {
	// HandWithin is how long after its commit an intent may be handed to a provider. Default HandWithin.
	HandWithin time.Duration
	// JudgeAfter is the margin after that before a new owner judges an intent without an answer. It must cover how far
	// the clocks of the processes run apart within HandWithin. Default JudgeAfter.
	JudgeAfter time.Duration
	// RetryPause is the first pause before a message that was not taken is handed over again; each further one is twice
	// as long, up to a minute. Default 1 s.
	RetryPause time.Duration
	// A segment in which nothing happened for RestAfter, and in which nothing is due within RestUnless, is put away.
	// Defaults 2 s and 30 s.
	RestAfter, RestUnless time.Duration
}

func (t Times) orDefaults() Times {
	return Times{HandWithin: above0(t.HandWithin, HandWithin), JudgeAfter: above0(t.JudgeAfter, JudgeAfter),
		RetryPause: above0(t.RetryPause, time.Second), RestAfter: above0(t.RestAfter, 2*time.Second),
		RestUnless: above0(t.RestUnless, 30*time.Second)}
}
