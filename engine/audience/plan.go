package audience

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
)

// PlanRange is one row of the Russian numbering plan: the numbers +7 Code From ... +7 Code To, both included.
type PlanRange struct {
	Line     int
	Code     int // 300 to 999
	From, To int // the last seven digits, 0 to 9999999
	Operator string
	Region   string // as the file spells it
	Zone     string // IANA; empty where the region has none (all of Russia) or is not known
}

// PlanSummary counts what was read of a numbering plan.
type PlanSummary struct {
	Ranges  int
	Zoned   int      // ranges with a zone
	Unknown []string // regions without one, each once, at most 100
}

// ReadPlan reads the numbering plan of the Russian regulator and gives its rows to each, in the file's order. Its
// columns are АВС/ DEF, От, До, Емкость, Оператор, Регион and, in newer files, Территория ГАР and ИНН; encoding and
// separator are found out. It stops at the first row that makes no sense, with a *FileError, and at an error of each.
func ReadPlan(r io.Reader, each func(PlanRange) error) (PlanSummary, error) {
	var sum PlanSummary
	s, err := openRecords(r, "", 0)
	if err != nil {
		return sum, err
	}
	header, err := s.next()
	if err != nil {
		return sum, orEmpty(err)
	}
	cols, err := planColumns(header.cells)
	if err != nil {
		return sum, err
	}
	unknown := map[string]bool{}
	for {
		row, err := s.next()
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return sum, err
		}
		rng, err := cols.read(row)
		if err != nil {
			return sum, err
		}
		sum.Ranges++
		if rng.Zone != "" {
			sum.Zoned++
		} else if !unknown[rng.Region] && len(unknown) < 100 {
			unknown[rng.Region] = true
			sum.Unknown = append(sum.Unknown, rng.Region)
		}
		if err := each(rng); err != nil {
			return sum, err
		}
	}
}

// planCols are the places of the columns; territory and operator are -1 where the file has none.
type planCols struct{ code, from, to, operator, region, territory int }

func planColumns(header []string) (planCols, error) {
	at := map[string]int{}
	for i, h := range header {
		at[squeeze(h)] = i
	}
	find := func(name string) int {
		if i, ok := at[name]; ok {
			return i
		}
		return -1
	}
	// The official header has Cyrillic АВС before a Latin DEF; copies have it all in Latin.
	c := planCols{code: max(find("авсdef"), find("abcdef")), from: find("от"), to: find("до"),
		operator: find("оператор"), region: find("регион"), territory: find("территориягар")}
	if c.code < 0 || c.from < 0 || c.to < 0 || c.region < 0 {
		return c, &FileError{Code: BadPlan, Line: 1, Detail: "the header must have АВС/ DEF, От, До, Регион"}
	}
	return c, nil
}

func (c planCols) read(row record) (PlanRange, error) {
	fault := func(detail string) (PlanRange, error) {
		return PlanRange{}, &FileError{Code: BadPlan, Line: row.line, Detail: detail}
	}
	cell := func(i int) string {
		if i < 0 || i >= len(row.cells) {
			return ""
		}
		return strings.TrimSpace(row.cells[i])
	}
	if row.bad != "" {
		return fault(string(row.bad))
	}
	p := PlanRange{Line: row.line, Operator: cell(c.operator), Region: cell(c.region)}
	var ok [3]bool
	p.Code, ok[0] = smallNumber(cell(c.code), 3)
	p.From, ok[1] = smallNumber(cell(c.from), 7)
	p.To, ok[2] = smallNumber(cell(c.to), 7)
	if ok != [3]bool{true, true, true} || p.Code < 300 || p.From > p.To {
		return fault("a code of three digits, then the first and the last number of the range are expected")
	}
	p.Zone = ZoneOfRegion(p.Region)
	if p.Zone == "" {
		// Newer files leave the region out where the territory names it.
		p.Zone = ZoneOfRegion(cell(c.territory))
	}
	return p, nil
}

