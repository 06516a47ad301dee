package page

import (
	"fmt"
	"strings"
	"time"
)

// statusView is what the templates of the status page see: words and figures as they will stand there.
type statusView struct {
	Lang, Version, Events string
	Query                 Query
	Sorts                 []choice
	Languages             []choice
	Clear                 string // address of the list without a search

	Failed, Empty, Nothing bool
	Retry                  string
	Found, Running         string
	Legend                 []string // names of the endings
	Rows                   []row
	Chosen                 *chosen
	Page, Pages            string
	Previous, Next         string // addresses; empty: there is none
}

type choice struct {
	Value, Address string
	Now            bool
}

type row struct {
	ID, Address, Name, State, Start, StartISO      string
	Demo, Now                                      bool
	Percent                                        string
	Done, Recipients                               int64 // of the progress bar
	RecipientsText, Open, Speed, Left, Description string
	Endings                                        []ending
}

// ending is a part of the small drawing: X and Width are of 100.
type ending struct {
	Name, Count string
	X, Width    string
}

type chosen struct {
	row
	Connection, Finished, Sent string
	Failed                     bool
	Blocks                     []Block
}

// view prepares a page.
func (w *words) view(q Query, s Status) statusView {
	v := statusView{Lang: w.lang, Version: s.Version, Query: q, Failed: s.Failed, Retry: q.address("/")}
	live := q
	live.Lang = w.lang // the stream must not choose another language than the page has
	v.Events = live.address("/events")
	for _, sort := range Sorts() {
		v.Sorts = append(v.Sorts, choice{Value: sort, Now: sort == q.Sort || q.Sort == "" && sort == DefaultSort})
	}
	for _, lang := range Languages() {
		other := q
		other.Lang = lang
		v.Languages = append(v.Languages, choice{Value: lang, Address: other.address("/"), Now: lang == w.lang})
	}
	all := q
	all.Search, all.Page, all.Chosen = "", 1, Key{}
	v.Clear = all.address("/")
	if s.Failed {
		return v
	}
	shown, found, number, pages := q.pick(s.Campaigns, s.Speeds)
	v.Empty, v.Nothing = len(s.Campaigns) == 0, found == 0
	v.Legend = []string{"goal", "completed", "failed", "interrupted", "open"}
	v.Found, v.Running = w.figure(int64(found)), w.figure(running(s.Campaigns))
	for _, c := range shown {
		v.Rows = append(v.Rows, w.row(&c, q, s.Speeds[c.Key]))
	}
	v.turn(w, q, number, pages)
	v.Chosen = w.chosen(q, s, shown)
	for i := range v.Rows {
		v.Rows[i].Now = v.Chosen != nil && v.Rows[i].ID == v.Chosen.ID
	}
	return v
}

func running(list []Campaign) (n int64) {
	for i := range list {
		if list[i].State == "running" {
			n++
		}
	}
	return n
}

// turn sets the way to the neighbouring pages.
func (v *statusView) turn(w *words, q Query, number, pages int) {
	if pages == 1 {
		return
	}
	v.Page, v.Pages = w.figure(int64(number)), w.figure(int64(pages))
	q.Chosen = Key{}
	if number > 1 {
		q.Page = number - 1
		v.Previous = q.address("/")
	}
	if number < pages {
		q.Page = number + 1
		v.Next = q.address("/")
	}
}

func (w *words) row(c *Campaign, q Query, speed Speed) row {
	own := q
	own.Chosen = c.Key
	r := row{ID: c.Key.String(), Address: own.address("/") + "#chosen", Name: c.Name, State: c.State, Demo: c.Demo,
		Percent: w.percent(c.progress()), Done: min(c.Endings.Ended(), c.Recipients), Recipients: max(c.Recipients, 1),
		RecipientsText: w.figure(c.Recipients), Open: w.figure(c.Open()), Speed: w.rate(speed), Left: noFigure}
	if strings.TrimSpace(c.Name) == "" {
		r.Name = w.text["campaign.unnamed"]
	}
	r.Start, r.StartISO = instant(c.Start), c.Start.UTC().Format(time.RFC3339)
	if c.State != "running" {
		r.Speed = noFigure
	}
	if left, ok := speed.left(c); ok {
		r.Left = w.duration(left)
	}
	r.Endings = w.endings(c)
	parts := make([]string, 0, len(r.Endings))
	for _, e := range r.Endings {
		parts = append(parts, w.text["ending."+e.Name]+" "+e.Count)
	}
	r.Description = strings.Join(parts, ", ")
	return r
}

func instant(at time.Time) string {
	if at.IsZero() {
		return noFigure
	}
	return at.UTC().Format("2006-01-02 15:04") + " UTC"
}

// endings lays the endings and the open recipients side by side.
func (w *words) endings(c *Campaign) []ending {
	parts := []struct {
		name string
		n    int64
	}{
		{"goal", c.Endings.Goal}, {"completed", c.Endings.Completed}, {"failed", c.Endings.Failed},
		{"interrupted", c.Endings.Interrupted}, {"open", c.Open()},
	}
	out := make([]ending, 0, len(parts))
	total, x := float64(max(c.Endings.Ended()+c.Open(), 1)), 0.0
	for _, p := range parts {
		width := float64(p.n) / total * 100
		out = append(out, ending{Name: p.name, Count: w.figure(p.n), X: fmt.Sprintf("%.2f", x), Width: fmt.Sprintf("%.2f", width)})
		x += width
	}
	return out
}

// chosen is the campaign whose blocks are shown: the one asked for wherever in the list it is, else the first in sight.
func (w *words) chosen(q Query, s Status, shown []Campaign) *chosen {
	var c *Campaign
	for i := range s.Campaigns {
		if s.Campaigns[i].Key == q.Chosen {
			c = &s.Campaigns[i]
		}
	}
	if c == nil && len(shown) > 0 {
		c = &shown[0]
	}
	if c == nil || s.Blocks == nil {
		return nil
	}
	out := &chosen{row: w.row(c, q, s.Speeds[c.Key]), Connection: c.Connection, Sent: w.figure(c.Sent)}
	if !c.Finished.IsZero() {
		out.Finished = instant(c.Finished)
	}
	var err error
	out.Blocks, err = s.Blocks(c.Key)
	out.Failed = err != nil
	return out
}

// linkWords is a link's value as people know it; Code: it is an expression and stands as it was written.
type linkWords struct {
	Text string
	Code bool
}

func (w *words) link(l Link) linkWords {
	switch {
	case l.Type == "status", l.Type == "error" && l.Value != "":
		return linkWords{Text: w.name(l.Type, l.Value)}
	case l.Value == "" && (l.Type == "error" || l.Type == "reply"):
		return linkWords{Text: w.text["link."+l.Type+".any"]}
	case l.Value == "else":
		return linkWords{Text: w.text["link.branch.else"]}
	}
	return linkWords{Text: l.Value, Code: l.Type == "reply"}
}
