package campaign_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/campaign"
	"kaskad/engine/fault"
)

func code(err error) string {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// TestEveryStateAndAction is the table of what is possible.
func TestEveryStateAndAction(t *testing.T) {
	t.Parallel()
	possible := map[campaign.Action]string{
		campaign.Launch: "draft", campaign.Approve: "moderation", campaign.Reject: "moderation", campaign.Withdraw: "moderation",
		campaign.Pause: "scheduled running finishing", campaign.Resume: "paused",
		campaign.Cancel: "moderation scheduled running paused finishing", campaign.Close: "scheduled running paused",
		campaign.Delete: "draft", campaign.Archive: "finished cancelled",
	}
	for _, a := range campaign.Actions() {
		require.NotEmpty(t, a.Scope())
		require.NotEmpty(t, a.What())
		for _, s := range campaign.States() {
			c := &campaign.Campaign{State: s, Terms: campaign.Terms{Kind: campaign.Open}}
			may := strings.Contains(" "+possible[a]+" ", " "+string(s)+" ")
			require.Equal(t, may, c.Check(a) == nil, "%s of a campaign that is %s", a, s)
			if !may {
				require.Equal(t, "campaign_is_"+string(s), code(c.Check(a)))
			}
			c.Launching = true
			require.Equal(t, a == campaign.Cancel, c.Check(a) == nil)
		}
	}
	closed := &campaign.Campaign{State: campaign.Running}
	require.Equal(t, "campaign_not_open", code(closed.Check(campaign.Close)))
	require.Equal(t, campaign.Scheduled, closed.Next(campaign.Resume, true, false))
	require.Equal(t, campaign.Running, closed.Next(campaign.Resume, false, false))
	require.Equal(t, campaign.Moderation, closed.Next(campaign.Launch, false, true))
	require.True(t, campaign.Moderated(true, false, closed))
	require.False(t, campaign.Moderated(true, true, closed))
	require.False(t, campaign.Moderated(true, false, &campaign.Campaign{MadeAs: campaign.Repetition}))
}

func TestWhatMayChangeWhen(t *testing.T) {
	t.Parallel()
	all := []string{"name", "kind", "version", "audience", "start", "window", "end", "end_after", "smooth", "rate", "zone", "connection",
		"advertising", "unknown_zones", "tags", "entry"}
	for state, allowed := range map[campaign.State]string{
		campaign.Draft: strings.Join(all, " "), campaign.Moderation: "", campaign.Scheduled: "name tags window end rate",
		campaign.Running: "name tags window end rate", campaign.Paused: "name tags window end rate",
		campaign.Finishing: "name tags end rate", campaign.Finished: "name tags", campaign.Cancelled: "name tags",
	} {
		c := &campaign.Campaign{State: state}
		for _, field := range all {
			err := c.CheckChange([]string{field})
			require.Equal(t, strings.Contains(" "+allowed+" ", " "+field+" "), err == nil, "%s of %s: %v", field, state, err)
		}
	}
}

func TestMergeOfTerms(t *testing.T) {
	t.Parallel()
	rate := 5
	s := campaign.Terms{Name: "Весна", Version: 3, Rate: &rate, Tags: []string{"a"}, Zone: "UTC"}.Complete(campaign.Defaults{})
	out, changed, err := s.Merge([]byte(`{"rate": null, "name": "Лето", "zone": "UTC", "tags": null}`))
	require.NoError(t, err)
	require.Equal(t, []string{"name", "rate", "tags"}, changed, "what stays the same is no change")
	require.Nil(t, out.Rate)
	require.Equal(t, "Лето", out.Name)
	require.Empty(t, out.Tags)
	require.Equal(t, 5, *s.Rate, "the old terms stay")
	differences, err := s.Differences(out, changed)
	require.NoError(t, err)
	require.JSONEq(t, `5`, string(differences["rate"].Old))
	require.Nil(t, differences["rate"].New)
	_, _, err = s.Merge([]byte(`{"colour": "red"}`))
	require.Equal(t, "campaign_body", code(err))
	text, err := json.Marshal(differences)
	require.NoError(t, err)
	require.Contains(t, string(text), `"new":null`)
}

func TestTermsThatAreWrong(t *testing.T) {
	t.Parallel()
	now := moment(t, "2026-06-15T09:00:00Z")
	soon, far := now.Add(time.Hour), now.AddDate(4, 0, 0)
	good := func() campaign.Terms {
		return campaign.Terms{Name: "Весна", Version: 1}.Complete(campaign.Defaults{Zone: "Europe/Moscow", Connection: "demo"})
	}
	s := good()
	require.NoError(t, s.Check(now))
	for field, c := range map[string]struct {
		code   string
		change func(*campaign.Terms)
	}{
		"body.name":        {"campaign_name", func(s *campaign.Terms) { s.Name = " " }},
		"body.version":     {"campaign_version", func(s *campaign.Terms) { s.Version = 0 }},
		"body.zone":        {"campaign_zone", func(s *campaign.Terms) { s.Zone = "Local" }},
		"body.end":         {"campaign_far", func(s *campaign.Terms) { s.End = &far }},
		"body.start.at":    {"start_at", func(s *campaign.Terms) { s.Start = campaign.Start{When: campaign.At} }},
		"body.start.local": {"start_local", func(s *campaign.Terms) { s.Start = campaign.Start{When: campaign.Local, Local: "завтра"} }},
		"body.start.cron":  {"start_cron", func(s *campaign.Terms) { s.Start = campaign.Start{When: campaign.Cron, Cron: "often"} }},
		"body.smooth":      {"smooth_needs_end", func(s *campaign.Terms) { s.Smooth = true }},
		"body.end_after":   {"end_after_needless", func(s *campaign.Terms) { s.EndAfter = "1h" }},
		"body.entry":       {"entry_needless", func(s *campaign.Terms) { s.Entry = &campaign.Entry{Again: campaign.Never} }},
		"body.entry.pause": {"campaign_duration", func(s *campaign.Terms) { s.Kind, s.Entry = campaign.Open, &campaign.Entry{Again: campaign.AfterPause} }},
		"body.audience":    {"open_audience", func(s *campaign.Terms) { s.Kind, s.Audience.Filter, s.Entry = campaign.Open, "true", &campaign.Entry{} }},
		"body.tags":        {"campaign_tag", func(s *campaign.Terms) { s.Tags = []string{strings.Repeat("я", 65)} }},
	} {
		s := good()
		c.change(&s)
		err := s.Check(now)
		require.Error(t, err, field)
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		require.Equal(t, []string{c.code, field}, []string{f.Code, f.Field})
	}
	s.Start, s.End = campaign.Start{When: campaign.At, At: &soon}, &now
	require.Equal(t, "end_before_start", code(s.Check(now)))
	s.Name = ""
	var f *fault.Error
	require.ErrorAs(t, s.Check(now), &f)
	require.Len(t, f.More, 1, "everything that is wrong is told")
}

func TestCaps(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Vladivostok")
	require.NoError(t, err)
	now := moment(t, "2026-06-15T14:30:00Z") // half past midnight on the 16th there
	entered := []time.Time{now.Add(-time.Hour), now.AddDate(0, 0, -6).Add(-20 * time.Minute), now.AddDate(0, 0, -7)}
	for _, c := range []struct {
		caps campaign.Caps
		want bool
	}{
		{campaign.Caps{}, false}, {campaign.Caps{Day: 1}, false}, {campaign.Caps{Week: 2}, true}, {campaign.Caps{Week: 3}, false},
		{campaign.Caps{Day: 1, Week: 9}, false},
	} {
		require.Equal(t, c.want, c.caps.Reached(entered, now, zone), "%+v", c.caps)
	}
	require.True(t, campaign.Caps{Day: 1}.Reached(entered, now, time.UTC), "it is the same day in Greenwich")
	require.True(t, campaign.Caps{}.None())
	require.True(t, campaign.Agreed(false, nil, "sms"))
	require.True(t, campaign.Agreed(true, []string{"viber", "sms"}, "sms"))
	require.False(t, campaign.Agreed(true, []string{"viber"}, "sms"))
}

func TestEnteringAgain(t *testing.T) {
	t.Parallel()
	now := moment(t, "2026-06-15T09:00:00Z")
	last := now.Add(-time.Hour)
	require.False(t, campaign.Entry{Again: campaign.Never}.Enter(last, true, now))
	require.True(t, campaign.Entry{Again: campaign.Always}.Enter(last, false, now))
	require.False(t, campaign.Entry{Again: campaign.AfterEnd}.Enter(last, false, now))
	require.True(t, campaign.Entry{Again: campaign.AfterEnd}.Enter(last, true, now))
	require.True(t, campaign.Entry{Again: campaign.AfterPause, Pause: "1h"}.Enter(last, false, now))
	for _, x := range []struct {
		again         campaign.Again
		pause         string
		ended, closed bool
		want          bool
	}{
		{campaign.Always, "", false, true, true}, {campaign.Always, "", true, false, false}, {campaign.AfterEnd, "", true, false, false},
		{campaign.Never, "", true, false, true}, {campaign.Never, "", true, true, false}, {campaign.AfterPause, "1h1s", true, false, true},
		{campaign.AfterPause, "1h", true, false, false}, {campaign.AfterPause, "1h1s", true, true, false}, {campaign.AfterPause, "1h", false, false, true},
	} {
		require.Equal(t, x.want, campaign.Entry{Again: x.again, Pause: x.pause}.Needed(last, x.ended, x.closed, now), "%+v", x)
	}
	require.False(t, campaign.Entry{Again: campaign.AfterPause, Pause: "1h1s"}.Enter(last, false, now))
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	document := []byte(`{"kind": "cascade", "nodes": [{"id": "v", "type": "viber", "x": 1.50, "config": {"text": "Скитка", "button": {"text": "Buy", "url": "https://a.example"}}},
		{"id": "w", "type": "whatsapp", "config": {"parameters": ["Anna", "{{ contact.name }}"]}}, {"id": "s", "type": "sms", "config": {"text": "Скитка"}}]}`)
	out, err := campaign.CorrectAll(document, []campaign.Correction{{Node: "v", Field: "text", Old: "Скитка", New: "Скидка"},
		{Node: "v", Field: "button.url", Old: "https://a.example", New: "https://b.example"}, {Node: "w", Field: "parameters.1", Old: "{{ contact.name }}", New: "{{ contact.email }}"}})
	require.NoError(t, err)
	require.JSONEq(t, strings.NewReplacer(`"v", "type": "viber", "x": 1.50, "config": {"text": "Скитка"`, `"v", "type": "viber", "x": 1.50, "config": {"text": "Скидка"`,
		"https://a.example", "https://b.example", "{{ contact.name }}", "{{ contact.email }}").Replace(string(document)), string(out))
	for want, x := range map[string]campaign.Correction{
		"correction_field":  {Node: "v", Field: "sender", Old: "a", New: "b"},
		"correction_node":   {Node: "x", Field: "text", Old: "a", New: "b"},
		"correction_absent": {Node: "w", Field: "text", Old: "a", New: "b"},
		"correction_old":    {Node: "v", Field: "text", Old: "a", New: "b"},
		"correction_same":   {Node: "v", Field: "text", Old: "Скитка", New: "Скитка"},
		"correction_new":    {Node: "v", Field: "text", Old: "Скитка", New: " "},
		"correction_length": {Node: "s", Field: "text", Old: "Скитка", New: strings.Repeat("я", 71)},
	} {
		_, err := campaign.Corrected(document, x)
		require.Equal(t, want, code(err))
	}
	_, err = campaign.Corrected(document, campaign.Correction{Node: "w", Field: "parameters.2", Old: "a", New: "b"})
	require.Equal(t, "correction_absent", code(err))
}

func TestParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 1}, {strings.Repeat("a", 160), 1}, {strings.Repeat("a", 161), 2}, {strings.Repeat("a", 306), 2}, {strings.Repeat("a", 307), 3},
		{strings.Repeat("€", 80), 1}, {strings.Repeat("€", 81), 2}, {strings.Repeat("я", 70), 1}, {strings.Repeat("я", 71), 2},
		{strings.Repeat("😀", 35), 1}, {strings.Repeat("😀", 36), 2}, {strings.Repeat("a", 160) + "{{ contact.name }}", 1}, {"{{ open", 1},
	} {
		require.Equal(t, c.want, campaign.Parts(c.text), "%.20q", c.text)
	}
}
