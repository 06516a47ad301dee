package store

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
	"kaskad/engine/store/wire"
)

// halfway are the scans that may find rows by less of a key than they know, by statement and table, each with the reason.
var halfway = map[string]string{
	"campaign campaigns":          planAnew,
	"campaign versions":           planAnew,
	"trace_recipients recipients": planAnew,
	"trace_recipients contacts":   planAnew,
	"trace_recipients set_aside":  planAnew,
	"contacts_by_phone contacts":  planAnew,
	"claim_lock campaigns":        "it looks at all campaigns only while there are few, and until the table is analysed",
	"winner_by_fact messages":     "one recipient has few messages",
	"winner_by_goal steps":        "one recipient has few steps",
}

// gaps are the tables whose rows may be found along an index that has another column between those of the key, with the reason.
var gaps = map[string]string{
	"campaigns": "an account has thousands of them at most, and the table is soon analysed",
	"contacts":  "whoever adds many at once has the table analysed, which makes all plans anew: contactsAdded",
}

const planAnew = "it is run after plan_anew, whose plans are made for the tables as they are"

// side is a column of a row on one side of an equality.
var side = regexp.MustCompile(`^(\w+|"[^"]+")\.(\w+)$`)

// equals gives the columns of an alias that a condition requires to be equal to something.
func equals(cond, alias string) map[string]bool {
	columns := map[string]bool{}
	if cond == "" {
		return columns
	}
	for _, part := range conjuncts(cond) {
		left, right, ok := strings.Cut(part, " = ")
		if !ok || strings.Contains(right, " = ") {
			continue
		}
		for _, one := range []string{left, right} {
			if m := side.FindStringSubmatch(bare(one)); m != nil && strings.Trim(m[1], `"`) == strings.Trim(alias, `"`) {
				columns[m[2]] = true
			}
		}
	}
	return columns
}

// wandering gives the scans of a plan that walk along an index by a part of a unique key, though the statement knows the rest of it:
// on an empty table all indexes cost the same, and the plan is kept when the table has grown.
func wandering(top *plan, keys indexes) []string {
	var list []string
	var look func(p *plan, joins []string)
	look = func(p *plan, joins []string) {
		joins = append(slices.Clone(joins), p.JoinFilter, p.HashCond, p.MergeCond)
		for i := range p.Plans {
			look(&p.Plans[i], joins)
		}
		if len(keys.unique[p.Relation]) == 0 || !strings.Contains(p.Type, "Scan") {
			return
		}
		by, all := keys.walked(p), equals(p.RecheckCond, p.Alias)
		maps.Copy(all, equals(p.IndexCond, p.Alias))
		for _, cond := range append(joins, p.Filter) {
			maps.Copy(all, equals(cond, p.Alias))
		}
		has := func(columns map[string]bool) func([]string) bool {
			return func(key []string) bool {
				return !slices.ContainsFunc(key, func(column string) bool { return !columns[column] })
			}
		}
		if slices.ContainsFunc(keys.unique[p.Relation], has(all)) && !slices.ContainsFunc(keys.unique[p.Relation], has(by)) {
			given := equals(p.IndexCond, p.Alias)
			if slices.ContainsFunc(keys.unique[p.Relation], has(given)) && gaps[p.Relation] != "" {
				return
			}
			list = append(list, fmt.Sprintf("%s by %v, knows %v", p.Relation, slices.Sorted(maps.Keys(by)), slices.Sorted(maps.Keys(all))))
		}
	}
	look(top, nil)
	return list
}

// indexes are the columns of the whole unique indexes of each table, and of each index by its name, in order; an expression is empty.
type indexes struct {
	unique map[string][][]string
	named  map[string][]string
}

// walked gives the columns by which a scan finds its way: those that lead its index without a gap.
func (x indexes) walked(p *plan) map[string]bool {
	name, given := p.Index, equals(p.IndexCond, p.Alias)
	if p.Type == "Bitmap Heap Scan" {
		given = equals(p.RecheckCond, p.Alias)
		if len(p.Plans) == 1 { // else several indexes: none of them alone
			name = p.Plans[0].Index
		}
	}
	by := map[string]bool{}
	for _, column := range x.named[name] {
		if !given[column] {
			break
		}
		by[column] = true
	}
	return by
}