// smallNumber reads a number of 1 to most digits.
func smallNumber(s string, most int) (int, bool) {
	if s == "" || len(s) > most {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// Plan finds the zone of a Russian number by the numbering plan. It does not change and is safe for use by many
// goroutines at once; a range takes 12 bytes, adjoining ranges of one zone are one.
type Plan struct {
	zones []string
	codes [1000][]span
}

type span struct {
	from, to uint32
	zone     uint32
}

// PlanBuilder collects ranges, in any order and from several files.
type PlanBuilder struct {
	plan  Plan
	known map[string]uint32
}

// Add puts a range in. One without a zone is left out, since its numbers stay unknown either way.
func (b *PlanBuilder) Add(p PlanRange) error {
	if p.Code < 0 || p.Code > 999 || p.From < 0 || p.To > 9_999_999 || p.From > p.To {
		return fmt.Errorf("numbering plan: %d %d to %d is no range: a code of 3 digits and numbers of 7 are needed", p.Code, p.From, p.To)
	}
	if p.Zone == "" {
		return nil
	}
	if b.known == nil {
		b.known = map[string]uint32{}
	}
	zone, ok := b.known[p.Zone]
	if !ok {
		zone = uint32(len(b.plan.zones))
		b.known[p.Zone] = zone
		b.plan.zones = append(b.plan.zones, p.Zone)
	}
	b.plan.codes[p.Code] = append(b.plan.codes[p.Code], span{uint32(p.From), uint32(p.To), zone})
	return nil
}

// Plan sorts what was added and gives the finished plan; the builder is spent. It is an error if a number has two
// zones.
func (b *PlanBuilder) Plan() (*Plan, error) {
	plan := b.plan
	b.plan, b.known = Plan{}, nil
	for code, spans := range plan.codes {
		slices.SortFunc(spans, func(x, y span) int { return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to)) })
		var joined []span
		for _, s := range spans {
			last := len(joined) - 1
			switch {
			case last >= 0 && s.zone == joined[last].zone && s.from <= joined[last].to+1:
				joined[last].to = max(joined[last].to, s.to)
			case last >= 0 && s.from <= joined[last].to:
				return nil, fmt.Errorf("numbering plan: %d %07d is both in %s and in %s: load files of the same day",
					code, s.from, plan.zones[joined[last].zone], plan.zones[s.zone])
			default:
				joined = append(joined, s)
			}
		}
		plan.codes[code] = slices.Clip(joined)
	}
	return &plan, nil
}

// LoadPlan reads the files of a numbering plan into one.
func LoadPlan(files ...io.Reader) (*Plan, PlanSummary, error) {
	var b PlanBuilder
	var all PlanSummary
	for _, f := range files {
		sum, err := ReadPlan(f, b.Add)
		if err != nil {
			return nil, all, err
		}
		all.Ranges += sum.Ranges
		all.Zoned += sum.Zoned
		for _, region := range sum.Unknown {
			if !slices.Contains(all.Unknown, region) && len(all.Unknown) < 100 {
				all.Unknown = append(all.Unknown, region)
			}
		}
	}
	plan, err := b.Plan()
	return plan, all, err
}

// Zone gives the IANA zone of a Russian number in E.164, empty where the plan does not have it. A nil plan has none.
func (p *Plan) Zone(e164 string) string {
	if p == nil || len(e164) != 12 || e164[:2] != "+7" {
		return ""
	}
	code, ok := smallNumber(e164[2:5], 3)
	rest, ok2 := smallNumber(e164[5:], 7)
	if !ok || !ok2 {
		return ""
	}
	spans := p.codes[code]
	i := sort.Search(len(spans), func(i int) bool { return spans[i].to >= uint32(rest) })
	if i == len(spans) || spans[i].from > uint32(rest) {
		return ""
	}
	return p.zones[spans[i].zone]
}

// Ranges is how many ranges the plan has, adjoining ones of one zone being one.
func (p *Plan) Ranges() int {
	n := 0
	for _, spans := range p.codes {
		n += len(spans)
	}
	return n
}
