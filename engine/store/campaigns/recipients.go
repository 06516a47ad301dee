package campaigns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store"
)

// People gives a campaign's recipients by their numbers.
func (s *Store) People(ctx context.Context, account, id ids.ID, f campaign.PeopleQuery, page paging.Request) (
	paging.Page[campaign.Person], error) {
	out := paging.Page[campaign.Person]{Items: []campaign.Person{}}
	after := int64(-1)
	if err := paging.Decode(page.Cursor, &after); err != nil {
		return out, err
	}
	who, err := s.chosen(ctx, account, id, f)
	if err != nil || who == nil {
		return out, err
	}
	list, err := s.people(ctx, who, after, 1<<62, page.Limit+1)
	if err != nil {
		return out, err
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		out.Next = paging.Encode(list[len(list)-1].Number)
	}
	out.Items = append(out.Items, list...)
	return out, nil
}

// chosen is a query of a campaign's recipients, made ready.
type chosen struct {
	account, id        ids.ID
	campaign           *campaign.Campaign
	program            *engine.Program
	low, high, outcome int16
	node               int16
	reason             string
	contacts           []int64
}

// chosen makes a query ready; nil: nobody is to be seen yet.
func (s *Store) chosen(ctx context.Context, account, id ids.ID, f campaign.PeopleQuery) (*chosen, error) {
	c, err := s.Get(ctx, account, id)
	if err != nil || c.LaunchedAt == nil && c.State == campaign.Draft {
		return nil, err
	}
	who := &chosen{account: account, id: id, campaign: c, node: -1, reason: f.Reason}
	if who.program, err = s.program(ctx, s.desk, account, c.Version); err != nil {
		return nil, err
	}
	if f.Node != "" {
		at, ok := who.program.NodeIndex(f.Node)
		if !ok {
			return nil, fault.New(fault.Invalid, "recipients_node", "query.node", "node", f.Node)
		}
		who.node = at
	}
	who.low, who.high, who.outcome = standing(f.State)
	who.contacts, err = s.found(ctx, account, f.Words)
	return who, err
}

// people gives those of the chosen whose numbers lie between two.
func (s *Store) people(ctx context.Context, who *chosen, after, below int64, limit int) ([]campaign.Person, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("recipients"), int64(who.account), int64(who.id), after, who.low, who.high, who.outcome, who.node,
		who.reason, who.contacts, limit, below)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (campaign.Person, error) {
		var r campaign.Person
		w := whereabouts{p: who.program}
		err := row.Scan(&r.Number, &w.contact, &r.Name, &r.Phone, &r.Zone, &w.phase, &w.outcome, &w.node, &r.Entered, &r.Wakes, &r.Ended, &r.Reason)
		w.show(&r)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("campaigns: recipients: %w", err)
	}
	return list, nil
}

// standing gives the phases and the ending of a standing.
func standing(s campaign.Standing) (low, high, outcome int16) {
	switch s {
	case campaign.NotBegun:
		return int16(engine.Fresh), int16(engine.Fresh), -1
	case campaign.Walking:
		return int16(engine.Held), int16(engine.Calling), -1
	}
	for o := engine.ReachedGoal; o <= engine.Interrupted; o++ {
		if string(s) == o.String() {
			return int16(engine.Ended), int16(engine.Ended), int16(o)
		}
	}
	return 0, int16(engine.Ended), -1
}

// whereabouts turns a recipient's columns into words.
type whereabouts struct {
	p                    *engine.Program
	contact              int64
	phase, outcome, node int16
}

func (w *whereabouts) show(r *campaign.Person) {
	r.Contact = ids.ID(w.contact)
	switch engine.Phase(w.phase) {
	case engine.Fresh:
		r.State = campaign.NotBegun
	case engine.Ended:
		r.State = campaign.Standing(engine.Outcome(w.outcome).String())
	default:
		r.State = campaign.Walking
	}
	r.Node, r.Block = blockOf(w.p, w.node)
	for _, t := range []**time.Time{&r.Entered, &r.Wakes, &r.Ended} {
		*t = utc(*t)
	}
}

// blockOf gives a block's id and name.
func blockOf(p *engine.Program, node int16) (id, name string) {
	if p == nil || node < 0 || int(node) >= len(p.Nodes) {
		return "", ""
	}
	return p.Nodes[node].ID, p.Nodes[node].Name
}

// minDigits is how many digits of a phone's end are searched for; less is taken for a name.
const minDigits = 4

// found gives the contacts that words mean; nil where there are no words.
func (s *Store) found(ctx context.Context, account ids.ID, words string) ([]int64, error) {
	words = strings.TrimSpace(words)
	if words == "" {
		return nil, nil
	}
	digits, other := digitsOf(words)
	query, what := "found_by_name", words
	if len(digits) >= minDigits && !other {
		query, what = "found_by_phone", digits
		if len(digits) == 11 && digits[0] == '8' { // as Russian numbers are dialled at home
			what = digits[1:]
		}
	}
	rows, err := s.desk.Query(ctx, s.q.Get(query), int64(account), clean(what))
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]int64{}, rows, pgx.RowTo[int64])
}

func digitsOf(words string) (digits string, other bool) {
	var b strings.Builder
	for _, r := range words {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.ContainsRune("+-() .", r) || unicode.IsLetter(r):
			other = true
		}
	}
	return b.String(), other
}

// lastWalk is the key of a page's last walk.
type lastWalk struct{ Campaign, Number int64 }

