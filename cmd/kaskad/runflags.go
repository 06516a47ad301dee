package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kaskad/engine/scheme"
	"kaskad/nodes/demo"
)

// launch is what `kaskad run` is told besides the common settings.
type launch struct {
	name     string
	start    time.Time // zero: now
	end      time.Time // zero: none
	window   *scheme.Window
	days     scheme.Days
	windowIn string
	rate     int
	country  string
	refused  string
	profile  string
	seed     uint64
	hurry    int
	careless bool // unknown zones are the account's
	language string
	json     bool
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
				return fmt.Errorf("a whole number from %d to %d", low, high)
			}
			*into = n
			return nil
		}
	}
	instant := func(into *time.Time) func(*Config, string) error {
		return func(_ *Config, v string) (err error) {
			if *into, err = time.Parse(time.RFC3339, v); err != nil {
				return errors.New("an instant such as 2026-06-15T09:00:00+03:00")
			}
			return nil
		}
	}
	return []setting{
		{flag: "name", example: "TEXT", help: "name of the campaign (default: the scheme's)", set: text(&l.name)},
		{flag: "start", example: "INSTANT", help: "when it begins (default: now)", set: instant(&l.start)},
		{flag: "end", example: "INSTANT", help: "when it ends: what is not sent by then is not sent", set: instant(&l.end)},
		{flag: "window", example: "FROM-TO", help: "hours in which messages may be sent, such as 10:00-21:00", set: l.setWindow},
		{flag: "days", example: "LIST", value: "1,2,3,4,5,6,7", help: "days of the window, 1 is Monday", set: l.setDays},
		{flag: "window-zone", example: "ZONE", value: scheme.ZoneRecipient,
			help: "whose clock the window is read on: recipient, sender or an IANA name", set: l.setWindowZone},
		{flag: "rate", example: "NUMBER", help: "messages a second at most (default: as fast as it goes)", set: number(&l.rate, 1, 1_000_000)},
		{flag: "unknown-zones", example: "WAY", value: "careful", help: "recipients whose zone is not known: careful (only in hours " +
			"open in all Russian zones) or account (the account's zone is taken)", set: l.setUnknown},
		{flag: "country", example: "CODE", value: "RU", help: "country of phones without a country code", set: l.setCountry},
		{flag: "refused", example: "FILE", help: "where refused rows go (default: beside the address book)", set: text(&l.refused)},
		{flag: "profile", example: "NAME", value: "lifelike", help: "how the demo channel behaves: " +
			strings.Join(demo.Presets(), ", ") + ", or a profile as JSON", set: l.setProfile},
		{flag: "seed", example: "NUMBER", value: "1", help: "seed of the demo channel's choices", set: func(_ *Config, v string) (err error) {
			if l.seed, err = strconv.ParseUint(v, 10, 64); err != nil {
				return errors.New("a whole number from 0")
			}
			return nil
		}},
		{flag: "hurry", example: "NUMBER", value: "1", help: "for demonstrations: decision times, delays and the demo channel's answers " +
			"are so many times shorter; 3600 makes an hour a second", set: number(&l.hurry, 1, maxHurry)},
		{flag: "lang", example: "LANGUAGE", help: "ru or en (default: the locale's)", set: l.setLanguage},
		{flag: "json", help: "print the result as JSON, without progress", set: func(_ *Config, v string) error {
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
		return errors.New("two times of day such as 10:00-21:00; 24:00 only as the end")
	}
	l.window = w
	return nil
}

func (l *launch) setDays(_ *Config, v string) error {
	var list []int
	for part := range strings.SplitSeq(v, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return errors.New("numbers from 1 (Monday) to 7 (Sunday), with commas")
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
		return errors.New("careful or account")
	}
	return nil
}

func (l *launch) setCountry(_ *Config, v string) error {
	if len(v) != 2 {
		return errors.New("a country code of two letters, such as RU")
	}
	l.country = strings.ToUpper(v)
	return nil
}

func (l *launch) setProfile(_ *Config, v string) error {
	_, err := demo.ParseProfile(v)
	l.profile = v
	return err
}

func (l *launch) setLanguage(_ *Config, v string) error {
	if v != "ru" && v != "en" {
		return errors.New("ru or en")
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
		return errors.New("--end must be after --start")
	}
	return nil
}
