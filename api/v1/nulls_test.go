package v1_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNullClearsOrIsRefused sends null for the fields that cannot be empty: silence would tell a program that it did
// something.
func TestNullClearsOrIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	contact := c.post("/contacts", map[string]any{"phone": "+79161234567", "tags": []string{"vip"}}, 201).made()
	file := c.with("Content-Type", "text/csv").post("/imports?name=a.csv", "phone\n+79161112233\n", 201).made()
	scheme := c.post("/schemes", map[string]any{"template": "viber-sms"}, 201).made()
	for _, x := range []struct {
		path   string
		fields []string
	}{
		{"/session", []string{"name", "zone", "language"}},
		{"/account", []string{"name", "zone", "country", "language"}},
		{fmt.Sprintf("/contacts/%s", contact), []string{"add_tags", "remove_tags", "attributes", "addresses"}},
		{fmt.Sprintf("/imports/%s", file), []string{"encoding", "separator", "columns", "groups", "source"}},
	} {
		for _, field := range x.fields {
			c.patch(x.path, map[string]any{field: nil}, 422).says("not_clearable", "body."+field)
		}
	}
	require.Contains(t, c.russian().patch("/account", map[string]any{"zone": nil}, 422).says("not_clearable", "body.zone").Detail, "null")

	// These mean something.
	c.patch(fmt.Sprintf("/contacts/%s", contact), map[string]any{"tags": nil, "zone": nil, "email": nil}, 200)
	c.patch("/account", map[string]any{"cap_day": nil, "cap_week": nil, "window": nil, "stop_words": nil}, 200)
	c.patch(fmt.Sprintf("/schemes/%s", scheme), map[string]any{"tags": nil}, 200)
}
