package v1

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
)

// Schemes keeps schemes. Its errors that people cause are faults.
type Schemes interface {
	List(ctx context.Context, account ids.ID, q library.Query, page paging.Request) (paging.Page[library.Scheme], error)
	Get(ctx context.Context, account, id ids.ID) (library.Scheme, error)
	Create(ctx context.Context, actor access.Actor, d library.Drawing, tags []string, tests []library.NewTest, from string) (library.Scheme, error)
	SetTags(ctx context.Context, actor access.Actor, id ids.ID, tags []string) (library.Scheme, error)
	SetArchived(ctx context.Context, actor access.Actor, id ids.ID, archived bool) (library.Scheme, error)
	Delete(ctx context.Context, actor access.Actor, id ids.ID) error
	Draft(ctx context.Context, account, id ids.ID) (library.Draft, error)
	// Save keeps a draft where its revision is still base; otherwise the fault is Stale and holds a library.Conflict.
	Save(ctx context.Context, actor access.Actor, id ids.ID, base int64, d library.Drawing, cause library.Cause) (library.Draft, error)
	Revisions(ctx context.Context, account, id ids.ID, page paging.Request) (paging.Page[library.Revision], error)
	Revision(ctx context.Context, account, id ids.ID, revision int64) (library.Draft, error)
	// Publish makes a version, where the draft's revision is still base and the tests are those of the stamp.
	Publish(ctx context.Context, actor access.Actor, id ids.ID, base, stamp int64, note string, files ...string) (library.Version, error)
	Versions(ctx context.Context, account, id ids.ID, page paging.Request) (paging.Page[library.Version], error)
	Edition(ctx context.Context, account, version ids.ID) (library.Edition, error)
	// Tests gives all tests with a stamp that changes with any of them.
	Tests(ctx context.Context, account, id ids.ID) (tests []library.SchemeTest, stamp int64, err error)
	TestHeads(ctx context.Context, account, id ids.ID) ([]library.TestHead, error)
	Test(ctx context.Context, account, id, test ids.ID) (library.SchemeTest, error)
	AddTest(ctx context.Context, actor access.Actor, id ids.ID, t library.NewTest) (library.SchemeTest, error)
	ChangeTest(ctx context.Context, actor access.Actor, id, test ids.ID, t library.NewTest) (library.SchemeTest, error)
	DeleteTest(ctx context.Context, actor access.Actor, id, test ids.ID) error
}

const schemesTag = "Schemes"

// schemeRoutes are the operations of schemes.
type schemeRoutes struct {
	*API
	shop *workshop
}

func (a *API) registerSchemes() {
	s := &schemeRoutes{API: a, shop: newWorkshop()}
	s.kept()
	s.drafts()
	s.carried()
	s.versions()
	s.tests()
	s.simulations()
	s.templates()
}

// SchemePath names a scheme. It and those like it are exported because huma looks only into such parts of an input.
type SchemePath struct {
	Scheme ids.ID `path:"scheme"`
}

type schemeOutput struct{ Body library.Scheme }

type schemesInput struct {
	library.Query
	paging.Request
}

type schemesOutput struct {
	Body paging.Page[library.Scheme]
}

// NewScheme says what a new scheme begins with: a document, a template, or nothing drawn.
type NewScheme struct {
	Document json.RawMessage `json:"document,omitempty" doc:"The document to begin with; it may be half drawn, but must say its kind. One of document, template and kind is needed."`
	Template string          `json:"template,omitempty" maxLength:"64" doc:"The id of a template to begin with, in the reader's language."`
	Kind     scheme.Kind     `json:"kind,omitempty" enum:"cascade,routing" doc:"Of a scheme with nothing drawn."`
	Name     string          `json:"name,omitempty" maxLength:"200" doc:"Needed with kind; otherwise it replaces the document's."`
	Tags     []string        `json:"tags,omitempty" maxItems:"50" doc:"At most 64 characters each."`
}

type newSchemeInput struct{ Body NewScheme }

type changeSchemeInput struct {
	SchemePath
	Body struct {
		Tags Maybe[[]string] `json:"tags,omitzero" doc:"All tags from now on: at most 50 of at most 64 characters; null: none."`
	}
}

