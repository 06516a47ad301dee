package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/store/contacts"
)

// Entrance takes recipients of open campaigns in: run.Entrance.
type Entrance interface {
	Enter(ctx context.Context, list []run.Entrant) ([]run.Entry, error)
}

// Taker finds or makes the contacts of people who come by themselves.
type Taker interface {
	Take(ctx context.Context, actor access.Actor, people []audience.NewContact) ([]contacts.Taken, error)
}

// Enter takes recipients into an open campaign, and tells of each, in order. The list was checked by its caller. What is
// wrong with one of them fails nobody else; what is wrong with the campaign is a fault.
func (s *Store) Enter(ctx context.Context, actor access.Actor, id ids.ID, list []campaign.Entrant) (*campaign.EntryResult, error) {
	if s.Entrance == nil {
		return nil, fault.New(fault.Unavailable, "entries_elsewhere", "")
	}
	e := &entries{s: s, actor: actor, id: id, list: list, result: &campaign.EntryResult{Recipients: make([]campaign.Entered, len(list))}}
	if err := e.open(ctx); err != nil {
		return nil, err
	}
	if err := campaign.CheckEntrants(list, e.now); err != nil {
		return nil, err
	}
	if err := e.known(ctx); err != nil {
		return nil, err
	}
	if err := e.people(ctx); err != nil {
		return nil, err
	}
	entrants, places, err := e.reachable(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.enter(ctx, entrants, places); err != nil {
		return nil, err
	}
	return e.counted(), nil
}

// entries is one call of Enter.
type entries struct {
	s       *Store
	actor   access.Actor
	id      ids.ID
	list    []campaign.Entrant
	result  *campaign.EntryResult
	c       campaign.Campaign // only what is needed here
	program *engine.Program
	now     time.Time
	done    []bool // answered without entering
}

// open looks whether the campaign takes anybody in.
func (e *entries) open(ctx context.Context) error {
	e.done = make([]bool, len(e.list))
	var state string
	var open, shut bool
	err := e.s.desk.QueryRow(ctx, e.s.q.Get("entry_terms"), int64(e.actor.Account), int64(e.id)).Scan((*int64)(&e.c.Version), &state,
		&open, &shut, &e.c.Advertising, &e.c.UnknownZones, &e.now)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return notFound()
	case err != nil:
		return fmt.Errorf("campaigns: %w", err)
	case !open:
		return fault.New(fault.Conflict, "entries_not_open", "")
	case state != "scheduled" && state != "running" && state != "paused":
		return fault.New(fault.Conflict, "campaign_is_"+state, "", "action", "enter")
	case shut:
		return fault.New(fault.Conflict, "entries_closed", "")
	}
	e.program, err = e.s.program(ctx, e.s.desk, e.actor.Account, e.c.Version)
	return err
}

