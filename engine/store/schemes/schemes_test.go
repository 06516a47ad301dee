package schemes_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/store"
	"kaskad/engine/store/schemes"
	"kaskad/engine/store/sqlfile"
	"kaskad/engine/store/storetest"
)

const account = ids.ID(7)

// shelf is a database with a store of schemes, and a clock that the test moves.
type shelf struct {
	*testing.T
	*schemes.Store
	base  *store.Store
	db    *storetest.Database
	anna  access.Actor
	mu    sync.Mutex
	clock time.Time
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	url := storetest.New(t)
	base, err := store.Open(t.Context(), url, store.Options{Connections: 8})
	require.NoError(t, err)
	t.Cleanup(base.Close)
	s := &shelf{T: t, base: base, db: storetest.Connect(t, url), clock: time.Unix(1_800_000_000, 0),
		anna: access.Actor{Account: account, User: 1, Name: "Анна"}}
	var last atomic.Int64
	last.Store(100)
	s.Store, err = schemes.New(base.Desk(), s.now, func() ids.ID { return ids.ID(last.Add(1)) })
	require.NoError(t, err)
	return s
}

func (s *shelf) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *shelf) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

func drawing(t testing.TB, n int) library.Drawing {
	t.Helper()
	d, err := library.ReadDrawing([]byte(fmt.Sprintf(`{"kind":"cascade","name":"Весна","editor":{"n":%d}}`, n)), "")
	require.NoError(t, err)
	return d
}

func (s *shelf) scheme() ids.ID {
	s.Helper()
	made, err := s.Create(s.Context(), s.anna, drawing(s, 0), []string{}, nil, "blank")
	require.NoError(s, err)
	return made.ID
}

func TestOldRevisionsAreThinnedAndNotForgotten(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	id := s.scheme()
	// Half an hour of saving every twenty seconds.
	const saves = 90
	for n := 1; n <= saves; n++ {
		s.later(20 * time.Second)
		_, err := s.Save(t.Context(), s.anna, id, int64(n), drawing(t, n), library.Saved)
		require.NoError(t, err)
	}
	page, err := s.Revisions(t.Context(), account, id, paging.Request{Limit: 200})
	require.NoError(t, err)
	buckets := map[int64]bool{}
	for i, r := range page.Items {
		if i < 30 {
			require.EqualValues(t, saves+1-i, r.Revision, "the newest are all there")
		} else {
			bucket := r.SavedAt.Unix() / 600
			require.False(t, buckets[bucket], "one of every ten minutes")
			buckets[bucket] = true
		}
	}
	require.GreaterOrEqual(t, len(buckets), 2)
	require.Less(t, len(page.Items), 36)
	oldest := page.Items[len(page.Items)-1]
	d, err := s.Revision(t.Context(), account, id, oldest.Revision)
	require.NoError(t, err)
	require.Equal(t, oldest, d.Revision)
	require.Contains(t, string(d.Document), fmt.Sprintf(`"n":%d`, oldest.Revision-1))

	// A base that the history has lost is said to be.
	_, err = s.Save(t.Context(), s.anna, id, 2, drawing(t, -1), library.Saved)
	c := conflict(t, err)
	require.False(t, c.BaseKept)
	require.Nil(t, c.Theirs)
	require.NotNil(t, c.Yours)
}

func conflict(t *testing.T, err error) library.Conflict {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f, "%v", err)
	require.Equal(t, fault.Stale, f.Kind)
	c, ok := f.Data.(library.Conflict)
	require.True(t, ok)
	return c
}

func TestOfThoseWhoSaveAtOnceOneWins(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	id := s.scheme()
	const people = 8
	errs := make([]error, people)
	var wg sync.WaitGroup
	for i := range people {
		d := drawing(t, i+1)
		wg.Go(func() { _, errs[i] = s.Save(t.Context(), s.anna, id, 1, d, library.Saved) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			require.EqualValues(t, 2, conflict(t, err).Revision)
		}
	}
	require.Equal(t, 1, won)
	require.EqualValues(t, 2, s.db.Count("SELECT count(*) FROM scheme_revisions"))
}

func TestOfThoseWhoPublishAtOnceOneWins(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	id := s.scheme()
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = s.Publish(t.Context(), s.anna, id, 1, 0, "") })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		var f *fault.Error
		if err == nil {
			won++
		} else {
			require.ErrorAs(t, err, &f, "%v", err)
			require.Equal(t, "unchanged", f.Code)
		}
	}
	require.Equal(t, 1, won)
}

func TestTestsThatChangedForbidPublishing(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	id := s.scheme()
	_, stamp, err := s.Tests(t.Context(), account, id)
	require.NoError(t, err)
	made, err := s.AddTest(t.Context(), s.anna, id, library.NewTest{Name: "a", Script: []byte("{}"), Expected: []byte("{}")})
	require.NoError(t, err)
	_, err = s.Publish(t.Context(), s.anna, id, 1, stamp, "")
	var f *fault.Error
	require.ErrorAs(t, err, &f, "%v", err)
	require.Equal(t, "tests_changed", f.Code)
	tests, stamp, err := s.Tests(t.Context(), account, id)
	require.NoError(t, err)
	require.Equal(t, []library.SchemeTest{made}, tests)
	v, err := s.Publish(t.Context(), s.anna, id, 1, stamp, "")
	require.NoError(t, err)

	// The document is the one that campaigns run, and never changes.
	e, err := s.Edition(t.Context(), account, v.ID)
	require.NoError(t, err)
	require.Equal(t, v, e.Version)
	require.Equal(t, drawing(t, 0).Document, e.Document)
	_, err = storetest.Column[int](s.db, "UPDATE versions SET note = 'x' RETURNING 1")
	require.ErrorContains(t, err, "never changes")
}

// Every statement is understood by the server, used, and names the account.
func TestStatements(t *testing.T) {
	t.Parallel()
	q, err := sqlfile.Load(os.DirFS("."))
	require.NoError(t, err)
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var code strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		code.Write(text)
	}
	for _, m := range regexp.MustCompile(`q\.Get\("(\w+)"\)`).FindAllStringSubmatch(code.String(), -1) {
		require.NotPanics(t, func() { q.Get(m[1]) })
	}
	s := newShelf(t)
	parts := map[string]string{"only_scheme": "", "only_asked": " LIMIT $6", "newest_first": "only_asked", "oldest_first": "only_asked",
		"by_name": "only_asked", "by_name_down": "only_asked"}
	for name, text := range q {
		require.Contains(t, code.String(), `"`+name+`"`, "not used")
		more, isPart := parts[name]
		switch {
		case more == "only_asked":
			text = q.Get("scheme_columns") + " " + q.Get("only_asked") + " " + text
		case isPart:
			text = q.Get("scheme_columns") + " " + text + more
		}
		require.Contains(t, text, "account", name)
		conn, err := s.base.Desk().Acquire(t.Context())
		require.NoError(t, err)
		_, err = conn.Conn().Prepare(t.Context(), "check_"+name, text)
		conn.Release()
		require.NoError(t, err, name)
	}
}
