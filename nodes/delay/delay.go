// Package delay is the block that waits for a time.
package delay

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

const maxDelay = 366 * 24 * time.Hour

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "delay", Cascade: true, Routing: true, Decode: decode, Label: scheme.Text{EN: "Delay", RU: "Задержка"},
		Fields: []scheme.Field{
			{Name: "for", Kind: scheme.FieldDuration, Min: "1s", Max: "366d", Label: scheme.Text{EN: "Wait for", RU: "Ждать"}},
			{Name: "until", Kind: scheme.FieldObject, Label: scheme.Text{EN: "Until", RU: "До времени"},
				Fields: []scheme.Field{
					{Name: "time", Kind: scheme.FieldClock, Required: true, Label: scheme.Text{EN: "Time", RU: "Время"}},
					{Name: "days", Kind: scheme.FieldDays, Label: scheme.Text{EN: "Days", RU: "Дни"}},
				}},
		},
	}
}

type settings struct {
	duration scheme.Duration
	hasFor   bool
	until    *scheme.Until
}

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	s.hasFor = c.Given("for")
	s.duration, _ = c.CalendarDuration("for", maxDelay)
	if !s.hasFor && !c.Given("until") {
		c.Report(scheme.BadConfig, "for", "", scheme.Text{
			EN: `say how long to wait: "for": "1d", or "until": {"time": "10:00"}, or both`,
			RU: `укажите, сколько ждать: "for": "1d", или "until": {"time": "10:00"}, или и то и другое`,
		})
	}
	if until := c.Object("until"); until != nil {
		s.until = &scheme.Until{}
		if until.Need("time") {
			s.until.Time, _ = until.Clock("time", false)
		}
		s.until.Days, _ = until.Days("days")
	}
	return s
}

func (s *settings) Outcomes() []scheme.Outcome {
	return []scheme.Outcome{{Type: scheme.LinkNext, Wanted: true}}
}

// Waits allows a loop to go through a delay.
func (s *settings) Waits(scheme.LinkType) bool { return true }

func (s *settings) Compile() engine.Block { return &engine.Wait{Until: s.ends} }

// ends is the instant at which the wait that began at entered is over: after `for`, the first time of `until` at or
// after that; without `for`, strictly after the entry.
func (s *settings) ends(entered time.Time, zone *time.Location) time.Time {
	t := entered
	if s.hasFor {
		t = s.duration.AddCalendar(t, zone)
	}
	if s.until != nil {
		t = s.until.Next(t, s.hasFor, zone)
	}
	return t
}
