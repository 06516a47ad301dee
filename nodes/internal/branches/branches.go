// Package branches is what blocks with several named ways out have in common: variants, branches and options.
package branches

import (
	"unicode"
	"unicode/utf8"

	"kaskad/engine/scheme"
)

// Most is how many ways out a block may have.
const Most = 200

// maxID is the length of an id in characters, as of a node's.
const maxID = 64

// IDs reads the `id` of every item. An id that is lacking, malformed, repeated or reserved is reported; ok is false
// where one of them is not known.
func IDs(list []*scheme.Config, reserved ...string) (ids []string, ok bool) {
	seen := make(map[string]bool, len(list))
	reservedSet := make(map[string]bool, len(reserved))
	for _, r := range reserved {
		reservedSet[r] = true
	}
	ok = true
	for _, c := range list {
		id, given := c.Required("id")
		ids = append(ids, id)
		switch {
		case !given:
			ok = false
			continue
		case utf8.RuneCountInString(id) > maxID || !printable(id):
			c.Report(scheme.BadConfig, "id", id, scheme.Text{
				EN: "an id is 1 to {most} characters that can be seen",
				RU: "идентификатор — от 1 до {most} видимых знаков",
			}, "most", maxID)
		case reservedSet[id]:
			c.Report(scheme.BadConfig, "id", id, scheme.Text{
				EN: "{id:q} has a meaning of its own here: choose another id",
				RU: "у {id:q} здесь особый смысл: возьмите другой идентификатор",
			}, "id", id)
		case seen[id]:
			c.Report(scheme.BadConfig, "id", id, scheme.Text{
				EN: "the id {id:q} comes twice: change one of them",
				RU: "идентификатор {id:q} встречается дважды: измените один из них",
			}, "id", id)
		}
		seen[id] = true
	}
	return ids, ok
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// Outcomes makes one wanted outcome of each id, an id that comes twice once.
func Outcomes(kind scheme.LinkType, ids []string, more ...string) []scheme.Outcome {
	out := make([]scheme.Outcome, 0, len(ids)+len(more))
	seen := make(map[string]bool, len(ids)+len(more))
	for _, list := range [][]string{ids, more} {
		for _, id := range list {
			if !seen[id] {
				seen[id] = true
				out = append(out, scheme.Outcome{Type: kind, Value: id, Wanted: true})
			}
		}
	}
	return out
}
