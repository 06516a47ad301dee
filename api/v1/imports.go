package v1

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/audience/sample"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/task"
)

// Imports brings files into an account. The language is that of remarks on rows.
type Imports interface {
	// Upload keeps what body gives, at most audience.MaxImport bytes.
	Upload(ctx context.Context, who *access.Principal, kind audience.Purpose, name string, body io.Reader, lang audience.Lang) (audience.Import, error)
	Get(ctx context.Context, who *access.Principal, id ids.ID, lang audience.Lang) (audience.Import, error)
	List(ctx context.Context, who *access.Principal, q audience.ImportQuery, page paging.Request) (paging.Page[audience.Import], error)
	Change(ctx context.Context, who *access.Principal, id ids.ID, c audience.ImportChange, lang audience.Lang) (audience.Import, error)
	Start(ctx context.Context, who *access.Principal, id ids.ID, lang audience.Lang) (task.Task, error)
	Remove(ctx context.Context, who *access.Principal, id ids.ID) error
}

const importsTag = "Imports"

type importPath struct {
	Import ids.ID `path:"import" doc:"The import's id."`
}

// ImportChange is a change of an import's settings.
type ImportChange struct {
	Named
	audience.ImportChange
}

type importBody struct{ Body audience.Import }

// registerImports adds the routes of imports. Which permission one needs depends on its kind, which the keeper knows.
func (a *API) registerImports() {
	handle(a, operation{id: "upload-import", method: http.MethodPost, path: "/imports", tag: importsTag, creates: true,
		status: http.StatusCreated, maxBody: audience.MaxImport + 1<<20, summary: "Upload a file to import",
		description: "A file of contacts, of a stop list, or of members of groups: CSV or XLSX of at most 1 GiB, as the body " +
			"itself or as the first file of a form (multipart/form-data). It becomes a draft: its encoding and separator are found " +
			"out, its columns proposed from their headers, and the first 20 rows shown as they would be stored. Nothing is " +
			"imported before it is started."}, a.uploadImport)
	handle(a, operation{id: "upload-sample", method: http.MethodPost, path: "/imports/sample", tag: importsTag, scope: access.WriteContacts,
		creates: true, status: http.StatusCreated, summary: "Take the sample book to import",
		description: "A draft of an import of the address book that the program brings for trying things: 10,000 rows with the mistakes " +
			"that such books have, of people who do not exist. It is started like any other."},
		func(ctx context.Context, who *access.Principal, _ *struct{}) (*importBody, error) {
			i, err := a.Imports.Upload(ctx, who, audience.ImportContacts, sample.Name, bytes.NewReader(sample.Contacts), readerLanguage(ctx))
			return &importBody{i}, err
		})
	handle(a, operation{id: "list-imports", method: http.MethodGet, path: "/imports", tag: importsTag, summary: "List imports",
		description: "Drafts and started imports, the newest first unless the other order is asked for, without previews."},
		func(ctx context.Context, who *access.Principal, in *struct {
			audience.ImportQuery
			paging.Request
		}) (*struct{ Body paging.Page[audience.Import] }, error) {
			page, err := a.Imports.List(ctx, who, in.ImportQuery, in.Request)
			return &struct{ Body paging.Page[audience.Import] }{page}, err
		})
	handle(a, operation{id: "get-import", method: http.MethodGet, path: "/imports/{import}", tag: importsTag,
		summary: "Show an import", description: "The settings, and of a draft the preview of its first rows."},
		func(ctx context.Context, who *access.Principal, in *importPath) (*importBody, error) {
			i, err := a.Imports.Get(ctx, who, in.Import, readerLanguage(ctx))
			return &importBody{i}, err
		})
	handle(a, operation{id: "change-import", method: http.MethodPatch, path: "/imports/{import}", tag: importsTag,
		summary:     "Change the settings of an import",
		description: "Changes the fields that are sent, of a draft only, and gives the new preview."},
		func(ctx context.Context, who *access.Principal, in *struct {
			Import ids.ID `path:"import" doc:"The import's id."`
			Body   ImportChange
		}) (*importBody, error) {
			i, err := a.Imports.Change(ctx, who, in.Import, in.Body.ImportChange, readerLanguage(ctx))
			return &importBody{i}, err
		})
	handle(a, operation{id: "start-import", method: http.MethodPost, path: "/imports/{import}/start", tag: importsTag,
		status: http.StatusAccepted, summary: "Start an import",
		description: "Gives the task that reads the file; its result says how many were added, merged, kept, doubles and refused " +
			"by reason, and its file refused.csv has the refused rows, each with its reason in the language of this request. The " +
			"whole file is read before anything is stored: a file that breaks off halfway, or a cancel meanwhile, changes nothing. " +
			"What a cancel finds stored stays, and the result says how much that is. An import is started once."},
		func(ctx context.Context, who *access.Principal, in *importPath) (*taskBody, error) {
			t, err := a.Imports.Start(ctx, who, in.Import, readerLanguage(ctx))
			return &taskBody{t}, err
		})
	handle(a, operation{id: "delete-import", method: http.MethodDelete, path: "/imports/{import}", tag: importsTag,
		status: http.StatusNoContent, summary: "Throw a draft away", description: "Deletes a draft with its file."},
		func(ctx context.Context, who *access.Principal, in *importPath) (*struct{}, error) {
			return nil, a.Imports.Remove(ctx, who, in.Import)
		})
	file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	operationOf(a.huma.OpenAPI(), http.MethodPost, Base+"/imports").RequestBody = &huma.RequestBody{Required: true,
		Description: "The file.", Content: map[string]*huma.MediaType{"application/octet-stream": file, "text/csv": file,
			"multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": file.Schema},
				Required: []string{"file"}}}}}
}

