package v1

import (
	"context"
	"errors"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
)

type publishInput struct {
	SchemePath
	IfMatch
	Body struct {
		Note string `json:"note,omitempty" maxLength:"1000" doc:"What is new in this version, for people."`
	}
}

type versionOutput struct{ Body library.Version }

type versionsOutput struct {
	Body paging.Page[library.Version]
}

// VersionPath names a version of a scheme.
type VersionPath struct {
	SchemePath
	Version ids.ID `path:"version"`
}

type anyVersionPath struct {
	Version ids.ID `path:"version"`
}

type editionOutput struct{ Body library.Edition }

type differenceInput struct {
	VersionPath
	With string `query:"with" required:"true" maxLength:"19" doc:"What it is compared with: the id of another version of the scheme, or draft."`
}

type differenceOutput struct{ Body library.Difference }

type restoreVersionInput struct {
	VersionPath
	IfMatch
}

// TestsFailed is why a scheme was not published.
type TestsFailed struct {
	Results []library.Trial `json:"results" nullable:"false" doc:"The tests that failed."`
}

func (s *schemeRoutes) versions() {
	publish := operation{id: "publish-scheme", method: http.MethodPost, path: "/schemes/{scheme}/publish", tag: schemesTag,
		scope: access.WriteSchemes, creates: true, status: http.StatusCreated, summary: "Publish a draft",
		description: "Makes a version of the draft, which campaigns can use and which never changes. The draft must have no errors " +
			"(scheme_has_errors, with data.findings), all kept tests must pass (tests_failed, with data.results), and it must differ " +
			"from the latest version (unchanged, with data.version)." + staleNote}
	handle(s.API, publish, s.publish)
	s.refuses(publish, http.StatusPreconditionRequired, nil)
	s.refuses(publish, http.StatusPreconditionFailed, library.Conflict{})
	handle(s.API, operation{id: "list-versions", method: http.MethodGet, path: "/schemes/{scheme}/versions", tag: schemesTag,
		scope: access.ReadSchemes, summary: "List a scheme's versions",
		description: "Gives the versions without their documents, the newest first."},
		func(ctx context.Context, who *access.Principal, in *revisionsInput) (*versionsOutput, error) {
			page, err := s.Schemes.Versions(ctx, who.Account, in.Scheme, in.Request)
			return &versionsOutput{page}, err
		})
	handle(s.API, operation{id: "get-version", method: http.MethodGet, path: "/schemes/{scheme}/versions/{version}", tag: schemesTag,
		scope: access.ReadSchemes, summary: "Get a version", description: "Gives a version with its document."},
		func(ctx context.Context, who *access.Principal, in *VersionPath) (*editionOutput, error) {
			v, err := s.version(ctx, who, in)
			return &editionOutput{v}, err
		})
	handle(s.API, operation{id: "get-any-version", method: http.MethodGet, path: "/versions/{version}", tag: schemesTag,
		scope: access.ReadSchemes, summary: "Get a version by its id alone",
		description: "Gives a version with its document, as a campaign names it; also one that was published from a file and is of no scheme."},
		func(ctx context.Context, who *access.Principal, in *anyVersionPath) (*editionOutput, error) {
			v, err := s.Schemes.Edition(ctx, who.Account, in.Version)
			return &editionOutput{v}, err
		})
	handle(s.API, operation{id: "compare-versions", method: http.MethodGet,
		path: "/schemes/{scheme}/versions/{version}/difference", tag: schemesTag, scope: access.ReadSchemes,
		summary: "Compare a version", description: "Tells what changed from a version to another one, or to the draft."}, s.compare)
	restore := operation{id: "restore-version", method: http.MethodPost, path: "/schemes/{scheme}/versions/{version}/restore",
		tag: schemesTag, scope: access.WriteSchemes, summary: "Restore a version",
		description: "Makes a version's document the draft. The draft of now stays in the history." + staleNote}
	handle(s.API, restore, s.restore)
	s.refuses(restore, http.StatusPreconditionRequired, nil)
	s.refuses(restore, http.StatusPreconditionFailed, library.Conflict{})
}

// version reads a version of the scheme.
func (s *schemeRoutes) version(ctx context.Context, who *access.Principal, in *VersionPath) (library.Edition, error) {
	v, err := s.Schemes.Edition(ctx, who.Account, in.Version)
	if err == nil && v.Scheme != in.Scheme {
		return library.Edition{}, fault.New(fault.NotFound, "no_version", "path.version")
	}
	return v, err
}

func (s *schemeRoutes) publish(ctx context.Context, who *access.Principal, in *publishInput) (*versionOutput, error) {
	base, err := in.revision()
	if err != nil {
		return nil, err
	}
	note, err := library.CleanNote(in.Body.Note)
	if err != nil {
		return nil, err
	}
	row, err := s.Schemes.Get(ctx, who.Account, in.Scheme)
	if err == nil {
		err = row.Editable()
	}
	if err != nil {
		return nil, err
	}
	tests, stamp, err := s.Schemes.Tests(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	draft, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	var names []string
	if draft.Revision.Revision == base { // if not, Publish says so
		if err := s.proven(ctx, draft, tests); err != nil {
			return nil, err
		}
		if names, err = s.filed(ctx, who.Account, draft.Document); err != nil {
			return nil, err
		}
	}
	v, err := s.Schemes.Publish(ctx, who.Actor, in.Scheme, base, stamp, note, names...)
	return &versionOutput{v}, err
}

// proven refuses a draft with errors or failing tests.
func (s *schemeRoutes) proven(ctx context.Context, draft library.Draft, tests []library.SchemeTest) error {
	results, err := s.runTests(ctx, draft.Document, tests)
	if err != nil {
		return err
	}
	failed := TestsFailed{Results: []library.Trial{}}
	for _, r := range results {
		if !r.Passed {
			failed.Results = append(failed.Results, r)
		}
	}
	if len(failed.Results) == 0 {
		return nil
	}
	f := fault.New(fault.Conflict, "tests_failed", "", "failed", len(failed.Results), "of", len(results))
	f.Data = failed
	return f
}

func (s *schemeRoutes) compare(ctx context.Context, who *access.Principal, in *differenceInput) (*differenceOutput, error) {
	v, err := s.version(ctx, who, &in.VersionPath)
	if err != nil {
		return nil, err
	}
	if in.With == "draft" {
		d, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
		if err != nil {
			return nil, err
		}
		return &differenceOutput{library.Compare(v.Document, d.Document)}, nil
	}
	var with ids.ID
	if err := with.UnmarshalText([]byte(in.With)); err != nil {
		return nil, fault.New(fault.Invalid, "bad_with", "query.with")
	}
	other, err := s.version(ctx, who, &VersionPath{in.SchemePath, with})
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.NotFound {
		return nil, fault.New(fault.NotFound, f.Code, "query.with")
	}
	return &differenceOutput{library.Compare(v.Document, other.Document)}, err
}

func (s *schemeRoutes) restore(ctx context.Context, who *access.Principal, in *restoreVersionInput) (*draftOutput, error) {
	base, err := in.revision()
	if err != nil {
		return nil, err
	}
	v, err := s.version(ctx, who, &in.VersionPath)
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, who, in.Scheme, base, v.Document, library.Restored)
}
