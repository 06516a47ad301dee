package v1

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
)

// TestPath names a test of a scheme.
type TestPath struct {
	SchemePath
	Test ids.ID `path:"test"`
}

type testOutput struct{ Body library.SchemeTest }

type testsOutput struct {
	Body struct {
		Items []library.TestHead `json:"items" nullable:"false"`
	}
}

type newTestInput struct {
	SchemePath
	Body struct {
		Name     string          `json:"name" minLength:"1" maxLength:"200"`
		Script   json.RawMessage `json:"script" doc:"As the simulator takes it; at most 256 KiB."`
		Expected json.RawMessage `json:"expected,omitempty" doc:"The result that it must have; absent: what the draft gives now."`
	}
}

type changeTestInput struct {
	TestPath
	Body struct {
		Name     Maybe[string]          `json:"name,omitzero" maxLength:"200"`
		Script   Maybe[json.RawMessage] `json:"script,omitzero" doc:"As the simulator takes it; at most 256 KiB."`
		Expected Maybe[json.RawMessage] `json:"expected,omitzero" doc:"The result that it must have; null: what the draft gives now."`
	}
}

// TestRun is what all tests of a draft gave.
type TestRun struct {
	Revision int64           `json:"revision" doc:"Of the draft that was tried."`
	Passed   int             `json:"passed"`
	Failed   int             `json:"failed"`
	Results  []library.Trial `json:"results" nullable:"false"`
}

type testRunOutput struct{ Body TestRun }

func (s *schemeRoutes) tests() {
	op := func(id, method, path string, scope access.Scope, summary, description string) operation {
		return operation{id: id, method: method, path: "/schemes/{scheme}/tests" + path, tag: schemesTag, scope: scope,
			summary: summary, description: description, maxBody: maxDocumentBody}
	}
	handle(s.API, op("list-scheme-tests", http.MethodGet, "", access.ReadSchemes, "List a scheme's tests",
		"Gives all tests, at most 100, the oldest first, without their scripts."), s.listTests)
	add := op("create-scheme-test", http.MethodPost, "", access.WriteSchemes, "Keep a test",
		"Keeps a script of the simulator with the result that it must have. Tests run before every publishing.")
	add.creates, add.status = true, http.StatusCreated
	handle(s.API, add, s.addTest)
	handle(s.API, op("run-scheme-tests", http.MethodPost, "/run", access.ReadSchemes, "Run a scheme's tests",
		"Runs all tests on the draft. One with errors is refused as scheme_has_errors, with data.findings."), s.run)
	handle(s.API, op("get-scheme-test", http.MethodGet, "/{test}", access.ReadSchemes, "Get a test",
		"Gives a test with its script and expected result."),
		func(ctx context.Context, who *access.Principal, in *TestPath) (*testOutput, error) {
			t, err := s.Schemes.Test(ctx, who.Account, in.Scheme, in.Test)
			return &testOutput{t}, err
		})
	handle(s.API, op("change-scheme-test", http.MethodPatch, "/{test}", access.WriteSchemes, "Change a test",
		"Changes what is named. With expected null the result of now becomes the expected one."), s.changeTest)
	remove := op("delete-scheme-test", http.MethodDelete, "/{test}", access.WriteSchemes, "Delete a test", "Forgets a test.")
	remove.status = http.StatusNoContent
	handle(s.API, remove, func(ctx context.Context, who *access.Principal, in *TestPath) (*struct{}, error) {
		return nil, s.Schemes.DeleteTest(ctx, who.Actor, in.Scheme, in.Test)
	})
}

func (s *schemeRoutes) listTests(ctx context.Context, who *access.Principal, in *SchemePath) (*testsOutput, error) {
	out := &testsOutput{}
	var err error
	out.Body.Items, err = s.Schemes.TestHeads(ctx, who.Account, in.Scheme)
	return out, err
}

