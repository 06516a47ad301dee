package page

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
)

type signInView struct {
	Lang, Next string
	Languages  []choice
}

// SignIn draws the page where one signs in or uses a one-time link, and is then led to next, which is a path here or else
// the status page.
func (p *Pages) SignIn(lang, next string) ([]byte, error) {
	l, ok := p.languages[lang]
	if !ok {
		return nil, fmt.Errorf("page: no language %q", lang)
	}
	v := signInView{Lang: lang, Next: localPath(next)}
	for _, other := range Languages() {
		values := url.Values{"lang": {other}}
		if v.Next != "/" {
			values.Set("next", v.Next)
		}
		v.Languages = append(v.Languages, choice{Value: other, Address: "/sign-in?" + values.Encode(), Now: other == lang})
	}
	var b bytes.Buffer
	if err := l.templates.ExecuteTemplate(&b, "signin.html", v); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return b.Bytes(), nil
}

// localPath lets nobody be led to another site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") || strings.HasPrefix(u.Path, "/sign-in") {
		return "/"
	}
	return next
}
