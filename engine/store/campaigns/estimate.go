package campaigns

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store/contacts"
)

// The bounds of an estimate's lists.
const (
	shownExamples    = 3
	shownRepetitions = 10
)

// Estimate tells what a launch would do now. It looks at every contact of the audience, page by page.
func (s *Store) Estimate(ctx context.Context, account, id ids.ID) (*campaign.Estimate, error) {
	c, err := s.Get(ctx, account, id)
	if err != nil {
		return nil, err
	}
	e := &campaign.Estimate{Refused: map[string]int64{}, Channels: map[string]int64{}, Zones: []campaign.ZoneCount{},
		Examples: []campaign.Example{}}
	at, err := now(ctx, s.desk)
	if err != nil {
		return nil, err
	}
	if schedule := c.Schedule(); schedule != nil {
		for next := nextOf(&c.Terms, schedule, at); next != nil && len(e.Repetitions) < shownRepetitions; next = nextOf(&c.Terms, schedule, *next) {
			e.Repetitions = append(e.Repetitions, *next)
		}
	}
	if c.Kind == campaign.Open {
		return e, nil
	}
	v, program, err := s.sieveOf(ctx, s.desk, account, c)
	if err != nil {
		return nil, err
	}
	t := &tally{e: e, v: v, zones: map[string]int64{}}
	if t.names, err = s.namer(ctx, account, c); err != nil {
		return nil, err
	}
	if err := s.pages(ctx, account, 0, func(lo int64, hi *int64) error { return s.count(ctx, t, lo, hi) }); err != nil {
		return nil, err
	}
	if err := s.foretell(c, e, t, program, at); err != nil {
		return nil, err
	}
	return e, s.examples(ctx, t)
}

// namer gives the zone of a recipient as it is stored.
type namer struct {
	zones   contacts.Zones
	careful bool
	own     map[string]string
}

func (s *Store) namer(ctx context.Context, id ids.ID, c *campaign.Campaign) (*namer, error) {
	zones, err := s.Zones.ZoneOf(ctx, id)
	return &namer{zones: zones, careful: c.UnknownZones != "account", own: map[string]string{}}, err
}

// of gives the zone that messages to a contact go by; where nobody knows it, that is the account's, which is marked so.
func (n *namer) of(own, phone string) string {
	if name, seen := n.own[own]; seen && own != "" {
		return name
	}
	name, source := n.zones.Of(own, phone)
	switch {
	case source == audience.ZoneOwn:
		n.own[own] = name
	case source == audience.ZoneUnknown && n.careful:
		return run.Doubtful + name
	}
	return name
}

// tally adds up what a sieve lets through.
type tally struct {
	e        *campaign.Estimate
	v        *sieve
	names    *namer
	zones    map[string]int64
	examples map[campaign.Reason][]int64
}

// count looks at a page of contacts. Of those that are taken and have no zone of their own the phone is read, since it may
// tell; all others are only counted, and one of each kind is named.
func (s *Store) count(ctx context.Context, t *tally, lo int64, hi *int64) error {
	text, args := t.v.statement(lo, hi)
	rows, err := s.desk.Query(ctx, `WITH y AS MATERIALIZED (SELECT * FROM (`+text+`) AS y(contact, zone, phone, reason, mask, capped))
		SELECT CASE WHEN reason = '' THEN zone ELSE '' END, '' AS phone, reason, mask, capped, count(*), min(contact) FROM y
		WHERE reason <> '' OR zone <> '' GROUP BY 1, 3, 4, 5
		UNION ALL SELECT '', phone, '', mask, capped, 1, contact FROM y WHERE reason = '' AND zone = ''`, args...)
	if err != nil {
		return fmt.Errorf("campaigns: the estimate: %w", err)
	}
	var zone, phone, reason string
	var mask int32
	var capped bool
	var n, contact int64
	_, err = pgx.ForEachRow(rows, []any{&zone, &phone, &reason, &mask, &capped, &n, &contact}, func() error {
		t.add(zone, phone, campaign.Reason(reason), mask, capped, n, contact)
		return nil
	})
	return err
}

func (t *tally) add(zone, phone string, reason campaign.Reason, mask int32, capped bool, n, contact int64) {
	t.e.Selected += n
	if t.examples == nil {
		t.examples = map[campaign.Reason][]int64{}
	}
	if len(t.examples[reason]) < shownExamples {
		t.examples[reason] = append(t.examples[reason], contact)
	}
	if reason != "" {
		t.e.Refused[string(reason)] += n
		return
	}
	t.e.Recipients += n
	if capped {
		t.e.Capped += n
	}
	for i, channel := range t.v.channels {
		if mask&(1<<i) != 0 {
			t.e.Channels[channel] += n
		}
	}
	t.zones[t.names.of(zone, phone)] += n
}

