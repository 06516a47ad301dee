package contacts

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
	"kaskad/engine/store/accounts"
)

// Zones finds the zones of an account's contacts. It is safe for use by many goroutines and does not change.
type Zones struct {
	account string
	finder  *audience.Zones
}

// Of gives the zone that messages to a contact go by, and how it was found: by the contact's own zone and its phone.
func (z Zones) Of(own, phone string) (string, audience.ZoneSource) {
	zone, origin := z.finder.Of(&scheme.Contact{Zone: own, Phone: phone})
	switch {
	case origin == audience.OriginOwn:
		return zone, audience.ZoneOwn
	case origin == audience.OriginRegion:
		return zone, audience.ZonePhone
	case origin == audience.OriginPlan:
		return zone, audience.ZonePlan
	case phone == "":
		return z.account, audience.ZoneAccount
	}
	return z.account, audience.ZoneUnknown
}

// plans are the numbering plans of accounts, unpacked.
type plans struct {
	mu   sync.Mutex
	have map[ids.ID]planned
}

type planned struct {
	plan   int64 // 0: the account has none
	finder *audience.Zones
}

// ZoneOf gives what finds the zones of an account's contacts, with the numbering plan that the account has now.
func (s *Store) ZoneOf(ctx context.Context, account ids.ID) (Zones, error) {
	h, err := s.home(ctx, s.desk, account)
	if err != nil {
		return Zones{}, err
	}
	finder, err := s.finder(ctx, account)
	return Zones{account: h.Zone, finder: finder}, err
}

func (s *Store) finder(ctx context.Context, account ids.ID) (*audience.Zones, error) {
	var plan int64
	err := s.desk.QueryRow(ctx, s.q.Get("plan_id"), int64(account)).Scan(&plan)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	s.plans.mu.Lock()
	have, known := s.plans.have[account]
	s.plans.mu.Unlock()
	if known && have.plan == plan {
		return have.finder, nil
	}
	fresh := planned{finder: audience.NewZones(nil)}
	if plan != 0 {
		var data []byte
		err := s.desk.QueryRow(ctx, s.q.Get("plan_data"), int64(account)).Scan(&fresh.plan, &data)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, err
		}
		if err == nil {
			var unpacked audience.Plan
			if err := unpacked.UnmarshalBinary(data); err != nil {
				return nil, err
			}
			fresh.finder = audience.NewZones(&unpacked)
		}
	}
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	if s.plans.have == nil {
		s.plans.have = map[ids.ID]planned{}
	}
	s.plans.have[account] = fresh
	return fresh.finder, nil
}

// placeAll fills in the zones that contacts' messages go by.
func (s *Store) placeAll(ctx context.Context, account ids.ID, h home, list []audience.Contact) error {
	finder, err := s.finder(ctx, account)
	if err != nil {
		return err
	}
	z := Zones{account: h.Zone, finder: finder}
	for i := range list {
		list[i].LocalZone, list[i].ZoneSource = z.Of(list[i].Zone, list[i].Phone)
	}
	return nil
}

// maxPlanName bounds the name of a plan's file, in characters.
const maxPlanName = 200

// SetPlan reads the file of a numbering plan and takes it in place of the one that the account has.
func (s *Store) SetPlan(ctx context.Context, actor access.Actor, name string, file io.Reader) (audience.PlanInfo, error) {
	plan, sum, err := audience.LoadPlan(file)
	var bad *audience.FileError
	var known *fault.Error
	switch {
	case errors.As(err, &known): // of the reader: the file is too large
		return audience.PlanInfo{}, known
	case errors.As(err, &bad) && bad.Code != audience.ReadFailed:
		return audience.PlanInfo{}, fault.New(fault.Invalid, "plan_"+string(bad.Code), "body", "line", bad.Line)
	case errors.As(err, &bad):
		return audience.PlanInfo{}, err
	case err != nil:
		return audience.PlanInfo{}, fault.New(fault.Invalid, "plan_overlap", "body")
	case sum.Ranges == 0:
		return audience.PlanInfo{}, fault.New(fault.Invalid, "plan_empty_file", "body", "line", 0)
	}
	data, err := plan.MarshalBinary()
	if err != nil {
		return audience.PlanInfo{}, err
	}
	if name = strings.TrimSpace(storable(name)); len([]rune(name)) > maxPlanName {
		name = string([]rune(name)[:maxPlanName])
	}
	unknown := sum.Unknown
	if unknown == nil {
		unknown = []string{}
	}
	err = s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.q.Get("plan_set"), int64(actor.Account), int64(s.NewID()), s.Clock(), actor.Name, name, sum.Ranges, sum.Zoned,
			plan.Ranges(), unknown, data)
		if err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "numbering_plan.loaded", "numbering_plan", 0, map[string]any{"name": name, "rows": sum.Ranges})
	})
	if err != nil {
		return audience.PlanInfo{}, err
	}
	return s.Plan(ctx, actor.Account)
}

// Plan tells of the numbering plan that an account has.
func (s *Store) Plan(ctx context.Context, account ids.ID) (p audience.PlanInfo, err error) {
	err = s.desk.QueryRow(ctx, s.q.Get("plan"), int64(account)).
		Scan(&p.Name, &p.LoadedAt, &p.LoadedBy, &p.Rows, &p.Zoned, &p.Ranges, &p.Unknown)
	p.LoadedAt = p.LoadedAt.UTC()
	return p, found(err, "no_numbering_plan", "")
}

// DeletePlan takes the plan away: Russian mobiles without a zone of their own are unknown from then on.
func (s *Store) DeletePlan(ctx context.Context, actor access.Actor) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.q.Get("plan_delete"), int64(actor.Account))
		if err == nil && tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "no_numbering_plan", "")
		}
		if err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "numbering_plan.deleted", "numbering_plan", 0, nil)
	})
}
