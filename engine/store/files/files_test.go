package files_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	domain "kaskad/engine/files"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store"
	"kaskad/engine/store/files"
	"kaskad/engine/store/sqlfile"
	"kaskad/engine/store/storetest"
)

const account = ids.ID(7)

func anna() access.Actor { return access.Actor{Account: account, User: 1, Name: "Анна"} }

// sound is a WAV of a size; different ones of different marks.
func sound(mark string, size int) []byte {
	b := append([]byte("RIFF\x24\x00\x00\x00WAVEfmt "), mark...)
	for i := len(b); i < size; i++ {
		b = append(b, byte(i*7))
	}
	return b
}

func newStore(t *testing.T) (*files.Store, *storetest.Database) {
	t.Helper()
	url := storetest.New(t)
	base, err := store.Open(t.Context(), url, store.Options{Connections: 8})
	require.NoError(t, err)
	t.Cleanup(base.Close)
	for _, a := range []int64{int64(account), 8} {
		require.NoError(t, base.CreateAccount(t.Context(), store.Account{ID: a, Name: "Лавка"}))
	}
	var last atomic.Int64
	last.Store(100)
	s, err := files.New(base.Desk(), func() time.Time { return time.Unix(1_800_000_000, 0) }, func() ids.ID { return ids.ID(last.Add(1)) })
	require.NoError(t, err)
	return s, storetest.Connect(t, url)
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f, "%v", err)
	require.Equal(t, code, f.Code)
}

func TestAContentIsReadFromAnyPlace(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	content := sound("", 600_000) // three parts
	f, added, err := s.Add(t.Context(), anna(), "звук.wav", content)
	require.NoError(t, err)
	require.True(t, added)
	require.Equal(t, domain.File{ID: f.ID, Name: "звук.wav", Kind: domain.Audio, Type: "audio/wav", Size: 600_000, Digest: f.Digest,
		MadeBy: "Анна", MadeAt: time.Unix(1_800_000_000, 0).UTC()}, f)
	_, r, err := s.Open(t.Context(), account, f.ID)
	require.NoError(t, err)
	require.NoError(t, iotest.TestReader(r, content))
	_, err = r.Seek(-1, io.SeekStart)
	require.Error(t, err)
	got, r, err := s.Fetch(t.Context(), account, domain.Mark("звук.wav"))
	require.NoError(t, err)
	require.Equal(t, f, got)
	again, err := io.ReadAll(r)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, again))
	_, _, err = s.Fetch(t.Context(), 8, domain.Mark("звук.wav"))
	refused(t, err, "file_not_found")
	_, _, err = s.Open(t.Context(), 8, f.ID)
	refused(t, err, "file_not_found")
	require.NoError(t, s.Delete(t.Context(), anna(), f.ID))
	_, err = r.Seek(0, io.SeekStart)
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.Error(t, err, "what was deleted meanwhile is not read as an empty file")
}

func TestTheSameContentIsKeptOnce(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	var wg sync.WaitGroup
	var fresh atomic.Int64
	for range 6 {
		wg.Go(func() {
			_, added, err := s.Add(t.Context(), anna(), "a.wav", sound("x", 100))
			if err == nil && added {
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, fresh.Load())
	second, added, err := s.Add(t.Context(), anna(), "a.wav", sound("y", 100))
	require.NoError(t, err)
	require.True(t, added)
	require.Equal(t, "a (2).wav", second.Name)
	other, added, err := s.Add(t.Context(), access.Actor{Account: 8, Name: "x\x00"}, "a.wav", sound("x", 100))
	require.NoError(t, err)
	require.True(t, added, "accounts know nothing of each other")
	require.Equal(t, "a.wav", other.Name)
	type row struct{ What, Name string }
	require.Equal(t, []row{{"file.added", "a.wav"}, {"file.added", "a (2).wav"}},
		storetest.Rows[row](db, "SELECT what, change->>'name' FROM audit WHERE account = 7 ORDER BY id"))
}

func TestAnAccountIsFullAtAGibibyte(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	f, _, err := s.Add(t.Context(), anna(), "a.wav", sound("x", 100))
	require.NoError(t, err)
	db.Exec("UPDATE files SET size = $1 WHERE file = $2", domain.MaxAccount-200, int64(f.ID))
	_, _, err = s.Add(t.Context(), anna(), "b.wav", sound("y", 201))
	refused(t, err, "files_full")
	_, _, err = s.Add(t.Context(), anna(), "b.wav", sound("y", 200))
	require.NoError(t, err)
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	for _, name := range []string{"б", "а 1", "В", "а 2"} {
		_, _, err := s.Add(t.Context(), anna(), name, sound(name, 100))
		require.NoError(t, err)
	}
	_, _, err := s.Add(t.Context(), anna(), "а", []byte("\x89PNG\r\n\x1a\n1234"))
	require.NoError(t, err)
	for _, c := range []struct {
		query domain.Query
		want  string
	}{
		{domain.Query{Sort: "name"}, "а 1.wav а 2.wav а.png б.wav В.wav"}, {domain.Query{Sort: "-name"}, "В.wav б.wav а.png а 2.wav а 1.wav"},
		{domain.Query{Sort: "made_at"}, "б.wav а 1.wav В.wav а 2.wav а.png"}, {domain.Query{Sort: "-made_at"}, "а.png а 2.wav В.wav а 1.wav б.wav"},
		{domain.Query{Sort: "name", Search: "WAV 2"}, "а 2.wav"}, {domain.Query{Sort: "name", Kind: domain.Picture}, "а.png"},
	} {
		var names []string
		page := paging.Request{Limit: 2}
		for {
			p, err := s.List(t.Context(), account, c.query, page)
			require.NoError(t, err)
			for _, f := range p.Items {
				names = append(names, f.Name)
			}
			if page.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		require.Equal(t, c.want, strings.Join(names, " "))
	}
	_, err = s.List(t.Context(), account, domain.Query{Sort: "name"}, paging.Request{Limit: 2, Cursor: paging.Encode(paging.Place{Sort: "-name"})})
	refused(t, err, "bad_cursor")
	_, err = s.List(t.Context(), account, domain.Query{Sort: "made_at"}, paging.Request{Limit: 2, Cursor: paging.Encode(paging.Place{Sort: "made_at", Text: "x"})})
	refused(t, err, "bad_cursor")
	_, err = s.List(t.Context(), account, domain.Query{Sort: "name"}, paging.Request{Limit: 2, Cursor: paging.Encode(paging.Place{Sort: "name", Text: "\x00"})})
	require.NoError(t, err)
	named, err := s.Named(t.Context(), account, []string{"а.png", "b", "\x00\xff"})
	require.NoError(t, err)
	require.Len(t, named, 1)
}

func TestEveryQueryIsThereAndUsed(t *testing.T) {
	t.Parallel()
	q, err := sqlfile.Load(os.DirFS("."))
	require.NoError(t, err)
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	used := map[string]bool{}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`"([a-z_]+)"`).FindAllSubmatch(source, -1) {
			used[string(m[1])] = true
		}
	}
	for name := range q {
		require.True(t, used[name], name)
	}
}