// known answers whoever comes with a key that was used before.
func (e *entries) known(ctx context.Context) error {
	var keys []string
	var places []int
	for i := range e.list {
		if k := e.list[i].Key; k != "" {
			keys, places = append(keys, clean(k)), append(places, i)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := e.s.desk.Query(ctx, e.s.q.Get("entry_known"), int64(e.actor.Account), int64(e.id), keys)
	if err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	var place, contact int64
	var ordinal *int64
	var refused string
	_, err = pgx.ForEachRow(rows, []any{&place, &ordinal, &refused, &contact}, func() error {
		i := places[place-1]
		e.done[i] = true
		e.result.Recipients[i] = campaign.Entered{Recipient: ordinal, Contact: ids.ID(contact), Refused: refused, Repeated: true}
		ordinal = nil
		return nil
	})
	return err
}

// people finds or makes the contacts of those who are described.
func (e *entries) people(ctx context.Context) error {
	var drafts []audience.NewContact
	var places []int
	for i := range e.list {
		x := &e.list[i]
		if e.done[i] {
			continue
		}
		if x.Contact != 0 {
			e.result.Recipients[i].Contact = x.Contact
			continue
		}
		places = append(places, i)
		drafts = append(drafts, audience.NewContact{Phone: x.Phone, Email: x.Email, Name: x.Name, Zone: x.Zone, Attributes: x.Attributes,
			Addresses: x.Addresses})
	}
	if len(drafts) == 0 {
		return nil
	}
	taken, err := e.s.Takers.Take(ctx, e.actor, drafts)
	if err != nil {
		return err
	}
	for n, i := range places {
		r := &e.result.Recipients[i]
		if wrong := taken[n].Wrong; wrong != nil {
			e.done[i] = true
			r.Refused, r.Field = wrong.Code, strings.TrimPrefix(strings.TrimPrefix(wrong.Field, "body"), ".")
			continue
		}
		r.Contact = taken[n].ID
	}
	return nil
}

// reachable leaves those who can be reached, with their zones.
func (e *entries) reachable(ctx context.Context) (list []run.Entrant, places []int, err error) {
	asked := []int64{}
	var of []int
	for i := range e.list {
		if !e.done[i] {
			asked, of = append(asked, int64(e.result.Recipients[i].Contact)), append(of, i)
		}
	}
	if len(asked) == 0 {
		return nil, nil, nil
	}
	names, err := e.s.namer(ctx, e.actor.Account, &e.c)
	if err != nil {
		return nil, nil, err
	}
	rows, err := e.s.desk.Query(ctx, e.s.q.Get("entrants"), int64(e.actor.Account), asked, e.c.Advertising)
	if err != nil {
		return nil, nil, fmt.Errorf("campaigns: %w", err)
	}
	channels := campaign.Channels(e.program)
	for _, i := range of {
		e.result.Recipients[i].Refused = "contact_not_found"
	}
	key := run.CampaignKey{Account: int64(e.actor.Account), Campaign: int64(e.id)}
	var place, contact int64
	var zone, phone string
	var own, stops, agreed []string
	_, err = pgx.ForEachRow(rows, []any{&place, &contact, &zone, &phone, &own, &stops, &agreed}, func() error {
		i := of[place-1]
		r := &e.result.Recipients[i]
		r.Contact = ids.ID(contact)
		if r.Refused = reasonOf(channels, phone, own, stops, agreed, e.c.Advertising); r.Refused == "" {
			x := &e.list[i]
			one := run.Entrant{Campaign: key, Contact: contact, Zone: names.of(zone, phone), Data: x.EntryData(), Key: clean(x.Key)}
			if x.StartAt != nil {
				one.Start = engine.At(*x.StartAt)
			}
			list, places = append(list, one), append(places, i)
		}
		own, stops, agreed = nil, nil, nil
		return nil
	})
	return list, places, err
}

// reasonOf tells why somebody cannot be reached, as the sieve of a launch does; empty: somebody can.
func reasonOf(channels []string, phone string, own, stops, agreed []string, ads bool) string {
	has, open, free := 0, 0, 0
	for i, channel := range channels {
		bit := 1 << i
		if slices.Contains(own, channel) || byPhone(channel) && phone != "" {
			has |= bit
		}
		if !slices.Contains(stops, channel) {
			open |= bit
		}
		if !ads || slices.Contains(agreed, channel) {
			free |= bit
		}
	}
	switch {
	case has == 0 && len(channels) > 0:
		return "no_address"
	case slices.Contains(stops, ""):
		return "stopped"
	case has != 0 && has&open == 0:
		return "stopped_channel"
	case has != 0 && has&open&free == 0:
		return "no_consent"
	}
	return ""
}

func (e *entries) enter(ctx context.Context, list []run.Entrant, places []int) error {
	if len(list) == 0 {
		return nil
	}
	entered, err := e.s.Entrance.Enter(ctx, list)
	if errors.Is(err, run.ErrClosed) {
		return fault.New(fault.Unavailable, "entries_elsewhere", "")
	}
	if err != nil {
		return fmt.Errorf("campaigns: entering: %w", err)
	}
	for n, i := range places {
		r := &e.result.Recipients[i]
		switch x := entered[n]; x.Refused {
		case "":
			r.Recipient, r.Repeated = &x.Ordinal, x.Again
		case run.NotOpen, run.NotRunning, run.Shut: // it was changed meanwhile
			return fault.New(fault.Conflict, "entries_closed", "")
		default:
			r.Refused, r.Repeated = string(x.Refused), x.Again
		}
	}
	return nil
}

func (e *entries) counted() *campaign.EntryResult {
	for i := range e.result.Recipients {
		switch r := &e.result.Recipients[i]; {
		case r.Repeated:
			e.result.Repeated++
		case r.Refused != "":
			e.result.Refused++
		default:
			e.result.Entered++
		}
	}
	return e.result
}
