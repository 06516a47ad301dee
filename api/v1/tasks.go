package v1

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/task"
)

// Tasks is background work. A task that the principal may not see is not found.
type Tasks interface {
	Get(ctx context.Context, who *access.Principal, id ids.ID) (task.Task, error)
	List(ctx context.Context, who *access.Principal, q task.Query, page paging.Request) (paging.Page[task.Task], error)
	Cancel(ctx context.Context, who *access.Principal, id ids.ID) (task.Task, error)
	// Watch gives a task when it is otherwise than seen, or has ended.
	Watch(ctx context.Context, who *access.Principal, id ids.ID, seen task.Task) (task.Task, error)
	// Download opens a file of a task.
	Download(ctx context.Context, who *access.Principal, id ids.ID, name string) (task.File, io.Reader, error)
}

type TaskPath struct {
	Task ids.ID `path:"task" doc:"The task's id."`
}

type taskBody struct{ Body task.Task }

// registerTasks adds the routes of background work.
func (a *API) registerTasks() {
	handle(a, operation{id: "list-tasks", method: http.MethodGet, path: "/tasks", tag: "Tasks", summary: "List tasks",
		description: "Background work, the newest first unless the other order is asked for: imports, exports and other things that take longer than a request. " +
			"Shown is what the role or token may see."},
		func(ctx context.Context, who *access.Principal, in *struct {
			task.Query
			paging.Request
		}) (*struct{ Body paging.Page[task.Task] }, error) {
			page, err := a.Tasks.List(ctx, who, in.Query, in.Request)
			for i := range page.Items {
				a.explain(ctx, &page.Items[i])
			}
			return &struct{ Body paging.Page[task.Task] }{page}, err
		})
	handle(a, operation{id: "get-task", method: http.MethodGet, path: "/tasks/{task}", tag: "Tasks", summary: "Show a task",
		description: "How far a task is, and what came of it. Its progress is written at most twice a second."},
		func(ctx context.Context, who *access.Principal, in *TaskPath) (*taskBody, error) {
			t, err := a.Tasks.Get(ctx, who, in.Task)
			return a.explain(ctx, &t), err
		})
	handle(a, operation{id: "cancel-task", method: http.MethodPost, path: "/tasks/{task}/cancel", tag: "Tasks",
		summary: "Cancel a task",
		description: "A waiting task ends at once, a running one within a second. What was done until then stands; the result " +
			"says how much that is. A task that has ended cannot be cancelled."},
		func(ctx context.Context, who *access.Principal, in *TaskPath) (*taskBody, error) {
			t, err := a.Tasks.Cancel(ctx, who, in.Task)
			return a.explain(ctx, &t), err
		})
	handle(a, operation{id: "download-task-file", method: http.MethodGet, path: "/tasks/{task}/files/{file}", tag: "Tasks",
		summary:     "Download a file of a task",
		description: "The file of an export, or the refused lines of an import. Files are kept for a week."}, a.download)
	handle(a, operation{id: "watch-task", method: http.MethodGet, path: "/tasks/{task}/events", tag: "Tasks",
		summary: "Watch a task",
		description: "Server-sent events: an event task with the task as JSON now, and again whenever it changes, until it has " +
			"ended. After a minute the server ends the stream, and the client connects again."}, a.watchTask)
	a.streams("/tasks/{task}/files/{file}", "application/octet-stream", "The file, as an attachment.")
	a.streams("/tasks/{task}/events", "text/event-stream", "Events named task; the data of each is a Task.")
}

// explain puts the words of a failure in, in the reader's language.
func (a *API) explain(ctx context.Context, t *task.Task) *taskBody {
	if t.Error != nil {
		t.Error.Message = a.words.say(callOf(ctx).language, t.Error.Code, t.Error.Args)
	}
	return &taskBody{*t}
}

func (a *API) watchTask(ctx context.Context, who *access.Principal, in *TaskPath) (*huma.StreamResponse, error) {
	t, err := a.Tasks.Get(ctx, who, in.Task)
	if err != nil {
		return nil, err
	}
	return a.events(func(ctx context.Context, send func(name string, data any) error) error {
		for {
			if err := send("task", a.explain(ctx, &t).Body); err != nil || t.State.Final() {
				return err
			}
			var err error
			if t, err = a.Tasks.Watch(ctx, who, in.Task, t); err != nil {
				return err
			}
		}
	}), nil
}

// maxFileName bounds the name of a file in a path.
const maxFileName = 100

func (a *API) download(ctx context.Context, who *access.Principal, in *struct {
	TaskPath
	File string `path:"file" maxLength:"100" doc:"The file's name, from the task."`
}) (*huma.StreamResponse, error) {
	if len(in.File) > maxFileName || strings.ContainsAny(in.File, "/\\\x00") {
		return nil, task.FileNotFound()
	}
	file, content, err := a.Tasks.Download(ctx, who, in.Task, in.File)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", file.Type)
		h.SetHeader("Content-Length", strconv.FormatInt(file.Size, 10))
		h.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
		h.SetHeader("X-Content-Type-Options", "nosniff")
		h.SetHeader("Content-Security-Policy", "sandbox")
		h.SetHeader("Cache-Control", "private, no-store")
		h.SetStatus(http.StatusOK)
		w := slow(h)
		if _, err := io.Copy(w, content); err != nil && h.Context().Err() == nil {
			a.Log.Error("a download broke off", "task", in.Task, "file", in.File, "error", err)
		}
	}}, nil
}
