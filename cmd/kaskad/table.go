package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kaskad/engine/report"
	"kaskad/engine/report/trace"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

// progress draws one line over itself.
type progress struct {
	w     words
	lang  string
	out   io.Writer
	quiet bool
	began time.Time
	last  time.Time
	sent  int64
	rate  float64
	drawn int
}

const barWidth = 24

func (p *progress) show(info store.CampaignInfo, f run.Figures) {
	now := time.Now()
	ended := info.Recipients - info.Open
	if seconds := now.Sub(p.last).Seconds(); !p.last.IsZero() && seconds > 0 {
		p.rate = 0.7*p.rate + 0.3*float64(f.Messages-p.sent)/seconds
	}
	p.last, p.sent = now, f.Messages
	if p.quiet || info.Recipients == 0 {
		return
	}
	share := float64(ended) / float64(info.Recipients)
	full := int(share * barWidth)
	bar := strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
	left := p.w.say("left_unknown")
	if ended > 0 && share < 1 {
		left = trace.Lasting(time.Duration(float64(now.Sub(p.began))*(1-share)/share).Round(time.Second), p.lang)
	}
	p.draw(p.w.say("progress", bar, ended*100/info.Recipients, ended, info.Recipients, int64(p.rate), left))
}

func (p *progress) draw(line string) {
	n := utf8.RuneCountInString(line)
	fmt.Fprint(p.out, "\r", line, strings.Repeat(" ", max(p.drawn-n, 0)))
	p.drawn = n
}

func (p *progress) end() {
	if p.drawn > 0 {
		fmt.Fprintln(p.out)
	}
}

// columnsOf are the figures of a block that have a column of their own.
var columnsOf = [...]string{"delivered", "viewed", "clicked", "reply", "answered"}

// table prints a line a block, then what led on from it, then the endings.
func table(out io.Writer, w words, r *report.Campaign) {
	rows := [][]string{{w.say("block"), w.say("entered"), w.say("sent")}}
	for _, c := range columnsOf {
		rows[0] = append(rows[0], w.say(c))
	}
	rows[0] = append(rows[0], w.say("errors"), w.say("open"))
	for _, b := range r.Blocks {
		row := []string{title(b), number(b.Entered), number(b.Sent + b.Redialled)}
		for _, c := range columnsOf {
			row = append(row, number(b.Facts[c]))
		}
		errors := int64(0)
		for _, n := range b.Errors {
			errors += n
		}
		rows = append(rows, append(row, number(errors), number(b.Open)))
	}
	grid(out, rows)
	fmt.Fprintln(out)
	for _, b := range r.Blocks {
		details(out, w, b, r)
	}
	rows = [][]string{{w.say("endings"), ""}}
	for _, e := range report.Endings() {
		rows = append(rows, []string{w.say(e), number(r.Endings[e])})
	}
	grid(out, append(rows, []string{w.say("open"), number(r.Open)}))
}

// details prints how a block was left and the reasons of its errors.
func details(out io.Writer, w words, b report.Block, r *report.Campaign) {
	var parts []string
	for _, l := range b.Links {
		if l.Count > 0 {
			parts = append(parts, fmt.Sprintf("%s → %s: %d", linkWords(w, l.Type, l.Value), nameOf(r, l.To), l.Count))
		}
	}
	if b.Ended > 0 {
		parts = append(parts, fmt.Sprintf("%s: %d", w.say("ended"), b.Ended))
	}
	for _, reason := range sorted(b.Errors) {
		parts = append(parts, fmt.Sprintf("%s %s: %d", w.say("error"), reason, b.Errors[reason]))
	}
	if len(parts) > 0 {
		fmt.Fprintf(out, "%s\n  %s\n", title(b), strings.Join(parts, "\n  "))
	}
}

// linkWords says in words what a link takes.
func linkWords(w words, kind, value string) string {
	switch {
	case kind == "status":
		return w.say(value)
	case value == "":
		return w.say(kind)
	}
	return w.say(kind) + " " + value
}

func nameOf(r *report.Campaign, id string) string {
	for _, b := range r.Blocks {
		if b.ID == id {
			return title(b)
		}
	}
	return id
}

func title(b report.Block) string {
	if b.Name != "" {
		return clip(b.Name, 32)
	}
	return b.ID
}

// clip makes a text from outside fit for a screen.
func clip(s string, most int) string { return trace.Clip(s, most) }

func sorted(m map[string]int64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func number(n int64) string {
	if n == 0 {
		return "·"
	}
	return strconv.FormatInt(n, 10)
}

// grid prints rows in columns, the first to the left and the others to the right.
func grid(out io.Writer, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				fmt.Fprint(out, cell, pad)
			} else {
				fmt.Fprint(out, "  ", pad, cell)
			}
		}
		fmt.Fprintln(out)
	}
}
