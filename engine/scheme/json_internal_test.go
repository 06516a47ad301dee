package scheme

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain gives a value as encoding/json would, numbers as written.
func (v *value) plain() any {
	switch v.kind {
	case nullValue:
		return nil
	case boolValue:
		return v.text == "true"
	case numberValue:
		return json.Number(v.text)
	case textValue:
		return v.text
	case listValue:
		out := []any{}
		for i := range v.items {
			out = append(out, v.items[i].plain())
		}
		return out
	default:
		out := map[string]any{}
		for i, k := range v.keys {
			out[k] = v.items[i].plain()
		}
		return out
	}
}

// FuzzReadJSON holds the reader against encoding/json.
func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{`{}`, ` [ ] `, `{"a" : [1 , -2.5e3,true,false,null,"x"] , "b":{"":{}}}`, `"\u00e9\ud83d\ude00\n\"\\\ud800"`, `{"a":1,"a":2}`,
		"[\"é\"]", `5`, `[[[1],[2]],{"a":[{}]}]`, `{"a`, `[1,]`, "\"\\\\\"", `{"\u0061":"\u0000"}`,
		`{"a":0,"b":1,"c":2,"d":3,"e":4,"f":5,"g":6,"h":7,"i":8,"j":9,"k":10,"l":11,"m":12,"n":13,"o":14,"p":15,"q":16,"a":17,"q":18}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, flaws, err := readJSON([]byte(s))
		if err != nil {
			return
		}
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		var want any
		require.NoError(t, dec.Decode(&want))
		for _, f := range flaws {
			if f.key == "document.twice" {
				return // encoding/json takes the last of two
			}
		}
		require.Equal(t, want, v.plain())
		if v.kind == objectValue {
			require.Equal(t, strings.TrimSpace(s), s[v.start:v.end])
		}
	})
}
