package campaigns

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store/contacts"
	"kaskad/engine/task"
)

// The bounds of an estimate's lists.
const (
	shownExamples    = 3
	shownRepetitions = 10
)

// EstimateTask is the kind of the task that counts a large audience.
const EstimateTask task.Kind = "estimate"

// Estimate tells what a launch would do now. Where the account has so many contacts that looking at them takes longer than
// people wait, a task is begun that does, and the estimate names it.
func (s *Store) Estimate(ctx context.Context, actor access.Actor, id ids.ID) (*campaign.Estimate, error) {
	large, err := s.large(ctx, actor.Account)
	if err != nil {
		return nil, err
	}
	if !large {
		return s.estimate(ctx, actor.Account, id, func(int64) {})
	}
	c, err := s.Get(ctx, actor.Account, id)
	if err != nil {
		return nil, err
	}
	e, _, err := s.schedule(ctx, c)
	if err != nil || c.Kind == campaign.Open {
		return e, err
	}
	if _, err := s.audienceOf(ctx, s.desk, actor.Account, &c.Audience); err != nil { // what is wrong is told at once
		return nil, err
	}
	return e, pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		t, err := s.Tasks.Start(ctx, tx, actor, task.Order{Kind: EstimateTask, Name: c.Name, Object: id,
			Reads: string(access.ReadCampaigns), Writes: string(access.ReadCampaigns), Args: map[string]any{}})
		e.Task = t.ID
		return err
	})
}

// large tells whether an account has more contacts than are looked at within a request.
func (s *Store) large(ctx context.Context, account ids.ID) (bool, error) {
	n, err := s.contacts(ctx, account, int64(s.Large)+1)
	return n > int64(s.Large), err
}

// contacts counts an account's contacts, up to so many.
func (s *Store) contacts(ctx context.Context, account ids.ID, most int64) (n int64, err error) {
	err = s.desk.QueryRow(ctx, s.q.Get("contacts_count"), int64(account), most).Scan(&n)
	return n, err
}

// RunEstimate is the work of an estimate's task; its result is the estimate.
func (s *Store) RunEstimate(ctx context.Context, w Work) (any, error) {
	total, err := s.contacts(ctx, w.Account(), 1<<62)
	if err != nil {
		return nil, err
	}
	w.Progress("counting", 0, total)
	return s.estimate(ctx, w.Account(), w.Object(), func(done int64) { w.Progress("counting", min(done, total), total) })
}

