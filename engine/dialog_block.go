package engine

import (
	"slices"
	"strconv"
	"strings"

	"kaskad/engine/scheme"
)

// say renders an automatic message. A template that comes out empty says nothing, unless there are options to show.
func (w *dialogWalk) say(t scheme.Template, options []Option) {
	text := w.render(t)
	if text != "" || len(options) > 0 {
		w.out.Says = append(w.out.Says, Utterance{Step: w.s.Step, Text: text, Options: options})
	}
}

func (w *dialogWalk) render(t scheme.Template) string {
	if t == nil {
		return ""
	}
	link := w.in.Link
	if link == nil {
		link = func(url string) string { return url }
	}
	text, err := t.Render(&w.vars, link)
	if err != nil {
		w.out.Failures++
	}
	return text
}

// otherwise is the value of a menu's link for an answer that matches no option.
const otherwise = "else"

// answer takes the visitor's message as an answer to the menu.
func (w *dialogWalk) answer(m *Menu, text string) {
	id := m.match(text)
	w.leave(scheme.LinkOption, id, "option:"+id)
}

// match finds the option that an answer means: by its text, else its number as shown, else its id. Case, outer and
// repeated spaces and the dots of ё do not matter.
func (m *Menu) match(text string) string {
	said := plain(text)
	for _, o := range m.Options {
		if plain(o.Text) == said {
			return o.ID
		}
	}
	if n, err := strconv.Atoi(said); err == nil && n >= 1 && n <= len(m.Options) {
		return m.Options[n-1].ID
	}
	for _, o := range m.Options {
		if plain(o.ID) == said {
			return o.ID
		}
	}
	return otherwise
}

// plain is a text as answers are compared.
func plain(s string) string {
	s = strings.Join(strings.Fields(strings.ToLower(s)), " ")
	return strings.ReplaceAll(strings.ReplaceAll(s, "е\u0308", "е"), "ё", "е")
}

// delay waits. Without a next link there is nothing to wait for.
func (w *dialogWalk) delay(b *Wait) {
	if w.link(scheme.LinkNext, "") < 0 {
		w.end(DialogCompleted, noLink)
		return
	}
	until := At(b.Until(w.now.Time(), orUTC(w.in.Zone)))
	if until <= w.now {
		w.leave(scheme.LinkNext, "", "next")
		return
	}
	w.setTimer(until)
}

func (w *dialogWalk) call(b *Hook) {
	w.out.Hooks = append(w.out.Hooks, DialogHook{Node: w.s.Node, Wait: w.s.Wait, Method: b.Method, URL: w.render(b.URL),
		Headers: b.Headers, Body: w.render(b.Body), Timeout: b.Timeout})
}

// hookFailed leaves by the link of this reason, else by that of any reason; without either the walk fails.
func (w *dialogWalk) hookFailed(reason string) {
	link := w.link(scheme.LinkError, reason)
	if link < 0 {
		link = w.link(scheme.LinkError, "")
	}
	if link < 0 {
		w.end(DialogFailed, reasonError(reason))
		return
	}
	w.follow(link, reasonError(reason))
}

func (w *dialogWalk) retag(b *Retag) {
	w.dialog.Tags = b.Apply(w.dialog.Tags)
	w.out.Tags = append(w.out.Tags, *b)
}

// Apply gives the tags after the change, leaving the given ones as they are. A tag both added and removed is there.
func (b *Retag) Apply(old []string) []string {
	tags := make([]string, 0, len(old)+len(b.Add))
	for _, t := range old {
		if !slices.Contains(b.Remove, t) {
			tags = append(tags, t)
		}
	}
	for _, t := range b.Add {
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	return tags
}

// update changes the contact; the blocks after it see the change.
func (w *dialogWalk) update(b *Update) {
	change := Change{Node: w.s.Node, Block: b}
	for _, a := range b.Set {
		v, err := a.Value.Eval(&w.vars)
		if err != nil {
			w.out.Failures++
			continue
		}
		if change.Set == nil {
			change.Set = make(map[string]any, len(b.Set))
		}
		change.Set[a.Key] = v
	}
	var old scheme.Contact
	if w.vars.Contact != nil {
		old = *w.vars.Contact
	}
	contact := change.Apply(old)
	w.out.Changes = append(w.out.Changes, change)
	w.vars.Contact, w.out.Contact = &contact, &contact
}
