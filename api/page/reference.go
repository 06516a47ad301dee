package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// reference is what the page shows of an OpenAPI document.
type reference struct {
	Lang, Source string
	Languages    []choice
	Groups       []referenceGroup
	Types        []referenceType
}

type referenceGroup struct {
	Name       string
	Operations []referenceOperation
}

type referenceOperation struct {
	ID, Method, Path, Summary, Text string
	Needs                           string // a permission
	Access                          string // key of the words on who may
	Parameters                      []referenceField
	Body                            []referenceBody
	Answers                         []referenceAnswer
}

type referenceField struct {
	Name, In, Type, Target, Text string
	Required                     bool
	Bounds                       []string
}

type referenceBody struct {
	Kind, Type, Target string
	Fields             []referenceField
}

type referenceAnswer struct {
	Status, Text string
	Body         []referenceBody
}

type referenceType struct {
	Name, Text string
	Fields     []referenceField
}

// The parts of a document that are shown.
type (
	apiDocument struct {
		Paths      map[string]map[string]apiOperation `json:"paths"`
		Components struct {
			Schemas map[string]*apiSchema `json:"schemas"`
		} `json:"components"`
	}
	apiOperation struct {
		ID          string                `json:"operationId"`
		Summary     string                `json:"summary"`
		Description string                `json:"description"`
		Tags        []string              `json:"tags"`
		Security    []map[string][]string `json:"security"`
		Parameters  []struct {
			Name        string     `json:"name"`
			In          string     `json:"in"`
			Required    bool       `json:"required"`
			Description string     `json:"description"`
			Schema      *apiSchema `json:"schema"`
		} `json:"parameters"`
		Body struct {
			Content map[string]apiMedia `json:"content"`
		} `json:"requestBody"`
		Responses map[string]struct {
			Description string              `json:"description"`
			Content     map[string]apiMedia `json:"content"`
		} `json:"responses"`
	}
	apiMedia struct {
		Schema *apiSchema `json:"schema"`
	}
	apiSchema struct {
		Ref         string                `json:"$ref"`
		Type        any                   `json:"type"` // a name, or a list of names
		Format      string                `json:"format"`
		Description string                `json:"description"`
		Properties  map[string]*apiSchema `json:"properties"`
		Required    []string              `json:"required"`
		Items       *apiSchema            `json:"items"`
		Enum        []any                 `json:"enum"`
		AnyOf       []*apiSchema          `json:"anyOf"`
		OneOf       []*apiSchema          `json:"oneOf"`
		Default     any                   `json:"default"`
		Minimum     *float64              `json:"minimum"`
		Maximum     *float64              `json:"maximum"`
		MinLength   *int                  `json:"minLength"`
		MaxLength   *int                  `json:"maxLength"`
		MinItems    *int                  `json:"minItems"`
		MaxItems    *int                  `json:"maxItems"`
	}
)

// Reference draws an OpenAPI document, which itself lies at source, as a page for people.
func (p *Pages) Reference(lang string, document []byte, source string) ([]byte, error) {
	l, ok := p.languages[lang]
	if !ok {
		return nil, fmt.Errorf("page: no language %q", lang)
	}
	var d apiDocument
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("page: the document: %w", err)
	}
	r := reference{Lang: lang, Source: source, Groups: groups(l.words, &d)}
	for name, s := range d.Components.Schemas {
		r.Types = append(r.Types, referenceType{Name: name, Text: s.Description, Fields: fieldsOf(l.words, s)})
	}
	slices.SortFunc(r.Types, func(a, b referenceType) int { return cmp.Compare(a.Name, b.Name) })
	for _, other := range Languages() {
		r.Languages = append(r.Languages, choice{Value: other, Address: "?lang=" + other, Now: other == lang})
	}
	var b bytes.Buffer
	if err := l.templates.ExecuteTemplate(&b, "reference.html", r); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}

