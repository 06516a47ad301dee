package v1

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"runtime"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/expression"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
	say "kaskad/engine/words"
	"kaskad/nodes"
)

// workshop checks and tries documents. It is safe for use by many goroutines; no more of them work at once than there
// are processors, so that the largest documents slow each other down and not the rest.
type workshop struct {
	list   []scheme.Type
	types  scheme.Types
	lang   scheme.Language
	zoneOf simulate.ZoneOf
	places chan struct{}
}

func newWorkshop() *workshop {
	zones := audience.NewZones(nil)
	return &workshop{list: nodes.List(), types: nodes.All(), lang: expression.New(), zoneOf: func(phone string) string {
		zone, _ := zones.OfPhone(phone)
		return zone
	}, places: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// enter waits for a place; the caller gives it back with leave.
func (w *workshop) enter(ctx context.Context) error {
	select {
	case w.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *workshop) leave() { <-w.places }

// check gives the findings in a language; the program is nil where one is an error. outcomes is filled where it is asked
// for.
func (w *workshop) check(ctx context.Context, document []byte, language string, outcomes bool) (
	p *engine.Program, found Checkup, err error) {
	if err := w.enter(ctx); err != nil {
		return nil, found, err
	}
	defer w.leave()
	source, err := scheme.Parse(document)
	if err != nil {
		return nil, found, fault.New(fault.Invalid, "json_unreadable", "body.document")
	}
	checked, list, ways := source.CheckWithOutcomes(w.types, w.lang)
	found.Findings = scheme.In(say.Language(language), list)
	if outcomes {
		found.Outcomes = make(map[string][]Outcome, len(ways))
		for id, list := range ways {
			found.Outcomes[id] = outcomesOf(list)
		}
	}
	if checked != nil {
		p, err = engine.Compile(checked)
	}
	return p, found, err
}

// program compiles a document, or refuses one with errors with a fault of the kind.
func (w *workshop) program(ctx context.Context, document []byte, language string, kind fault.Kind) (*engine.Program, error) {
	p, found, err := w.check(ctx, document, language, false)
	if err == nil && p == nil {
		f := fault.New(kind, "scheme_has_errors", "", "count", found.errors())
		f.Data = found
		err = f
	}
	return p, err
}

// try walks a script through a program. The fault's field is below at.
func (w *workshop) try(ctx context.Context, p *engine.Program, script []byte, at string) (Walk, error) {
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	defer w.leave()
	var result any
	var err error
	if p.Kind == scheme.Routing {
		result, err = simulate.Routing(p, script, w.zoneOf)
	} else {
		result, err = simulate.Cascade(p, script, w.zoneOf)
	}
	if err == nil {
		return json.Marshal(result)
	}
	field, what := simulate.Place(err)
	if field != "" {
		at += "." + field
	}
	return nil, fault.New(fault.Invalid, "bad_script", at, "en", what.In(say.English), "ru", what.In(say.Russian))
}

// Outcome is something that links of a block may take.
type Outcome struct {
	Type   scheme.LinkType `json:"type"`
	Value  string          `json:"value,omitempty"`
	Any    bool            `json:"any,omitempty" doc:"Any value is allowed."`
	Wanted bool            `json:"wanted,omitempty" doc:"A scheme where no link takes it is warned of."`
}

func outcomesOf(list []scheme.Outcome) []Outcome {
	out := make([]Outcome, len(list))
	for i, o := range list {
		out[i] = Outcome(o)
	}
	return out
}

// Checkup is what was found in a document.
type Checkup struct {
	Findings []scheme.Finding     `json:"findings" nullable:"false" doc:"Errors first: with one of them the scheme cannot be published."`
	Outcomes map[string][]Outcome `json:"outcomes,omitempty" doc:"What links of each block may take, by the node's id, as far as it can be read."`
}

func (c *Checkup) errors() int {
	n := 0
	for i := range c.Findings {
		if c.Findings[i].Severity == scheme.Error {
			n++
		}
	}
	return n
}

// Walk is a result of the simulator, as its JSON.
type Walk json.RawMessage

// MarshalJSON implements json.Marshaler.
func (w Walk) MarshalJSON() ([]byte, error) { return json.RawMessage(w).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (w *Walk) UnmarshalJSON(data []byte) error { return (*json.RawMessage)(w).UnmarshalJSON(data) }

// Schema implements huma.SchemaProvider.
func (Walk) Schema(r huma.Registry) *huma.Schema {
	r.RegisterTypeAlias(reflect.TypeFor[simulate.Seconds](), reflect.TypeFor[instantSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[simulate.Event](), reflect.TypeFor[json.RawMessage]())
	r.RegisterTypeAlias(reflect.TypeFor[simulate.Step](), reflect.TypeFor[WalkStep]())
	return &huma.Schema{
		Description: "A cascade's walk, or a dialog's.",
		OneOf: []*huma.Schema{
			r.Schema(reflect.TypeFor[CascadeWalk](), true, "CascadeWalk"),
			r.Schema(reflect.TypeFor[DialogWalk](), true, "DialogWalk"),
		},
	}
}

// The forms of a walk, by names that tell them from other results in the document.
type (
	CascadeWalk simulate.Result
	DialogWalk  simulate.RoutingResult
	WalkStep    simulate.Step
)

// instantSchema stands for instants of whole seconds.
type instantSchema struct{}

// Schema implements huma.SchemaProvider.
func (instantSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

// maxDocumentBody is room for the largest document with its white space, and what goes with it.
const maxDocumentBody = 4 << 20

type findingsInput struct {
	Body struct {
		Document json.RawMessage `json:"document" doc:"A scheme's document, in whatever state."`
	}
}

type checkupOutput struct{ Body Checkup }

type simulateInput struct {
	Body struct {
		Document json.RawMessage `json:"document,omitempty" doc:"The document to try. One of document, scheme and version is needed."`
		Scheme   ids.ID          `json:"scheme,omitempty" doc:"The scheme whose draft is tried."`
		Version  ids.ID          `json:"version,omitempty" doc:"The version that is tried."`
		Script   json.RawMessage `json:"script" doc:"What happens to the recipient or in the dialog; at most 256 KiB."`
	}
}

type walkOutput struct{ Body Walk }

func (s *schemeRoutes) simulations() {
	handle(s.API, operation{id: "find-mistakes", method: http.MethodPost, path: "/findings", tag: schemesTag,
		scope: access.ReadSchemes, maxBody: maxDocumentBody, summary: "Check a document",
		description: "Tells everything that is wrong with a scheme's document, in the reader's language. Nothing is kept."},
		s.findAny)
	handle(s.API, operation{id: "simulate", method: http.MethodPost, path: "/simulate", tag: schemesTag,
		scope: access.ReadSchemes, maxBody: maxDocumentBody, summary: "Try a scheme",
		description: "Walks one recipient, or one dialog, through a document, a draft or a version on a virtual clock, with the very " +
			"interpreter that runs campaigns. The answer is that of kaskad simulate. A document with errors is refused as " +
			"scheme_has_errors, with data.findings. Nothing is kept, nothing is sent."},
		s.simulate)
	handle(s.API, operation{id: "list-block-types", method: http.MethodGet, path: "/block-types", tag: schemesTag,
		scope: access.ReadSchemes, summary: "List the types of blocks",
		description: "Describes every type of block: where it may stand, its settings for drawing a form, and what links may take. " +
			"The order is that of a palette."},
		s.blockTypes)
}

func (s *schemeRoutes) findAny(ctx context.Context, _ *access.Principal, in *findingsInput) (*checkupOutput, error) {
	_, found, err := s.shop.check(ctx, in.Body.Document, callOf(ctx).language, true)
	return &checkupOutput{found}, err
}

func (s *schemeRoutes) simulate(ctx context.Context, who *access.Principal, in *simulateInput) (*walkOutput, error) {
	document, err := s.tried(ctx, who, in)
	if err != nil {
		return nil, err
	}
	script, err := library.Script(in.Body.Script, "body.script")
	if err != nil {
		return nil, err
	}
	p, err := s.shop.program(ctx, document, callOf(ctx).language, fault.Invalid)
	if err != nil {
		return nil, err
	}
	walk, err := s.shop.try(ctx, p, script, "body.script")
	return &walkOutput{walk}, err
}

// tried is the document that is to be tried.
func (s *schemeRoutes) tried(ctx context.Context, who *access.Principal, in *simulateInput) ([]byte, error) {
	given := 0
	for _, there := range []bool{in.Body.Document != nil, in.Body.Scheme != 0, in.Body.Version != 0} {
		if there {
			given++
		}
	}
	if given != 1 {
		return nil, fault.New(fault.Invalid, "one_to_try", "body.document")
	}
	switch {
	case in.Body.Scheme != 0:
		d, err := s.Schemes.Draft(ctx, who.Account, in.Body.Scheme)
		return d.Document, inBody(err, "body.scheme")
	case in.Body.Version != 0:
		v, err := s.Schemes.Edition(ctx, who.Account, in.Body.Version)
		return v.Document, inBody(err, "body.version")
	}
	return in.Body.Document, nil
}

// BlockType describes a type of block.
type BlockType struct {
	Type     string         `json:"type"`
	Label    scheme.Text    `json:"label" doc:"Its name in each language."`
	Cascade  bool           `json:"cascade" doc:"It may stand in a cascade."`
	Routing  bool           `json:"routing" doc:"It may stand in a routing scheme."`
	Goal     bool           `json:"goal,omitempty" doc:"Reaching it is what a cascade is for."`
	Fields   []scheme.Field `json:"fields" nullable:"false" doc:"Its settings."`
	Outcomes []Outcome      `json:"outcomes" nullable:"false" doc:"What links of a new one may take. Its settings may add to them: those of a drawn one come with its findings."`
}

type blockTypesInput struct {
	Kind scheme.Kind `query:"kind" enum:"cascade,routing" doc:"Only those that may stand in such a scheme."`
}

type blockTypesOutput struct {
	Body struct {
		Items []BlockType `json:"items" nullable:"false"`
	}
}

func (s *schemeRoutes) blockTypes(_ context.Context, _ *access.Principal, in *blockTypesInput) (*blockTypesOutput, error) {
	out := &blockTypesOutput{}
	out.Body.Items = []BlockType{}
	for i := range s.shop.list {
		t := &s.shop.list[i]
		if in.Kind == scheme.Cascade && !t.Cascade || in.Kind == scheme.Routing && !t.Routing {
			continue
		}
		outcomes, err := s.shop.newOutcomes(t)
		if err != nil {
			return nil, err
		}
		b := BlockType{Type: t.Name, Label: t.Label, Cascade: t.Cascade, Routing: t.Routing, Goal: t.Goal, Fields: t.Fields,
			Outcomes: outcomes}
		if b.Fields == nil {
			b.Fields = []scheme.Field{}
		}
		out.Body.Items = append(out.Body.Items, b)
	}
	return out, nil
}

// newOutcomes are those of a block without settings; lists that it needs are there and empty.
func (w *workshop) newOutcomes(t *scheme.Type) ([]Outcome, error) {
	kind := scheme.Cascade
	if !t.Cascade {
		kind = scheme.Routing
	}
	settings := map[string]any{}
	for _, f := range t.Fields {
		if f.Required && f.In == scheme.Many {
			settings[f.Name] = []any{}
		}
	}
	config, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(scheme.Document{Kind: kind, Links: []scheme.Link{},
		Nodes: []scheme.Node{{ID: "new", Type: t.Name, Config: config}}})
	if err != nil {
		return nil, err
	}
	source, err := scheme.Parse(text)
	if err != nil {
		return nil, err
	}
	_, _, outcomes := source.CheckWithOutcomes(w.types, w.lang)
	return outcomesOf(outcomes["new"]), nil
}