func readIndexes(ctx context.Context, t *testing.T, conn *pgx.Conn) indexes {
	t.Helper()
	rows, err := conn.Query(ctx, `SELECT c.relname::text, n.relname::text, i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL,
			array_agg(coalesce(a.attname::text, '') ORDER BY k.place)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid
		CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(number, place)
		LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
		WHERE c.relnamespace = current_schema()::regnamespace AND k.place <= i.indnkeyatts GROUP BY 1, 2, 3`)
	require.NoError(t, err)
	x := indexes{unique: map[string][][]string{}, named: map[string][]string{}}
	var table, name string
	var unique bool
	var columns []string
	_, err = pgx.ForEachRow(rows, []any{&table, &name, &unique, &columns}, func() error {
		if x.named[name] = columns; unique {
			x.unique[table] = append(x.unique[table], columns)
		}
		columns = nil
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(x.unique), 30)
	return x
}

// A statement of the workers is planned once a connection, for any parameters, maybe while its tables are empty: it must find rows
// by a whole key where it knows one.
func TestStatementsFindRowsByWholeKeys(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), storetest.New(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	require.NoError(t, wire.Settle(t.Context(), conn, hotSettings))
	all := readIndexes(t.Context(), t, conn)
	q, err := loadQueries(queryFiles)
	require.NoError(t, err)
	excused := map[string]bool{}
	for name, text := range q {
		if strings.HasPrefix(text, "COPY") {
			continue
		}
		for _, found := range wandering(planned(t.Context(), t, conn, name, text), all) {
			table, _, _ := strings.Cut(found, " ")
			if why := halfway[name+" "+table]; why != "" {
				excused[name+" "+table] = true
				continue
			}
			t.Errorf("%s: %s", name, found)
		}
	}
	require.ElementsMatch(t, slices.Sorted(maps.Keys(halfway)), slices.Sorted(maps.Keys(excused)), "the list is not longer than it has to be")
}

// The check finds what it is there for.
func TestAWanderingStatementIsFound(t *testing.T) {
	t.Parallel()
	const scan = "Index Scan"
	keys := indexes{unique: map[string][][]string{"campaigns": {{"account", "campaign"}}, "answers": {{"account", "campaign"}}},
		named: map[string][]string{"pkey": {"account", "campaign"}, "by_age": {"account", "created_at", "campaign"},
			"gap": {"account", "created_at", "campaign"}}}
	for _, c := range []struct {
		p    plan
		want int
	}{
		{plan{Type: scan, Relation: "campaigns", Alias: "c", IndexCond: "(c.account = $1)", Index: "pkey", Filter: "(c.campaign = $2)"}, 1},
		{plan{Type: scan, Index: "pkey", Relation: "campaigns", Alias: "c", IndexCond: "((c.account = $1) AND (c.campaign = $2))", Filter: "(c.rate = 5)"}, 0},
		{plan{Type: scan, Index: "by_age", Relation: "campaigns", Alias: "c", IndexCond: "((c.account = $1) AND (c.campaign = $2))"}, 0},
		{plan{Type: scan, Index: "gap", Relation: "answers", Alias: "c", IndexCond: "((c.account = $1) AND (c.campaign = $2))"}, 1},
		{plan{Type: scan, Relation: "campaigns", Alias: "c", IndexCond: "(c.account = $1)", Index: "pkey", Filter: "(c.campaign > $2)"}, 0},
		{plan{Type: scan, Relation: "other", Alias: "c", IndexCond: "(c.account = $1)", Index: "pkey", Filter: "(c.campaign = $2)"}, 0},
		{plan{Type: "Bitmap Heap Scan", Relation: "campaigns", Alias: "c", RecheckCond: "(c.account = $1)", Index: "pkey", Filter: "($2 = c.campaign)"}, 1},
		{plan{Type: "Nested Loop", JoinFilter: "(u.campaign = c.campaign)", Plans: []plan{
			{Type: scan, Relation: "campaigns", Alias: "c", IndexCond: "(c.account = u.account)"}}}, 1},
		{plan{Type: "Seq Scan", Relation: "campaigns", Alias: "c", Filter: "((c.account = $1) AND (c.campaign = $2))"}, 1},
	} {
		require.Len(t, wandering(&c.p, keys), c.want, "%+v", c.p)
	}
}
