package v1

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/files"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
)

// Files keeps the pictures and sounds of accounts.
type Files interface {
	// Add keeps a content under a name made of name; added is false where the account had it already.
	Add(ctx context.Context, actor access.Actor, name string, content []byte) (f files.File, added bool, err error)
	Get(ctx context.Context, account, id ids.ID) (files.File, error)
	List(ctx context.Context, account ids.ID, q files.Query, page paging.Request) (paging.Page[files.File], error)
	Named(ctx context.Context, account ids.ID, names []string) ([]files.File, error)
	Open(ctx context.Context, account, id ids.ID) (files.File, io.ReadSeeker, error)
	Delete(ctx context.Context, actor access.Actor, id ids.ID) error
}

const filesTag = "Files"

// FilePath names a file of an account.
type FilePath struct {
	File ids.ID `path:"upload" doc:"The file's id."`
}

// FileMade is a file that was brought, or was there.
type FileMade struct {
	Status int
	Body   files.File
}

func (a *API) registerFiles() {
	handle(a, operation{id: "upload-file", method: http.MethodPost, path: "/files", tag: filesTag, scope: access.WriteSchemes,
		creates: true, status: http.StatusCreated, maxBody: files.MaxFile + 1<<20, summary: "Upload a picture or a sound",
		description: "A sound (MP3, WAV, Ogg with Opus or Vorbis, WebM, M4A) of at most 20 MiB or a picture (PNG, JPEG, WebP, GIF) of at " +
			"most 5 MiB, as the body itself or as the first file of a form (multipart/form-data). What it is says its content, not its " +
			"name. The name is made one that the account does not have yet; schemes refer to the file by it. An account has at most " +
			"1 GiB of files. A content that the account has already is not kept twice: that file comes back, with 200."}, a.uploadFile)
	handle(a, operation{id: "list-files", method: http.MethodGet, path: "/files", tag: filesTag, scope: access.ReadSchemes,
		summary: "List files", description: "The pictures and sounds of the account, the newest first unless another order is asked for."},
		func(ctx context.Context, who *access.Principal, in *struct {
			files.Query
			paging.Request
		}) (*got[paging.Page[files.File]], error) {
			p, err := a.Files.List(ctx, who.Account, in.Query, in.Request)
			return &got[paging.Page[files.File]]{p}, err
		})
	handle(a, operation{id: "get-file", method: http.MethodGet, path: "/files/{upload}", tag: filesTag, scope: access.ReadSchemes,
		summary: "Show a file", description: "What is known of a file, without its content."},
		func(ctx context.Context, who *access.Principal, in *FilePath) (*got[files.File], error) {
			f, err := a.Files.Get(ctx, who.Account, in.File)
			return &got[files.File]{f}, err
		})
	handle(a, operation{id: "get-file-content", method: http.MethodGet, path: "/files/{upload}/content", tag: filesTag,
		scope: access.ReadSchemes, summary: "Read a file",
		description: "The content, with its media type, to be played or shown. A header Range is obeyed (206), If-None-Match too (304)."}, a.fileContent)
	handle(a, operation{id: "delete-file", method: http.MethodDelete, path: "/files/{upload}", tag: filesTag, scope: access.WriteSchemes,
		status: http.StatusNoContent, summary: "Delete a file",
		description: "For ever. A file that a version or a draft of a scheme uses is not deleted (file_used)."},
		func(ctx context.Context, who *access.Principal, in *FilePath) (*struct{}, error) {
			return nil, a.Files.Delete(ctx, who.Actor, in.File)
		})
	a.streams("/files/{upload}/content", "*/*", "The content, or what Range asked for of it.")
	document := a.huma.OpenAPI()
	upload := operationOf(document, http.MethodPost, Base+"/files")
	upload.Responses["200"] = &huma.Response{Description: "The account had this content already: that file.", Content: upload.Responses["201"].Content}
	upload.Errors = append(upload.Errors, http.StatusConflict)
	file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	upload.RequestBody = &huma.RequestBody{Required: true, Description: "The file.", Content: map[string]*huma.MediaType{
		"application/octet-stream": file, "multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject,
			Properties: map[string]*huma.Schema{"file": file.Schema}, Required: []string{"file"}}}}}
}

