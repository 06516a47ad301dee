package campaigns_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/paging"
)

// names reads the whole list in an order, in pages of a size, and gives the names.
func (w *world) names(sort string, limit int) []string {
	w.Helper()
	var out []string
	page := paging.Request{Limit: limit}
	for {
		list, err := w.List(w.Context(), mine, campaign.Query{Sort: sort}, page)
		require.NoError(w, err)
		for i := range list.Items {
			out = append(out, list.Items[i].Name)
		}
		if list.Next == "" {
			return out
		}
		page.Cursor = list.Next
	}
}

// TestOrdersOfTheList reads each order page by page, with equals on both sides of a page's end.
func TestOrdersOfTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 3)
	made := func(name string, start campaign.Start) *campaign.Campaign {
		return w.draft(func(terms *campaign.Terms) { terms.Name, terms.Start = name, start })
	}
	later := time.Now().Add(72 * time.Hour).UTC().Truncate(time.Second)
	running := made("Ёлка", campaign.Start{})
	made("весна", campaign.Start{})
	planned := made("Зима", campaign.Start{When: campaign.At, At: &later})
	made("весна", campaign.Start{})
	made("Жара", campaign.Start{})
	w.launched(running.ID)
	w.launched(planned.ID)
	w.db.Exec("UPDATE campaigns SET state = 'running' WHERE campaign = $1", int64(running.ID))
	for sort, want := range map[string][]string{
		"":            {"Жара", "весна", "Зима", "весна", "Ёлка"},
		"-created_at": {"Жара", "весна", "Зима", "весна", "Ёлка"},
		"created_at":  {"Ёлка", "весна", "Зима", "весна", "Жара"},
		"name":        {"весна", "весна", "Ёлка", "Жара", "Зима"},
		"-name":       {"Зима", "Жара", "Ёлка", "весна", "весна"},
		"start":       {"Ёлка", "Зима", "Жара", "весна", "весна"},
		"-start":      {"Зима", "Ёлка", "Жара", "весна", "весна"},
		"state":       {"Жара", "весна", "весна", "Зима", "Ёлка"},
		"-state":      {"Ёлка", "Зима", "Жара", "весна", "весна"},
	} {
		require.Equal(t, want, w.names(sort, 50), sort)
		for limit := 1; limit <= 3; limit++ {
			require.Equal(t, want, w.names(sort, limit), "%s by %d", sort, limit)
		}
	}
}

// A cursor of another order, or one that was tampered with, is refused and never reaches the database.
func TestCursorsOfAnotherOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct{ sort, of, text string }{
		{"name", "-name", "а"}, {"-created_at", "-created_at", "вчера"}, {"-created_at", "-created_at", "infinity"},
		{"start", "start", "-infinity"}, {"state", "state", "9999999999999"}, {"state", "", "1"},
	} {
		_, err := w.List(t.Context(), mine, campaign.Query{Sort: c.sort},
			paging.Request{Limit: 1, Cursor: paging.Encode(paging.Place{Sort: c.of, Text: c.text, ID: 1})})
		refused(t, err, fault.Invalid, "bad_cursor", "query.cursor")
	}
	for _, c := range []struct{ sort, text string }{
		{"name", "\x00\xff"}, {"-created_at", "0000-01-01T00:00:00Z"}, {"start", "9999-12-31T23:59:59+23:59"}, {"state", "-7"},
	} {
		_, err := w.List(t.Context(), mine, campaign.Query{Sort: c.sort},
			paging.Request{Limit: 1, Cursor: paging.Encode(paging.Place{Sort: c.sort, Text: c.text, ID: -1})})
		require.NoError(t, err, c)
	}
	_, err := w.List(t.Context(), mine, campaign.Query{Sort: "colour"}, paging.Request{Limit: 1})
	refused(t, err, fault.Invalid, "bad_sort", "query.sort")
}
