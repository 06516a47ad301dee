package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// pageRows is how many contacts of an account a statement looks at: some seconds' work at the most.
const pageRows = 100_000

// condition is a condition over contacts c, with the arguments from the second on; the first is the account.
type condition struct {
	sql  string
	args []any
}

// add gives the placeholder of one more argument.
func (c *condition) add(value any) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args)+1)
}

// audienceOf makes the condition of an audience. The faults are of fields below body.audience.
func (s *Store) audienceOf(ctx context.Context, q querier, account ids.ID, a *campaign.Audience) (*condition, error) {
	if err := s.groupsKnown(ctx, q, account, "groups", a.Groups); err != nil {
		return nil, err
	}
	if err := s.groupsKnown(ctx, q, account, "minus_groups", a.MinusGroups); err != nil {
		return nil, err
	}
	sel := audience.Selection{Groups: a.Groups, Filter: a.Filter, MinusGroups: a.MinusGroups}
	sql, args, err := s.Select.Where(account, sel, 2)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Field == "body.filter" {
		moved := *f
		moved.Field = "body.audience.filter"
		return nil, &moved
	}
	if err != nil {
		return nil, err
	}
	c := &condition{sql: "(" + sql + ")", args: args}
	if a.Follows != nil {
		if err := s.follow(ctx, q, account, a.Follows, c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// groupsKnown tells of groups that there are not: a group may have been deleted since.
func (s *Store) groupsKnown(ctx context.Context, q querier, account ids.ID, field string, groups []ids.ID) error {
	for i, g := range groups {
		var known bool
		if err := q.QueryRow(ctx, s.q.Get("group_known"), int64(account), int64(g)).Scan(&known); err != nil {
			return fmt.Errorf("campaigns: %w", err)
		}
		if !known {
			return fault.New(fault.Invalid, "campaign_group", fmt.Sprintf("body.audience.%s[%d]", field, i))
		}
	}
	return nil
}

// The facts and endings that a follow-up looks at, as they are stored.
const (
	reached = int(engine.Delivered | engine.Answered | engine.Pressed)
	seen    = int(engine.Viewed)
	clicked = int(engine.Clicked)
)

// follow narrows the condition down to people of an earlier campaign whose walk has ended.
func (s *Store) follow(ctx context.Context, q querier, account ids.ID, f *campaign.Follows, c *condition) error {
	var state string
	err := q.QueryRow(ctx, s.q.Get("uses"), int64(account), int64(f.Campaign)).Scan(&state)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.Invalid, "follows_unknown", "body.audience.follows.campaign")
	}
	if err != nil {
		return err
	}
	without := func(bits int) string {
		return ` AND NOT EXISTS (SELECT FROM facts f WHERE f.account = r.account AND f.campaign = r.campaign
			AND f.ordinal = r.ordinal AND f.fact & ` + strconv.Itoa(bits) + ` <> 0)`
	}
	which := ""
	switch f.Who {
	case campaign.NotDelivered:
		which = without(reached)
	case campaign.NotViewed:
		which = without(seen)
	case campaign.NotClicked:
		which = without(clicked)
	case campaign.CutShort:
		which = fmt.Sprintf(" AND r.outcome = %d AND r.reason IN ('cancelled', 'error:window_closed', 'frequency_cap')",
			engine.Interrupted)
	case campaign.NoGoal:
		goals, err := s.goals(ctx, q, account, f.Campaign)
		if err != nil {
			return err
		}
		which = fmt.Sprintf(` AND r.outcome <> %d AND NOT EXISTS (SELECT FROM steps t WHERE t.account = r.account
			AND t.campaign = r.campaign AND t.ordinal = r.ordinal AND t.node = ANY (%s))`, engine.ReachedGoal, c.add(goals))
	}
	c.sql += fmt.Sprintf(" AND c.contact IN (SELECT r.contact FROM recipients r WHERE r.account = $1 AND r.campaign = %s"+
		" AND (r.phase = 7 OR EXISTS (SELECT FROM set_aside a WHERE a.account = r.account AND a.campaign = r.campaign AND a.ordinal = r.ordinal))%s)",
		c.add(int64(f.Campaign)), which)
	return nil
}

func (s *Store) goals(ctx context.Context, q querier, account, id ids.ID) ([]int16, error) {
	earlier, err := s.get(ctx, q, account, id)
	if err != nil {
		return nil, err
	}
	p, err := s.program(ctx, q, account, earlier.Version)
	if err != nil {
		return nil, err
	}
	list := []int16{}
	for i := range p.Nodes {
		if _, ok := p.Nodes[i].Block.(*engine.Goal); ok {
			list = append(list, int16(i))
		}
	}
	return list, nil
}

// sieve looks at the contacts of an audience: who is taken, and why others are not.
type sieve struct {
	account  ids.ID
	channels []string
	who      *condition
	ads      bool
	caps     campaign.Caps
	days     *days   // of the page's zones, where the caps are looked at
	shared   []int64 // contacts that are left out for an address that somebody else has
}

// days are when today, and the seven days that end with it, began in zones.
type days struct {
	zones     []string
	day, week []time.Time
}

// byPhone tells whether a channel goes by phone where a contact has no address of its own in it.
func byPhone(channel string) bool { return channel != "vk" && channel != "ok" }

// selected are the columns of a sieve's statement.
const selected = "y(contact, zone, phone, reason, mask, capped, entered)"

// statement gives a select of the columns of selected for the contacts in (lo, hi]. mask has a bit for each channel in which
// the contact can be reached. Whether somebody without a zone of its own is capped the statement cannot tell: entered is when
// it entered campaigns.
func (v *sieve) statement(lo int64, hi *int64) (string, []any) {
	c := &condition{args: append([]any{int64(v.account)}, v.who.args...)}
	place := func(x any) string { c.args = append(c.args, x); return "$" + strconv.Itoa(len(c.args)) }
	pages := "c.account = $1 AND c.contact > " + place(lo)
	if hi != nil {
		pages += " AND c.contact <= " + place(*hi)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `WITH stops AS MATERIALIZED (
	SELECT contact, bool_or(channel = '') AS every, array_agg(channel) AS channels FROM (
		SELECT c.contact, s.channel FROM stop_list s JOIN contacts c ON c.account = s.account AND c.phone = s.address
		WHERE s.account = $1 AND %[1]s
		UNION ALL
		SELECT c.contact, s.channel FROM contacts c CROSS JOIN LATERAL jsonb_each_text(c.addresses) AS a
		JOIN stop_list s ON s.account = $1 AND s.address = a.value AND s.channel IN ('', a.key)
		WHERE %[1]s AND c.addresses <> '{}' AND EXISTS (SELECT FROM stop_list x WHERE x.account = $1)) u GROUP BY contact)
	`, pages)
	if v.ads {
		fmt.Fprintf(&b, `, agreed AS MATERIALIZED (SELECT c.contact, array_agg(c.channel) AS channels FROM consents c
		WHERE %s AND c.withdrawn_at IS NULL AND c.channel = ANY (%s) GROUP BY c.contact)
		`, pages, place(v.channels))
	}
	has, open, free := v.masks(place)
	fmt.Fprintf(&b, `SELECT contact, zone, phone, CASE WHEN has = 0 AND %[1]d > 0 THEN 'no_address' WHEN every THEN 'stopped'
		WHEN has <> 0 AND has & open = 0 THEN 'stopped_channel' WHEN has <> 0 AND has & open & free = 0 THEN 'no_consent'
		WHEN shared THEN 'shared_address' ELSE '' END, has & open & free, capped, entered
	FROM (SELECT c.contact, c.zone, coalesce(c.phone, '') AS phone, coalesce(s.every, false) AS every, %[2]s AS has, %[3]s AS open,
		%[4]s AS free, sh.contact IS NOT NULL AS shared, %[5]s
	FROM contacts c LEFT JOIN stops s ON s.contact = c.contact`, len(v.channels), has, open, free, v.capped(place))
	if v.ads {
		b.WriteString(" LEFT JOIN agreed g ON g.contact = c.contact")
	}
	fmt.Fprintf(&b, " LEFT JOIN unnest(%s::bigint[]) AS sh(contact) ON sh.contact = c.contact", place(v.shared))
	fmt.Fprintf(&b, " WHERE %s AND %s) x", pages, v.who.sql)
	return b.String(), c.args
}

// masks are the channels in which a contact has an address, those that are not stopped, and those that it agreed to.
func (v *sieve) masks(place func(any) string) (has, open, free string) {
	var h, o, f []string
	for i, channel := range v.channels {
		bit, name := strconv.Itoa(1<<i), place(channel)
		address := "c.addresses ->> " + name + "::text <> ''"
		if byPhone(channel) {
			address = "(c.phone IS NOT NULL OR " + address + ")"
		}
		h = append(h, "CASE WHEN "+address+" THEN "+bit+" ELSE 0 END")
		o = append(o, "CASE WHEN s.channels IS NOT NULL AND "+name+" = ANY (s.channels) THEN 0 ELSE "+bit+" END")
		if v.ads {
			f = append(f, "CASE WHEN g.channels IS NOT NULL AND "+name+" = ANY (g.channels) THEN "+bit+" ELSE 0 END")
		} else {
			f = append(f, bit)
		}
	}
	sum := func(parts []string) string {
		if len(parts) == 0 {
			return "0"
		}
		return "(" + strings.Join(parts, " + ") + ")"
	}
	return sum(h), sum(o), sum(f)
}

// capped gives capped and entered: whether the caps are reached, as campaign.Caps has it, in the days of the contact's own
// zone.
func (v *sieve) capped(place func(any) string) string {
	if v.days == nil {
		return "false AS capped, NULL::timestamptz[] AS entered"
	}
	days := fmt.Sprintf("unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS z(zone, day, week) WHERE z.zone = c.zone",
		place(v.days.zones), place(v.days.day), place(v.days.week))
	const entered = "SELECT k.at FROM contact_caps k WHERE k.account = $1 AND k.contact = c.contact"
	var list []string
	count := func(since string, limit int) {
		if limit > 0 {
			list = append(list, fmt.Sprintf("(SELECT count(*) FROM unnest((%s)) AS t WHERE t >= (SELECT z.%s FROM %s)) >= %s", entered,
				since, days, place(limit)))
		}
	}
	count("day", v.caps.Day)
	count("week", v.caps.Week)
	return "(" + strings.Join(list, " OR ") + ") AS capped, CASE WHEN c.zone = '' THEN (" + entered + ") END AS entered"
}

// daysOf finds the days of the zones that contacts of a page have of their own.
func (s *Store) daysOf(ctx context.Context, v *sieve, lo int64, hi *int64, at time.Time) error {
	if v.caps.None() {
		return nil
	}
	rows, err := s.desk.Query(ctx, s.q.Get("page_zones"), int64(v.account), lo, hi)
	if err != nil {
		return err
	}
	d := &days{}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		zone, err := scheme.LoadZone(name)
		if err == nil {
			day, week := campaign.Days(at, zone)
			d.zones, d.day, d.week = append(d.zones, name), append(d.day, day), append(d.week, week)
		}
		return err
	})
	v.days = d
	return err
}