// Walks gives a contact's walks through campaigns, the newest campaign first.
func (s *Store) Walks(ctx context.Context, account, contact ids.ID, page paging.Request) (paging.Page[campaign.Walk], error) {
	out := paging.Page[campaign.Walk]{Items: []campaign.Walk{}}
	var last lastWalk
	if err := paging.Decode(page.Cursor, &last); err != nil {
		return out, err
	}
	var there bool
	if err := s.desk.QueryRow(ctx, s.q.Get("contact_there"), int64(account), int64(contact)).Scan(&there); err != nil {
		return out, err
	}
	if !there {
		return out, fault.New(fault.NotFound, "walks_contact", "path.contact")
	}
	rows, err := s.desk.Query(ctx, s.q.Get("walks"), int64(account), int64(contact), last.Campaign, last.Number, page.Limit+1)
	if err != nil {
		return out, err
	}
	type row struct {
		campaign.Walk
		version int64
		at      whereabouts
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) {
		var x row
		var id int64
		err := r.Scan(&id, &x.Title, &x.Test, &x.version, &x.Number, &x.at.contact, &x.Zone, &x.at.phase, &x.at.outcome, &x.at.node,
			&x.Entered, &x.Wakes, &x.Ended, &x.Reason)
		x.Campaign = ids.ID(id)
		return x, err
	})
	if err != nil {
		return out, fmt.Errorf("campaigns: walks: %w", err)
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		end := &list[len(list)-1]
		out.Next = paging.Encode(lastWalk{int64(end.Campaign), end.Number})
	}
	for i := range list {
		x := &list[i]
		if x.at.p, err = s.program(ctx, s.desk, account, ids.ID(x.version)); err != nil {
			return out, err
		}
		x.at.show(&x.Person)
		out.Items = append(out.Items, x.Walk)
	}
	return out, nil
}

// lastTrouble is the key of a page's last trouble.
type lastTrouble struct {
	Number int64
	Node   int16
	What   string
}

// namesWith gives where the words of a search are in the blocks' names and ids: pairs of a word and a node.
func namesWith(p *engine.Program, words []string) (in []string, nodes []int16) {
	for node := range p.Nodes {
		id, name := blockOf(p, int16(node))
		text := filter.Fold(name + " " + id)
		for _, w := range words {
			if strings.Contains(text, filter.Fold(w)) {
				in, nodes = append(in, w), append(nodes, int16(node))
			}
		}
	}
	return in, nodes
}

// Troubles gives what broke in recipients' data, by recipient, with how many there are in all where nothing is looked for.
func (s *Store) Troubles(ctx context.Context, account, id ids.ID, search string, page paging.Request) (paging.Page[campaign.Trouble], error) {
	out := paging.Page[campaign.Trouble]{Items: []campaign.Trouble{}}
	last := lastTrouble{Number: -1}
	if err := paging.Decode(page.Cursor, &last); err != nil {
		return out, err
	}
	c, err := s.Get(ctx, account, id)
	if err != nil {
		return out, err
	}
	p, err := s.program(ctx, s.desk, account, c.Version)
	if err != nil {
		return out, err
	}
	words := paging.Words(search)
	if len(words) == 0 {
		out.Total = new(int64)
		if err := s.desk.QueryRow(ctx, s.q.Get("troubles_count"), int64(account), int64(id)).Scan(out.Total); err != nil {
			return out, err
		}
	}
	in, at := namesWith(p, words)
	rows, err := s.desk.Query(ctx, s.q.Get("troubles"), int64(account), int64(id), last.Number, last.Node, last.What, page.Limit+1,
		words, in, at)
	if err != nil {
		return out, err
	}
	var nodes []int16
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (campaign.Trouble, error) {
		var t campaign.Trouble
		var node int16
		err := row.Scan(&t.Number, &t.Phone, &node, &t.What, &t.At)
		t.Node, t.Block = blockOf(p, node)
		t.At = t.At.UTC()
		nodes = append(nodes, node)
		return t, err
	})
	if err != nil {
		return out, fmt.Errorf("campaigns: troubles: %w", err)
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		end := &list[len(list)-1]
		out.Next = paging.Encode(lastTrouble{end.Number, nodes[len(list)-1], end.What})
	}
	out.Items = append(out.Items, list...)
	return out, nil
}

// lastUnknown is the key of a page's last report.
type lastUnknown struct {
	Connection, ID string
	Fact           int32
	By             string
}

// Unknown gives providers' reports of messages that nobody knows.
func (s *Store) Unknown(ctx context.Context, account ids.ID, page paging.Request) (paging.Page[campaign.UnknownFact], error) {
	out := paging.Page[campaign.UnknownFact]{Items: []campaign.UnknownFact{}}
	var last lastUnknown
	if err := paging.Decode(page.Cursor, &last); err != nil {
		return out, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("unknown"), int64(account), last.Connection, last.ID, last.Fact, last.By, page.Limit+1)
	if err != nil {
		return out, err
	}
	var keys []lastUnknown
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (campaign.UnknownFact, error) {
		var u campaign.UnknownFact
		var k lastUnknown
		err := row.Scan(&u.Connection, &u.ProviderID, &k.Fact, &k.By, &u.Value, &u.Times, &u.Recorded, &u.ProviderAt)
		u.Fact, u.Recorded, u.ProviderAt = store.FactName(k.Fact), u.Recorded.UTC(), utc(u.ProviderAt)
		k.Connection, k.ID = u.Connection, u.ProviderID
		keys = append(keys, k)
		return u, err
	})
	if err != nil {
		return out, fmt.Errorf("campaigns: unknown facts: %w", err)
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		out.Next = paging.Encode(keys[page.Limit-1])
	}
	out.Items = append(out.Items, list...)
	return out, nil
}

// recipientNotFound is the fault of a recipient that there is not.
func recipientNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.NotFound, "recipient_not_found", "path.recipient")
	}
	return err
}