// foretell says when what would happen.
func (s *Store) foretell(c *campaign.Campaign, e *campaign.Estimate, t *tally, program *engine.Program, at time.Time) error {
	start := at
	if len(e.Repetitions) > 0 {
		start = e.Repetitions[0]
	}
	plan, err := planOf(c, start, 1)
	if err != nil {
		return err
	}
	var list []campaign.ZonedCount
	for name, n := range t.zones {
		zone, err := zoneOf(name)
		if err != nil {
			return err
		}
		list = append(list, campaign.ZonedCount{Zone: zone, N: n})
		shown, maybe := run.Doubt(name)
		if len(maybe) > 0 {
			e.ZoneUnknown += n
		}
		first := plan.Start(zone).Time()
		e.Zones = append(e.Zones, campaign.ZoneCount{Zone: shown, Known: len(maybe) == 0, Recipients: n, StartsAt: &first})
	}
	slices.SortFunc(e.Zones, func(a, b campaign.ZoneCount) int {
		return cmp.Or(cmp.Compare(b.Recipients, a.Recipients), cmp.Compare(a.Zone, b.Zone))
	})
	slices.SortFunc(list, func(a, b campaign.ZonedCount) int { return cmp.Compare(a.Zone.Name, b.Zone.Name) })
	rate := 0
	if c.Rate != nil {
		rate = *c.Rate
	}
	first, last, unlaunched := plan.Launches(list, rate)
	e.Unlaunched = unlaunched
	if first != 0 {
		from := first.Time()
		e.StartsAt = &from
	}
	if last != 0 {
		by, over := last.Time(), last.Time().Add(campaign.Longest(program))
		e.LaunchedBy, e.EndsBy = &by, &over
	}
	return nil
}

// planOf plans a campaign's starts; start is when it begins where it has no instant of its own.
func planOf(c *campaign.Campaign, start time.Time, seed uint64) (*campaign.Plan, error) {
	sender, err := scheme.LoadZone(c.Zone)
	if err != nil {
		return nil, err
	}
	settings := campaign.Settings{Start: engine.At(start), Window: c.Window, Sender: sender, Smooth: c.Smooth, Seed: seed}
	if c.Start.When == campaign.At && c.Start.At != nil && c.Start.At.After(start) {
		settings.Start = engine.At(*c.Start.At)
	}
	if c.Start.When == campaign.Local {
		wall, err := campaign.ParseWall(c.Start.Local)
		if err != nil {
			return nil, err
		}
		settings.Local = &wall
	}
	if end := c.EndOf(start); end != nil {
		settings.End = engine.At(*end)
	}
	return campaign.New(settings)
}

// zoneOf gives the clocks of a recipient's zone as it is stored.
func zoneOf(name string) (z campaign.Zone, err error) {
	own, maybe := run.Doubt(name)
	z.Name = name
	if z.Clock, err = scheme.LoadZone(own); err != nil {
		return z, err
	}
	for _, m := range maybe {
		loc, err := scheme.LoadZone(m)
		if err != nil {
			return z, err
		}
		z.Doubt = append(z.Doubt, loc)
	}
	return z, nil
}

// examples names a few contacts of each kind.
func (s *Store) examples(ctx context.Context, t *tally) error {
	reasons := append([]campaign.Reason{""}, campaign.Reasons()...)
	var all []int64
	for _, r := range reasons {
		all = append(all, t.examples[r]...)
	}
	rows, err := s.desk.Query(ctx, s.q.Get("example_contacts"), int64(t.v.account), all)
	if err != nil {
		return err
	}
	known := map[int64]campaign.Example{}
	var contact int64
	var name, phone string
	_, err = pgx.ForEachRow(rows, []any{&contact, &name, &phone}, func() error {
		known[contact] = campaign.Example{Contact: ids.ID(contact), Name: name, Phone: phone}
		return nil
	})
	for _, r := range reasons {
		for _, contact := range t.examples[r] {
			x := known[contact]
			x.Contact, x.Reason = ids.ID(contact), r
			t.e.Examples = append(t.e.Examples, x)
		}
	}
	return err
}