// pages calls f for each range of contacts, in order, from after on.
func (s *Store) pages(ctx context.Context, account ids.ID, after int64, f func(lo int64, hi *int64) error) error {
	for {
		var hi *int64
		err := s.desk.QueryRow(ctx, s.q.Get("page_end"), int64(account), after, pageRows-1).Scan(&hi)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := f(after, hi); err != nil || hi == nil {
			return err
		}
		after = *hi
	}
}

// share finds who is left out because somebody else of the audience has the same address in a channel: of those who may be
// taken, the one with the lowest id is.
func (s *Store) share(ctx context.Context, v *sieve) error {
	groups, some, err := s.sharers(ctx, v)
	if err != nil || len(some) == 0 {
		return err
	}
	taken, err := s.fit(ctx, v, some)
	if err != nil {
		return err
	}
	of := map[int64][]int{}
	for i, g := range groups {
		for _, contact := range g {
			of[contact] = append(of[contact], i)
		}
	}
	used := make([]bool, len(groups))
	for _, contact := range some {
		if !taken[contact] {
			continue
		}
		if slices.ContainsFunc(of[contact], func(i int) bool { return used[i] }) {
			v.shared = append(v.shared, contact)
			continue
		}
		for _, i := range of[contact] {
			used[i] = true
		}
	}
	return nil
}

