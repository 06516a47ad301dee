// Package task says what work is that goes on by itself after the request that asked for it was answered: imports,
// exports, erasing, large launches. One process works on a task at a time; where that process dies another takes it up.
package task

import (
	"encoding/json"
	"time"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Kind names what a task does, such as import. Whoever does the work registers it under its kind.
type Kind string

// State is how far a task is.
type State string

// The states. The last three are final.
const (
	Waiting   State = "waiting" // for a process with room
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"    // Error says why
	Cancelled State = "cancelled" // by a person; what was done until then stands, and Result says what
)

// Final tells whether nothing more happens.
func (s State) Final() bool { return s == Done || s == Failed || s == Cancelled }

// Valid tells whether there is such a state.
func (s State) Valid() bool { return s == Waiting || s == Running || s.Final() }

// The bounds of texts, in characters.
const (
	MaxName = 255
	MaxKind = 64
)

// Task is one piece of such work.
type Task struct {
	ID         ids.ID          `json:"id"`
	Kind       Kind            `json:"kind" doc:"What it does, such as import, stop_list_import or export."`
	Name       string          `json:"name" doc:"What it is about, such as a file's name."`
	Object     ids.ID          `json:"object,omitempty" doc:"The import, export or campaign that it works for."`
	State      State           `json:"state" enum:"waiting,running,done,failed,cancelled"`
	Cancelling bool            `json:"cancelling,omitempty" doc:"Somebody asked for its end, which comes within a second."`
	Progress   Progress        `json:"progress"`
	Result     json.RawMessage `json:"result,omitempty" doc:"What came of it; its fields depend on the kind. A task that failed or was cancelled tells what was done until then."`
	Error      *Failure        `json:"error,omitempty"`
	Files      []File          `json:"files" nullable:"false" doc:"What it made to download, at /tasks/{task}/files/{file}. Files are kept for a week."`
	By         string          `json:"by" doc:"Who asked for it."`
	CreatedAt  time.Time       `json:"created_at"`
	StartedAt  *time.Time      `json:"started_at,omitempty"`
	FinishedAt *time.Time      `json:"finished_at,omitempty"`

	Reads  string `json:"-"` // the permission that seeing it needs; empty: none
	Writes string `json:"-"` // that cancelling it needs
}

// Progress is how far a task is.
type Progress struct {
	Step  string `json:"step,omitempty" doc:"What it is at, where a task has several steps: reading, storing."`
	Done  int64  `json:"done" doc:"How much of the step is done: rows, contacts or bytes."`
	Total int64  `json:"total" doc:"How much there is; 0 while that is not known."`
}

// Failure is why a task failed.
type Failure struct {
	Code    string         `json:"code" doc:"What went wrong, for programs."`
	Args    map[string]any `json:"args,omitempty" doc:"The values in the message."`
	Message string         `json:"message" doc:"What went wrong and what can be done."`
}

// File is something to download.
type File struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"Media type."`
	Size int64  `json:"size" doc:"Bytes."`
}

// Order asks for a task.
type Order struct {
	Kind   Kind
	Name   string // for people; shortened to MaxName
	Object ids.ID // 0: none
	Reads  string // the permission that seeing it needs; empty: none
	Writes string // that cancelling it needs
	Args   any    // as JSON; what the worker is told
}

// Query chooses tasks of a list. Empty fields choose all.
type Query struct {
	Kind  Kind  `query:"kind" maxLength:"64" doc:"Only tasks of this kind."`
	State State `query:"state" enum:"waiting,running,done,failed,cancelled" doc:"Only tasks in this state."`
	// Object is what they work for.
	Object ids.ID `query:"object" doc:"Only tasks that work for this import, export or campaign."`
	Search string `query:"q" maxLength:"200" doc:"Only tasks in whose name, or in the name of who asked for it, each of these words is, case aside."`
	Sort   string `query:"sort" enum:"created_at,-created_at" default:"-created_at" doc:"By when they were asked for; with - the newest first."`
}

// NotFound is the fault of a task that there is not, or not for whoever asks.
func NotFound() error { return fault.New(fault.NotFound, "task_not_found", "path.task") }

// Finished is the fault of cancelling what has ended.
func Finished(s State) error {
	return fault.New(fault.Conflict, "task_finished", "", "state", string(s))
}

// FileNotFound is the fault of a file that there is not, or no more.
func FileNotFound() error { return fault.New(fault.NotFound, "task_file_not_found", "path.file") }
