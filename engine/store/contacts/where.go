package contacts

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"kaskad/engine/audience"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
)

// Where makes a condition on contacts, whose alias has to be c, of a selection. Its parameters are numbered from first.
// A mistake in the filter is a fault of body.filter.
func (s *Store) Where(account ids.ID, sel audience.Selection, first int) (sql string, args []any, err error) {
	node, err := s.parse(sel.Filter, "body.filter")
	if err != nil {
		return "", nil, err
	}
	b := &condition{first: first, account: account}
	b.selection(sel, node)
	return b.text.String(), b.args, nil
}

// condition is built part by part. Every part is true or false, never null, so that its negation is right too.
type condition struct {
	text    strings.Builder
	args    []any
	first   int
	account ids.ID
	of      string // the parameter that is the account

	searched bool // a text is looked for
}

// members are a contact's memberships, with the bracket left open. Those of a deleted group are kept for as long as it can be had
// back, so they go by the groups that there are.
const members = "(SELECT FROM group_members m JOIN groups g ON g.account = m.account AND g.group_id = m.group_id" +
	" WHERE m.account = c.account AND m.contact = c.contact"

func (b *condition) selection(sel audience.Selection, node filter.Node) {
	b.of = b.arg(int64(b.account))
	b.add("c.account = ", b.of)
	if len(sel.Groups) > 0 {
		b.add(" AND EXISTS ", members, " AND m.group_id = ANY (", b.arg(numbers(sel.Groups)), "::bigint[]))")
	}
	if len(sel.MinusGroups) > 0 {
		b.add(" AND NOT EXISTS ", members, " AND m.group_id = ANY (", b.arg(numbers(sel.MinusGroups)), "::bigint[]))")
	}
	if node != nil {
		b.add(" AND ")
		b.node(node)
	}
}

func (b *condition) add(parts ...string) {
	for _, p := range parts {
		b.text.WriteString(p)
	}
}

// arg adds a parameter and gives its name.
func (b *condition) arg(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(b.first+len(b.args)-1)
}

// string adds a parameter that is a text.
func (b *condition) string(v string) string { return b.arg(v) + "::text" }

func (b *condition) node(n filter.Node) {
	switch n := n.(type) {
	case filter.And:
		b.join(n.Of, " AND ")
	case filter.Or:
		b.join(n.Of, " OR ")
	case filter.Not:
		b.add("NOT ")
		b.join([]filter.Node{n.Of}, "")
	case filter.Compare:
		b.compare(n)
	case filter.In:
		parts := make([]filter.Node, len(n.Values))
		for i, v := range n.Values {
			parts[i] = filter.Compare{Field: n.Field, Op: filter.Equal, Value: v}
		}
		b.join(parts, " OR ")
	case filter.Has:
		b.has(n)
	case filter.Match:
		b.match(n)
	case filter.Empty:
		b.empty(n.Field)
	default:
		b.add("true")
	}
}

func (b *condition) join(parts []filter.Node, with string) {
	b.add("(")
	for i, part := range parts {
		if i > 0 {
			b.add(with)
		}
		b.node(part)
	}
	b.add(")")
}

var signs = map[filter.Op]string{filter.Equal: " = ", filter.Less: " < ", filter.LessOrEqual: " <= ", filter.Greater: " > ",
	filter.GreaterOrEqual: " >= "}

func (b *condition) compare(n filter.Compare) {
	switch n.Field.Kind() {
	case filter.Instant:
		b.add("(c.", string(n.Field.Name), signs[n.Op], b.instant(n.Value), ")")
	case filter.Flag:
		if n.Value == false {
			b.add("NOT ")
		}
		b.consent(n.Field.Key)
	case filter.Free:
		b.compareAttribute(n)
	default:
		b.compareText(n)
	}
}

func (b *condition) instant(v filter.Value) string {
	if day, ok := v.(filter.Day); ok {
		return "(SELECT " + b.string(string(day)) + "::timestamp AT TIME ZONE a.zone FROM accounts a WHERE a.account = " + b.of + ")"
	}
	at, _ := v.(time.Time)
	return b.arg(at) + "::timestamptz"
}

func (b *condition) consent(channel string) {
	b.add("EXISTS (SELECT FROM consents s WHERE s.account = c.account AND s.contact = c.contact AND s.withdrawn_at IS NULL AND s.channel = ",
		b.string(channel), ")")
}

// column is a text of a contact; it may be null where null is true.
func (b *condition) column(f filter.Field) (sql string, null bool) {
	if f.Name == filter.Addresses {
		return "(c.addresses ->> " + b.string(f.Key) + ")", true
	}
	return "c." + string(f.Name), f.Name == filter.Phone
}

