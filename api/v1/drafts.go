package v1

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
)

// IfMatch is the header of what changes or publishes a draft.
type IfMatch struct {
	Match string `header:"If-Match" maxLength:"64" doc:"The ETag of the draft that the request is for. Needed."`
}

// revision reads the header.
func (m IfMatch) revision() (int64, error) {
	if m.Match == "" {
		return 0, fault.New(fault.Precondition, "if_match_needed", "header.If-Match")
	}
	// A proxy that compresses answers makes weak tags of strong ones.
	text := strings.TrimPrefix(strings.TrimSpace(m.Match), "W/")
	bare, ok := strings.CutPrefix(text, `"`)
	bare, closed := strings.CutSuffix(bare, `"`)
	n, err := strconv.ParseInt(bare, 10, 64)
	if !ok || !closed || err != nil || n <= 0 {
		return 0, fault.New(fault.Invalid, "bad_if_match", "header.If-Match")
	}
	return n, nil
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// DraftCheckup is a draft with what was found in it.
type DraftCheckup struct {
	library.Draft
	Findings []scheme.Finding `json:"findings" nullable:"false" doc:"Errors first. A draft may be saved with them."`
}

type draftOutput struct {
	ETag string `header:"ETag" doc:"The revision, for If-Match."`
	Body DraftCheckup
}

// checkup adds the findings to a draft.
func (s *schemeRoutes) checkup(ctx context.Context, d library.Draft, err error) (*draftOutput, error) {
	if err != nil {
		return nil, err
	}
	_, found, err := s.shop.check(ctx, d.Document, callOf(ctx).language, false)
	if err != nil {
		return nil, err
	}
	missing, err := s.misnamed(ctx, callOf(ctx).principal.Account, d.Document)
	return &draftOutput{ETag: etag(d.Revision.Revision), Body: DraftCheckup{d, append(missing, found.Findings...)}}, err
}

type saveInput struct {
	SchemePath
	IfMatch
	Body struct {
		Document json.RawMessage `json:"document" doc:"The whole document. It may be half drawn: any JSON object of at most 1 MiB will do."`
	}
}

type renameInput struct {
	SchemePath
	IfMatch
	Body struct {
		Name Maybe[string] `json:"name,omitzero" maxLength:"200" doc:"The scheme's name from now on."`
	}
}

// RevisionPath names a revision of a draft.
type RevisionPath struct {
	SchemePath
	Revision int64 `path:"revision" minimum:"1" doc:"As the list of revisions gives it."`
}

type revisionsInput struct {
	SchemePath
	paging.Request
}

type revisionsOutput struct {
	Body paging.Page[library.Revision]
}

type revisionOutput struct{ Body library.Draft }

type restoreInput struct {
	RevisionPath
	IfMatch
}

type findingsOutput struct {
	ETag string `header:"ETag" doc:"The revision that was checked."`
	Body Checkup
}

// staleNote is what every operation with If-Match says.
const staleNote = " If-Match names the revision that the request is for: without it the answer is 428. If the draft was changed " +
	"meanwhile it is 412, nothing is overwritten, and data tells by whom and when, what changed since, what the request would " +
	"have changed, and what both did (see Conflict)."

func (s *schemeRoutes) drafts() {
	handle(s.API, operation{id: "get-draft", method: http.MethodGet, path: "/schemes/{scheme}/draft", tag: schemesTag,
		scope: access.ReadSchemes, summary: "Get a draft", description: "Gives the draft with its document and findings."},
		func(ctx context.Context, who *access.Principal, in *SchemePath) (*draftOutput, error) {
			d, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
			return s.checkup(ctx, d, err)
		})
	save := operation{id: "save-draft", method: http.MethodPut, path: "/schemes/{scheme}/draft", tag: schemesTag,
		scope: access.WriteSchemes, maxBody: maxDocumentBody, summary: "Save a draft",
		description: "Replaces the draft's document. One that says the same as the draft makes no new revision." + staleNote}
	handle(s.API, save, s.save)
	rename := operation{id: "rename-draft", method: http.MethodPatch, path: "/schemes/{scheme}/draft", tag: schemesTag,
		scope: access.WriteSchemes, summary: "Rename a scheme", description: "Changes the name in the draft's document." + staleNote}
	handle(s.API, rename, s.rename)
	handle(s.API, operation{id: "find-draft-mistakes", method: http.MethodGet, path: "/schemes/{scheme}/findings", tag: schemesTag,
		scope: access.ReadSchemes, summary: "Check a draft",
		description: "Tells everything that is wrong with the draft, in the reader's language."}, s.find)
	restore := s.history()
	for _, op := range []operation{save, rename, restore} {
		s.refuses(op, http.StatusPreconditionRequired, nil)
		s.refuses(op, http.StatusPreconditionFailed, library.Conflict{})
	}
}

// history adds the operations of a draft's revisions and gives the one that restores.
func (s *schemeRoutes) history() operation {
	handle(s.API, operation{id: "list-revisions", method: http.MethodGet, path: "/schemes/{scheme}/revisions", tag: schemesTag,
		scope: access.ReadSchemes, summary: "List a draft's history",
		description: "Gives the draft as it was, the newest first: the last 30 revisions, and before them the last of every ten " +
			"minutes, 200 in all."},
		func(ctx context.Context, who *access.Principal, in *revisionsInput) (*revisionsOutput, error) {
			page, err := s.Schemes.Revisions(ctx, who.Account, in.Scheme, in.Request)
			return &revisionsOutput{page}, err
		})
	handle(s.API, operation{id: "get-revision", method: http.MethodGet, path: "/schemes/{scheme}/revisions/{revision}",
		tag: schemesTag, scope: access.ReadSchemes, summary: "Get a draft as it was",
		description: "Gives a revision with its document."},
		func(ctx context.Context, who *access.Principal, in *RevisionPath) (*revisionOutput, error) {
			d, err := s.Schemes.Revision(ctx, who.Account, in.Scheme, in.Revision)
			return &revisionOutput{d}, err
		})
	restore := operation{id: "restore-revision", method: http.MethodPost, path: "/schemes/{scheme}/revisions/{revision}/restore",
		tag: schemesTag, scope: access.WriteSchemes, summary: "Restore a draft as it was",
		description: "Makes a revision's document the draft. The draft of now stays in the history." + staleNote}
	handle(s.API, restore, func(ctx context.Context, who *access.Principal, in *restoreInput) (*draftOutput, error) {
		base, err := in.revision()
		if err != nil {
			return nil, err
		}
		old, err := s.Schemes.Revision(ctx, who.Account, in.Scheme, in.Revision)
		if err != nil {
			return nil, err
		}
		return s.keep(ctx, who, in.Scheme, base, old.Document, library.Restored)
	})
	return restore
}

func (s *schemeRoutes) find(ctx context.Context, who *access.Principal, in *SchemePath) (*findingsOutput, error) {
	d, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	_, found, err := s.shop.check(ctx, d.Document, callOf(ctx).language, true)
	if err != nil {
		return nil, err
	}
	missing, err := s.misnamed(ctx, who.Account, d.Document)
	found.Findings = append(missing, found.Findings...)
	return &findingsOutput{ETag: etag(d.Revision.Revision), Body: found}, err
}

func (s *schemeRoutes) save(ctx context.Context, who *access.Principal, in *saveInput) (*draftOutput, error) {
	base, err := in.revision()
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, who, in.Scheme, base, in.Body.Document, library.Saved)
}

