package store

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
	"kaskad/engine/store/wire"
)

// everywhere are the statements that look at all accounts on purpose: upkeep, the search for work, and what is shown of the
// whole installation. None of them is run for a recipient, a message or a report.
var everywhere = []string{"start_due", "finish", "depths", "claim_lock", "beat_count", "cursors_ahead", "locks", "rematch",
	"close_ended", "count_entered"}

// plan is a node of what EXPLAIN (VERBOSE, FORMAT JSON) gives.
type plan struct {
	Type        string `json:"Node Type"`
	Relation    string `json:"Relation Name"`
	Index       string `json:"Index Name"`
	Alias       string `json:"Alias"`
	IndexCond   string `json:"Index Cond"`
	RecheckCond string `json:"Recheck Cond"`
	Filter      string `json:"Filter"`
	JoinFilter  string `json:"Join Filter"`
	HashCond    string `json:"Hash Cond"`
	MergeCond   string `json:"Merge Cond"`
	Plans       []plan `json:"Plans"`
}

// scans gives the nodes that read a table, or make rows of something else.
func (p *plan) walk(visit func(*plan)) {
	visit(p)
	for i := range p.Plans {
		p.Plans[i].walk(visit)
	}
}

// equal is a condition that requires an account to be the same as a parameter or as another one.
var equal = regexp.MustCompile(`^(?:(\w+|"[^"]+")\.account = (\$\d+|(\w+|"[^"]+")\.account)|\$\d+ = (\w+|"[^"]+")\.account)$`)

// conjuncts gives the conditions that all must hold; one that has a choice in it is left as it is, and matches nothing.
func conjuncts(cond string) []string {
	cond = bare(cond)
	var parts []string
	depth, from := 0, 0
	for i := range len(cond) {
		switch {
		case cond[i] == '(':
			depth++
		case cond[i] == ')':
			depth--
		case depth == 0 && strings.HasPrefix(cond[i:], " AND "):
			parts = append(parts, bare(cond[from:i]))
			from = i + len(" AND ")
		}
	}
	return append(parts, bare(cond[from:]))
}

// bare takes the parentheses around a condition away.
func bare(cond string) string {
	for strings.HasPrefix(cond, "(") && strings.HasSuffix(cond, ")") {
		depth := 0
		for i := range len(cond) - 1 {
			switch cond[i] {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				return cond
			}
		}
		cond = cond[1 : len(cond)-1]
	}
	return cond
}

// strays gives the tables that a plan reads without naming the account: neither as a parameter, nor as the same account as
// that of rows that come from the parameters or from another part of the statement, which is looked at by itself.
func strays(top *plan, tables []string) []string {
	named := map[string]bool{} // aliases whose account is given
	same := map[string][]string{}
	var reads []*plan
	top.walk(func(p *plan) {
		switch {
		case p.Relation != "" && p.Type != "ModifyTable" && p.Type != "LockRows":
			if slices.Contains(tables, p.Relation) {
				reads = append(reads, p)
			}
		case p.Type == "Function Scan", p.Type == "CTE Scan", p.Type == "Subquery Scan", p.Type == "Values Scan":
			named[p.Alias], named[`"`+p.Alias+`"`] = true, true
		case p.Type == "Bitmap Index Scan":
			return // its condition may be one of several ways; the heap's says all
		}
		for _, cond := range []string{p.IndexCond, p.RecheckCond, p.Filter, p.JoinFilter, p.HashCond, p.MergeCond} {
			for _, part := range conjuncts(cond) {
				m := equal.FindStringSubmatch(part)
				switch {
				case m == nil:
				case m[4] != "":
					named[m[4]] = true
				case m[3] != "":
					same[m[1]], same[m[3]] = append(same[m[1]], m[3]), append(same[m[3]], m[1])
				default:
					named[m[1]] = true
				}
			}
		}
	})
	for grown := true; grown; {
		grown = false
		for alias := range named {
			for _, other := range same[alias] {
				if !named[other] {
					named[other], grown = true, true
				}
			}
		}
	}
	var list []string
	for _, p := range reads {
		if !named[p.Alias] {
			list = append(list, p.Relation+" "+p.Alias)
		}
	}
	return list
}

