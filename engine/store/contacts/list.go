package contacts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/nyaruka/phonenumbers"

	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// CountUpTo is how far a list counts its contacts: beyond it Total is not given.
const CountUpTo = 10_000

// sorts are the orders of a list, by what they are called.
var sorts = map[string]string{"name": `(folded(c.name) COLLATE "C")`, "created_at": "c.created_at", "updated_at": "c.updated_at"}

// mark is a place in a list: the last item's value in the order, and its id.
type mark struct {
	Sort string    `json:"s"`
	Text string    `json:"t,omitempty"`
	At   time.Time `json:"a,omitzero"`
	ID   ids.ID    `json:"i,omitzero"`
}

// List gives a page of contacts.
func (s *Store) List(ctx context.Context, account ids.ID, q audience.Query, page paging.Request) (paging.Page[audience.Contact], error) {
	var out paging.Page[audience.Contact]
	h, err := s.home(ctx, s.desk, account)
	if err != nil {
		return out, err
	}
	b, err := s.conditionOf(account, q, h.Country)
	if err != nil {
		return out, err
	}
	if page.Cursor == "" {
		if out.Total, err = s.count(ctx, b, CountUpTo); err != nil {
			return out, err
		}
	}
	sql, err := b.page(s.q.Get("contact"), q.Sort, page)
	if err != nil {
		return out, err
	}
	rows, err := s.desk.Query(ctx, sql, b.args...)
	if err != nil {
		return out, err
	}
	out.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (audience.Contact, error) { return scanContact(row) })
	if err != nil {
		return out, err
	}
	if len(out.Items) > page.Limit {
		out.Items = out.Items[:page.Limit]
		last := &out.Items[page.Limit-1]
		m := mark{Sort: q.Sort, ID: last.ID, At: last.CreatedAt}
		switch strings.TrimPrefix(q.Sort, "-") {
		case "name":
			m.Text, m.At = last.Name, time.Time{}
		case "updated_at":
			m.At = last.UpdatedAt
		}
		out.Next = paging.Encode(m)
	}
	return out, s.placeAll(ctx, account, h, out.Items)
}

// Count gives how many contacts a query chooses, exactly.
func (s *Store) Count(ctx context.Context, account ids.ID, q audience.Query) (int64, error) {
	h, err := s.home(ctx, s.desk, account)
	if err != nil {
		return 0, err
	}
	b, err := s.conditionOf(account, q, h.Country)
	if err != nil {
		return 0, err
	}
	n, err := s.count(ctx, b, 0)
	if err != nil {
		return 0, err
	}
	return *n, nil
}

func (s *Store) conditionOf(account ids.ID, q audience.Query, country string) (*condition, error) {
	node, err := s.parse(q.Filter, "query.filter")
	if err != nil {
		return nil, err
	}
	b := &condition{first: 1, account: account}
	sel := audience.Selection{}
	if q.Group != 0 {
		sel.Groups = []ids.ID{q.Group}
	}
	b.selection(sel, node)
	return b, b.search(q.Search, country)
}

// count counts up to a bound, nil beyond it; 0: without a bound.
func (s *Store) count(ctx context.Context, b *condition, most int64) (*int64, error) {
	return s.few(ctx, "SELECT FROM contacts c WHERE "+b.text.String(), most, b.args)
}

// few counts the rows of a statement up to most, beyond which it gives nil; all of them where most is 0.
func (s *Store) few(ctx context.Context, statement string, most int64, args []any) (*int64, error) {
	if most > 0 {
		statement += fmt.Sprintf(" LIMIT %d", most+1)
	}
	var n int64
	err := s.desk.QueryRow(ctx, "SELECT count(*) FROM ("+statement+") AS few", args...).Scan(&n)
	if err != nil || most > 0 && n > most {
		return nil, err
	}
	return &n, nil
}

