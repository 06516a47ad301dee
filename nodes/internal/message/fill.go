package message

import "kaskad/engine/scheme"

// Filler fills in the templates of one message and keeps the first error among them.
type Filler struct {
	Vars *scheme.Vars
	Link func(url string) string
	Err  error
}

// Text fills a template in; none gives nothing.
func (f *Filler) Text(t scheme.Template) string {
	if t == nil {
		return ""
	}
	s, err := t.Render(f.Vars, f.Link)
	if f.Err == nil {
		f.Err = err
	}
	return s
}

// Texts fills several templates in.
func (f *Filler) Texts(list []scheme.Template) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = f.Text(t)
	}
	return out
}
