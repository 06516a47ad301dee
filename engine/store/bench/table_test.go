package bench

import (
	"fmt"
	"io"
	"strings"
)

// line is one figure of the table. With a bar of 0 it is there to read only.
type line struct {
	what     string
	measured float64
	unit     string
	bar      float64
	atMost   bool // the bar is an upper bound
	note     string
}

func (l *line) verdict() string {
	switch {
	case l.bar == 0:
		return ""
	case l.atMost && l.measured <= l.bar, !l.atMost && l.measured >= l.bar:
		return "ok"
	}
	return "MISSED"
}

// table is what a run prints.
type table struct {
	setting []string
	lines   []line
}

// atLeast and atMost add a figure with its bar, say one without.
func (t *table) atLeast(what string, measured, bar float64, unit, note string) {
	t.lines = append(t.lines, line{what: what, measured: measured, unit: unit, bar: bar, note: note})
}

func (t *table) atMost(what string, measured, bar float64, unit, note string) {
	t.lines = append(t.lines, line{what: what, measured: measured, unit: unit, bar: bar, atMost: true, note: note})
}

func (t *table) say(what string, measured float64, unit, note string) {
	t.lines = append(t.lines, line{what: what, measured: measured, unit: unit, note: note})
}

func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n\n", strings.Join(t.setting, "\n"))
	fmt.Fprintf(w, "%-58s %12s %-9s %10s  %-7s %s\n", "", "measured", "", "bar", "", "")
	for i := range t.lines {
		l := &t.lines[i]
		bar := ""
		if l.bar != 0 {
			bar = ">= " + figure(l.bar)
			if l.atMost {
				bar = "<= " + figure(l.bar)
			}
		}
		row := fmt.Sprintf("%-58s %12s %-9s %10s  %-7s %s", l.what, figure(l.measured), l.unit, bar, l.verdict(), l.note)
		fmt.Fprintln(w, strings.TrimRight(row, " "))
	}
	fmt.Fprintln(w)
}

// figure writes a number with three digits that count.
func figure(v float64) string {
	switch {
	case v != 0 && v < 1:
		return fmt.Sprintf("%.3f", v)
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	s := fmt.Sprintf("%.0f", v)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