func (b *condition) compareText(n filter.Compare) {
	text, _ := n.Value.(string)
	column, null := b.column(n.Field)
	b.add("(")
	if null {
		b.add(column, " IS NOT NULL AND ")
	}
	switch {
	case n.Op == filter.Equal && (n.Field.Name == filter.ContactName || n.Field.Name == filter.Email):
		// The index is on what case leaves of it.
		value := b.string(text)
		b.add("folded(", column, `) COLLATE "C" = folded(`, value, `) COLLATE "C" AND `, column, " <> '' AND ", column, " = ", value)
	case n.Op == filter.Equal:
		b.add(column, " = ", b.string(text))
	default:
		b.add(column, " <> '' AND ", column, ` COLLATE "C"`, signs[n.Op], b.string(text))
	}
	b.add(")")
}

// jsonText gives {"key": value} for the containment that the index of attributes answers.
func jsonText(key string, value any) string {
	text, err := json.Marshal(map[string]any{key: value})
	if err != nil {
		return "{}" // texts, numbers and flags always have JSON
	}
	return string(text)
}

func (b *condition) compareAttribute(n filter.Compare) {
	if n.Op == filter.Equal {
		b.add("c.attributes @> ", b.string(jsonText(n.Field.Key, n.Value)), "::jsonb")
		return
	}
	key := b.string(n.Field.Key)
	switch v := n.Value.(type) {
	case float64:
		b.add("coalesce(CASE WHEN jsonb_typeof(c.attributes -> ", key, ") = 'number' THEN (c.attributes -> ", key, ")::numeric",
			signs[n.Op], b.string(strconv.FormatFloat(v, 'g', -1, 64)), "::numeric END, false)")
	case string:
		b.add("coalesce(CASE WHEN jsonb_typeof(c.attributes -> ", key, ") = 'string' THEN (c.attributes ->> ", key, `) COLLATE "C"`,
			signs[n.Op], b.string(v), " END, false)")
	default:
		b.add("false")
	}
}

func (b *condition) has(n filter.Has) {
	text, _ := n.Value.(string)
	switch n.Field.Name {
	case filter.Tags:
		b.add("contact_tags(c.account, c.tags) @> ARRAY[", b.string(b.account.String()+":"+text), "]")
	case filter.Groups:
		name := b.string(text)
		b.add("EXISTS (SELECT FROM group_members m WHERE m.account = c.account AND m.contact = c.contact AND m.group_id = ANY (ARRAY(",
			"SELECT g.group_id FROM groups g WHERE g.account = ", b.of, ` AND (folded(g.name) COLLATE "C" = folded(`, name,
			`) COLLATE "C" OR g.group_id::text = `, name, "))))")
	default:
		b.add("c.attributes @> ", b.string(jsonText(n.Field.Key, []any{n.Value})), "::jsonb")
	}
}

// likeEscape makes a text stand for itself in LIKE.
var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (b *condition) match(n filter.Match) {
	pattern := "folded(" + b.string(likeEscape.Replace(n.Text)) + ")"
	if n.How != filter.EndsWith {
		pattern += " || '%'"
	}
	if n.How != filter.StartsWith {
		pattern = "'%' || " + pattern
	}
	if n.Field.Kind() == filter.Free {
		key := b.string(n.Field.Key)
		b.add("coalesce(CASE WHEN jsonb_typeof(c.attributes -> ", key, ") = 'string' THEN folded(c.attributes ->> ", key,
			`) COLLATE "C" LIKE `, pattern, " END, false)")
		return
	}
	column, null := b.column(n.Field)
	switch {
	case n.Field.Name == filter.Phone: // nothing to fold, and an index on it as it is
		b.add("(c.phone IS NOT NULL AND c.phone LIKE ", pattern, ")")
	case null:
		b.add("coalesce(folded(", column, `) COLLATE "C" LIKE `, pattern, ", false)")
	default:
		b.add("(", column, " <> '' AND folded(", column, `) COLLATE "C" LIKE `, pattern, ")")
	}
}

func (b *condition) empty(f filter.Field) {
	switch f.Kind() {
	case filter.List:
		if f.Name == filter.Tags {
			b.add("cardinality(c.tags) = 0")
			return
		}
		b.add("NOT EXISTS ", members, ")")
	case filter.Flag:
		b.add("NOT ")
		b.consent(f.Key)
	case filter.Free:
		b.add("coalesce(c.attributes -> ", b.string(f.Key), `, 'null') IN ('null', '""', '[]')`)
	case filter.Instant:
		b.add("false")
	default:
		column, null := b.column(f)
		if null {
			column = "coalesce(" + column + ", '')"
		}
		b.add(column, " = ''")
	}
}
