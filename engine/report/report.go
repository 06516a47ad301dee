// Package report turns the figures of a campaign into what people read.
package report

import (
	"strconv"
	"strings"

	"kaskad/engine"
)

// Figures are the sums of a campaign's counters: by block (-1 for the campaign itself) and by what is counted.
type Figures map[int16]map[string]int64

// Campaign is a campaign in figures.
type Campaign struct {
	Recipients int64            `json:"recipients"`
	Open       int64            `json:"open"`
	Endings    map[string]int64 `json:"endings"`
	Blocks     []Block          `json:"blocks"`
}

// Block is a block in figures. People are counted once a block, calls of a redialled block apart.
type Block struct {
	ID        string           `json:"id"`
	Type      string           `json:"type"`
	Name      string           `json:"name"`
	Entered   int64            `json:"entered"`
	Sent      int64            `json:"sent"`
	Redialled int64            `json:"redialled,omitempty"`
	Facts     map[string]int64 `json:"facts"` // accepted, delivered, viewed, clicked, reply, answered ...
	Errors    map[string]int64 `json:"errors"`
	Links     []Link           `json:"links"`
	Ended     int64            `json:"ended"` // walks that ended here
	Open      int64            `json:"open"`
}

// Link is how many a link led on.
type Link struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Value string `json:"value,omitempty"`
	To    string `json:"to"`
	Count int64  `json:"count"`
}

// Endings are the endings in the order in which they are shown.
func Endings() []string {
	list := make([]string, 0, 4)
	for o := engine.ReachedGoal; o <= engine.Interrupted; o++ {
		list = append(list, o.String())
	}
	return list
}

// Of makes the report of a campaign.
func Of(p *engine.Program, recipients int64, figures Figures) *Campaign {
	c := &Campaign{Recipients: recipients, Open: recipients, Endings: map[string]int64{}}
	for _, e := range Endings() {
		n := figures[-1]["end:"+e]
		c.Endings[e] = n
		c.Open -= n
	}
	for i := range p.Nodes {
		c.Blocks = append(c.Blocks, block(p, &p.Nodes[i], figures[int16(i)]))
	}
	return c
}

func block(p *engine.Program, n *engine.Node, f map[string]int64) Block {
	b := Block{ID: n.ID, Type: n.Type, Name: n.Name, Facts: map[string]int64{}, Errors: map[string]int64{}, Links: []Link{}}
	for i, l := range n.Links {
		b.Links = append(b.Links, Link{ID: l.ID, Type: string(l.Type), Value: l.Value, To: p.Nodes[l.To].ID,
			Count: f["link:"+strconv.Itoa(i)]})
	}
	left := int64(0)
	for what, count := range f {
		switch {
		case what == "entered":
			b.Entered = count
		case what == "sent":
			b.Sent = count
		case what == "redialled":
			b.Redialled = count
		case what == "ended":
			b.Ended = count
			left += count
		case strings.HasPrefix(what, "link:"):
			left += count
		case strings.HasPrefix(what, "error:"):
			b.Errors[strings.TrimPrefix(what, "error:")] = count
		default:
			b.Facts[what] = count
		}
	}
	b.Open = b.Entered - left
	return b
}