// fileUpload is a body that is read as it comes.
type fileUpload struct {
	Name string `query:"name" maxLength:"200" doc:"What the file is called; of a form the form says it."`

	body io.Reader
	form string // the Content-Type
}

// Resolve implements huma.Resolver: it keeps the body for the handler. Each piece has time of its own to come.
func (u *fileUpload) Resolve(h huma.Context) []error {
	u.body, u.form = &patient{h}, h.Header("Content-Type")
	return nil
}

func (a *API) uploadFile(ctx context.Context, who *access.Principal, in *fileUpload) (*FileMade, error) {
	body, name, err := fileOf(in.body, in.form, in.Name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(body, files.MaxFile+1))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large) || len(content) > files.MaxFile:
		return nil, files.TooLarge(files.MaxFile)
	case err != nil:
		return nil, fault.New(fault.Invalid, "file_broken_off", "body")
	}
	f, added, err := a.Files.Add(ctx, who.Actor, name, content)
	status := http.StatusOK
	if added {
		status = http.StatusCreated
	}
	return &FileMade{status, f}, err
}

func (a *API) fileContent(ctx context.Context, who *access.Principal, in *FilePath) (*huma.StreamResponse, error) {
	f, content, err := a.Files.Open(ctx, who.Account, in.File)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		g := humagin.Unwrap(h)
		g.Header("Cache-Control", "private, max-age=3600")
		ServeFile(g.Writer, g.Request, &f, content)
	}}, nil
}

// ServeFile answers with a file's content, or the part of it that is asked for. Nothing in it can do anything: browsers are to
// take it for what it is, and not to run it. How long it may be kept, the caller has said.
func ServeFile(w http.ResponseWriter, r *http.Request, f *files.File, content io.ReadSeeker) {
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": f.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("ETag", `"`+f.Digest+`"`)
	http.ServeContent(patientWriter{w, slowWriter{w, http.NewResponseController(w)}}, r, "", time.Time{}, content)
}

// patientWriter gives each piece of an answer time of its own.
type patientWriter struct {
	http.ResponseWriter
	slow slowWriter
}

func (w patientWriter) Write(p []byte) (int, error) { return w.slow.Write(p) }

// misnamed finds what a document names as a stored file and the account does not have, or is of another kind.
func (s *schemeRoutes) misnamed(ctx context.Context, account ids.ID, document []byte) ([]scheme.Finding, error) {
	uses := files.Uses(document, s.shop.types)
	if len(uses) == 0 {
		return nil, nil
	}
	list, err := s.Files.Named(ctx, account, files.Names(uses))
	if err != nil {
		return nil, err
	}
	kinds := map[string]files.Kind{}
	for i := range list {
		kinds[list[i].Name] = list[i].Kind
	}
	var out []scheme.Finding
	for _, u := range uses {
		code := "file_missing"
		switch kinds[u.Name] {
		case u.Kind:
			continue
		case files.Audio:
			code = "file_no_picture"
		case files.Picture:
			code = "file_no_audio"
		}
		out = append(out, scheme.Finding{Severity: scheme.Error, Code: scheme.BadConfig, Node: u.Node, Field: u.Field, Value: u.Name,
			Message: s.words.say(callOf(ctx).language, code, map[string]any{"name": u.Name})})
	}
	return out, nil
}

// filed refuses a draft that names files which are not there, and gives the names of those that it uses.
func (s *schemeRoutes) filed(ctx context.Context, account ids.ID, document []byte) ([]string, error) {
	found, err := s.misnamed(ctx, account, document)
	if err == nil && len(found) > 0 {
		f := fault.New(fault.Conflict, "scheme_has_errors", "", "count", len(found))
		f.Data = Checkup{Findings: found}
		err = f
	}
	return files.Names(files.Uses(document, s.shop.types)), err
}