// planned gives a statement's plan, as it is for any parameters.
func planned(ctx context.Context, t *testing.T, conn *pgx.Conn, name, text string) *plan {
	t.Helper()
	_, err := conn.Exec(ctx, "PREPARE look AS "+text, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err, name)
	var parameters int
	require.NoError(t, conn.QueryRow(ctx, "SELECT coalesce(cardinality(parameter_types), 0) FROM pg_prepared_statements WHERE name = 'look'").Scan(&parameters))
	nulls := ""
	if parameters > 0 {
		nulls = "(" + strings.TrimSuffix(strings.Repeat("NULL,", parameters), ",") + ")"
	}
	var out []struct{ Plan plan }
	var data string
	require.NoError(t, conn.QueryRow(ctx, "EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE look"+nulls, pgx.QueryExecModeSimpleProtocol).Scan(&data), name)
	require.NoError(t, json.Unmarshal([]byte(data), &out), name)
	_, err = conn.Exec(ctx, "DEALLOCATE look")
	require.NoError(t, err)
	require.Len(t, out, 1)
	return &out[0].Plan
}

// accountTables are the tables that belong to accounts.
func accountTables(ctx context.Context, t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(ctx, `SELECT c.relname::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	tables = slices.DeleteFunc(tables, func(name string) bool { return slices.Contains(installation, name) })
	require.Greater(t, len(tables), 15)
	return tables
}

// Every statement but the upkeep reads and writes rows of accounts that it was given: what can be told from the plan that the
// server makes of it, whatever its text looks like. So a statement can be sent where its account is.
func TestStatementsKeepToTheirAccounts(t *testing.T) {
	t.Parallel()
	address := storetest.New(t)
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	require.NoError(t, wire.Settle(t.Context(), conn, hotSettings))
	tables := accountTables(t.Context(), t, conn)
	insert := regexp.MustCompile(`(?i)(?:INSERT INTO|COPY)\s+(\w+)(?:\s+AS\s+\w+)?\s*\((\w+)`)
	q, err := loadQueries(queryFiles)
	require.NoError(t, err)
	looked := 0
	for name, text := range q {
		for _, m := range insert.FindAllStringSubmatch(text, -1) {
			if slices.Contains(tables, m[1]) {
				require.Equal(t, "account", m[2], "%s writes to %s", name, m[1])
			}
		}
		if slices.Contains(everywhere, name) || strings.HasPrefix(text, "COPY") {
			continue
		}
		p := planned(t.Context(), t, conn, name, text)
		require.Empty(t, strays(p, tables), "%s reads rows of all accounts", name)
		p.walk(func(p *plan) {
			if slices.Contains(tables, p.Relation) {
				looked++
			}
		})
	}
	require.Greater(t, looked, 60)
	for _, name := range everywhere { // the list is not longer than it has to be
		if _, there := q[name]; there {
			require.NotEmpty(t, strays(planned(t.Context(), t, conn, name, q[name]), tables), "%s keeps to its accounts: it need not be excused", name)
		}
	}
}

// The check finds what it is there for.
func TestAStrayStatementIsFound(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), storetest.New(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	_, err = conn.Exec(t.Context(), "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan", pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	tables := accountTables(t.Context(), t, conn)
	for text, want := range map[string][]string{
		"SELECT account FROM campaigns WHERE campaign = $1":                                      {"campaigns campaigns"},
		"SELECT 1 FROM campaigns WHERE account = $1":                                             nil,
		"SELECT 1 FROM campaigns WHERE account > $1":                                             {"campaigns campaigns"},
		"SELECT 1 FROM campaigns WHERE account = $1 OR campaign = $2":                            {"campaigns campaigns"},
		"SELECT 1 FROM campaigns c JOIN versions v ON v.account = c.account":                     {"campaigns c", "versions v"},
		"SELECT 1 FROM campaigns c JOIN versions v ON v.account = c.account WHERE c.account=$1":  nil,
		"SELECT 1 FROM campaigns c JOIN versions v ON v.version = c.version WHERE c.account=$1":  {"versions v"},
		"SELECT 1 FROM unnest($1::bigint[]) AS u(account) JOIN steps s ON s.account = u.account": nil,
		"UPDATE steps SET reason = '' WHERE campaign = $1":                                       {"steps steps"},
		"DELETE FROM wakes WHERE account = $1 AND campaign = $2":                                 nil,
	} {
		got := strays(planned(t.Context(), t, conn, text, text), tables)
		slices.Sort(got)
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(got), text)
	}
}