func readerLanguage(ctx context.Context) audience.Lang { return audience.Lang(callOf(ctx).language) }

// uploaded is a body that is read as it comes.
type uploaded struct {
	Kind audience.Purpose `query:"kind" default:"contacts" enum:"contacts,stop_list,members" doc:"What the rows are: contacts; entries of the stop list (address, channel, reason); or members, contacts that are there already, to be put into groups (phone, email or id)."`
	Name string           `query:"name" maxLength:"200" doc:"The file's name; of a form the form says it."`

	body io.Reader
	form string // the Content-Type
}

// Resolve implements huma.Resolver: it keeps the body for the handler. Each piece has time of its own to come.
func (u *uploaded) Resolve(h huma.Context) []error {
	u.body, u.form = &patient{h}, h.Header("Content-Type")
	return nil
}

// readWithin is how long a sender may take for a piece of a file.
const readWithin = 30 * time.Second

type patient struct{ h huma.Context }

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	// A request of a test has no deadlines.
	_ = p.h.SetReadDeadline(time.Now().Add(readWithin))
	return p.h.BodyReader().Read(b)
}

// fileOf gives the bytes of the file of a body with a Content-Type, and its name, which is called where that is given.
func fileOf(body io.Reader, contentType, called string) (io.Reader, string, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return body, called, nil //nolint:nilerr // it is no form then, but the file itself
	}
	form := multipart.NewReader(body, params["boundary"])
	// A form may have other fields before its file.
	for range 100 {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", fault.New(fault.Invalid, "bad_form", "body")
		}
		if part.FileName() != "" {
			name := called
			if name == "" {
				name = part.FileName()
			}
			return part, name, nil
		}
	}
	return nil, "", fault.New(fault.Invalid, "no_file", "body.file")
}

func (a *API) uploadImport(ctx context.Context, who *access.Principal, in *uploaded) (*importBody, error) {
	body, name, err := fileOf(in.body, in.form, in.Name)
	if err != nil {
		return nil, err
	}
	i, err := a.Imports.Upload(ctx, who, in.Kind, name, body, readerLanguage(ctx))
	return &importBody{i}, err
}
