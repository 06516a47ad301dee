package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
)

// find parts the facts into those whose message is known, with its key, and the others. It reads before the transaction
// that writes: an answer that is stored in between finds the fact among the unknown ones. It asks the database only with
// ask; without, what it does not know by itself is among the others.
func (s *Store) find(ctx context.Context, answers []answerRow, facts []fact, ask bool) (known, unknown []fact, err error) {
	given := make(map[messageID]int, len(answers))
	for i := range answers {
		given[answers[i].id] = i
	}
	byID, byKey := columns(3, 0), columns(5, 0)
	found := make([]bool, len(facts))
	s.memory.find(facts, found)
	var askedID, askedKey []int
	for i := range facts {
		f := &facts[i]
		if found[i] {
			continue
		}
		if f.source.provider == "" {
			if f.key.Account == f.source.account {
				putKey(byKey, f.key)
				askedKey = append(askedKey, i)
			}
			continue
		}
		if a, ok := given[f.id]; ok {
			f.key, found[i] = answers[a].key, true
			continue
		}
		putSource(byID, f.source)
		askedID = append(askedID, i)
	}
	if ask && len(askedID)+len(askedKey) > 0 {
		if err := s.lookUp(ctx, facts, found, byID, askedID, byKey, askedKey); err != nil {
			return nil, nil, err
		}
	}
	known = facts[:0:len(facts)]
	for i := range facts {
		if found[i] {
			known = append(known, facts[i])
			continue
		}
		unknown = append(unknown, facts[i])
	}
	return known, unknown, nil
}

// nameUnknown gives the facts that came by our own key, of messages that nobody launched, that for a name.
func nameUnknown(facts []fact) {
	for i := range facts {
		if f := &facts[i]; f.source.provider == "" {
			f.source.provider = keyName(f.key)
		}
	}
}

// lookUp asks for messages by provider's id and by key, in one round trip.
func (s *Store) lookUp(ctx context.Context, facts []fact, found []bool, byID []column, askedID []int, byKey []column,
	askedKey []int) error {
	b := &pgx.Batch{}
	b.Queue(s.q.get("by_provider"), args(byID)...)
	b.Queue(s.q.get("by_key"), args(byKey)...)
	results := s.pool.SendBatch(ctx, b)
	defer results.Close()
	rows, err := results.Query()
	if err != nil {
		return err
	}
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		i := askedID[r.int64()-1]
		facts[i].key, found[i] = readKey(&r), true
		s.memory.found(&facts[i])
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	if rows, err = results.Query(); err != nil {
		return err
	}
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		found[askedKey[r.int64()-1]] = true
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	return results.Close()
}

func putSource(c []column, s source) {
	c[0].int64(s.account)
	c[1].text(s.connection)
	c[2].text(s.provider)
}

// readUnknown reads unknown facts, and closes the rows.
func readUnknown(rows pgx.Rows) ([]fact, error) {
	defer rows.Close()
	var list []fact
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		f := fact{source: source{account: r.int64(), connection: r.text(), provider: r.text()}, code: r.int32(),
			value: r.text(), unique: r.text(), scope: engine.Scope(r.int16()), at: r.instant()}
		if r.bad {
			return nil, errShape
		}
		f.id = f.source.id()
		list = append(list, f)
	}
	rows.Close()
	return list, rows.Err()
}