// sharers gives the contacts of each shared address, and all of them, each once and in order.
func (s *Store) sharers(ctx context.Context, v *sieve) (groups [][]int64, some []int64, err error) {
	phones := slices.DeleteFunc(slices.Clone(v.channels), func(c string) bool { return !byPhone(c) })
	rows, err := s.desk.Query(ctx, s.q.Get("explicit_addresses"), int64(v.account), v.channels, phones)
	if err != nil {
		return nil, nil, err
	}
	var channel, address string
	var contacts []int64
	_, err = pgx.ForEachRow(rows, []any{&channel, &address, &contacts}, func() error {
		groups = append(groups, slices.Clone(contacts))
		some = append(some, contacts...)
		return nil
	})
	slices.Sort(some)
	return groups, slices.Compact(some), err
}

// fit tells which of some contacts belong to the audience and may be taken.
func (s *Store) fit(ctx context.Context, v *sieve, some []int64) (map[int64]bool, error) {
	taken := map[int64]bool{}
	for part := range slices.Chunk(some, pageRows/2) {
		one := *v
		one.who = &condition{sql: v.who.sql, args: slices.Clone(v.who.args)}
		one.who.sql += " AND c.contact = ANY (" + one.who.add(part) + "::bigint[])"
		text, args := one.statement(part[0]-1, &part[len(part)-1])
		rows, err := s.desk.Query(ctx, "SELECT contact FROM ("+text+") AS "+selected+" WHERE reason = ''", args...)
		if err != nil {
			return nil, fmt.Errorf("campaigns: %w", err)
		}
		var contact int64
		if _, err := pgx.ForEachRow(rows, []any{&contact}, func() error { taken[contact] = true; return nil }); err != nil {
			return nil, fmt.Errorf("campaigns: %w", err)
		}
	}
	return taken, nil
}

// sieveOf makes the sieve of a campaign.
func (s *Store) sieveOf(ctx context.Context, q querier, account ids.ID, c *campaign.Campaign) (*sieve, *engine.Program, error) {
	a, err := s.account(ctx, q, account)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.program(ctx, q, account, c.Version)
	if err != nil {
		return nil, nil, err
	}
	v := &sieve{account: account, channels: campaign.Channels(p), ads: c.Advertising, caps: a.caps, shared: []int64{}}
	if v.who, err = s.audienceOf(ctx, q, account, &c.Audience); err != nil {
		return nil, nil, err
	}
	return v, p, s.share(ctx, v)
}