// estimate looks at every contact of the audience, page by page, and says how many contacts of the account it has passed.
func (s *Store) estimate(ctx context.Context, account, id ids.ID, passed func(n int64)) (*campaign.Estimate, error) {
	c, err := s.Get(ctx, account, id)
	if err != nil {
		return nil, err
	}
	e, at, err := s.schedule(ctx, c)
	if err != nil || c.Kind == campaign.Open {
		return e, err
	}
	v, program, err := s.sieveOf(ctx, s.desk, account, c)
	if err != nil {
		return nil, err
	}
	t := &tally{e: e, v: v, at: at, zones: map[string]int64{}, examples: map[campaign.Reason][]int64{}}
	if t.names, err = s.namer(ctx, account, c); err != nil {
		return nil, err
	}
	n := int64(0)
	err = s.pages(ctx, account, 0, func(lo int64, hi *int64) error {
		err := s.count(ctx, t, lo, hi)
		n += pageRows
		passed(n)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.foretell(c, e, t, program, at); err != nil {
		return nil, err
	}
	return e, s.examples(ctx, t)
}

// schedule begins an estimate with what needs no look at people: when a repeated campaign would be repeated.
func (s *Store) schedule(ctx context.Context, c *campaign.Campaign) (*campaign.Estimate, time.Time, error) {
	e := &campaign.Estimate{Refused: map[string]int64{}, Channels: map[string]int64{}, Zones: []campaign.ZoneCount{},
		Examples: []campaign.Example{}, Warnings: []campaign.Warning{}}
	at, err := now(ctx, s.desk)
	if err != nil {
		return nil, at, err
	}
	if schedule := c.Schedule(); schedule != nil {
		for next := nextOf(&c.Terms, schedule, at); next != nil && len(e.Repetitions) < shownRepetitions; next = nextOf(&c.Terms, schedule, *next) {
			e.Repetitions = append(e.Repetitions, *next)
		}
	}
	return e, at, nil
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
	at       time.Time
	names    *namer
	zones    map[string]int64
	examples map[campaign.Reason][]int64
}

// count looks at a page of contacts. Of those that are taken and have no zone of their own the phone is read, since it may
// tell; all others are only counted, and one of each kind is named.
func (s *Store) count(ctx context.Context, t *tally, lo int64, hi *int64) error {
	if err := s.daysOf(ctx, t.v, lo, hi, t.at); err != nil {
		return fmt.Errorf("campaigns: the estimate: %w", err)
	}
	text, args := t.v.statement(lo, hi)
	rows, err := s.desk.Query(ctx, `WITH y AS MATERIALIZED (SELECT * FROM (`+text+`) AS `+selected+`)
		SELECT CASE WHEN reason = '' THEN zone ELSE '' END, '' AS phone, reason, mask, capped, NULL::timestamptz[], count(*), min(contact) FROM y
		WHERE reason <> '' OR zone <> '' GROUP BY 1, 3, 4, 5
		UNION ALL SELECT '', phone, '', mask, capped, entered, 1, contact FROM y WHERE reason = '' AND zone = ''`, args...)
	if err != nil {
		return fmt.Errorf("campaigns: the estimate: %w", err)
	}
	var own, phone, reason string
	var mask int32
	var capped bool
	var entered []time.Time
	var n, contact int64
	_, err = pgx.ForEachRow(rows, []any{&own, &phone, &reason, &mask, &capped, &entered, &n, &contact}, func() error {
		defer func() { entered = nil }()
		if reason != "" {
			t.refuse(campaign.Reason(reason), n, contact)
			return nil
		}
		zone := t.names.of(own, phone)
		if len(entered) > 0 {
			days, _ := run.Doubt(zone)
			loc, err := scheme.LoadZone(days)
			if err != nil {
				return err
			}
			capped = t.v.caps.Reached(entered, t.at, loc)
		}
		t.take(zone, mask, capped, n, contact)
		return nil
	})
	return err
}

// example keeps a few contacts of each kind.
func (t *tally) example(reason campaign.Reason, contact int64) {
	if len(t.examples[reason]) < shownExamples {
		t.examples[reason] = append(t.examples[reason], contact)
	}
}

func (t *tally) refuse(reason campaign.Reason, n, contact int64) {
	t.example(reason, contact)
	t.e.Selected += n
	t.e.Refused[string(reason)] += n
}

func (t *tally) take(zone string, mask int32, capped bool, n, contact int64) {
	t.example("", contact)
	t.e.Selected += n
	t.e.Recipients += n
	if capped {
		t.e.Capped += n
	}
	for i, channel := range t.v.channels {
		if mask&(1<<i) != 0 {
			t.e.Channels[channel] += n
		}
	}
	t.zones[zone] += n
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
	shut := campaign.NewShut(program, c.Window, plan.Sender())
	for name, n := range t.zones {
		zone, err := ZoneOf(name)
		if err != nil {
			return err
		}
		list = append(list, campaign.ZonedCount{Zone: zone, N: n})
		shown, maybe := run.Doubt(name)
		if len(maybe) > 0 {
			e.ZoneUnknown += n
		}
		first := plan.Start(zone).Time()
		e.Zones = append(e.Zones, campaign.ZoneCount{Zone: shown, Known: len(maybe) == 0, Recipients: n, StartsAt: &first,
			NeverOpen: shut.Add(zone, plan.Start(zone), n)})
	}
	e.NeverOpen, e.Warnings = shut.N, shut.Warnings()
	slices.SortFunc(e.Zones, func(a, b campaign.ZoneCount) int {
		byDoubt := 0 // a zone is listed twice where some are in it and others may be
		if a.Known != b.Known {
			if byDoubt = 1; a.Known {
				byDoubt = -1
			}
		}
		return cmp.Or(cmp.Compare(b.Recipients, a.Recipients), cmp.Compare(a.Zone, b.Zone), byDoubt)
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

// ZoneOf gives the clocks of a recipient's zone as it is stored.
func ZoneOf(name string) (z campaign.Zone, err error) {
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
