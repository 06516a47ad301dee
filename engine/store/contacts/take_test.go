package contacts_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/audience"
	"kaskad/engine/ids"
)

// taken takes people in and gives the ids of their contacts.
func (w *world) taken(people ...audience.NewContact) []ids.ID {
	w.Helper()
	got, err := w.Take(w.Context(), actor(mine), people)
	require.NoError(w, err)
	list := make([]ids.ID, len(got))
	for i, t := range got {
		require.Nil(w, t.Wrong)
		list[i] = t.ID
	}
	return list
}

func TestPeopleWhoComeByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	there := w.make(audience.NewContact{Phone: phone(1), Name: "Анна", Tags: []string{"vip"}, Attributes: map[string]any{"city": "Казань", "age": 30.0}},
		audience.NewContact{Email: "Ivan@shop.example", Name: "Иван"},
		audience.NewContact{Addresses: map[string]string{"vk": "id42"}})
	got := w.taken(
		audience.NewContact{Phone: "8 (916) 000-00-01", Email: "anna@shop.example", Attributes: map[string]any{"age": 31.0}},
		audience.NewContact{Email: "ivan@shop.example", Zone: "Asia/Omsk"},
		audience.NewContact{Addresses: map[string]string{"vk": "id42"}, Name: "Ким"},
		audience.NewContact{Phone: phone(2), Name: "Пётр"},
		audience.NewContact{Email: "o'neil@shop.example"},
		audience.NewContact{Phone: phone(2), Attributes: map[string]any{"size": "L"}})
	require.Equal(t, there, got[:3])
	require.Equal(t, got[3], got[5], "one person, mentioned twice")
	anna, err := w.Get(t.Context(), mine, got[0])
	require.NoError(t, err)
	require.Equal(t, []any{"Анна", "anna@shop.example", "Казань", 31.0, []string{"vip"}},
		[]any{anna.Name, anna.Email, anna.Attributes["city"], anna.Attributes["age"], anna.Tags})
	petr, err := w.Get(t.Context(), mine, got[3])
	require.NoError(t, err)
	require.Equal(t, []any{"Пётр", "L", "api"}, []any{petr.Name, petr.Attributes["size"], petr.Source})
	ivan, err := w.Get(t.Context(), mine, got[1])
	require.NoError(t, err)
	require.Equal(t, "Asia/Omsk", ivan.Zone)
	require.Equal(t, got[4], w.taken(audience.NewContact{Email: "o'neil@shop.example"})[0])
	require.EqualValues(t, 5, w.db.Count("SELECT count(*) FROM contacts WHERE account = $1", int64(mine)))
	_, err = w.Attribute(t.Context(), mine, "size")
	require.NoError(t, err, "a new attribute is defined")

	bad, err := w.Take(t.Context(), actor(mine), []audience.NewContact{{Phone: "12"}, {Name: "Анна"}, {Phone: phone(3), Zone: "Mars/Base"}, {Phone: phone(4)}})
	require.NoError(t, err)
	require.Equal(t, []string{"phone_too_short", "contact_empty", "bad_contact_zone"}, []string{bad[0].Wrong.Code, bad[1].Wrong.Code, bad[2].Wrong.Code})
	require.NotZero(t, bad[3].ID)
}

// The same new people come from many sides at once: one contact each.
func TestTheSamePeopleComeAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := []audience.NewContact{{Phone: phone(2)}, {Email: "b@shop.example"}, {Phone: phone(1)}, {Addresses: map[string]string{"ok": "77"}}}
	var work sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		work.Go(func() { _, errs[i] = w.Take(t.Context(), actor(mine), people) })
	}
	work.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.EqualValues(t, 4, w.db.Count("SELECT count(*) FROM contacts WHERE account = $1", int64(mine)))
}

func TestEntriesGoWithThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.make(audience.NewContact{Phone: phone(1), Name: "Анна"}, audience.NewContact{Email: "anna@shop.example", Name: "Анна"})
	w.db.Exec(`INSERT INTO entries (account, campaign, ordinal, segment, contact, zone, data, start_at, at)
		SELECT $1, 5, i, 0, $2::bigint + i, 'Europe/Moscow', '{"order": 1}', now(), now() FROM generate_series(0, 1) AS i`, int64(mine), int64(p[0]))
	w.db.Exec(`INSERT INTO entered (account, contact, campaign, ordinal, at) SELECT $1, $2::bigint + i, 5, i, now() FROM generate_series(0, 1) AS i`,
		int64(mine), int64(p[0]))
	_, err := w.Merge(t.Context(), actor(mine), audience.Merging{Keep: p[0], Drop: []ids.ID{p[1]}})
	require.NoError(t, err)
	require.EqualValues(t, 1, w.db.Count(`SELECT ordinal FROM entered WHERE account = $1 AND contact = $2`, int64(mine), int64(p[0])))
	require.EqualValues(t, 1, w.db.Count(`SELECT count(*) FROM entered`))
	_, err = w.Erase(t.Context(), actor(mine), p[0])
	require.NoError(t, err)
	require.Zero(t, w.db.Count(`SELECT count(*) FROM entered`))
	require.Zero(t, w.db.Count(`SELECT count(*) FROM entries WHERE ordinal = 1 AND data IS NOT NULL`))
}
