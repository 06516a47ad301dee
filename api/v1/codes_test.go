package v1_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The code of a refusal is what programs go by, so the document has to say which ones there are: the codes are read from the
// source that gives them.
func TestTheDocumentHasTheCodesOfRefusals(t *testing.T) {
	t.Parallel()
	phone := prefixed("phone_", constants(t, "../../engine/audience/codes.go", "Code", returned(t, "../../engine/audience/phone.go",
		"NormalisePhone", "restoreRounded", "validPhone", "phoneFault")))
	require.Len(t, phone, 7)
	person := slices.Concat(phone,
		faults(t, "../../engine/audience/person.go", "Make", "name", "phone", "email", "zone", "attributes", "addresses"),
		prefixed("attribute_", constants(t, "../../engine/audience/person.go", "AttributeType", nil)))
	reached := returnedTexts(t, "../../engine/store/campaigns/entries.go", "reasonOf")
	entry := slices.DeleteFunc(constants(t, "../../engine/run/entrance.go", "NoEntry", nil), func(code string) bool {
		return code == "not_open" || code == "not_running" || code == "closed" // of the campaign: told as a problem
	})
	require.Len(t, entry, 4)
	entered := slices.Concat(person, reached, entry, []string{"contact_not_found"})
	require.Greater(t, len(entered), 25)
	launch := constants(t, "../../engine/campaign/estimate.go", "Reason", nil)
	doc, _ := readDocument(t)
	for field, codes := range map[string][]string{
		"Entered.refused": entered, "StopRefused.code": append(phone, "bad_channel", "bad_address"),
		"Estimate.refused": launch, "Campaign.refused": launch,
	} {
		text := described(t, doc, field)
		require.NotEmpty(t, codes, field)
		for _, code := range codes {
			require.Regexp(t, `\b`+regexp.QuoteMeta(code)+`\b`, text, "%s says what refusals there are", field)
		}
		for _, code := range regexp.MustCompile(`\b[a-z]+_[a-z_]+\b`).FindAllString(text, -1) {
			require.Contains(t, codes, code, "%s tells of a code that nothing gives", field)
		}
	}
}

// described gives what the document says of a field, Schema.field.
func described(t *testing.T, doc document, at string) string {
	t.Helper()
	var in struct {
		Schemas map[string]struct {
			Properties map[string]struct{ Description string }
		}
	}
	data, err := json.Marshal(doc.Components)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &in))
	parts := regexp.MustCompile(`\.`).Split(at, 2)
	text := in.Schemas[parts[0]].Properties[parts[1]].Description
	require.NotEmpty(t, text, at)
	return text
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	return f
}

// bodies are those of functions and methods; each has to be there.
func bodies(t *testing.T, file string, names []string) (list []ast.Node) {
	t.Helper()
	found := map[string]bool{}
	for _, d := range parsed(t, file).Decls {
		if f, ok := d.(*ast.FuncDecl); ok && slices.Contains(names, f.Name.Name) {
			list, found[f.Name.Name] = append(list, f.Body), true
		}
	}
	require.Len(t, found, len(names), file)
	return list
}

// constants gives the values of a type's constants; with only, of those that it names.
func constants(t *testing.T, file, kind string, only []string) (values []string) {
	t.Helper()
	ast.Inspect(parsed(t, file), func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || only != nil && !slices.Contains(only, v.Names[0].Name) {
			return true
		}
		if of, ok := v.Type.(*ast.Ident); ok && of.Name == kind {
			if text := textOf(t, v.Values[0]); text != "" {
				values = append(values, text)
			}
		}
		return true
	})
	require.NotEmpty(t, values, "%s %s", file, kind)
	return values
}

// returned gives the names that functions return last.
func returned(t *testing.T, file string, functions ...string) (names []string) {
	t.Helper()
	for _, body := range bodies(t, file, functions) {
		ast.Inspect(body, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
				if name, ok := r.Results[len(r.Results)-1].(*ast.Ident); ok {
					names = append(names, name.Name)
				}
			}
			return true
		})
	}
	return names
}

// returnedTexts gives the texts that a function returns.
func returnedTexts(t *testing.T, file, function string) (texts []string) {
	t.Helper()
	for _, body := range bodies(t, file, []string{function}) {
		ast.Inspect(body, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
				if text := textOf(t, r.Results[0]); text != "" {
					texts = append(texts, text)
				}
			}
			return true
		})
	}
	return texts
}

// faults gives the codes that functions refuse with.
func faults(t *testing.T, file string, functions ...string) (codes []string) {
	t.Helper()
	for _, body := range bodies(t, file, functions) {
		ast.Inspect(body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			to, ok := call.Fun.(*ast.SelectorExpr)
			switch {
			case ok && to.Sel.Name == "wrong":
				codes = append(codes, textOf(t, call.Args[0]))
			case ok && to.Sel.Name == "New":
				codes = append(codes, textOf(t, call.Args[1]))
			}
			return true
		})
	}
	return slices.DeleteFunc(codes, func(code string) bool { return code == "" }) // put together of a prefix and a reason
}

func textOf(t *testing.T, e ast.Expr) string {
	t.Helper()
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(l.Value)
	require.NoError(t, err)
	return text
}

func prefixed(prefix string, list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = prefix + text
	}
	return out
}
