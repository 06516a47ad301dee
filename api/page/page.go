package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"path"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/*
var assetFiles embed.FS

// Asset is a file that pages refer to. It never changes in one build.
type Asset struct {
	Type    string // media type
	Mark    string // of its content, part of the address that pages use
	Content []byte
}

// Status is what the status page is drawn from.
type Status struct {
	Version   string
	Campaigns []Campaign
	Speeds    map[Key]Speed
	Failed    bool // the campaigns could not be read
	// Blocks gives the blocks of the campaign that the query chooses. It is called at most once.
	Blocks func(Key) ([]Block, error)
}

// Notice is a page that says one thing.
type Notice string

// The notices.
const (
	MissingPage Notice = "missing.page"
	MissingLink Notice = "missing.link"
	Broken      Notice = "broken"
	Away        Notice = "away"
	NotAllowed  Notice = "not.allowed"
	NotBuilt    Notice = "not.built"
)

// Pages draws. It is safe for use by many goroutines.
type Pages struct {
	languages map[string]speaker
	assets    map[string]Asset
}

type speaker struct {
	words     *words
	templates *template.Template
}

// New reads what is embedded. An error is a mistake of the build.
func New() (*Pages, error) {
	p := &Pages{languages: map[string]speaker{}, assets: map[string]Asset{}}
	if err := p.readAssets(); err != nil {
		return nil, err
	}
	for _, lang := range Languages() {
		w, err := readWords(lang)
		if err != nil {
			return nil, err
		}
		t, err := template.New("").Funcs(template.FuncMap{
			"t": w.say, "name": w.name, "n": w.figure, "asset": p.assetAddress, "linkWords": w.link,
		}).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
		p.languages[lang] = speaker{w, t}
	}
	return p, nil
}

func (p *Pages) readAssets() error {
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return err
	}
	for _, e := range entries {
		content, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		p.assets[e.Name()] = Asset{Type: types[path.Ext(e.Name())], Mark: hex.EncodeToString(sum[:8]), Content: content}
	}
	return nil
}

// Asset gives a file by its name.
func (p *Pages) Asset(name string) (Asset, bool) {
	a, ok := p.assets[name]
	return a, ok
}

func (p *Pages) assetAddress(name string) (string, error) {
	a, ok := p.assets[name]
	if !ok {
		return "", fmt.Errorf("page: there is no asset %q", name)
	}
	return "/assets/" + name + "?v=" + a.Mark, nil
}

// Status draws the whole page in a language, one of [Languages].
func (p *Pages) Status(lang string, q Query, s Status) ([]byte, error) {
	return p.draw(lang, "status.html", q, s)
}

// Live draws only the part of the page that changes.
func (p *Pages) Live(lang string, q Query, s Status) ([]byte, error) {
	return p.draw(lang, "live", q, s)
}

func (p *Pages) draw(lang, name string, q Query, s Status) ([]byte, error) {
	l, ok := p.languages[lang]
	if !ok {
		return nil, fmt.Errorf("page: no language %q", lang)
	}
	var b bytes.Buffer
	if err := l.templates.ExecuteTemplate(&b, name, l.words.view(q, s)); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}

// noticeView is a notice in all languages, the visitor's first: whoever follows a link in a message has chosen none.
type noticeView struct {
	Lang, Title string
	Texts       []noticeText
	Home        bool
}

type noticeText struct{ Lang, Title, Text string }

// Notice draws a page that says one thing in every language, the given one first.
func (p *Pages) Notice(lang string, notice Notice) ([]byte, error) {
	l, ok := p.languages[lang]
	if !ok {
		return nil, fmt.Errorf("page: no language %q", lang)
	}
	title := map[Notice]string{MissingPage: "title.missing", MissingLink: "title.missing", Broken: "title.broken",
		Away: "title.away", NotAllowed: "title.not.allowed", NotBuilt: "title.not.built"}[notice]
	view := noticeView{Lang: lang, Title: l.words.text[title], Home: notice == MissingPage}
	for _, other := range append([]string{lang}, Languages()...) {
		if other == lang && len(view.Texts) > 0 {
			continue
		}
		w := p.languages[other].words
		view.Texts = append(view.Texts, noticeText{other, w.text[title], w.text[string(notice)]})
	}
	var b bytes.Buffer
	if err := l.templates.ExecuteTemplate(&b, "notice.html", view); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}
