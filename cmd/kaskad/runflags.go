package main

import (
	"strconv"
	"strings"
	"time"

	"kaskad/engine/campaign"
	"kaskad/engine/scheme"
	"kaskad/nodes/demo"
)

// launch is what `kaskad run` is told besides the common settings.
type launch struct {
	name       string
	start      time.Time      // zero: now
	startLocal *campaign.Wall // nil: at start
	end        time.Time      // zero: none
	smooth     bool
	window     *scheme.Window
	days       scheme.Days
	windowIn   string
	rate       int
	country    string
	refused    string
	profile    string
	seed       uint64
	hurry      int
	careless   bool // unknown zones are the account's
	language   string
	json       bool
}

const maxHurry = 1_000_000

// flags are the settings of `kaskad run`; they write into l.
func (l *launch) flags() []setting {
	text := func(into *string) func(*Config, string) error {
		return func(_ *Config, v string) error { *into = v; return nil }
	}
	number := func(into *int, low, high int) func(*Config, string) error {
		return func(_ *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < low || n > high {
				return fault("config.whole", "low", low, "high", high)
			}
			*into = n
			return nil
		}
	}
	instant := func(into *time.Time) func(*Config, string) error {
		return func(_ *Config, v string) (err error) {
			if *into, err = time.Parse(time.RFC3339, v); err != nil {
				return fault("config.instant")
			}
			return nil
		}
	}
	return []setting{
		{flag: "name", example: "TEXT", help: "flag.name", set: text(&l.name)},
		{flag: "start", example: "INSTANT", help: "flag.start", set: instant(&l.start)},
		{flag: "start-local", example: "TIME", help: "flag.start-local",
			set: l.setStartLocal},
		{flag: "smooth", help: "flag.smooth",
			set: func(_ *Config, v string) error { l.smooth = v == "true"; return nil }},
		{flag: "end", example: "INSTANT", help: "flag.end", set: instant(&l.end)},
		{flag: "window", example: "FROM-TO", help: "flag.window", set: l.setWindow},
		{flag: "days", example: "LIST", value: "1,2,3,4,5,6,7", help: "flag.days", set: l.setDays},
		{flag: "window-zone", example: "ZONE", value: scheme.ZoneRecipient,
			help: "flag.window-zone", set: l.setWindowZone},
		{flag: "rate", example: "NUMBER", help: "flag.rate", set: number(&l.rate, 1, 1_000_000)},
		{flag: "unknown-zones", example: "WAY", value: "careful", help: "flag.unknown-zones", set: l.setUnknown},
		{flag: "country", example: "CODE", value: "RU", help: "flag.country", set: l.setCountry},
		{flag: "refused", example: "FILE", help: "flag.refused", set: text(&l.refused)},
		{flag: "profile", example: "NAME", value: "lifelike", help: "flag.profile", set: l.setProfile},
		{flag: "seed", example: "NUMBER", value: "1", help: "flag.seed", set: func(_ *Config, v string) (err error) {
			if l.seed, err = strconv.ParseUint(v, 10, 64); err != nil {
				return fault("config.whole_from", "low", 0)
			}
			return nil
		}},
		{flag: "hurry", example: "NUMBER", value: "1", help: "flag.hurry", set: number(&l.hurry, 1, maxHurry)},
		{env: "KASKAD_LANG", flag: "lang", example: "LANGUAGE", help: "flag.lang", set: l.setLanguage},
		{flag: "json", help: "flag.json", set: func(_ *Config, v string) error {
			l.json = v == "true"
			return nil
		}},
	}
}

func (l *launch) setWindow(_ *Config, v string) error {
	from, to, ok := strings.Cut(v, "-")
	w := &scheme.Window{}
	var err, errTo error
	w.From, err = scheme.ParseClock(strings.TrimSpace(from))
	w.To, errTo = scheme.ParseClock(strings.TrimSpace(to))
	if !ok || err != nil || errTo != nil || w.From >= 24*60 {
		return fault("config.window")
	}
	l.window = w
	return nil
}

func (l *launch) setStartLocal(_ *Config, v string) error {
	w, err := campaign.ParseWall(v)
	if err != nil {
		return fault("config.start_local", "text", err.Error())
	}
	l.startLocal = &w
	return nil
}

func (l *launch) setDays(_ *Config, v string) error {
	var list []int
	for part := range strings.SplitSeq(v, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return fault("config.days")
		}
		list = append(list, n)
	}
	days, err := scheme.ParseDays(list)
	l.days = days
	return err
}

func (l *launch) setWindowZone(_ *Config, v string) error {
	l.windowIn = v
	if v == scheme.ZoneRecipient || v == scheme.ZoneSender {
		return nil
	}
	_, err := scheme.LoadZone(v)
	return err
}

func (l *launch) setUnknown(_ *Config, v string) error {
	l.careless = v == "account"
	if v != "account" && v != "careful" {
		return fault("config.unknown_zones")
	}
	return nil
}

func (l *launch) setCountry(_ *Config, v string) error {
	if len(v) != 2 {
		return fault("config.country")
	}
	l.country = strings.ToUpper(v)
	return nil
}

func (l *launch) setProfile(_ *Config, v string) error {
	if _, err := demo.ParseProfile(v); err != nil {
		return fault("config.profile", "text", err.Error(), "presets", demo.Presets())
	}
	l.profile = v
	return nil
}

func (l *launch) setLanguage(_ *Config, v string) error {
	if v != "ru" && v != "en" {
		return fault("config.language")
	}
	l.language = v
	return nil
}

// finish puts together what several flags say.
func (l *launch) finish() error {
	if l.window != nil {
		l.window.Days, l.window.Zone = l.days, l.windowIn
	}
	if !l.end.IsZero() && !l.start.IsZero() && !l.end.After(l.start) {
		return fault("run.end")
	}
	if l.startLocal != nil && !l.start.IsZero() {
		return fault("run.two_starts")
	}
	if l.smooth && l.end.IsZero() {
		return fault("run.smooth")
	}
	return nil
}