func (s *schemeRoutes) keep(ctx context.Context, who *access.Principal, id ids.ID, base int64, document []byte,
	cause library.Cause) (*draftOutput, error) {
	d, err := library.ReadDrawing(document, "body.document")
	if err != nil {
		return nil, err
	}
	draft, err := s.Schemes.Save(ctx, who.Actor, id, base, d, cause)
	return s.checkup(ctx, draft, err)
}

func (s *schemeRoutes) rename(ctx context.Context, who *access.Principal, in *renameInput) (*draftOutput, error) {
	base, err := in.revision()
	if err != nil {
		return nil, err
	}
	draft, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
	if err != nil || !in.Body.Name.Sent {
		return s.checkup(ctx, draft, err)
	}
	if in.Body.Name.Value == nil {
		return nil, fault.New(fault.Invalid, "name_missing", "body.name")
	}
	name, err := library.CheckName(*in.Body.Name.Value, "body.name")
	if err != nil {
		return nil, err
	}
	// If the draft is another one by then, so is its revision, and nothing is saved.
	return s.keep(ctx, who, in.Scheme, base, library.Renamed(draft.Document, name), library.Saved)
}

// refuses tells the document of a problem that an operation may answer with, and of its data where it has some.
func (a *API) refuses(op operation, status int, data any) {
	r := a.huma.OpenAPI().Components.Schemas
	s := r.Schema(reflect.TypeFor[Problem](), true, "Problem")
	if data != nil {
		t := reflect.TypeOf(data)
		s = &huma.Schema{AllOf: []*huma.Schema{s, {Type: huma.TypeObject, Required: []string{"data"},
			Properties: map[string]*huma.Schema{"data": r.Schema(t, true, t.Name())}}}}
	}
	operationOf(a.huma.OpenAPI(), op.method, Base+op.path).Responses[strconv.Itoa(status)] = &huma.Response{
		Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: s}}}
}
