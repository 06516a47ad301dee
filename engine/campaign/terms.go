package campaign

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"kaskad/engine/fault"
	"kaskad/engine/scheme"
)

// The bounds of durations.
const (
	maxSpan  = 366 * 24 * time.Hour
	minSpan  = time.Second
	maxTag   = 64 // characters
	maxYears = 3  // from now to a start or an end
)

// Defaults are what an account gives where a campaign says nothing.
type Defaults struct {
	Zone       string
	Connection string
	Window     *scheme.Window
}

// Complete fills in what was left out of a new campaign.
func (s Terms) Complete(d Defaults) Terms {
	if s.Kind == "" {
		s.Kind = Closed
	}
	if s.Start.When == "" {
		s.Start.When = Now
	}
	if s.Zone == "" {
		s.Zone = d.Zone
	}
	if s.Connection == "" {
		s.Connection = d.Connection
	}
	if s.UnknownZones == "" {
		s.UnknownZones = "careful"
	}
	if s.Kind == Open && s.Entry == nil {
		s.Entry = &Entry{Again: Never}
	}
	if s.Tags == nil {
		s.Tags = []string{}
	}
	return s
}

// Merge changes the terms by a JSON object as RFC 7396 has it, one level deep: named fields are replaced whole, null
// clears. The fields that came out differently are named, in order.
func (s Terms) Merge(change []byte) (Terms, []string, error) {
	var named map[string]json.RawMessage
	if err := json.Unmarshal(change, &named); err != nil {
		return s, nil, fault.New(fault.Invalid, "campaign_body", "body")
	}
	have, err := fields(s)
	if err != nil {
		return s, nil, err
	}
	changed := []string{}
	for name, value := range named {
		if string(value) == "null" {
			delete(have, name)
			continue
		}
		have[name] = value
	}
	text, err := json.Marshal(have)
	if err != nil {
		return s, nil, err
	}
	var out Terms
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return s, nil, fault.New(fault.Invalid, "campaign_body", "body")
	}
	if out.Tags == nil {
		out.Tags = []string{}
	}
	for name := range named {
		if differs(s, out, name) {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return out, changed, nil
}

func fields(s Terms) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	have := map[string]json.RawMessage{}
	return have, json.Unmarshal(text, &have)
}

// differs compares a field by its name in JSON.
func differs(a, b Terms, name string) bool {
	t := reflect.TypeFor[Terms]()
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag == name {
			return !reflect.DeepEqual(reflect.ValueOf(a).Field(i).Interface(), reflect.ValueOf(b).Field(i).Interface())
		}
	}
	return false
}

// Check holds the terms against the rules. It looks at nothing but them; what needs the account's data is checked where
// that is. now is the instant of the change. Every wrong field is told of, at once.
func (s *Terms) Check(now time.Time) error {
	c := &checks{now: now}
	if strings.TrimSpace(s.Name) == "" {
		c.wrong("campaign_name", "name")
	}
	if s.Version == 0 {
		c.wrong("campaign_version", "version")
	}
	c.location(s.Zone, "zone")
	if w := s.Window; w != nil {
		if w.Days == 0 {
			c.wrong("campaign_window", "window.days")
		}
		if w.Zone != scheme.ZoneRecipient && w.Zone != scheme.ZoneSender {
			c.location(w.Zone, "window.zone")
		}
	}
	for _, t := range s.Tags {
		if n := len([]rune(t)); strings.TrimSpace(t) == "" || n > maxTag {
			c.wrong("campaign_tag", "tags", "max", maxTag)
			break
		}
	}
	if s.End != nil && s.End.After(now.AddDate(maxYears, 0, 0)) {
		c.wrong("campaign_far", "end", "years", maxYears)
	}
	s.checkStart(c)
	s.checkKind(c)
	return c.err()
}

func (s *Terms) checkStart(c *checks) {
	st := &s.Start
	only := func(field string, given bool, when When) {
		if given && st.When != when {
			c.wrong("start_needless", "start."+field, "when", string(st.When))
		}
	}
	only("at", st.At != nil, At)
	only("local", st.Local != "", Local)
	only("cron", st.Cron != "", Cron)
	only("zone", st.Zone != "", Cron)
	only("until", st.Until != nil, Cron)
	switch st.When {
	case At:
		if st.At == nil {
			c.wrong("start_at", "start.at")
		} else if st.At.After(c.now.AddDate(maxYears, 0, 0)) {
			c.wrong("campaign_far", "start.at", "years", maxYears)
		}
		if st.At != nil && s.End != nil && !s.End.After(*st.At) {
			c.wrong("end_before_start", "end")
		}
	case Local:
		if _, err := ParseWall(st.Local); err != nil {
			c.wrong("start_local", "start.local")
		}
	case Cron:
		s.checkCron(c)
	}
	if st.When != Cron && s.EndAfter != "" {
		c.wrong("end_after_needless", "end_after")
	}
	if s.Smooth && s.End == nil && s.EndAfter == "" {
		c.wrong("smooth_needs_end", "smooth")
	}
}

