package house

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheHouseIsInOrder(t *testing.T) {
	t.Parallel()
	tree, err := Read("../..")
	require.NoError(t, err)
	require.Contains(t, tree, "engine/house/rules.go", "the tree is this project")
	require.Contains(t, string(tree["go.mod"]), "module "+module)
	var all []string
	for _, finding := range Check(tree) {
		all = append(all, finding.String())
	}
	require.Empty(t, all, strings.Join(all, "\n"))
}

// source is a Go file with these imports.
func source(imports ...string) []byte {
	text := "package p\n\nimport (\n"
	for _, imported := range imports {
		text += fmt.Sprintf("\t%q\n", imported)
	}
	return []byte(text + ")\n")
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, imported, want string
	}{
		{"engine/step.go", "kaskad/engine/scheme", ""},
		{"engine/step.go", "kaskad/engine/expression", "does not have it for engine"},
		{"engine/step.go", "kaskad/engine/store", "does not have it"},
		{"engine/step.go", "github.com/google/uuid", "standard library only"},
		{"engine/step.go", "net/http", "no clock, randomness, network"},
		{"engine/step.go", "math/rand/v2", "no clock, randomness, network"},
		{"engine/step.go", "crypto/rand", "no clock, randomness, network"},
		{"engine/step.go", "os", "no clock, randomness, network"},
		{"engine/step.go", "net/url", ""},
		{"engine/step_test.go", "os", ""},
		{"engine/step_test.go", "kaskad/nodes/sms", ""},
		{"engine/scheme/a.go", "kaskad/engine", "does not have it"},
		{"engine/scheme/a.go", "encoding/json", ""},
		{"engine/expression/a.go", "github.com/expr-lang/expr/vm", ""},
		{"engine/expression/a.go", "os", "no clock"},
		{"engine/simulate/a.go", "github.com/expr-lang/expr", "only engine/expression may"},
		{"engine/simulate/a.go", "kaskad/engine", ""},
		{"engine/simulate/a.go", "kaskad/engine/store", "does not have it"},
		{"engine/run/a.go", "kaskad/engine/store", "does not have it"},
		{"engine/run/a.go", "kaskad/engine/channel", ""},
		{"engine/run/a.go", "github.com/jackc/pgx/v5", "only engine/store may"},
		{"engine/run/a_test.go", "github.com/jackc/pgx/v5", "only engine/store may"},
		{"engine/store/storetest/a.go", "github.com/jackc/pgx/v5", ""},
		{"engine/store/a.go", "kaskad/engine/store/private", ""},
		{"engine/store/a.go", "kaskad/nodes/sms", "does not have it"},
		{"engine/audience/a.go", "kaskad/engine/campaign", "does not have it"},
		{"engine/ledger/a.go", "kaskad/engine/report", "does not have it"},
		{"engine/dialog/a.go", "kaskad/engine/scheme", ""},
		{"engine/house/a.go", "kaskad/engine", "does not have it"},
		{"engine/attic/a.go", "fmt", "no line in the table"},
		{"attic.go", "fmt", "no line in the table"},
		{"nodes/sms/a.go", "kaskad/engine", ""},
		{"nodes/sms/a.go", "kaskad/engine/channel", ""},
		{"nodes/sms/a.go", "kaskad/engine/run", "does not have it"},
		{"nodes/sms/a.go", "kaskad/nodes/viber", "does not have it"},
		{"nodes/sms/a.go", "kaskad/nodes/sms/driver", "does not have it"},
		{"nodes/sms/a.go", "kaskad/nodes/internal/message", ""},
		{"nodes/internal/message/a.go", "kaskad/engine/store", "does not have it"},
		{"nodes/internal/message/a.go", "os", "no clock"},
		{"nodes/sms/a.go", "net/http", "no clock"},
		{"nodes/sms/driver/a.go", "net/http", ""},
		{"nodes/sms/driver/a.go", "kaskad/nodes/sms", ""},
		{"nodes/sms/driver/smpp/a.go", "net", ""},
		{"nodes/sms/driver/a.go", "kaskad/nodes/viber", "does not have it"},
		{"nodes/sms/driver/a.go", "kaskad/engine/store", "does not have it"},
		{"nodes/list.go", "kaskad/nodes/sms", ""},
		{"nodes/list.go", "kaskad/engine/store", "does not have it"},
		{"api/a.go", "github.com/gin-gonic/gin", ""},
		{"api/a.go", "kaskad/engine/store", "does not have it"},
		{"api/a.go", "kaskad/engine/store/private", "does not have it"},
		{"api/a.go", "kaskad/engine/campaign", ""},
		{"cmd/kaskad/main.go", "kaskad/engine/store", ""},
		{"cmd/kaskad/main.go", "github.com/gin-gonic/gin", "only api may"},
	} {
		t.Run(c.file+" "+c.imported, func(t *testing.T) {
			t.Parallel()
			findings := Check(Tree{c.file: source(c.imported)})
			if c.want == "" {
				require.Empty(t, findings)
				return
			}
			require.NotEmpty(t, findings)
			require.Contains(t, findings[len(findings)-1].Text, c.want)
		})
	}
}

