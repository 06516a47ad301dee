package campaign

import (
	"strconv"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// PeopleExport asks for a file of a campaign's recipients.
type PeopleExport struct {
	Format    string   `json:"format,omitempty" enum:"csv,xlsx" default:"csv"`
	Encoding  string   `json:"encoding,omitempty" enum:"utf-8,windows-1251" default:"utf-8" doc:"Of CSV: UTF-8 with a byte order mark, or windows-1251, in which signs that it lacks become question marks."`
	Separator string   `json:"separator,omitempty" minLength:"1" maxLength:"1" default:";" doc:"Of CSV."`
	Words     string   `json:"q,omitempty" maxLength:"100" doc:"Only whom this finds: the end of a phone number, of at least four digits, or the beginning of a name."`
	State     Standing `json:"state,omitempty" enum:"waiting,open,goal,completed,failed,interrupted" doc:"Only those who stand so."`
	Node      string   `json:"node,omitempty" maxLength:"64" doc:"Only recipients who are at this block, or whose walk ended there."`
	Reason    string   `json:"reason,omitempty" maxLength:"100" doc:"Only walks that ended for this reason; error stands for all errors."`
}

// Query chooses the recipients.
func (o *PeopleExport) Query() PeopleQuery {
	return PeopleQuery{Words: o.Words, State: o.State, Node: o.Node, Reason: o.Reason}
}

// PeopleExported is what came of it.
type PeopleExported struct {
	Rows int64 `json:"rows"`
}

// BlockStatus is what came of a block for a recipient.
type BlockStatus struct {
	Facts  engine.Facts // what was reported of its message, at any time
	Reason string       // why the block was left; empty: it was not
	Left   time.Time    // when; zero: it was not
}

// lastFirst are the facts of a message, that first which says the most.
var lastFirst = [...]engine.Facts{engine.Unsubscribed, engine.Spam, engine.Replied, engine.Clicked, engine.Pressed, engine.Viewed,
	engine.Answered, engine.Delivered, engine.NoAnswer, engine.NotDelivered}

// Status is the most that is known of the block: the fact that says the most, an error with its reason, or why it was left. It
// is named as links name it; empty: nothing is known yet.
func (b BlockStatus) Status() string {
	for _, f := range lastFirst {
		if b.Facts&f != 0 {
			return f.String()
		}
	}
	return b.Reason
}

// Teller says things in a reader's language.
type Teller interface {
	Say(key string) string       // a word, such as goal
	Reason(reason string) string // why a block was left or a walk ended
}

// peopleColumns are the headers of what every recipient has.
var peopleColumns = [...]scheme.Text{{EN: "No.", RU: "№"}, {EN: "Name", RU: "Имя"}, {EN: "Phone", RU: "Телефон"},
	{EN: "Time zone", RU: "Часовой пояс"}, {EN: "State", RU: "Состояние"}, {EN: "Block", RU: "Блок"},
	{EN: "Entered the block", RU: "Вошёл в блок"}, {EN: "Ended", RU: "Закончено"}, {EN: "Why it ended", RU: "Почему закончено"},
	{EN: "Last status", RU: "Последний статус"}}

// PeopleHeader names the columns: what every recipient has, then the scheme's blocks.
func PeopleHeader(p *engine.Program, language string) []string {
	header := make([]string, 0, len(peopleColumns)+len(p.Nodes))
	for _, c := range peopleColumns {
		if language == "ru" {
			header = append(header, c.RU)
		} else {
			header = append(header, c.EN)
		}
	}
	for i := range p.Nodes {
		name := p.Nodes[i].Name
		if name == "" {
			name = p.Nodes[i].ID
		}
		header = append(header, name)
	}
	return header
}

// PeopleCells writes a recipient, with what came of the blocks by their place in the program. Instants are in UTC.
func PeopleCells(p *engine.Program, r *Person, blocks map[int16]BlockStatus, say Teller) []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	block := r.Block
	if block == "" {
		block = r.Node
	}
	last, left := "", time.Time{}
	cells := []string{strconv.FormatInt(r.Number, 10), r.Name, r.Phone, r.Zone, say.Say(string(r.State)), block, at(r.Entered), at(r.Ended), "", ""}
	if r.Reason != "" {
		cells[8] = say.Reason(r.Reason)
	}
	for i := range p.Nodes {
		status := blocks[int16(i)].Status()
		if status == "" {
			cells = append(cells, "")
			continue
		}
		cells = append(cells, say.Reason(status))
		b := blocks[int16(i)]
		if _, message := p.Nodes[i].Block.(*engine.Message); message && (last == "" || b.Left.IsZero() || !left.IsZero() && b.Left.After(left)) {
			last, left = cells[len(cells)-1], b.Left
		}
	}
	cells[9] = last
	return cells
}
