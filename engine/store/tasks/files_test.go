package tasks_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

func TestFilesComeBack(t *testing.T) {
	t.Parallel()
	s := newWorld(t).process(quick())
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(256<<10-1, 256<<10+1), rapid.IntRange(0, 600<<10)).Draw(r, "size")
		text := make([]byte, size)
		for i := range text {
			text[i] = byte(i * 7 >> 3)
		}
		f, err := s.Create(t.Context(), account, 5, "x.csv", "text/csv")
		require.NoError(r, err)
		_, err = io.Copy(f, iotest.HalfReader(bytes.NewReader(text)))
		require.NoError(r, err)
		require.EqualValues(r, size, f.Size())
		require.NoError(r, f.Close())
		got, err := s.Open(t.Context(), account, 5, "x.csv")
		require.NoError(r, err)
		require.Equal(r, task.File{Name: "x.csv", Type: "text/csv", Size: int64(size)}, got.File)
		back, err := io.ReadAll(got)
		require.NoError(r, err)
		require.True(r, bytes.Equal(text, back))
	})
}

func TestFilesThatAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	f, err := s.Create(t.Context(), account, 5, "x.csv", "text/csv")
	require.NoError(t, err)
	_, err = f.Write(make([]byte, 600<<10))
	require.NoError(t, err)
	_, err = s.Open(t.Context(), account, 5, "x.csv")
	requireFault(t, err, fault.NotFound, "task_file_not_found")
	require.NoError(t, f.Close())
	_, err = f.Write([]byte("more"))
	require.Error(t, err)
	require.Error(t, f.Close())
	_, err = s.Open(t.Context(), account+1, 5, "x.csv")
	requireFault(t, err, fault.NotFound, "task_file_not_found")

	r, err := s.Open(t.Context(), account, 5, "x.csv")
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, r, 10)
	require.NoError(t, err)
	require.NoError(t, s.RemoveFiles(t.Context(), account, 5))
	_, err = io.Copy(io.Discard, r)
	requireFault(t, err, fault.NotFound, "task_file_not_found")

	// Whoever begins a file anew takes it from the one before.
	f, err = s.Create(t.Context(), account, 5, "x.csv", "text/csv")
	require.NoError(t, err)
	second, err := s.Create(t.Context(), account, 5, "x.csv", "text/csv")
	require.NoError(t, err)
	_, err = f.Write(make([]byte, 600<<10))
	require.ErrorIs(t, err, tasks.ErrLost)
	f.Abort()
	require.NoError(t, second.Close())
	require.NoError(t, s.RemoveFiles(t.Context(), account, 5))

	ctx, cancel := context.WithCancel(t.Context())
	f, err = s.Create(ctx, account, 5, "y.csv", "text/csv")
	require.NoError(t, err)
	cancel()
	_, err = f.Write(make([]byte, 600<<10))
	require.ErrorIs(t, err, context.Canceled)
	f.Abort()
	require.Zero(t, w.db.Count("SELECT count(*) FROM task_files"))
}

func TestOldFilesGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := quick()
	o.Keep = time.Hour
	s := w.process(o)
	s.Register("x", func(context.Context, *tasks.Run) (any, error) { return nil, nil })
	for owner := range 3 {
		f, err := s.Create(t.Context(), account, ids.ID(100+owner), "x.csv", "text/csv")
		require.NoError(t, err)
		_, err = f.Write([]byte("x"))
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	// The first is old, the second too but of a task that waits for a kind which nobody here knows, the third is new.
	_, err := s.Start(t.Context(), nil, who().Actor, task.Order{Kind: "unknown", Object: 101})
	require.NoError(t, err)
	w.db.Exec("UPDATE task_files SET created_at = now() - interval '2 hours' WHERE owner < 102")
	w.work(s)
	done := w.start(s, "x", nil)
	w.until(s, done.ID, task.Done)
	for {
		owners := w.db.Texts("SELECT owner::text FROM task_files ORDER BY 1")
		if len(owners) == 2 {
			require.Equal(t, []string{"101", "102"}, owners)
			break
		}
		require.NoError(t, t.Context().Err())
	}
	require.EqualValues(t, 2, w.db.Count("SELECT count(*) FROM task_file_parts"))
}