func TestCallsAndTexts(t *testing.T) {
	t.Parallel()
	call := func(imports, body string) []byte {
		return []byte("package p\n\n" + imports + "\n\nfunc f() {\n" + body + "\n}\n")
	}
	clock := `import "time"`
	for name, c := range map[string]struct {
		file string
		text []byte
		want string
	}{
		"a clock in the interpreter":    {"engine/a.go", call(clock, "_ = time.Now()"), "the clock is a parameter"},
		"a timer passed as a value":     {"engine/simulate/a.go", call(clock, "x := time.After; _ = x"), "the clock is a parameter"},
		"a clock under another name":    {"engine/scheme/a.go", call(`import clock "time"`, "_ = clock.Now()"), "the clock is a parameter"},
		"a clock without a name":        {"engine/scheme/a.go", call(`import . "time"`, "_ = Now()"), "dot import"},
		"a deadline in an expression":   {"engine/expression/a.go", call(`import "context"`, "context.WithTimeout(nil, 1)"), "the clock is a parameter"},
		"a clock in a block":            {"nodes/delay/a.go", call(clock, "_ = time.Since(x)"), "the clock is a parameter"},
		"a clock in a driver":           {"nodes/sms/driver/a.go", call(clock, "_ = time.Now()"), ""},
		"a clock in the runtime":        {"engine/run/a.go", call(clock, "_ = time.Now()"), ""},
		"a duration in the interpreter": {"engine/a.go", call(clock, "_ = time.Second"), ""},
		"a variable called time":        {"engine/a.go", call("", "time.Now()"), ""},
		"a sleeping test":               {"engine/run/a_test.go", call(clock, "time.Sleep(1)"), "never sleeps"},
		"a skipped test":                {"engine/run/a_test.go", call("", `t.Skip("later")`), "never skipped"},
		"a skipping helper":             {"engine/run/a.go", call("", `tb.SkipNow()`), "never skipped"},
		"unfinished":                    {"engine/run/a.go", call("", "// "+unfinished[0]+": more"), "finish it"},
		"unfinished SQL":                {"migrations/1.sql", []byte("-- " + unfinished[1]), "finish it"},
		"a word that looks like it":     {"engine/run/a.go", call("", "// MASTO"+"DON, "+unfinished[0]+"S"), ""},
		"a stranger at the top":         {"scripts/a.txt", nil, "not in the list of top-level"},
		"a dot file at the top":         {".golangci.yml", nil, ""},
		"not Go":                        {"engine/run/a.go", []byte("hello"), "is not Go"},
		"too long":                      {"engine/run/a.go", []byte("package p\n" + strings.Repeat("\n", 600)), "has 601 lines"},
		"long enough":                   {"engine/run/a.go", []byte("package p\n" + strings.Repeat("\n", 599)), ""},
		"long and generated":            {"engine/run/a.go", []byte("// Code generated by x. DO NOT EDIT.\n\npackage p\n" + strings.Repeat("\n", 900)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings := Check(Tree{c.file: c.text})
			if c.want == "" {
				require.Empty(t, findings)
				return
			}
			require.Len(t, findings, 1)
			require.Contains(t, findings[0].String(), c.want)
			require.Contains(t, c.file, findings[0].Path)
		})
	}
}

func TestFindingsSayWhere(t *testing.T) {
	t.Parallel()
	findings := Check(Tree{"engine/a.go": source("fmt", "os"), "api/a.go": source("kaskad/engine/store")})
	require.Equal(t, []string{
		"api/a.go:4: may not import kaskad/engine/store: the table of imports does not have it for api",
		"engine/a.go:5: may not import os: engine has no clock, randomness, network or system",
	}, []string{findings[0].String(), findings[1].String()})
	require.Len(t, findings, 2)
}
