package v1

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/scheme"
)

type copyInput struct {
	SchemePath
	Body struct {
		Name string `json:"name,omitempty" maxLength:"200" doc:"Absent: the scheme's, with (copy) after it in the reader's language."`
	}
}

type exportInput struct {
	SchemePath
	Version ids.ID `query:"version" doc:"The version to export; absent: the draft."`
}

type exportOutput struct {
	Disposition string `header:"Content-Disposition" doc:"The name of the file."`
	Body        library.SchemeFile
}

type importInput struct {
	Body json.RawMessage `doc:"A file as it was exported, or a document alone; at most 8 MiB."`
}

// Imported is a scheme that came from a file.
type Imported struct {
	Scheme   library.Scheme   `json:"scheme"`
	Tests    int              `json:"tests" doc:"How many came with it."`
	Findings []scheme.Finding `json:"findings" nullable:"false" doc:"Of the draft, errors first."`
}

type importOutput struct{ Body Imported }

func (s *schemeRoutes) carried() {
	handle(s.API, operation{id: "copy-scheme", method: http.MethodPost, path: "/schemes/{scheme}/copy", tag: schemesTag,
		scope: access.WriteSchemes, creates: true, status: http.StatusCreated, summary: "Copy a scheme",
		description: "Makes a scheme of the draft, with the tags and the tests, but without history and versions."}, s.copy)
	handle(s.API, operation{id: "export-scheme", method: http.MethodGet, path: "/schemes/{scheme}/export", tag: schemesTag,
		scope: access.ReadSchemes, summary: "Export a scheme",
		description: "Gives the draft or a version with the tests as one JSON file, which can be imported elsewhere."}, s.export)
	handle(s.API, operation{id: "import-scheme", method: http.MethodPost, path: "/schemes/import", tag: schemesTag,
		scope: access.WriteSchemes, creates: true, status: http.StatusCreated, maxBody: library.MaxFile, summary: "Import a scheme",
		description: "Makes a scheme of an exported file, or of a document alone. Ids of blocks and links stay as they are. What is " +
			"wrong with the document is told and hinders publishing, not the import; a file that cannot be read is refused whole."},
		s.imported)
}

func (s *schemeRoutes) copy(ctx context.Context, who *access.Principal, in *copyInput) (*schemeOutput, error) {
	row, err := s.Schemes.Get(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	draft, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	kept, _, err := s.Schemes.Tests(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	name := library.CopyName(row.Name, callOf(ctx).language)
	if in.Body.Name != "" {
		if name, err = library.CheckName(in.Body.Name, "body.name"); err != nil {
			return nil, err
		}
	}
	d, err := library.ReadDrawing(library.Renamed(draft.Document, name), "body.name")
	if err != nil {
		return nil, err
	}
	d.Kind = row.Kind // the draft may have lost it
	tests := make([]library.NewTest, len(kept))
	for i, t := range kept {
		tests[i] = library.NewTest{Name: t.Name, Script: t.Script, Expected: t.Expected}
	}
	out, err := s.Schemes.Create(ctx, who.Actor, d, row.Tags, tests, "scheme:"+row.ID.String())
	return &schemeOutput{out}, err
}

func (s *schemeRoutes) export(ctx context.Context, who *access.Principal, in *exportInput) (*exportOutput, error) {
	document, number, err := s.exported(ctx, who, in)
	if err != nil {
		return nil, err
	}
	tests, _, err := s.Schemes.Tests(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	d, err := library.ReadDrawing(document, "")
	if err != nil {
		return nil, err
	}
	name := d.Name
	if name == "" {
		name = in.Scheme.String()
	}
	if number > 0 {
		name += " v" + strconv.Itoa(number)
	}
	return &exportOutput{Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": name + ".json"}),
		Body: library.NewFile(d, number, tests, s.Clock())}, nil
}

// exported gives the document to export, and the number of its version.
func (s *schemeRoutes) exported(ctx context.Context, who *access.Principal, in *exportInput) ([]byte, int, error) {
	if in.Version == 0 {
		d, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
		return d.Document, 0, err
	}
	v, err := s.version(ctx, who, &VersionPath{in.SchemePath, in.Version})
	return v.Document, v.Number, err
}

func (s *schemeRoutes) imported(ctx context.Context, who *access.Principal, in *importInput) (*importOutput, error) {
	d, tests, err := library.ReadFile(in.Body)
	if err == nil && d.Kind == "" {
		err = fault.New(fault.Invalid, "kind_missing", "body.document.kind")
	}
	if err != nil {
		return nil, err
	}
	row, err := s.Schemes.Create(ctx, who.Actor, d, []string{}, tests, "file")
	if err != nil {
		return nil, err
	}
	_, found, err := s.shop.check(ctx, d.Document, callOf(ctx).language, false)
	return &importOutput{Imported{Scheme: row, Tests: len(tests), Findings: found.Findings}}, err
}
