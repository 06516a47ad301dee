package main

import (
	"context"
	"fmt"
	"time"
)

// shownUnknown bounds what is listed; the figure above the list is of all.
const shownUnknown = 100

// listUnknown shows what providers reported of messages that nobody knows: kept in case an answer comes later, and a
// hint that a provider's settings are wrong.
func listUnknown(ctx context.Context, t terminal, args []string) int {
	l := &launch{}
	c, ok := configure(t, args, l.pick("lang", "json")...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) > 0 {
		return t.refuseUsage("unknown")
	}
	d, err := openDatabase(ctx, c, quiet(c, t))
	if err != nil {
		return t.refuse(err)
	}
	defer d.close()
	list, err := d.UnknownFacts(ctx, defaultAccount, shownUnknown)
	if err != nil {
		return t.refuse(err)
	}
	if l.json {
		return t.print(map[string]any{"unknown": list}, false)
	}
	w := speak(languageOf(l.language, t.env))
	if len(list) == 0 {
		fmt.Fprintln(t.out, w.say("unknown_none"))
		return exitOK
	}
	rows := [][]string{{w.say("unknown_id"), w.say("unknown_connection"), w.say("unknown_fact"), w.say("unknown_times"), w.say("unknown_last")}}
	for _, u := range list {
		fact := w.say(u.Fact)
		if u.Value != "" {
			fact += ": " + clip(u.Value, 40)
		}
		rows = append(rows, []string{clip(u.ProviderID, 40), clip(u.Connection, 20), fact, fmt.Sprint(u.Times),
			u.Recorded.Format(time.DateTime)})
	}
	grid(t.out, rows)
	return exitOK
}