// groups are the operations by their tag, both in alphabetical order, an operation's path before its method.
func groups(w *words, d *apiDocument) []referenceGroup {
	by := map[string][]referenceOperation{}
	for path, methods := range d.Paths {
		for method, o := range methods {
			tag := ""
			if len(o.Tags) > 0 {
				tag = o.Tags[0]
			}
			by[tag] = append(by[tag], operation(w, strings.ToUpper(method), path, &o))
		}
	}
	var list []referenceGroup
	for tag, operations := range by {
		slices.SortFunc(operations, func(a, b referenceOperation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(order(a.Method), order(b.Method)))
		})
		list = append(list, referenceGroup{tag, operations})
	}
	slices.SortFunc(list, func(a, b referenceGroup) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func order(method string) int {
	return slices.Index([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, method)
}

func operation(w *words, method, path string, o *apiOperation) referenceOperation {
	r := referenceOperation{ID: o.ID, Method: method, Path: path, Summary: o.Summary, Text: o.Description, Access: "reference.open"}
	if len(o.Security) > 0 {
		r.Access = "reference.session"
	}
	for _, s := range o.Security {
		if scopes, ok := s["token"]; ok {
			r.Access = "reference.signed"
			if len(scopes) > 0 {
				r.Access, r.Needs = "reference.needs", scopes[0]
			}
		}
	}
	for _, p := range o.Parameters {
		f := field(w, p.Name, p.Schema, p.Required)
		f.In = w.name("reference.in", p.In)
		f.Text = cmp.Or(p.Description, f.Text)
		r.Parameters = append(r.Parameters, f)
	}
	r.Body = bodies(w, o.Body.Content)
	for status, a := range o.Responses {
		r.Answers = append(r.Answers, referenceAnswer{status, a.Description, bodies(w, a.Content)})
	}
	slices.SortFunc(r.Answers, func(a, b referenceAnswer) int { return cmp.Compare(a.Status, b.Status) })
	return r
}

func bodies(w *words, content map[string]apiMedia) []referenceBody {
	var list []referenceBody
	for kind, m := range content {
		b := referenceBody{Kind: kind}
		if m.Schema != nil {
			b.Type, b.Target = typeName(w, m.Schema)
			b.Fields = fieldsOf(w, m.Schema)
		}
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b referenceBody) int { return cmp.Compare(a.Kind, b.Kind) })
	return list
}

func fieldsOf(w *words, s *apiSchema) []referenceField {
	var list []referenceField
	for name, p := range s.Properties {
		list = append(list, field(w, name, p, slices.Contains(s.Required, name)))
	}
	slices.SortFunc(list, func(a, b referenceField) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func field(w *words, name string, s *apiSchema, required bool) referenceField {
	f := referenceField{Name: name, Required: required}
	if s == nil {
		return f
	}
	f.Text = s.Description
	f.Type, f.Target = typeName(w, s)
	bound := func(key string, value any) {
		if text, err := w.say(key, fmt.Sprint(value)); err == nil {
			f.Bounds = append(f.Bounds, text)
		}
	}
	if s.Minimum != nil {
		bound("reference.at.least", int64(*s.Minimum))
	}
	if s.Maximum != nil {
		bound("reference.at.most", int64(*s.Maximum))
	}
	for key, values := range map[string][]*int{"reference.at.least": {s.MinLength, s.MinItems}, "reference.at.most": {s.MaxLength, s.MaxItems}} {
		for _, v := range values {
			if v != nil {
				bound(key, *v)
			}
		}
	}
	slices.Sort(f.Bounds)
	if len(s.Enum) > 0 {
		var all []string
		for _, e := range s.Enum {
			all = append(all, fmt.Sprint(e))
		}
		f.Bounds = append(f.Bounds, w.name("reference", "one.of")+" "+strings.Join(all, ", "))
	}
	return f
}

// typeName says what a value is, and the type of the document that it links to.
func typeName(w *words, s *apiSchema) (name, target string) {
	switch {
	case s.Ref != "":
		target = s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return target, target
	case s.Items != nil:
		name, target = typeName(w, s.Items)
		return "[" + name + "]", target
	case len(s.AnyOf)+len(s.OneOf) > 0:
		var all []string
		for _, one := range append(s.AnyOf, s.OneOf...) {
			n, _ := typeName(w, one)
			all = append(all, n)
		}
		return strings.Join(all, " "+w.name("reference", "or")+" "), ""
	}
	switch t := s.Type.(type) {
	case string:
		name = t
	case []any:
		var all []string
		for _, one := range t {
			all = append(all, fmt.Sprint(one))
		}
		name = strings.Join(all, " "+w.name("reference", "or")+" ")
	default:
		name = "JSON"
	}
	if s.Format != "" {
		name += " (" + s.Format + ")"
	}
	return name, ""
}
