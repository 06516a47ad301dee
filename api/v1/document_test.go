package v1_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"kaskad/api/v1"
	"kaskad/engine/access"
)

// route is an operation of the document, as the tests read it.
type route struct {
	ID, Method, Path string
	Parameters       []struct {
		Name     string
		In       string
		Required bool
		Schema   map[string]any
	}
	Security []map[string][]string
	Body     map[string]struct{ Schema map[string]any } // by media type
	MaxBody  int
	Summary  string
	Text     string
}

// public tells whether nobody needs to have signed in.
func (r *route) public() bool { return len(r.Security) == 0 }

// scope is the permission that it needs, and whether tokens may at all.
func (r *route) scope() (scope access.Scope, tokens bool) {
	for _, s := range r.Security {
		if list, ok := s["token"]; ok {
			if len(list) > 0 {
				scope = access.Scope(list[0])
			}
			return scope, true
		}
	}
	return "", false
}

type document struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct{ Schemas map[string]map[string]any }
}

func readDocument(t *testing.T) (document, []byte) {
	t.Helper()
	text, err := v1.Document()
	require.NoError(t, err)
	var d document
	require.NoError(t, json.Unmarshal(text, &d))
	return d, text
}

// routes are the operations of the document, in order.
func (d *document) routes(t *testing.T) []route {
	t.Helper()
	var list []route
	for path, methods := range d.Paths {
		for method, raw := range methods {
			r := route{Method: strings.ToUpper(method), Path: path}
			var o struct {
				OperationID string
				Summary     string
				Description string
				Parameters  json.RawMessage
				Security    []map[string][]string
				RequestBody struct {
					Content map[string]struct{ Schema map[string]any }
				}
				MaxBody int `json:"x-max-body"`
			}
			require.NoError(t, json.Unmarshal(raw, &o))
			if o.Parameters != nil {
				require.NoError(t, json.Unmarshal(o.Parameters, &r.Parameters))
			}
			r.ID, r.Security, r.Body, r.MaxBody = o.OperationID, o.Security, o.RequestBody.Content, o.MaxBody
			r.Summary, r.Text = o.Summary, o.Description
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b route) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return list
}

func TestTheDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	_, text := readDocument(t)
	kept, err := os.ReadFile("../openapi.json")
	require.NoError(t, err, "go generate ./api/... makes it")
	require.Equal(t, string(kept), string(text), "go generate ./api/... makes it anew")
}

// TestTheDocumentIsValid holds it against the schema that the OpenAPI Initiative publishes for 3.1, and each schema in it
// against the one of JSON Schema 2020-12.
func TestTheDocumentIsValid(t *testing.T) {
	t.Parallel()
	d, text := readDocument(t)
	compiler := jsonschema.NewCompiler()
	file, err := os.Open("testdata/openapi-3.1.schema.json")
	require.NoError(t, err)
	defer file.Close()
	resource, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	require.NoError(t, compiler.AddResource("openapi.json", resource))
	schema, err := compiler.Compile("openapi.json")
	require.NoError(t, err)
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(whole))
	require.NoError(t, compiler.AddResource("document.json", whole))
	for name := range d.Components.Schemas {
		_, err := compiler.Compile("document.json#/components/schemas/" + name)
		require.NoError(t, err, name)
	}
	for _, ref := range regexp.MustCompile(`"\$ref": "#/components/schemas/([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		require.Contains(t, d.Components.Schemas, ref[1])
	}
}

// TestTheDocumentHasEveryRoute compares it with what is mounted, both ways.
func TestTheDocumentHasEveryRoute(t *testing.T) {
	t.Parallel()
	e := gin.New()
	_, err := v1.Mount(e, v1.Options{Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	var mounted, told []string
	for _, r := range e.Routes() {
		mounted = append(mounted, r.Method+" "+r.Path)
	}
	d, _ := readDocument(t)
	colon := regexp.MustCompile(`\{([a-z_]+)\}`)
	for _, r := range d.routes(t) {
		told = append(told, r.Method+" "+colon.ReplaceAllString(r.Path, ":$1"))
	}
	require.ElementsMatch(t, mounted, told)
	require.NotEmpty(t, told)
}

// TestTheDocumentExplainsItself: every operation, parameter and permission is told of, and ids are unique.
func TestTheDocumentExplainsItself(t *testing.T) {
	t.Parallel()
	d, _ := readDocument(t)
	seen := map[string]bool{}
	for _, r := range d.routes(t) {
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, r.ID)
		require.False(t, seen[r.ID], r.ID)
		seen[r.ID] = true
		require.NotEmpty(t, r.Summary, r.ID)
		require.NotEmpty(t, r.Text, r.ID)
		if scope, _ := r.scope(); scope != "" {
			require.Contains(t, access.Scopes(), scope, r.ID)
		}
		for _, p := range r.Parameters {
			require.NotEmpty(t, p.Schema, r.ID+" "+p.Name)
			if p.In == "path" {
				require.Contains(t, r.Path, "{"+p.Name+"}", r.ID)
			}
		}
	}
}