func (s *schemeRoutes) addTest(ctx context.Context, who *access.Principal, in *newTestInput) (*testOutput, error) {
	t, err := s.clean(ctx, who, in.Scheme, library.NewTest{Name: in.Body.Name, Script: in.Body.Script, Expected: in.Body.Expected})
	if err != nil {
		return nil, err
	}
	out, err := s.Schemes.AddTest(ctx, who.Actor, in.Scheme, t)
	return &testOutput{out}, err
}

// clean checks a test; what is expected is what the draft gives now where nothing else is said.
func (s *schemeRoutes) clean(ctx context.Context, who *access.Principal, id ids.ID, t library.NewTest) (library.NewTest, error) {
	if t.Expected == nil {
		script, err := library.Script(t.Script, "body.script")
		if err != nil {
			return t, err
		}
		draft, err := s.Schemes.Draft(ctx, who.Account, id)
		if err != nil {
			return t, err
		}
		p, err := s.shop.program(ctx, draft.Document, callOf(ctx).language, fault.Conflict)
		if err != nil {
			return t, err
		}
		walk, err := s.shop.try(ctx, p, script, "body.script")
		if err != nil {
			return t, err
		}
		t.Expected = json.RawMessage(walk)
	}
	return t.Clean("body")
}

func (s *schemeRoutes) changeTest(ctx context.Context, who *access.Principal, in *changeTestInput) (*testOutput, error) {
	old, err := s.Schemes.Test(ctx, who.Account, in.Scheme, in.Test)
	if err != nil {
		return nil, err
	}
	t := library.NewTest{Name: old.Name, Script: old.Script, Expected: old.Expected}
	if in.Body.Name.Sent {
		t.Name = ""
		if in.Body.Name.Value != nil {
			t.Name = *in.Body.Name.Value
		}
	}
	if in.Body.Script.Sent {
		t.Script = nil
		if in.Body.Script.Value != nil {
			t.Script = *in.Body.Script.Value
		}
	}
	if in.Body.Expected.Sent {
		t.Expected = nil
		if in.Body.Expected.Value != nil {
			t.Expected = *in.Body.Expected.Value
		}
	}
	if t, err = s.clean(ctx, who, in.Scheme, t); err != nil {
		return nil, err
	}
	out, err := s.Schemes.ChangeTest(ctx, who.Actor, in.Scheme, in.Test, t)
	return &testOutput{out}, err
}

func (s *schemeRoutes) run(ctx context.Context, who *access.Principal, in *SchemePath) (*testRunOutput, error) {
	tests, _, err := s.Schemes.Tests(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	draft, err := s.Schemes.Draft(ctx, who.Account, in.Scheme)
	if err != nil {
		return nil, err
	}
	results, err := s.runTests(ctx, draft.Document, tests)
	if err != nil {
		return nil, err
	}
	out := &testRunOutput{TestRun{Revision: draft.Revision.Revision, Results: results}}
	for _, r := range results {
		if r.Passed {
			out.Body.Passed++
		} else {
			out.Body.Failed++
		}
	}
	return out, nil
}

// runTests tries a document with all its tests. A script that does not fit it is a test that failed.
func (s *schemeRoutes) runTests(ctx context.Context, document []byte, tests []library.SchemeTest) ([]library.Trial, error) {
	p, err := s.shop.program(ctx, document, callOf(ctx).language, fault.Conflict)
	if err != nil {
		return nil, err
	}
	results := make([]library.Trial, len(tests))
	for i := range tests {
		if results[i], err = s.runTest(ctx, p, &tests[i]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func (s *schemeRoutes) runTest(ctx context.Context, p *engine.Program, t *library.SchemeTest) (library.Trial, error) {
	walk, err := s.shop.try(ctx, p, t.Script, "script")
	var f *fault.Error
	switch {
	case err == nil:
		return t.Judge(json.RawMessage(walk)), nil
	case errors.As(err, &f):
		out := library.Trial{Test: t.ID, Name: t.Name, Expected: t.Expected, Field: strings.TrimPrefix(f.Field, "script.")}
		if out.Field == "script" {
			out.Field = ""
		}
		out.Problem, _ = f.Args[callOf(ctx).language].(string)
		return out, nil
	}
	return library.Trial{}, err
}