func (s *schemeRoutes) kept() {
	handle(s.API, operation{id: "list-schemes", method: http.MethodGet, path: "/schemes", tag: schemesTag,
		scope: access.ReadSchemes, summary: "List schemes",
		description: "Gives schemes without their documents, by part of the name, kind, tag, and whether they are archived."},
		func(ctx context.Context, who *access.Principal, in *schemesInput) (*schemesOutput, error) {
			page, err := s.Schemes.List(ctx, who.Account, in.Query, in.Request)
			return &schemesOutput{page}, err
		})
	handle(s.API, operation{id: "create-scheme", method: http.MethodPost, path: "/schemes", tag: schemesTag,
		scope: access.WriteSchemes, creates: true, status: http.StatusCreated, maxBody: maxDocumentBody,
		summary: "Create a scheme", description: "Begins a scheme with a document, a template, or nothing drawn."}, s.create)
	handle(s.API, operation{id: "get-scheme", method: http.MethodGet, path: "/schemes/{scheme}", tag: schemesTag,
		scope: access.ReadSchemes, summary: "Get a scheme",
		description: "Gives a scheme without its document; the draft and the versions have theirs."},
		func(ctx context.Context, who *access.Principal, in *SchemePath) (*schemeOutput, error) {
			out, err := s.Schemes.Get(ctx, who.Account, in.Scheme)
			return &schemeOutput{out}, err
		})
	handle(s.API, operation{id: "change-scheme", method: http.MethodPatch, path: "/schemes/{scheme}", tag: schemesTag,
		scope: access.WriteSchemes, summary: "Change a scheme's tags",
		description: "Tags belong to the scheme and not to its draft. The name is in the draft: change it there."}, s.change)
	handle(s.API, operation{id: "archive-scheme", method: http.MethodPost, path: "/schemes/{scheme}/archive", tag: schemesTag,
		scope: access.WriteSchemes, summary: "Archive a scheme",
		description: "An archived scheme is not listed by itself, and cannot be edited, published or used by a new campaign. " +
			"Campaigns that use a version of it go on; while some go on to repeat it, it is not archived: cancel their repetitions " +
			"first."}, s.archiving(true))
	handle(s.API, operation{id: "unarchive-scheme", method: http.MethodPost, path: "/schemes/{scheme}/unarchive", tag: schemesTag,
		scope: access.WriteSchemes, summary: "Take a scheme out of the archive",
		description: "The scheme is as it was before it was archived."}, s.archiving(false))
	handle(s.API, operation{id: "delete-scheme", method: http.MethodDelete, path: "/schemes/{scheme}", tag: schemesTag,
		scope: access.WriteSchemes, status: http.StatusNoContent, summary: "Delete a scheme",
		description: "Deletes an archived scheme that was never published, with its history and tests. Archiving comes first " +
			"because it can be undone; published versions are kept for ever, and so is their scheme."},
		func(ctx context.Context, who *access.Principal, in *SchemePath) (*struct{}, error) {
			return nil, s.Schemes.Delete(ctx, who.Actor, in.Scheme)
		})
}

func (s *schemeRoutes) archiving(archived bool) func(context.Context, *access.Principal, *SchemePath) (*schemeOutput, error) {
	return func(ctx context.Context, who *access.Principal, in *SchemePath) (*schemeOutput, error) {
		out, err := s.Schemes.SetArchived(ctx, who.Actor, in.Scheme, archived)
		return &schemeOutput{out}, err
	}
}

func (s *schemeRoutes) change(ctx context.Context, who *access.Principal, in *changeSchemeInput) (*schemeOutput, error) {
	var out library.Scheme
	var err error
	if !in.Body.Tags.Sent {
		out, err = s.Schemes.Get(ctx, who.Account, in.Scheme)
		return &schemeOutput{out}, err
	}
	var tags []string
	if in.Body.Tags.Value != nil {
		tags = *in.Body.Tags.Value
	}
	if tags, err = library.CleanTags(tags); err != nil {
		return nil, err
	}
	out, err = s.Schemes.SetTags(ctx, who.Actor, in.Scheme, tags)
	return &schemeOutput{out}, err
}

func (s *schemeRoutes) create(ctx context.Context, who *access.Principal, in *newSchemeInput) (*schemeOutput, error) {
	d, from, err := beginning(&in.Body, callOf(ctx).language)
	if err != nil {
		return nil, err
	}
	tags, err := library.CleanTags(in.Body.Tags)
	if err != nil {
		return nil, err
	}
	out, err := s.Schemes.Create(ctx, who.Actor, d, tags, nil, from)
	return &schemeOutput{out}, err
}

// beginning gives what a new scheme begins with, and where that comes from.
func beginning(n *NewScheme, language string) (d library.Drawing, from string, err error) {
	given := 0
	for _, there := range []bool{n.Document != nil, n.Template != "", n.Kind != ""} {
		if there {
			given++
		}
	}
	if given != 1 {
		return d, "", fault.New(fault.Invalid, "one_to_begin_with", "body")
	}
	name := ""
	if n.Name != "" || n.Kind != "" {
		if name, err = library.CheckName(n.Name, "body.name"); err != nil {
			return d, "", err
		}
	}
	document := []byte(n.Document)
	switch {
	case n.Kind != "":
		document, from = library.Blank(n.Kind, name), "blank"
	case n.Template != "":
		t, err := templateOf(n.Template, language, fault.Invalid, "body.template")
		if err != nil {
			return d, "", err
		}
		document, from = t.Document, "template:"+t.ID
	default:
		from = "document"
	}
	return named(document, name, "body.document", from)
}

// named reads a document, which gets another name where there is one, and must say its kind.
func named(document []byte, name, field, from string) (library.Drawing, string, error) {
	d, err := library.ReadDrawing(document, field)
	if err == nil && name != "" && d.Name != name {
		d, err = library.ReadDrawing(library.Renamed(d.Document, name), field)
	}
	if err == nil && d.Kind == "" {
		err = fault.New(fault.Invalid, "kind_missing", field+".kind")
	}
	return d, from, err
}

// inBody makes a fault of what a body names of one that would be of the path: the request was for something else.
func inBody(err error, field string) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.NotFound {
		return fault.New(fault.Invalid, f.Code, field)
	}
	return err
}
