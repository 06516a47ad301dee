package virtual

import (
	"slices"

	"kaskad/engine"
	"kaskad/engine/run"
)

// dropLost leaves out answers, and results of webhooks, of what another server has lost.
func (w *saving) dropLost() {
	d := w.d
	if d.o.Flaws.Early {
		return
	}
	w.answers = slices.DeleteFunc(w.answers, func(a run.Answer) bool {
		return a.Server != 0 && a.Server != d.server() && d.messages[a.Key] == nil
	})
	kept := w.given[:0]
	for i, g := range w.given {
		if i < len(w.servers) && w.servers[i] != 0 && w.servers[i] != d.server() {
			if r := d.recipients[recipientOf(g.fact.Key)]; r == nil || r.State.Phase != engine.Calling || r.State.Node != g.fact.Key.Node {
				continue
			}
		}
		kept = append(kept, g)
	}
	w.given = kept
}

// anywhere takes another account's message of that name, the one with the least key.
func (w *saving) anywhere(g *given) (found bool) {
	for s, a := range w.d.answers {
		if s.connection == g.source.connection && s.provider == g.source.provider && (!found || a.key.String() < g.fact.Key.String()) {
			g.fact.Key, found = a.key, true
		}
	}
	return found
}
