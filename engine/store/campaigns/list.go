package campaigns

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// ordering is an order of the list of campaigns. Those that are equal in it come the newest first.
type ordering struct {
	by   string // what it goes by, in SQL
	cast string // what a value of it is, in SQL, of the parameter
	down bool
	key  func(c *campaign.Campaign) string // what the list goes by, of one campaign
	read func(key string) (any, error)
}

// newest is the order of a list for which none is asked.
const newest = "-created_at"

// lives are the states in the order of a campaign's life.
func lives() []campaign.State {
	return []campaign.State{campaign.Draft, campaign.Moderation, campaign.Scheduled, campaign.Running, campaign.Paused, campaign.Finishing,
		campaign.Finished, campaign.Cancelled}
}

func instantText(t time.Time) string { return t.Format(time.RFC3339Nano) }

func readInstant(text string) (any, error) { return time.Parse(time.RFC3339Nano, text) }

// ordering gives an order by its name.
func (s *Store) ordering(sort string) (ordering, bool) {
	name, down := strings.CutPrefix(sort, "-")
	o := ordering{down: down}
	switch name {
	case "created_at":
		o.by, o.cast, o.read = "c.created_at", "$13::timestamptz", readInstant
		o.key = func(c *campaign.Campaign) string { return instantText(c.CreatedAt) }
	case "name":
		o.by, o.cast = `folded(c.name) COLLATE "C"`, `folded($13::text) COLLATE "C"`
		o.key = func(c *campaign.Campaign) string { return c.Name }
		o.read = func(key string) (any, error) {
			return strings.ReplaceAll(strings.ToValidUTF8(key, "\uFFFD"), "\x00", "\uFFFD"), nil
		}
	case "start":
		s.byStart(&o)
	case "state":
		o.by, o.cast = s.q.Get("life"), "$13::integer"
		o.key = func(c *campaign.Campaign) string { return strconv.Itoa(slices.Index(lives(), c.State) + 1) }
		o.read = func(key string) (any, error) {
			n, err := strconv.ParseInt(key, 10, 32)
			return int32(n), err
		}
	default:
		return o, false
	}
	return o, true
}

// byStart goes by when a campaign begins. Those of which nobody knows it yet are last whichever way it goes.
func (s *Store) byStart(o *ordering) {
	unknown := "infinity"
	if o.down {
		unknown = "-infinity"
	}
	o.by, o.cast = fmt.Sprintf("coalesce(%s, '%s')", s.q.Get("starts"), unknown), "$13::timestamptz"
	o.key = func(c *campaign.Campaign) string {
		for _, t := range []*time.Time{c.NextAt, c.StartsAt} {
			if t != nil {
				return instantText(*t)
			}
		}
		return unknown
	}
	o.read = func(key string) (any, error) {
		if key == unknown {
			return key, nil
		}
		return readInstant(key)
	}
}

// List gives a page of an account's campaigns, in the order that is asked for.
func (s *Store) List(ctx context.Context, account ids.ID, f campaign.Query, page paging.Request) (paging.Page[campaign.Campaign], error) {
	out := paging.Page[campaign.Campaign]{Items: []campaign.Campaign{}}
	if f.Sort == "" {
		f.Sort = newest
	}
	o, ok := s.ordering(f.Sort)
	if !ok {
		return out, fault.New(fault.Invalid, "bad_sort", "query.sort")
	}
	sign, direction, where := ">", "", ""
	if o.down {
		sign, direction = "<", " DESC"
	}
	var args []any
	if page.Cursor != "" {
		var after paging.Place
		if err := paging.Decode(page.Cursor, &after); err != nil {
			return out, err
		}
		value, err := o.read(after.Text)
		if after.Sort != f.Sort || err != nil {
			return out, fault.New(fault.Invalid, "bad_cursor", "query.cursor")
		}
		where = fmt.Sprintf("\nAND %[1]s %[2]s= %[3]s AND (%[1]s %[2]s %[3]s OR c.campaign < $14::bigint)", o.by, sign, o.cast)
		args = []any{value, after.ID}
	}
	list, err := s.read(ctx, s.desk, account, 0, f,
		fmt.Sprintf("%s\nORDER BY %s%s, c.campaign DESC LIMIT %d", where, o.by, direction, page.Limit+1), args...)
	if err != nil {
		return out, err
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		last := &list[len(list)-1]
		out.Next = paging.Encode(paging.Place{Sort: f.Sort, Text: o.key(last), ID: int64(last.ID)})
	}
	out.Items = append(out.Items, list...)
	return out, nil
}
