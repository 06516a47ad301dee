package v1_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

func (w *world) wireTasks() {
	var err error
	w.tasks, err = tasks.New(w.Context(), w.store.Desk(), tasks.Options{Clock: w.clock.now, NewID: w.newID, Log: w.journal.log(),
		Beat: 10 * time.Millisecond})
	require.NoError(w, err)
	w.Cleanup(w.tasks.Close)
	w.parts.Tasks = w.tasks
	w.work = sync.OnceFunc(func() {
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- w.tasks.Work(ctx) }()
		w.Cleanup(func() {
			stop()
			require.NoError(w, <-ended)
		})
	})
}

// ended lets the tasks work and gives one when it has ended.
func (c *client) ended(id ids.ID) task.Task {
	c.Helper()
	c.work()
	who := &access.Principal{Actor: access.Actor{Account: c.account}, Scopes: access.Scopes()}
	var t task.Task
	for !t.State.Final() {
		var err error
		t, err = c.tasks.Watch(c.Context(), who, id, t)
		require.NoError(c, err)
	}
	return into[task.Task](c.get("/tasks/"+id.String(), 200))
}

func TestATaskIsWatchedAndItsFileDownloaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := make(chan struct{})
	w.tasks.Register("test", func(ctx context.Context, r *tasks.Run) (any, error) {
		r.Progress("working", 1, 2)
		select {
		case <-seen:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		f, err := r.Create(ctx, "итог.csv", "text/csv; charset=utf-8")
		if err != nil {
			return nil, err
		}
		_, err = io.WriteString(f, "a;b\r\n")
		r.Progress("working", 2, 2)
		return map[string]int{"did": 2}, errors.Join(err, f.Close())
	})
	order := task.Order{Kind: "test", Name: "проба", Reads: "contacts:read", Writes: "contacts:write"}
	begun, err := w.tasks.Start(t.Context(), nil, access.Actor{Account: mine, Name: "Анна"}, order)
	require.NoError(t, err)
	w.work()
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+v1.Base+"/tasks/"+begun.ID.String()+"/events", nil)
	require.NoError(t, err)
	request.Header = w.as(access.Analyst).headers.Clone()
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, response.Body.Close()) })
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewScanner(response.Body)
	var last task.Task
	released := sync.OnceFunc(func() { close(seen) })
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		require.NoError(t, json.Unmarshal([]byte(data), &last))
		if last.Progress.Done == 1 {
			require.Equal(t, task.Running, last.State)
			released()
		}
	}
	require.NoError(t, lines.Err())
	require.Equal(t, task.Done, last.State)
	require.JSONEq(t, `{"did": 2}`, string(last.Result))

	path := "/tasks/" + begun.ID.String()
	file := w.as(access.Analyst).get(path+"/files/итог.csv", 200)
	require.Equal(t, "a;b\r\n", string(file.body))
	require.Equal(t, "attachment; filename*=utf-8''%D0%B8%D1%82%D0%BE%D0%B3.csv", file.header.Get("Content-Disposition"))
	require.Equal(t, "nosniff", file.header.Get("X-Content-Type-Options"))
	require.Equal(t, "text/csv; charset=utf-8", file.header.Get("Content-Type"))
	w.owner.get(path+"/files/other.csv", 404).says("task_file_not_found", "path.file")
	w.owner.get(path+"/files/%2e%2e%2fитог.csv", 404)
	for _, c := range []*client{w.other} {
		c.get(path, 404).says("task_not_found", "path.task")
		c.get(path+"/files/итог.csv", 404).says("task_not_found", "path.task")
		c.get(path+"/events", 404).says("task_not_found", "path.task")
		c.post(path+"/cancel", nil, 404).says("task_not_found", "path.task")
	}
	w.owner.post(path+"/cancel", nil, 409).says("task_finished", "")
}

func TestTasksAreListedAndCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tasks.Register("mistake", func(context.Context, *tasks.Run) (any, error) {
		return nil, fault.New(fault.Invalid, "file_too_many_rows", "", "line", 5, "detail", "at most 4")
	})
	actor := access.Actor{Account: mine, Name: "Анна"}
	waits, err := w.tasks.Start(t.Context(), nil, actor, task.Order{Kind: "nobody", Reads: "contacts:read", Writes: "contacts:write"})
	require.NoError(t, err)
	mistake, err := w.tasks.Start(t.Context(), nil, actor, task.Order{Kind: "mistake", Reads: "stops:read"})
	require.NoError(t, err)
	failed := w.owner.ended(mistake.ID)
	require.Equal(t, "Line 5: there are too many rows (at most 4): split the file.", failed.Error.Message)
	require.Contains(t, into[task.Task](w.owner.russian().get("/tasks/"+mistake.ID.String(), 200)).Error.Message, "разделите файл")

	list := into[paging.Page[task.Task]](w.owner.get("/tasks?limit=1", 200))
	require.Equal(t, []ids.ID{mistake.ID}, []ids.ID{list.Items[0].ID})
	list = into[paging.Page[task.Task]](w.owner.get("/tasks?limit=1&cursor="+list.Next, 200))
	require.Equal(t, waits.ID, list.Items[0].ID)
	require.Empty(t, into[paging.Page[task.Task]](w.owner.get("/tasks?kind=mistake&state=done", 200)).Items)
	require.Empty(t, into[paging.Page[task.Task]](w.other.get("/tasks", 200)).Items)

	path := "/tasks/" + waits.ID.String() + "/cancel"
	w.as(access.Analyst).post(path, nil, 403).says("scope_needed", "")
	require.Equal(t, task.Cancelled, into[task.Task](w.owner.post(path, nil, 200)).State)
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM audit WHERE what = 'task.cancelled'"))
}
