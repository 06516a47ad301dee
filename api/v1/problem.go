package v1

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"kaskad/engine/fault"
)

const problemType = "application/problem+json"

// Problem is an error as RFC 9457 has it. Its words are in the language that Accept-Language asks for, Russian or English;
// code is for programs.
type Problem struct {
	Type   string  `json:"type" doc:"Always about:blank: code says what it is."`
	Title  string  `json:"title" doc:"The kind of problem."`
	Status int     `json:"status"`
	Detail string  `json:"detail" doc:"What is wrong and what can be done."`
	Code   string  `json:"code" doc:"What is wrong, for programs."`
	Errors []Wrong `json:"errors,omitempty" doc:"The fields that are wrong."`
	Data   any     `json:"data,omitempty" doc:"More for programs, where the operation's description says so."`

	after int
}

// Wrong is one field that is wrong.
type Wrong struct {
	Location string `json:"location" doc:"Where, such as body.name, query.limit or path.id."`
	Message  string `json:"message" doc:"What is wrong with it and how to mend it."`
	Code     string `json:"code"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(p.after))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="kaskad"`)
	}
	return h
}

var _ huma.StatusError = (*Problem)(nil)

// statuses are what the kinds of faults become.
var statuses = map[fault.Kind]int{
	fault.Invalid: 422, fault.NotFound: 404, fault.Conflict: 409, fault.Stale: 412, fault.Forbidden: 403,
	fault.Unknown: 401, fault.TooMany: 429, fault.TooLarge: 413, fault.Unsupported: 415, fault.Unavailable: 503,
	fault.Precondition: 428,
}

//go:embed text/*.json
var texts embed.FS

// words are the catalogues: language, code, text.
type words map[string]map[string]string

// loadWords reads text/<area>.<language>.json; a code belongs to one area.
func loadWords() (words, error) {
	w := words{"en": {}, "ru": {}}
	for lang, all := range w {
		paths, err := fs.Glob(texts, "text/*."+lang+".json")
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			text, err := texts.ReadFile(path)
			if err != nil {
				return nil, err
			}
			area := map[string]string{}
			if err := json.Unmarshal(text, &area); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			for code, text := range area {
				if _, twice := all[code]; twice {
					return nil, fmt.Errorf("%s: %s is there twice", path, code)
				}
				all[code] = text
			}
		}
	}
	return w, nil
}

// say fills a text in.
func (w words) say(lang, code string, args map[string]any) string {
	text, ok := w[lang][code]
	if !ok {
		return code
	}
	for name, value := range args {
		text = strings.ReplaceAll(text, "{"+name+"}", fmt.Sprint(value))
	}
	return text
}

// problem tells of a fault.
func (w words) problem(lang string, f *fault.Error) *Problem {
	status := statuses[f.Kind]
	p := &Problem{Type: "about:blank", Title: w.say(lang, "status_"+strconv.Itoa(status), nil), Status: status, Code: f.Code,
		Detail: w.say(lang, f.Code, f.Args), Data: f.Data, after: f.After}
	for _, e := range append([]*fault.Error{f}, f.More...) {
		if e.Field != "" {
			p.Errors = append(p.Errors, Wrong{Location: e.Field, Message: w.say(lang, e.Code, e.Args), Code: e.Code})
		}
	}
	return p
}

// broken tells of a failure of ours, of which the outside learns nothing.
func (w words) broken(lang string) *Problem {
	return &Problem{Type: "about:blank", Title: w.say(lang, "status_500", nil), Status: http.StatusInternalServerError,
		Code: "internal", Detail: w.say(lang, "internal", nil)}
}

// Explain tells of a fault in a language, en or ru, outside of a request: on a command line.
func Explain(language string, f *fault.Error) string {
	w, err := loadWords()
	if err != nil {
		return f.Error()
	}
	return w.say(language, f.Code, f.Args)
}

var languages = language.NewMatcher([]language.Tag{language.English, language.Russian})

// languageOf gives en or ru.
func languageOf(h huma.Context) string {
	tags, _, err := language.ParseAcceptLanguage(h.Header("Accept-Language"))
	if err != nil {
		return "en"
	}
	if _, i, _ := languages.Match(tags...); i == 1 {
		return "ru"
	}
	return "en"
}