func (s *Terms) checkCron(c *checks) {
	if s.End != nil {
		c.wrong("cron_end", "end")
	}
	if s.EndAfter != "" {
		if d, ok := span(s.EndAfter); !ok || d < time.Minute {
			c.wrong("campaign_duration", "end_after", "min", "1m", "max", "366d")
		}
	}
	zone := s.Start.Zone
	if zone == "" {
		zone = s.Zone
	} else {
		c.location(zone, "start.zone")
	}
	loc, err := scheme.LoadZone(zone)
	if err != nil {
		return // told of above
	}
	if _, err := ParseSchedule(s.Start.Cron, loc); err != nil {
		c.add(err)
	}
}

func (s *Terms) checkKind(c *checks) {
	if s.Kind != Open {
		if s.Entry != nil {
			c.wrong("entry_needless", "entry")
		}
		return
	}
	if s.Start.When == Cron || s.Start.When == Local {
		c.wrong("open_start", "start.when")
	}
	if s.Smooth {
		c.wrong("open_smooth", "smooth")
	}
	if a := s.Audience; len(a.Groups) > 0 || a.Filter != "" || len(a.MinusGroups) > 0 || a.Follows != nil {
		c.wrong("open_audience", "audience")
	}
	e := s.Entry
	switch {
	case e == nil:
		c.wrong("entry_missing", "entry")
	case e.Again == AfterPause:
		if _, ok := span(e.Pause); !ok {
			c.wrong("campaign_duration", "entry.pause", "min", "1s", "max", "366d")
		}
	case e.Pause != "":
		c.wrong("pause_needless", "entry.pause")
	}
}

// span reads a duration within the bounds; a day has 24 hours here.
func span(text string) (time.Duration, bool) {
	d, err := scheme.ParseDuration(text)
	if err != nil {
		return 0, false
	}
	all := time.Duration(d.Days)*24*time.Hour + d.Elapsed
	return all, all >= minSpan && all <= maxSpan
}

// EndOf is the end of what begins at start; nil: none.
func (s *Terms) EndOf(start time.Time) *time.Time {
	if s.EndAfter != "" {
		if d, ok := span(s.EndAfter); ok {
			end := start.Add(d)
			return &end
		}
	}
	return s.End
}

// checks collects the fields that are wrong.
type checks struct {
	now   time.Time
	first *fault.Error
}

func (c *checks) wrong(code, field string, args ...any) {
	c.add(fault.New(fault.Invalid, code, "body."+field, args...))
}

func (c *checks) add(e *fault.Error) {
	if c.first == nil {
		c.first = e
		return
	}
	c.first.More = append(c.first.More, e)
}

func (c *checks) location(zone, field string) {
	if _, err := scheme.LoadZone(zone); err != nil {
		c.wrong("campaign_zone", field, "zone", zone)
	}
}

// err keeps a nil pointer from becoming an error.
func (c *checks) err() error {
	if c.first == nil {
		return nil
	}
	return c.first
}

// changeable are the fields that may change in a state; of a draft all may.
func changeable(s State) []string {
	switch s {
	case Scheduled, Running, Paused:
		return []string{"name", "tags", "window", "end", "rate"}
	case Finishing:
		return []string{"name", "tags", "end", "rate"}
	case Finished, Cancelled:
		return []string{"name", "tags"}
	}
	return nil
}

// CheckChange tells whether these fields may change now. Errors are faults of the kind Conflict that name the field.
func (c *Campaign) CheckChange(changed []string) error {
	if c.Launching {
		return fault.New(fault.Conflict, "campaign_launching", "")
	}
	switch c.State {
	case Draft:
		return nil
	case Moderation:
		return fault.New(fault.Conflict, "campaign_is_moderation", "", "action", "change")
	}
	allowed := changeable(c.State)
	if c.MadeAs != Repetition && c.Start.When == Cron { // what the repetitions to come get
		allowed = append(allowed, "end_after", "start")
	}
	for _, name := range changed {
		if !slices.Contains(allowed, name) {
			return fault.New(fault.Conflict, "campaign_fixed", "body."+name, "field", name)
		}
	}
	return nil
}

// Difference is what a change did to a field.
type Difference struct {
	Old json.RawMessage `json:"old"`
	New json.RawMessage `json:"new"`
}

// Differences tells what a change did, field by field.
func (s Terms) Differences(to Terms, changed []string) (map[string]Difference, error) {
	before, err := fields(s)
	if err != nil {
		return nil, err
	}
	after, err := fields(to)
	if err != nil {
		return nil, err
	}
	list := map[string]Difference{}
	for _, name := range changed {
		list[name] = Difference{before[name], after[name]}
	}
	return list, nil
}