// page adds the order and the place of a page to a statement.
func (b *condition) page(statement, sort string, page paging.Request) (string, error) {
	name, backwards := strings.CutPrefix(sort, "-")
	by, ok := sorts[name]
	if !ok {
		return "", fault.New(fault.Invalid, "bad_sort", "query.sort")
	}
	where, sign, direction := b.text.String(), " > ", ""
	if backwards {
		sign, direction = " < ", " DESC"
	}
	if page.Cursor != "" {
		var m mark
		if err := paging.Decode(page.Cursor, &m); err != nil {
			return "", err
		}
		if m.Sort != sort {
			return "", fault.New(fault.Invalid, "bad_cursor", "query.cursor")
		}
		value := ""
		if name == "name" {
			value = "folded(" + b.string(storable(m.Text)) + ")"
		} else {
			value = b.arg(m.At) + "::timestamptz"
		}
		where += " AND (" + by + ", c.contact)" + sign + "(" + value + ", " + b.arg(int64(m.ID)) + "::bigint)"
	}
	if b.searched {
		// The planner knows little of how many have a word. Without an index for the order it does not try its luck with
		// going through all contacts until enough have it.
		by = map[bool]string{true: by + " || ''", false: by + " + interval '0'"}[name == "name"]
	}
	return statement + " WHERE " + where + " ORDER BY " + by + direction + ", c.contact" + direction +
		fmt.Sprintf(" LIMIT %d", page.Limit+1), nil
}

// maxWords bounds the words of a search.
const maxWords = 10

// search adds what a text looks for: each of its words.
func (b *condition) search(q, country string) error {
	if !utf8.ValidString(q) || strings.ContainsRune(q, 0) {
		return fault.New(fault.Invalid, "not_utf8", "query.q")
	}
	b.searched = strings.TrimSpace(q) != ""
	if digits := phoneLike(q); digits != "" {
		b.add(" AND (")
		b.phone(digits, country)
		if word := strings.TrimSpace(q); word == digits {
			// A number in a name, or a page's in a network.
			b.add(" OR contact_words(c.account, c.name, c.email, c.addresses) @@ ", b.string(b.wordQuery(word)), "::tsquery")
		}
		b.add(")")
		return nil
	}
	words := strings.Fields(filter.Fold(q))
	if len(words) > maxWords {
		return fault.New(fault.Invalid, "search_long", "query.q", "max", maxWords)
	}
	for _, word := range words {
		query := b.wordQuery(word)
		if query == "" {
			continue
		}
		if page := audience.PageOf(word); page != "" {
			query += " | " + b.wordQuery(page)
		}
		b.add(" AND (contact_words(c.account, c.name, c.email, c.addresses) @@ ", b.string(query), "::tsquery")
		if digits := phoneLike(word); digits != "" {
			b.add(" OR ")
			b.phone(digits, country)
		}
		b.add(")")
	}
	return nil
}

// wordQuery makes a tsquery of a word: as it stands, or the words in it, each from its beginning.
func (b *condition) wordQuery(word string) string {
	lexeme := func(w string) string {
		w = string([]rune(w)[:min(utf8.RuneCountInString(w), 100)])
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(b.account.String()+":"+w) + "':*"
	}
	parts := strings.FieldsFunc(word, func(r rune) bool {
		return r != '@' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if len(parts) == 0 {
		return ""
	}
	whole := lexeme(word)
	if len(parts) == 1 && parts[0] == word {
		return whole
	}
	for i := range parts {
		parts[i] = lexeme(parts[i])
	}
	return whole + " | (" + strings.Join(parts, " & ") + ")"
}

// phoneLike gives the digits of what looks like a part of a phone, at least three.
func phoneLike(q string) string {
	var digits []byte
	for _, r := range q {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case !strings.ContainsRune("+-() .\u00a0", r):
			return ""
		}
	}
	if len(digits) < 3 || len(digits) > 15 {
		return ""
	}
	return string(digits)
}

// phone adds the ways in which digits are part of a phone: from its beginning with or without the country's calling code
// or its trunk 8, or to its end.
func (b *condition) phone(digits, country string) {
	begins := []string{"+" + digits}
	if code := phonenumbers.GetCountryCodeForRegion(country); code != 0 {
		begins = append(begins, fmt.Sprintf("+%d%s", code, digits))
		if code == 7 && digits[0] == '8' {
			begins = append(begins, "+7"+digits[1:])
		}
	}
	for _, begin := range begins {
		b.add("c.phone >= ", b.string(begin), " AND c.phone < ", b.string(after(begin)), " OR ")
	}
	end := []byte(digits)
	slices.Reverse(end)
	b.add("reverse(c.phone) >= ", b.string(string(end)), " AND reverse(c.phone) < ", b.string(after(string(end))))
}

// after is the first text behind all that begin with this one.
func after(s string) string { return s[:len(s)-1] + string(s[len(s)-1]+1) }

func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
