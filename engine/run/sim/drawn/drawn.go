// Package drawn draws schemes at random, for tests that want any.
package drawn

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// kinds are configs of every block that may stand in a cascade, with what links of it may take.
var kinds = []struct {
	kind, config string
	outcomes     []string
}{
	{"viber", `{"sender": "S", "text": "{{ link(\"https://shop.example/\") }}", "decision_time": "2h"}`,
		[]string{"status=spam", "status=unsubscribed", "status=clicked", "status=viewed", "status=delivered", "status=not_delivered",
			`reply=says(reply, "да")`, "reply", "error", "error=rejected"}},
	{"viber", `{"sender": "S", "text": "Hello", "decision_time": "30m", "window": {"zone": "sender", "days": [1, 3, 6], "from": "22:00", "to": "03:00"}}`,
		[]string{"status=viewed", "status=clicked", "status=delivered", "status=not_delivered", "error=window_closed"}},
	{"sms", `{"sender": "S", "text": "Hello"}`, []string{"status=delivered", "status=not_delivered", "reply", "error=unsubscribed"}},
	{"vk", `{"sender": "S", "text": "{{ link(\"https://shop.example/\") }}"}`, []string{"status=clicked", "status=viewed", "reply=len(reply) > 3"}},
	{"ok", `{"sender": "S", "text": "Hello"}`, []string{"status=viewed", "status=delivered", "status=not_delivered"}},
	{"whatsapp", `{"sender": "S", "template": "t", "decision_time": "1m"}`,
		[]string{"status=unsubscribed", "status=clicked", "status=delivered", "status=not_delivered", "error"}},
	{"voice", `{"sender": "S", "text": "Hello", "redial": {"attempts": 3, "interval": "10m"},
		"ivr": {"1": {"action": "record"}, "2": {"action": "repeat"}, "9": {"action": "unsubscribe"}}}`,
		[]string{"status=unsubscribed", "status=answered", "status=no_answer", "ivr=1", "error=no_funds"}},
	{"delay", `{"for": "1d2h", "until": {"time": "02:30", "days": [1, 4, 7]}}`, []string{"next"}},
	{"split", `{"variants": [{"id": "a", "weight": 3}, {"id": "b", "weight": 2}], "winner": {"share": 20, "wait": "4h", "metric": "clicked", "min": 1}}`,
		[]string{"variant=a", "variant=b"}},
	{"goal", `{}`, []string{"next"}},
	{"condition", `{"branches": [{"id": "a", "when": "contact.attributes.city == \"Омск\""}]}`, []string{"branch=a", "branch=else"}},
	{"webhook", `{"url": "https://crm.example/"}`, []string{"next", "error", "error=500"}},
	{"update", `{"set": {"city": "\"Омск\""}, "add_tags": ["x"]}`, []string{"next"}},
}

type object = map[string]any

// Cascade draws a cascade of up to eight blocks, in which every block can be reached, and gives it with its blocks' ids. The
// blocks are the given ones, or any where none is given.
func Cascade(d *rand.Rand, only ...string) (document []byte, ids []string) {
	n := 1 + d.IntN(8)
	nodes, links := []object{}, []object{}
	var free [][2]string // outcomes without a link, with their block
	for i := range n {
		k := kinds[d.IntN(len(kinds))]
		for len(only) > 0 && !slices.Contains(only, k.kind) {
			k = kinds[d.IntN(len(kinds))]
		}
		id := fmt.Sprint("n", i)
		if i > 0 {
			if len(free) == 0 {
				break
			}
			for range 1 + d.IntN(min(4, len(free))) {
				at := d.IntN(len(free))
				kind, value, _ := strings.Cut(free[at][1], "=")
				links = append(links, object{"id": fmt.Sprint("l", len(links)), "from": free[at][0], "to": id, "type": kind, "value": value})
				free = slices.Delete(free, at, at+1)
			}
		}
		nodes, ids = append(nodes, object{"id": id, "type": k.kind, "name": id, "x": 0, "y": 0, "config": json.RawMessage(k.config)}), append(ids, id)
		for _, o := range k.outcomes {
			free = append(free, [2]string{id, o})
		}
	}
	document, err := json.Marshal(object{"kind": "cascade", "name": "any", "nodes": nodes, "links": links})
	if err != nil {
		panic(err) // texts and lists
	}
	return document, ids
}
